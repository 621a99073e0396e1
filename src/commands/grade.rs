//! `takehome grade TASK SUBMISSION`.

use std::path::PathBuf;

use super::out::OutFolder;
use super::runner::{self, Job};
use super::say::{self, say};
use super::view::view;
use super::{Context, Failure};
use crate::cli::GradeArgs;
use crate::evidence::{Ended, Fault};
use crate::exit::ExitStatus;
use crate::progress::Progress;
use crate::report;
use crate::sandbox::docker::Engine;
use crate::submission::{IngestError, Limits, ingest};
use crate::task::Probe;

pub(super) async fn run(context: &Context, args: GradeArgs) -> Result<ExitStatus, Failure> {
    let grader = context.catalog.grader(&args.task).map_err(Failure::usage)?;
    let known = |id: &String| {
        let observed = |probe: &Probe| probe.observe && probe.name == *id;
        grader.rubric.checks().any(|(_, check)| check.id == *id) || grader.probes.probes.iter().any(observed)
    };
    if let Some(unknown) = args.only.iter().find(|id| !known(id)) {
        let hint = format!("hint: `takehome tasks {}` lists the checks", args.task);
        return Err(Failure::usage(format!("--only: there is no check or observed probe `{unknown}`\n{hint}")));
    }
    let run = runner::new_run_id()?;
    let seed = args.seed.map_or_else(runner::new_seed, Ok)?;
    let source = args.submission.clone();
    let read = tokio::task::spawn_blocking(move || ingest(&source, &Limits::default())).await;
    let read = match read.map_err(|error| Failure::fault(format!("reading {}: {error}", args.submission)))? {
        Err(IngestError::Input(error)) => return Err(Failure::usage(error)),
        Err(IngestError::Rejected(rejection)) => Err(rejection),
        Ok(submission) => Ok(submission),
    };
    let place = args.out.clone().unwrap_or_else(|| PathBuf::from("takehome-runs").join(&run));
    let out = OutFolder::reserve(place)?;
    let engine = Engine::connect(&run).await.map_err(Failure::fault)?;

    let progress = Progress::new(context.progress, &args.task);
    let submission = read.as_ref().map_err(|rejection| (rejection, args.submission.as_str()));
    let job = Job { grader: &grader, submission, seed, only: &args.only };
    let record =
        runner::interruptible(async |cancel| runner::grade(&job, &run, &engine, &progress, &cancel).await).await?;
    drop(progress);

    if let Ended::Fault { fault: Fault::Interrupted, .. } = record.evidence.ended {
        eprintln!("interrupted; the containers are removed");
        return Ok(ExitStatus::Interrupted);
    }
    let report = view(&record);
    let place = out.complete(&record, &report)?;
    say::text(format_args!("{}", report::terminal(&report, console::colors_enabled())));
    say!("  {}", place.join("report.html").display());
    Ok(match (report.points, args.fail_under) {
        (None, _) => ExitStatus::Inconclusive,
        (Some(points), Some(bar)) if points < bar => ExitStatus::BelowBar,
        _ => ExitStatus::Graded,
    })
}
