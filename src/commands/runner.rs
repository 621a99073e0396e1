//! One graded run, shared by `grade` and `verify`: plan it, execute it, keep the record.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::Failure;
use crate::evidence::{Ended, Evidence, FORMAT, Reason, Record, Subject};
use crate::exit::ExitStatus;
use crate::run::cancel::{self, Cancel};
use crate::run::event::{Event, Phase, Sink};
use crate::run::execute;
use crate::run::plan::{Host, Images, Inputs, Plan, Secrets};
use crate::sandbox::docker::images::{ImageError, host_ca, passed_on, runner_executable};
use crate::sandbox::docker::{Engine, EngineInfo};
use crate::sandbox::recipe::{self, Recipe};
use crate::submission::requirements::{Preinstalled, requirements};
use crate::submission::{Origin, Rejection, Submission};
use crate::task::Grader;

/// What is graded.
pub struct Job<'a> {
    /// Task, rubric and suite.
    pub grader: &'a Grader,
    /// The checked files, or why there are none.
    pub submission: Result<&'a Submission, (&'a Rejection, &'a str)>,
    /// Seed of all random data.
    pub seed: u32,
    /// Only these checks; empty for all.
    pub only: &'a [String],
}

/// A new run's id: 10 hexadecimal digits.
pub fn new_run_id() -> Result<String, Failure> {
    random_hex(5)
}

/// A random seed.
pub fn new_seed() -> Result<u32, Failure> {
    getrandom::u32().map_err(|error| Failure::fault(format!("no random numbers: {error}")))
}

fn random_hex(bytes: usize) -> Result<String, Failure> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).map_err(|error| Failure::fault(format!("no random numbers: {error}")))?;
    Ok(hex::encode(buffer))
}

/// Grades one submission on a connected engine.
pub async fn grade(
    job: &Job<'_>,
    run: &str,
    engine: &(Engine, EngineInfo),
    sink: &dyn Sink,
    cancel: &Cancel,
) -> Result<Record, Failure> {
    let started_at = jiff::Timestamp::now().to_string();
    let subject = subject(job, run, started_at);
    let submission = match job.submission {
        Ok(submission) => submission,
        Err((rejection, _)) => {
            return Ok(rejected(job, subject, reason_of(rejection), rejection.to_string()));
        }
    };
    if let Some((reason, message)) = unfit(submission) {
        return Ok(rejected(job, subject, reason, message));
    }
    let requirements = match requirements(submission, &preinstalled(&job.grader.task.runtime)) {
        Ok(requirements) => requirements,
        Err(message) => return Ok(rejected(job, subject, Reason::DependencyUnavailable, message)),
    };
    let (engine, info) = engine;
    let begin = Instant::now();
    let images = cancel.or(images(engine, &job.grader.task.runtime, sink)).await.map_err(|_| Failure {
        status: ExitStatus::Interrupted,
        message: "interrupted before anything was started".to_owned(),
    })??;
    let timings = vec![(Phase::Images, millis(begin.elapsed()))];
    let secrets = Secrets {
        replicas: random_hex(24)?,
        instances: job.grader.suite.instances.iter().map(|_| random_hex(24)).collect::<Result<_, _>>()?,
    };
    let plan = Plan::new(&Inputs {
        run,
        grader: job.grader,
        submission,
        missing: &requirements.missing,
        host: &Host { ca: host_ca(), env: passed_on() },
        seed: job.seed.into(),
        only: job.only,
        secrets: &secrets,
        images: &images,
    });
    let evidence = execute::execute(&plan, engine, sink, cancel, timings).await;
    let mut record = record(job, subject, evidence);
    record.subject.engine = Some(info.clone());
    record.subject.images =
        vec![("runtime".to_owned(), images.runtime.clone()), ("examiner".to_owned(), images.examiner.clone())];
    Ok(record)
}

/// What the runtime has; an unknown one is reported when its image is wanted.
fn preinstalled(runtime: &str) -> Preinstalled<'static> {
    recipe::runtime(runtime).map_or(Preinstalled { lock: "", fixed: &[], instead: &[] }, |runtime| Preinstalled {
        lock: runtime.lock,
        fixed: runtime.from_debian,
        instead: runtime.instead,
    })
}

/// Looks the images up, or builds them.
pub async fn images(engine: &Engine, runtime: &str, sink: &dyn Sink) -> Result<Images, Failure> {
    sink.event(Event::Began(Phase::Images));
    let begin = Instant::now();
    let recipe = Recipe::runtime(runtime).ok_or_else(|| {
        Failure::usage(format!("there is no runtime `{runtime}`\nhint: add docker/requirements/{runtime}.lock"))
    })?;
    let examiner = Recipe::examiner(runner_executable().map_err(Failure::fault)?);
    let mut line = |image: &str, line: &str| {
        sink.event(Event::Build { image: image.to_owned(), line: line.to_owned() });
    };
    let failed = |error: ImageError| Failure::fault(error);
    let runtime = engine.ensure_image(&recipe, &mut line).await.map_err(failed)?;
    let examiner = engine.ensure_image(&examiner, &mut line).await.map_err(failed)?;
    let packages = engine.ensure_packages(&runtime).await.map_err(Failure::fault)?;
    sink.event(Event::Ended(Phase::Images, begin.elapsed()));
    Ok(Images { runtime, examiner, packages })
}

/// Runs `work` until it ends, asking it to stop on Ctrl-C or SIGTERM.
pub async fn interruptible<T>(work: impl AsyncFnOnce(Cancel) -> T) -> T {
    let (canceller, cancel) = cancel::pair();
    let watch = async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
        let terminated = async {
            match &mut terminate {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // Without a handler a Ctrl-C ends the program, and `sweep` cleans up.
            Ok(()) = tokio::signal::ctrl_c() => {}
            () = terminated => {}
        }
        canceller.cancel();
        // Keeps listening, so that a second Ctrl-C does not cut the clean-up short.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        output = work(cancel) => output,
        () = watch => unreachable!("it never ends"),
    }
}

/// What is wrong with a submission before anything is started.
fn unfit(submission: &Submission) -> Option<(Reason, String)> {
    let Some(run) = submission.file("run.sh") else {
        let message = "run.sh is not at the submission's root; the brief says how it is started".to_owned();
        return Some((Reason::MissingRunSh, message));
    };
    std::str::from_utf8(&run.bytes).is_err().then(|| (Reason::NotUtf8, "run.sh: is not UTF-8".to_owned()))
}

fn reason_of(rejection: &Rejection) -> Reason {
    Reason::ALL.iter().copied().find(|reason| reason.code() == rejection.code()).unwrap_or(Reason::BrokenArchive)
}

fn rejected(job: &Job<'_>, subject: Subject, reason: Reason, message: String) -> Record {
    let evidence = Evidence {
        ended: Ended::Rejected { reason, message },
        timings: vec![],
        replicas: vec![],
        instances: vec![],
        suites: vec![],
        probes: vec![],
        leaks: vec![],
    };
    record(job, subject, evidence)
}

fn record(job: &Job<'_>, subject: Subject, evidence: Evidence) -> Record {
    Record {
        format: FORMAT,
        subject,
        task: job.grader.task.clone(),
        rubric: job.grader.rubric.clone(),
        suite: job.grader.suite.clone(),
        probes: job.grader.probes.clone(),
        only: job.only.to_vec(),
        evidence,
    }
}

fn subject(job: &Job<'_>, run: &str, started_at: String) -> Subject {
    let (name, origin, digest) = match job.submission {
        Ok(submission) => {
            let origin = match &submission.origin {
                Origin::Folder => "folder".to_owned(),
                Origin::Zip => "zip".to_owned(),
                Origin::TarGz => "tar.gz".to_owned(),
                Origin::Git { revision } => format!("git {revision}"),
            };
            (submission.name.clone(), origin, submission.digest.clone())
        }
        Err((_, name)) => (name.to_owned(), "unreadable".to_owned(), String::new()),
    };
    Subject {
        run: run.to_owned(),
        submission: name,
        origin,
        digest,
        grader: grader_digest(job.grader),
        images: vec![],
        seed: job.seed.into(),
        started_at,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: None,
    }
}

fn grader_digest(grader: &Grader) -> String {
    let mut hash = Sha256::new();
    for (path, bytes) in &grader.files {
        for part in [path.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    format!("sha256:{}", hex::encode(hash.finalize()))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
