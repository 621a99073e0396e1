//! Command-line types and help text, nothing else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Grades take-home assessments of Python developers in hardened Docker pods, with proof.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 90,
    after_help = "Exit codes: 0 graded · 1 below --fail-under, or verify found a difference · 2 usage, manifest or input error · 3 inconclusive, run again · 130 interrupted"
)]
pub struct Cli {
    /// Folder of the public tasks [default: the `tasks` folder beside the program's graders]
    #[arg(long, global = true, value_name = "DIR", env = "TAKEHOME_TASKS")]
    pub tasks: Option<PathBuf>,
    /// Folder of the hidden graders [default: the `graders` folder beside the program's tasks]
    #[arg(long, global = true, value_name = "DIR", env = "TAKEHOME_GRADERS")]
    pub graders: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Log what the program does to standard error; twice for more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Grade one submission and write its report
    Grade(GradeArgs),
    /// Render the report of a run again, without Docker
    Report(ReportArgs),
    /// Prove a grader: run its reference submissions and compare with what each must lose
    Verify(VerifyArgs),
    /// List the reference submissions of a task, or write one to a folder
    References(ReferencesArgs),
    /// List the tasks, or show one with its rubric; checks all manifests
    Tasks(TasksArgs),
    /// Build, list or remove the images
    Images(ImagesArgs),
    /// Check the engine and the machine, and say what to do
    Doctor,
    /// Remove containers and volumes that a killed runner left
    Sweep(SweepArgs),
    /// What the program does inside its own containers; not for people
    #[command(hide = true)]
    Inside(InsideArgs),
}

/// Arguments of `grade`.
#[derive(Debug, Args)]
pub struct GradeArgs {
    /// The task's slug, as in `takehome tasks`
    pub task: String,
    /// A folder, a .zip, a .tar.gz, or a git repository (path or URL, with #REVISION)
    pub submission: String,
    /// Where the report goes; must be new or empty [default: takehome-runs/RUN]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Seed of all random data, to repeat a run [default: random, and recorded]
    #[arg(long, value_name = "N")]
    pub seed: Option<u32>,
    /// Run and decide only these checks or observed probes, separated by commas
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Exit with 1 when fewer points are earned
    #[arg(long, value_name = "POINTS")]
    pub fail_under: Option<u32>,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A folder that `grade` wrote
    pub run: PathBuf,
    /// The format, printed to standard output
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Who reads it; a candidate sees nothing hidden
    #[arg(long, value_enum, default_value_t = Audience::Interviewer)]
    pub audience: Audience,
}

/// A report's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A summary for a terminal
    Terminal,
    /// One self-contained page
    Html,
    /// Everything, as data
    Json,
    /// JUnit XML for build servers (interviewers only)
    Junit,
}

/// Who reads a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Audience {
    /// Sees everything
    Interviewer,
    /// Sees points by criterion, nothing hidden
    Candidate,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The task's slug
    pub task: String,
    /// References by name [default: all]
    pub references: Vec<String>,
    /// How often each reference is graded
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub runs: u32,
    /// Seed of the first run; run K gets N + K - 1 [default: random]
    #[arg(long, value_name = "N")]
    pub seed: Option<u32>,
    /// Of flawed references, run only the checks and probes that must find the flaw
    #[arg(long)]
    pub alone: bool,
    /// Keep the reports of all runs in this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Arguments of `references`.
#[derive(Debug, Args)]
pub struct ReferencesArgs {
    /// The task's slug
    pub task: String,
    /// Write this reference, with its flaw, to --into
    #[arg(requires = "into")]
    pub reference: Option<String>,
    /// A folder that does not exist yet
    #[arg(long, value_name = "DIR", requires = "reference")]
    pub into: Option<PathBuf>,
}

/// Arguments of `tasks`.
#[derive(Debug, Args)]
pub struct TasksArgs {
    /// Show this task
    pub slug: Option<String>,
}

/// Arguments of `images`.
#[derive(Debug, Args)]
pub struct ImagesArgs {
    /// What to do
    #[command(subcommand)]
    pub action: Option<ImagesAction>,
}

/// What `images` does.
#[derive(Debug, Clone, Subcommand)]
pub enum ImagesAction {
    /// List our images on the engine (the default)
    List,
    /// Build what is missing
    Build {
        /// Tasks whose images are built, such as `stockroom` [default: all]
        slugs: Vec<String>,
    },
    /// Remove images that this version does not use
    Prune {
        /// Remove all of ours
        #[arg(long)]
        all: bool,
    },
}

/// Arguments of `sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// Also remove what belongs to runners that live, or to other machines
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `inside`.
#[derive(Debug, Args)]
pub struct InsideArgs {
    /// What to do
    #[command(subcommand)]
    pub action: InsideAction,
}

/// What `inside` does.
#[derive(Debug, Subcommand)]
pub enum InsideAction {
    /// Sleep
    Hold,
    /// Unpack a tar from standard input
    Unpack {
        /// Into this folder
        folder: PathBuf,
    },
    /// Serve prices
    Upstream {
        /// Loopback port
        #[arg(long)]
        port: u16,
        /// Control socket
        #[arg(long)]
        control: PathBuf,
    },
    /// Wait for services
    Ready {
        /// Milliseconds
        #[arg(long)]
        within_ms: u64,
        /// NAME=URL
        targets: Vec<String>,
    },
    /// Run pytest
    Suite {
        /// Path of run.json
        #[arg(long)]
        run: PathBuf,
        /// Milliseconds
        #[arg(long)]
        within_ms: u64,
        /// Test files
        files: Vec<String>,
    },
    /// Run probes
    Probe {
        /// Path of probes.json
        #[arg(long)]
        setup: PathBuf,
    },
}
