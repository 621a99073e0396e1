//! `takehome verify TASK`: grades the reference submissions and compares with what must be found.
//!
//! This is how the grader is graded: a strong reference earns everything, a flawed
//! one loses its named checks and nothing else, a starter kit earns little.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::library::{self, Loaded};
use super::out::OutFolder;
use super::runner::{self, Job};
use super::say::say;
use super::view::view;
use super::{Context, Failure};
use crate::cli::{ReferenceKind, VerifyArgs};
use crate::evidence::{Ended, Fault, Record};
use crate::exit::ExitStatus;
use crate::judge::FindingStatus;
use crate::progress::Progress;
use crate::report::Report;
use crate::run::cancel::Cancel;
use crate::sandbox::docker::{Engine, EngineInfo};
use crate::task::Grader;
use crate::task::reference::Expected;

pub(super) async fn run(context: &Context, args: VerifyArgs) -> Result<ExitStatus, Failure> {
    let grader = context.catalog.grader(&args.task).map_err(Failure::usage)?;
    let mut references = library::load(&grader, &args.references)?;
    references.retain(|reference| args.kind.is_none_or(|kind| kind == kind_of(reference)));
    let first = args.seed.map_or_else(runner::new_seed, Ok)?;
    say!("{} references, {} runs each, seeds from {first}\n", references.len(), args.runs);
    let width = references.iter().map(|reference| reference.name.len()).max().unwrap_or(0);
    say!("{:width$}  as expected  points     seconds  differences", "reference");

    let rows = runner::interruptible(async |cancel| {
        let mut rows = Vec::new();
        for reference in &references {
            let row = verify_one(context, &args, &grader, reference, first, &cancel).await?;
            say!("{}", row.show(width));
            rows.push(row);
            if cancel.is_asked() {
                break;
            }
        }
        Ok::<_, Failure>(rows)
    })
    .await?;
    if rows.iter().any(|row| row.interrupted) {
        eprintln!("interrupted; the containers are removed");
        return Ok(ExitStatus::Interrupted);
    }
    let good = rows.iter().filter(|row| row.is_good()).count();
    say!("\n{good} of {} references as expected", rows.len());
    Ok(if good == rows.len() { ExitStatus::Graded } else { ExitStatus::BelowBar })
}

/// The result of all runs of one reference.
struct Row {
    name: String,
    runs: u32,
    good: u32,
    points: Vec<u32>,
    seconds: Vec<f64>,
    differences: Vec<String>,
    /// Checks that the grader could not decide: no difference, but worth knowing.
    undecided: BTreeSet<String>,
    interrupted: bool,
}

impl Row {
    fn is_good(&self) -> bool {
        self.good == self.runs
    }

    fn show(&self, width: usize) -> String {
        let points = match (self.points.iter().min(), self.points.iter().max()) {
            (Some(low), Some(high)) if low == high => low.to_string(),
            (Some(low), Some(high)) => format!("{low}-{high}"),
            _ => "-".to_owned(),
        };
        let mut seconds = self.seconds.clone();
        seconds.sort_by(f64::total_cmp);
        let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
        let good = format!("{} of {}", self.good, self.runs);
        let mut remarks = self.differences.clone();
        if !self.undecided.is_empty() {
            remarks.push(format!("undecided: {}", self.undecided.iter().cloned().collect::<Vec<_>>().join(", ")));
        }
        let line = format!("{:width$}  {good:11}  {points:9}  {median:7.1}  {}", self.name, remarks.join("; "));
        line.trim_end().to_owned()
    }
}

async fn verify_one(
    context: &Context,
    args: &VerifyArgs,
    grader: &Grader,
    reference: &Loaded,
    first: u32,
    cancel: &Cancel,
) -> Result<Row, Failure> {
    let mut row = Row {
        name: reference.name.clone(),
        runs: args.runs,
        good: 0,
        points: vec![],
        seconds: vec![],
        differences: vec![],
        undecided: BTreeSet::new(),
        interrupted: false,
    };
    let only = if args.alone { named(reference) } else { Vec::new() };
    for index in 0..args.runs {
        let run = runner::new_run_id()?;
        let engine: (Engine, EngineInfo) = Engine::connect(&run).await.map_err(Failure::fault)?;
        let seed = first.wrapping_add(index);
        let job = Job { grader, submission: Ok(&reference.submission), seed, only: &only };
        let progress = Progress::new(context.progress, &format!("{} {}/{}", reference.name, index + 1, args.runs));
        let begin = Instant::now();
        let record = runner::grade(&job, &run, &engine, &progress, cancel).await?;
        drop(progress);
        row.seconds.push(begin.elapsed().as_secs_f64());
        if matches!(record.evidence.ended, Ended::Fault { fault: Fault::Interrupted, .. }) {
            row.interrupted = true;
            return Ok(row);
        }
        let report = view(&record);
        row.points.extend(report.points);
        let kept = keep(args.out.as_deref(), &reference.name, seed, &record, &report)?;
        row.undecided.extend(undecided(&report));
        match difference(&report, reference) {
            None => row.good += 1,
            Some(difference) => row.differences.push(format!("seed {seed}: {difference}{kept}")),
        }
    }
    Ok(row)
}

/// What is other than expected, in one line.
fn difference(report: &Report, reference: &Loaded) -> Option<String> {
    if report.verdict != "graded" {
        let reason = report.reason.as_deref().unwrap_or_default();
        return Some(format!("{} {reason}: {}", report.verdict, report.message.as_deref().unwrap_or_default()));
    }
    let points = report.points.unwrap_or_default();
    let loses: &[String] = match &reference.expected {
        Expected::AtMost(most) => {
            return (points > *most).then(|| format!("{points} points, at most {most} expected"));
        }
        Expected::Full => &[],
        Expected::Loses(checks) => checks,
    };
    let found = report.findings.iter().filter(|f| f.status != FindingStatus::Passed && !f.status.is_ours());
    let unexpected = found
        .filter(|f| !loses.contains(&f.id) && !reference.also.contains(&f.id))
        .map(|f| format!("{} {}", f.status.code(), f.id));
    let missed = loses.iter().filter(|id| {
        let finding = report.findings.iter().find(|finding| finding.id == **id);
        // A flaw that was not decided was not found.
        !finding.is_some_and(|f| matches!(f.status, FindingStatus::Failed | FindingStatus::Partial))
    });
    // An observation that a flaw must show, and no other reference may.
    let shown = report.probes.iter().filter(|probe| probe.observed).filter_map(|probe| {
        let seen = matches!(probe.status.as_str(), "failed" | "partial");
        match (seen, reference.shows.contains(&probe.name)) {
            (true, false) => Some(format!("shows {}", probe.name)),
            (false, true) => Some(format!("does not show: {}", probe.name)),
            _ => None,
        }
    });
    let all: Vec<String> = unexpected.chain(missed.map(|id| format!("not found: {id}"))).chain(shown).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn kind_of(reference: &Loaded) -> ReferenceKind {
    match reference.expected {
        Expected::Full => ReferenceKind::Strong,
        Expected::Loses(_) => ReferenceKind::Flawed,
        Expected::AtMost(_) => ReferenceKind::Starter,
    }
}

/// What a flawed reference must lose or show; empty for the others.
fn named(reference: &Loaded) -> Vec<String> {
    match &reference.expected {
        Expected::Loses(checks) => checks.iter().chain(&reference.shows).cloned().collect(),
        Expected::Full | Expected::AtMost(_) => Vec::new(),
    }
}

/// The checks that left the denominator.
fn undecided(report: &Report) -> impl Iterator<Item = String> {
    report.findings.iter().filter(|finding| finding.status.is_ours()).map(|finding| finding.id.clone())
}

/// Keeps the report of a run, where that was asked for.
fn keep(out: Option<&Path>, name: &str, seed: u32, record: &Record, report: &Report) -> Result<String, Failure> {
    let Some(out) = out else { return Ok(String::new()) };
    let place: PathBuf = out.join(format!("{name}-{seed}-{}", record.subject.run));
    let place = OutFolder::reserve(place)?.complete(record, report)?;
    Ok(format!(" ({})", place.display()))
}
