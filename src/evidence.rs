//! What a run leaves: plain data, saved and loaded with a format number.
//!
//! A report is a function of it, so it can be made again without Docker. Logs and
//! JUnit files lie beside `evidence.json` as files of their own, for people.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::probe::protocol::ProbeResult;
use crate::run::event::Phase;
use crate::sandbox::ContainerState;
use crate::sandbox::docker::EngineInfo;
use crate::task::{Probes, Rubric, SuitePlan, Task};

/// The format that this version writes and reads.
pub const FORMAT: u32 = 1;

/// Everything that a report is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `FORMAT`.
    pub format: u32,
    /// What was graded, by what.
    pub subject: Subject,
    /// The task as it was.
    pub task: Task,
    /// The rubric as it was.
    pub rubric: Rubric,
    /// The suite's plan as it was.
    pub suite: SuitePlan,
    /// The probes as they were.
    #[serde(default)]
    pub probes: Probes,
    /// Only these checks were asked for; empty means all.
    pub only: Vec<String>,
    /// What happened.
    pub evidence: Evidence,
}

/// What was graded, and with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The run's id.
    pub run: String,
    /// The submission's name, for people.
    pub submission: String,
    /// Where it came from: `folder`, `zip`, `tar.gz`, or `git` with its commit.
    pub origin: String,
    /// Digest of its files; empty when they could not be read.
    pub digest: String,
    /// Digest of the grader's files.
    pub grader: String,
    /// Images by role.
    pub images: Vec<(String, String)>,
    /// Seed of all random data.
    pub seed: u64,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// Version of this program.
    pub version: String,
    /// The engine; `None` when none was needed or none answered.
    pub engine: Option<EngineInfo>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// How the run ended.
    pub ended: Ended,
    /// Wall time by phase, in milliseconds, in order.
    pub timings: Vec<(Phase, u64)>,
    /// The replicas.
    pub replicas: Vec<Start>,
    /// The further instances.
    pub instances: Vec<Start>,
    /// The suite's two phases; fewer when the run ended before.
    pub suites: Vec<SuiteRun>,
    /// The probes that reported, in order.
    #[serde(default)]
    pub probes: Vec<ProbeResult>,
    /// Problems of the clean-up.
    pub leaks: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Ended {
    /// All phases ran.
    Completed,
    /// The submission is at fault.
    Rejected {
        /// A stable code.
        reason: Reason,
        /// For people.
        message: String,
    },
    /// We are at fault.
    Fault {
        /// A stable code.
        fault: Fault,
        /// For people.
        message: String,
    },
}

/// Defines an enum with a stable kebab string for each variant, from one list.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable string.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// Why a submission is rejected: its own doing, scored 0.
    Reason {
        /// `run.sh` is not at its root.
        MissingRunSh = "missing-run-sh",
        /// Larger than a submission may be.
        TooLarge = "too-large",
        /// More files than a submission may have.
        TooManyFiles = "too-many-files",
        /// An archive that tries to do harm.
        HostileArchive = "hostile-archive",
        /// An archive that cannot be read.
        BrokenArchive = "broken-archive",
        /// A path that leaves the submission or that other systems cannot hold.
        UnsafePath = "unsafe-path",
        /// A link, a device or another thing that is no file.
        NotARegularFile = "not-a-regular-file",
        /// Two paths that differ only in case.
        CaseCollision = "case-collision",
        /// A file name or a text file that is not UTF-8.
        NotUtf8 = "not-utf8",
        /// A pinned dependency that cannot be installed.
        DependencyUnavailable = "dependency-unavailable",
        /// The service ended before it was ready.
        CrashedAtStart = "crashed-at-start",
        /// The service was killed for memory before it was ready.
        OutOfMemory = "out-of-memory",
        /// The service did not become ready in time.
        NeverReady = "never-ready",
    }
}

codes! {
    /// Why a run has no result: our doing, run again.
    Fault {
        /// No engine answers.
        DockerUnavailable = "docker-unavailable",
        /// An image is missing and cannot be built.
        ImageMissing = "image-missing",
        /// The engine's disk is full.
        NoSpace = "no-space",
        /// The engine failed or took too long.
        EngineFailed = "engine-failed",
        /// The examiner or the suite failed.
        ExaminerCrashed = "examiner-crashed",
        /// The suite's results contradict the rubric or themselves.
        UntrustedResult = "untrusted-result",
        /// Somebody stopped the run.
        Interrupted = "interrupted",
        /// A bug of this program.
        Internal = "internal",
    }
}

/// One start of the submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// `a`, `b`, or an instance's name.
    pub name: String,
    /// From its start to its first 200, in milliseconds.
    pub ready_after_ms: Option<u64>,
    /// It ended by itself before it was asked to.
    pub exited_early: bool,
    /// Its last state.
    pub state: Option<ContainerState>,
    /// From SIGTERM to its end, in milliseconds; `None` when it was killed or had ended before.
    pub stopped_after_ms: Option<u64>,
    /// What it printed: the end, bounded. A file of its own when saved.
    #[serde(skip)]
    pub log: Vec<u8>,
}

impl Start {
    /// A start of which nothing is known yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ready_after_ms: None,
            exited_early: false,
            state: None,
            stopped_after_ms: None,
            log: Vec::new(),
        }
    }
}

/// One pytest invocation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteRun {
    /// `live` or `after`.
    pub name: String,
    /// Exit code of pytest.
    pub exit_code: i32,
    /// Interrupted at its limit.
    pub timed_out: bool,
    /// The JUnit file. A file of its own when saved.
    #[serde(skip)]
    pub junit: Vec<u8>,
    /// The end of what pytest printed. A file of its own when saved.
    #[serde(skip)]
    pub output: Vec<u8>,
}

/// Why evidence cannot be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `evidence.json` is damaged.
    #[error("{}: not an evidence file: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Another version wrote it.
    #[error("{}: format {found}; this version reads format {FORMAT}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its number.
        found: u64,
    },
}

impl Record {
    /// Writes the record into a folder that exists.
    pub fn save(&self, folder: &Path) -> Result<(), EvidenceError> {
        let path = folder.join("evidence.json");
        let text =
            serde_json::to_vec_pretty(self).map_err(|source| EvidenceError::Damaged { path: path.clone(), source })?;
        write(&path, &text)?;
        for start in self.evidence.replicas.iter().chain(&self.evidence.instances) {
            write(&log_path(folder, &start.name), &start.log)?;
        }
        for suite in &self.evidence.suites {
            write(&junit_path(folder, &suite.name), &suite.junit)?;
            write(&output_path(folder, &suite.name), &suite.output)?;
        }
        Ok(())
    }

    /// Reads what `save` wrote.
    pub fn load(folder: &Path) -> Result<Self, EvidenceError> {
        let path = folder.join("evidence.json");
        let bytes = read(&path)?;
        let damaged = |source| EvidenceError::Damaged { path: path.clone(), source };
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(damaged)?;
        let found = value["format"].as_u64().unwrap_or_default();
        if found != u64::from(FORMAT) {
            return Err(EvidenceError::Format { path, found });
        }
        let mut record: Self = serde_json::from_value(value).map_err(damaged)?;
        let evidence = &mut record.evidence;
        for start in evidence.replicas.iter_mut().chain(&mut evidence.instances) {
            start.log = read(&log_path(folder, &start.name))?;
        }
        for suite in &mut evidence.suites {
            suite.junit = read(&junit_path(folder, &suite.name))?;
            suite.output = read(&output_path(folder, &suite.name))?;
        }
        Ok(record)
    }
}

fn log_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("log-{name}.txt"))
}

fn junit_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("junit-{name}.xml"))
}

fn output_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("pytest-{name}.txt"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
    std::fs::write(path, bytes).map_err(|source| EvidenceError::File { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, EvidenceError> {
    std::fs::read(path).map_err(|source| EvidenceError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for reason in Reason::ALL {
            let text = serde_json::to_string(reason).expect("serializes");
            assert_eq!(text, format!("\"{}\"", reason.code()));
            assert_eq!(serde_json::from_str::<Reason>(&text).expect("parses"), *reason);
        }
        for fault in Fault::ALL {
            let text = serde_json::to_string(fault).expect("serializes");
            assert_eq!(serde_json::from_str::<Fault>(&text).expect("parses"), *fault);
        }
    }
}
