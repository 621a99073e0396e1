//! One file a command, each a recipe. The only place, with `progress` and `main`, that prints.

mod doctor;
mod grade;
mod images;
mod library;
mod out;
mod references;
mod report;
mod runner;
mod say;
mod sweep;
mod tasks;
mod verify;
mod view;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::{Cli, Command, InsideAction};
use crate::exit::ExitStatus;
use crate::inside::{self, Inside};
use crate::progress::Mode;
use crate::task::Catalog;

/// Why a command ended without a result: one message, one exit status.
#[derive(Debug)]
pub struct Failure {
    /// How the program exits.
    pub status: ExitStatus,
    /// One line, and `hint:` lines.
    pub message: String,
}

impl Failure {
    /// The user's mistake.
    fn usage(message: impl fmt::Display) -> Self {
        Self { status: ExitStatus::Usage, message: message.to_string() }
    }

    /// Our fault, or the engine's.
    fn fault(message: impl fmt::Display) -> Self {
        Self { status: ExitStatus::Inconclusive, message: message.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What every command may need of the command line.
#[derive(Debug, Clone)]
struct Context {
    catalog: Catalog,
    progress: Mode,
}

/// Runs the command that was asked for.
pub async fn run(cli: Cli) -> Result<ExitStatus, Failure> {
    let progress = Mode::choose(cli.quiet, cli.verbose > 0);
    let context = |tasks, graders| Ok(Context { catalog: find_catalog(tasks, graders)?, progress });
    match cli.command {
        Command::Grade(args) => grade::run(&context(cli.tasks, cli.graders)?, args).await,
        Command::Verify(args) => verify::run(&context(cli.tasks, cli.graders)?, args).await,
        Command::References(args) => references::run(&context(cli.tasks, cli.graders)?, &args),
        Command::Tasks(args) => tasks::run(&context(cli.tasks, cli.graders)?, args),
        Command::Images(args) => images::run(&context(cli.tasks, cli.graders)?, args).await,
        Command::Report(args) => report::run(&args),
        Command::Doctor => doctor::run().await,
        Command::Sweep(args) => sweep::run(&args).await,
        Command::Inside(args) => {
            let done = inside::run(inside_command(args.action)).await;
            done.map(|()| ExitStatus::Graded).map_err(Failure::usage)
        }
    }
}

fn inside_command(action: InsideAction) -> Inside {
    match action {
        InsideAction::Hold => Inside::Hold,
        InsideAction::Unpack { folder } => Inside::Unpack(folder),
        InsideAction::Upstream { port, control } => Inside::Upstream { port, control },
        InsideAction::Ready { within_ms, targets } => {
            Inside::Ready { targets, within: Duration::from_millis(within_ms) }
        }
        InsideAction::Probe { setup } => Inside::Probe { setup },
        InsideAction::Suite { run, within_ms, files } => {
            Inside::Suite { run, files, within: Duration::from_millis(within_ms) }
        }
    }
}

/// The folders that were named, or those of the nearest ancestor of the working
/// directory or of the program that has both.
fn find_catalog(tasks: Option<PathBuf>, graders: Option<PathBuf>) -> Result<Catalog, Failure> {
    if let (Some(tasks), Some(graders)) = (&tasks, &graders) {
        return Ok(Catalog { tasks: tasks.clone(), graders: graders.clone() });
    }
    let starts = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    let home = starts
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .find(|folder| folder.join("tasks").is_dir() && folder.join("graders").is_dir())
        .ok_or_else(|| {
            Failure::usage("no folder with `tasks` and `graders` is above this one or the program\nhint: name them with --tasks DIR and --graders DIR")
        })?;
    Ok(Catalog {
        tasks: tasks.unwrap_or_else(|| home.join("tasks")),
        graders: graders.unwrap_or_else(|| home.join("graders")),
    })
}
