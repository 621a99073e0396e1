//! What a candidate may see: points by criterion, nothing hidden.
//!
//! There is no field for check names, tests, parameters, expected values, seeds or
//! logs, so no renderer can leak them.

use serde::Serialize;

use super::Report;

/// A candidate's view of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateReport {
    /// As in `Report`.
    pub format: u32,
    /// As in `Report`.
    pub verdict: String,
    /// The stable code of a rejection; our own faults are not the candidate's business.
    pub reason: Option<String>,
    /// The reason in a sentence.
    pub message: Option<String>,
    /// As in `Report`.
    pub points: Option<u32>,
    /// As in `Report`.
    pub max_points: Option<u32>,
    /// The task's title.
    pub task: String,
    /// The submission's name.
    pub submission: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// In the rubric's order.
    pub criteria: Vec<CandidateCriterion>,
}

/// A criterion as a candidate sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateCriterion {
    /// One line, as in the brief.
    pub title: String,
    /// Earned.
    pub points: u32,
    /// Could be earned.
    pub max_points: u32,
}

impl CandidateReport {
    /// Takes from a report what a candidate may see.
    pub fn of(report: &Report) -> Self {
        let rejected = report.verdict == "rejected";
        Self {
            format: report.format,
            verdict: report.verdict.clone(),
            reason: report.reason.clone().filter(|_| rejected),
            message: report.message.clone().filter(|_| rejected),
            points: report.points,
            max_points: report.max_points,
            task: report.task.title.clone(),
            submission: report.submission.name.clone(),
            started_at: report.started_at.clone(),
            criteria: report
                .criteria
                .iter()
                .map(|criterion| CandidateCriterion {
                    title: criterion.title.clone(),
                    points: criterion.points,
                    max_points: criterion.max_points,
                })
                .collect(),
        }
    }
}
