//! The report as one self-contained page: no script, nothing from elsewhere, no link that a candidate chose.
//!
//! Templates escape for HTML; hidden characters are shown in the finished page, so no template can forget it.

mod exhibits;
mod losses;
mod series;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
mod view;
mod words;

use askama::Template;

use self::exhibits::Body;
use self::text::{date, percent, visible};
use self::view::View;
use super::{CandidateReport, Report};

#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
struct Page<'a> {
    report: &'a Report,
    view: View<'a>,
}

#[derive(Template)]
#[template(path = "candidate.html", whitespace = "minimize")]
struct CandidatePage<'a> {
    report: &'a CandidateReport,
    date: String,
    /// The criteria's shares in percent, in their order.
    shares: Vec<String>,
}

/// The interviewer's page.
pub fn html(report: &Report) -> Result<String, askama::Error> {
    Ok(visible(&Page { report, view: View::of(report) }.render()?))
}

/// The candidate's page.
pub fn candidate_html(report: &CandidateReport) -> Result<String, askama::Error> {
    let share = |points: u32, of: u32| percent(f64::from(points), f64::from(of));
    let shares = report.criteria.iter().map(|criterion| share(criterion.points, criterion.max_points)).collect();
    Ok(visible(&CandidatePage { report, date: date(&report.started_at), shares }.render()?))
}
