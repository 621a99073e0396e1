//! Record → verdict and findings. All the blame logic, pure.
//!
//! The rubric is the closed denominator: a test that did not report earns nothing,
//! and results that cannot be trusted are our fault and never a score.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::evidence::{Ended, Fault, Reason, Record, SuiteRun};
use crate::junit::{self, Case, Status};
use crate::probe::protocol::{Outcome, ProbeResult};
use crate::task::{Check, PROBE_PREFIX};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Verdict {
    /// Findings and points are valid.
    Graded,
    /// The submission's doing: scored 0 with the reason.
    Rejected {
        /// A stable code.
        reason: Reason,
        /// For people.
        message: String,
    },
    /// Our doing: never a number.
    Inconclusive {
        /// A stable code.
        fault: Fault,
        /// For people.
        message: String,
    },
}

/// How a check, or one of its tests, came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingStatus {
    /// All that was promised was seen.
    Passed,
    /// Some of it, or the invariant without the contract.
    Partial,
    /// A proof shows the contrary.
    Failed,
    /// Our test broke; out of the denominator.
    Errored,
    /// The suite's time ended before.
    TimedOut,
    /// It did not report.
    NotRun,
    /// Something that it needs is broken, and charged elsewhere.
    NotAssessable,
    /// Our own condition was not met; out of the denominator.
    Inconclusive,
}

impl FindingStatus {
    /// The stable string.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::TimedOut => "timed-out",
            Self::NotRun => "not-run",
            Self::NotAssessable => "not-assessable",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The status of a stable string.
    pub fn from_code(code: &str) -> Option<Self> {
        use FindingStatus::{Errored, Failed, Inconclusive, NotAssessable, NotRun, Partial, Passed, TimedOut};
        let all = [Passed, Partial, Failed, Errored, TimedOut, NotRun, NotAssessable, Inconclusive];
        all.into_iter().find(|status| status.code() == code)
    }

    /// Whether it says nothing about the submission, so that its points leave the denominator.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Errored | Self::Inconclusive)
    }
}

/// A check's result with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: String,
    /// How it came out.
    pub status: FindingStatus,
    /// Earned of all: a pass counts two, a partial one; tests that are `is_ours` count nothing.
    pub share: (u32, u32),
    /// A test of a critical check failed.
    pub critical: bool,
    /// One sentence; empty for a pass.
    pub message: String,
    /// The tests that did not pass, in the rubric's order.
    pub proofs: Vec<Proof>,
}

/// One test that did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The test's node id.
    pub test: String,
    /// How it came out.
    pub status: FindingStatus,
    /// One sentence.
    pub message: String,
    /// What the suite recorded: JSON, or nothing.
    pub detail: serde_json::Value,
    /// What it wants shown: JSON, or the empty text.
    pub exhibits: String,
}

/// Judges a record.
pub fn judge(record: &Record) -> (Verdict, Vec<Finding>) {
    let verdict = match &record.evidence.ended {
        Ended::Rejected { reason, message } => Verdict::Rejected { reason: *reason, message: message.clone() },
        Ended::Fault { fault, message } => Verdict::Inconclusive { fault: *fault, message: message.clone() },
        Ended::Completed => match collect(record) {
            Ok(reported) => {
                let probes = &record.evidence.probes;
                let timed_out = record.evidence.suites.iter().any(|suite| suite.timed_out)
                    || probes.iter().any(|probe| probe.outcome == Outcome::TimedOut);
                let asked = record.rubric.checks().filter(|(_, check)| is_asked(record, check));
                let findings = asked.map(|(_, check)| find(check, &reported, timed_out)).collect();
                return (Verdict::Graded, findings);
            }
            Err((fault, message)) => Verdict::Inconclusive { fault, message },
        },
    };
    (verdict, Vec::new())
}

/// Whether a check is part of this run.
pub fn is_asked(record: &Record, check: &Check) -> bool {
    record.only.is_empty() || record.only.contains(&check.id)
}

/// All cases by id, or why they cannot be trusted.
fn collect(record: &Record) -> Result<BTreeMap<String, Case>, (Fault, String)> {
    let known: BTreeSet<&str> =
        record.rubric.checks().flat_map(|(_, check)| check.tests.iter().map(String::as_str)).collect();
    let mut reported = BTreeMap::new();
    for suite in &record.evidence.suites {
        check_exit(suite)?;
        let broken = |error: junit::JunitError| (Fault::ExaminerCrashed, format!("{} suite: {error}", suite.name));
        let cases = match junit::parse(&suite.junit) {
            // A phase that was interrupted before its first test has nothing to report.
            Err(junit::JunitError::Missing) if suite.timed_out => Vec::new(),
            parsed => parsed.map_err(broken)?,
        };
        // pytest writes the test in which it was interrupted without a name.
        for case in cases.into_iter().filter(|case| !(suite.timed_out && case.id.is_empty())) {
            take(&format!("{} suite", suite.name), case, &known, &mut reported)?;
        }
    }
    let observed = |probe: &ProbeResult| record.probes.probes.iter().any(|p| p.name == probe.name && p.observe);
    for probe in record.evidence.probes.iter().filter(|probe| !observed(probe)) {
        if probe.outcome != Outcome::TimedOut {
            take("probes", case_of(probe), &known, &mut reported)?;
        }
    }
    Ok(reported)
}

/// Keeps a case that the rubric knows, once.
fn take(
    source: &str,
    case: Case,
    known: &BTreeSet<&str>,
    reported: &mut BTreeMap<String, Case>,
) -> Result<(), (Fault, String)> {
    if !known.contains(case.id.as_str()) {
        return Err((Fault::UntrustedResult, format!("{source}: `{}` is in no check of the rubric", case.id)));
    }
    let id = case.id.clone();
    if reported.insert(id.clone(), case).is_some() {
        return Err((Fault::UntrustedResult, format!("{source}: `{id}` reported twice")));
    }
    Ok(())
}

/// A probe reports as a test does.
fn case_of(probe: &ProbeResult) -> Case {
    Case {
        id: format!("{PROBE_PREFIX}{}", probe.name),
        status: if probe.outcome == Outcome::Passed { Status::Passed } else { Status::Failed },
        outcome: Some(probe.outcome.code().to_owned()),
        message: probe.message.clone(),
        proof: probe.proof.to_string(),
        exhibits: String::new(),
    }
}

/// pytest's exit codes: 0 all passed, 1 some failed, 2 interrupted, 5 nothing selected;
/// everything else is an error of its own use or inside it.
fn check_exit(suite: &SuiteRun) -> Result<(), (Fault, String)> {
    if matches!(suite.exit_code, 0 | 1 | 5) || suite.timed_out {
        return Ok(());
    }
    let message = format!("{} suite: pytest ended with exit code {}", suite.name, suite.exit_code);
    Err((Fault::ExaminerCrashed, message))
}

fn find(check: &Check, reported: &BTreeMap<String, Case>, timed_out: bool) -> Finding {
    let results: Vec<Proof> = check
        .tests
        .iter()
        .map(|test| match reported.get(test) {
            Some(case) => Proof {
                test: test.clone(),
                status: status_of(case),
                message: case.message.clone(),
                detail: serde_json::from_str(&case.proof).unwrap_or_default(),
                exhibits: case.exhibits.clone(),
            },
            None => not_reported(test, timed_out),
        })
        .collect();
    let counted = results.iter().filter(|result| !result.status.is_ours());
    let all = counted.clone().count() as u32 * 2;
    let earned = counted
        .map(|result| match result.status {
            FindingStatus::Passed => 2,
            FindingStatus::Partial => 1,
            _ => 0,
        })
        .sum();
    let proofs: Vec<Proof> = results.into_iter().filter(|result| result.status != FindingStatus::Passed).collect();
    let status = overall(&proofs, earned, all);
    let worst = proofs.iter().find(|proof| proof.status == status).or_else(|| proofs.first());
    Finding {
        check: check.id.clone(),
        status,
        share: (earned, all),
        critical: check.critical && proofs.iter().any(|proof| proof.status == FindingStatus::Failed),
        message: worst.map(|proof| proof.message.clone()).unwrap_or_default(),
        proofs,
    }
}

/// A check's status: that of its tests where they agree, partial where some was earned.
fn overall(proofs: &[Proof], earned: u32, all: u32) -> FindingStatus {
    use FindingStatus::{Failed, Inconclusive, NotAssessable, NotRun, Partial, Passed, TimedOut};
    if all == 0 {
        return proofs.first().map_or(Inconclusive, |proof| proof.status);
    }
    if earned == all {
        return Passed;
    }
    if earned > 0 {
        return Partial;
    }
    let worst = [Failed, TimedOut, NotRun, NotAssessable];
    worst.into_iter().find(|status| proofs.iter().any(|proof| proof.status == *status)).unwrap_or(Failed)
}

/// What pytest says bounds what the suite may claim: a failed test is never a pass.
fn status_of(case: &Case) -> FindingStatus {
    match (case.status, case.outcome.as_deref()) {
        (Status::Passed, None | Some("passed")) => FindingStatus::Passed,
        (Status::Failed | Status::Errored, Some("partial")) => FindingStatus::Partial,
        (Status::Failed | Status::Errored, Some("not-assessable")) => FindingStatus::NotAssessable,
        (Status::Failed | Status::Errored, Some("inconclusive")) => FindingStatus::Inconclusive,
        (Status::Failed, Some("errored")) | (Status::Errored, _) => FindingStatus::Errored,
        (Status::Failed, _) => FindingStatus::Failed,
        // A required test that was skipped did not run, whoever skipped it.
        (Status::Skipped, _) => FindingStatus::NotRun,
        // A pass that claims to be something else contradicts itself.
        (Status::Passed, Some(_)) => FindingStatus::Errored,
    }
}

fn not_reported(test: &str, timed_out: bool) -> Proof {
    let (status, message) = if timed_out {
        (FindingStatus::TimedOut, "the suite's time ended before this test")
    } else {
        (FindingStatus::NotRun, "this test did not report")
    };
    let (test, message) = (test.to_owned(), message.to_owned());
    Proof { test, status, message, detail: serde_json::Value::Null, exhibits: String::new() }
}

#[cfg(test)]
mod tests;
