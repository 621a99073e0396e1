//! The report as one self-contained page.

use askama::Template;

use super::{CandidateReport, Report};

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
}

#[derive(Template)]
#[template(path = "candidate.html")]
struct CandidatePage<'a> {
    report: &'a CandidateReport,
}

/// The interviewer's page.
pub fn html(report: &Report) -> Result<String, askama::Error> {
    Page { report }.render()
}

/// The candidate's page.
pub fn candidate_html(report: &CandidateReport) -> Result<String, askama::Error> {
    CandidatePage { report }.render()
}
