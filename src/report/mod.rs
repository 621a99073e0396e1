//! The view model of a run, and its renderers: each `&Report -> String`.
//!
//! `Report` is for interviewers and is what `report.json` holds. `CandidateReport`
//! is another type, made from it, that has no field for anything hidden.

mod build;
mod candidate;
pub(crate) mod exhibits;
mod html;
mod junit;
mod terminal;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use build::{Facts, build, plain};
pub use candidate::CandidateReport;
pub use exhibits::{Axis, Cell, Column, Exhibit, Image, Line, Mark, Series, Table, Text};
pub use html::{candidate_html, html};
pub use junit::junit;
pub use terminal::{candidate_terminal, terminal};

use crate::judge::FindingStatus;
use crate::task::Bucket;

/// The format of `report.json`.
pub const FORMAT: u32 = 1;

/// Everything that an interviewer sees. Names are stable: adding is free, changing is a new format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `FORMAT`.
    pub format: u32,
    /// `graded`, `rejected` or `inconclusive`.
    pub verdict: String,
    /// The stable code of a verdict that is not `graded`.
    pub reason: Option<String>,
    /// The reason in a sentence.
    pub message: Option<String>,
    /// Points earned; absent when the run is inconclusive.
    pub points: Option<u32>,
    /// What could be earned; absent when the run is inconclusive.
    pub max_points: Option<u32>,
    /// The task.
    pub task: TaskView,
    /// The submission.
    pub submission: SubmissionView,
    /// In the rubric's order.
    pub criteria: Vec<CriterionView>,
    /// In the rubric's order.
    pub findings: Vec<FindingView>,
    /// The run's id.
    pub run: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Seed of all random data.
    pub seed: u64,
    /// What took part, by digest.
    pub digests: Digests,
    /// Wall time by phase, in order.
    pub timings: Vec<TimingView>,
    /// The probes, in running order.
    #[serde(default)]
    pub probes: Vec<ProbeView>,
    /// Where it ran.
    pub environment: Vec<FactView>,
    /// How each start of the submission went, with the end of its log.
    pub starts: Vec<StartView>,
    /// What the suite shows near the score.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub glance: Vec<Exhibit>,
    /// What else it shows of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exhibits: Vec<Exhibit>,
    /// Things that the interviewer should know.
    pub notes: Vec<String>,
}

/// The task, for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskView {
    /// Kebab name.
    pub slug: String,
    /// One line.
    pub title: String,
    /// Such as `backend`.
    pub specialization: String,
}

/// The submission, for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubmissionView {
    /// Its name.
    pub name: String,
    /// What it was read from.
    pub origin: String,
}

/// A criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CriterionView {
    /// Kebab id.
    pub id: String,
    /// One line.
    pub title: String,
    /// Earned.
    pub points: u32,
    /// Could be earned.
    pub max_points: u32,
    /// The critical check that caps it.
    pub capped_by: Option<String>,
}

/// A check's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingView {
    /// The check's id.
    pub id: String,
    /// The criterion's id.
    pub criterion: String,
    /// One line.
    pub title: String,
    /// How an interviewer reads a loss.
    pub bucket: Bucket,
    /// Whether a failure caps the criterion.
    pub critical: bool,
    /// How it came out.
    pub status: FindingStatus,
    /// Earned.
    pub points: u32,
    /// Could be earned.
    pub max_points: u32,
    /// One sentence; empty for a pass.
    pub message: String,
    /// What to ask in the review call.
    pub hint: String,
    /// The tests that did not pass.
    pub proof: Vec<ProofView>,
}

/// A test that did not pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProofView {
    /// The test's node id.
    pub test: String,
    /// How it came out.
    pub status: FindingStatus,
    /// One sentence.
    pub message: String,
    /// What was promised.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What was seen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub observed: String,
    /// The sums that contradict, line by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arithmetic: Vec<String>,
    /// Requests and moments over time, for a picture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<BarView>,
    /// The requests and answers that show it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
    /// What the test shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exhibits: Vec<Exhibit>,
    /// One line that does it again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reproduce: String,
}

/// A request, or a moment, on a timeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BarView {
    /// The replica, `A` or `B`; empty for a moment.
    pub lane: String,
    /// What was asked, or what happened.
    pub label: String,
    /// Status, or why there was none; empty for a moment.
    pub answer: String,
    /// Milliseconds since the first.
    pub at_ms: f64,
    /// Milliseconds until the answer was complete; 0 for a moment.
    pub took_ms: f64,
}

/// A probe and what it measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeView {
    /// Its name.
    pub name: String,
    /// How it came out.
    pub status: String,
    /// Shown only: it decides no check.
    pub observed: bool,
    /// Wall time in milliseconds.
    pub ms: u64,
    /// One sentence; empty for a pass, and for a probe that decides a check.
    pub message: String,
    /// The sums, for one that decides no check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arithmetic: Vec<String>,
    /// What it measured.
    pub facts: Vec<FactView>,
}

/// A request and its answer. Bodies are cut at 2 KiB by the suite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// Request method.
    pub method: String,
    /// Address.
    pub url: String,
    /// Request headers.
    pub request_headers: Headers,
    /// Request body.
    pub request_body: String,
    /// Status of the answer; 0 when there was none.
    pub status: u16,
    /// Headers of the answer.
    pub response_headers: Headers,
    /// Body of the answer.
    pub response_body: String,
    /// What went wrong where there was no answer.
    pub error: String,
    /// Milliseconds since the test began.
    pub at_ms: f64,
    /// Milliseconds until the answer was complete.
    pub took_ms: f64,
}

/// Names and values, in order.
pub type Headers = Vec<(String, String)>;

/// What took part, by digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digests {
    /// The submission's files.
    pub submission: String,
    /// The grader's files.
    pub grader: String,
    /// Images by role.
    pub images: Vec<FactView>,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactView {
    /// What it is.
    pub name: String,
    /// What it is here.
    pub value: String,
}

/// The time of a phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimingView {
    /// Stable name of the phase.
    pub phase: String,
    /// For people.
    pub title: String,
    /// Wall time.
    pub ms: u64,
    /// Whether it is the runner's own, not the candidate's code or the suite.
    pub own: bool,
}

/// One start of the submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartView {
    /// `a`, `b`, or an instance's name.
    pub name: String,
    /// What happened, in a sentence.
    pub summary: String,
    /// The end of its log, escaped.
    pub log: String,
}
