//! `Report` → what the interviewer's page shows, in its order. Pure; the templates only place it.

use super::exhibits::{Shown, shown};
use super::losses::{Group, groups, is_critical_failure};
use super::text::{count, date, duration, percent};
use super::words::{after_fault, after_rejection, status_meaning, status_word};
use crate::judge::FindingStatus;
use crate::report::{CriterionView, FindingView, ProbeView, Report, StartView, TimingView};

/// The page.
#[derive(Debug)]
pub struct View<'a> {
    /// When the run began.
    pub date: String,
    /// The outcome in a sentence or two.
    pub summary: String,
    /// What to do about an outcome that is not `graded`.
    pub advice: &'static str,
    /// In the rubric's order.
    pub criteria: Vec<CriterionRow<'a>>,
    /// What the suite shows near the score.
    pub glance: Vec<Shown<'a>>,
    /// What else it shows of the run.
    pub exhibits: Vec<Shown<'a>>,
    /// What matters most first; groups without a finding are left out.
    pub groups: Vec<Group<'a>>,
    /// The starts of the submission.
    pub starts: Vec<StartRow<'a>>,
    /// The probes.
    pub probes: Vec<ProbeRow<'a>>,
    /// The phases.
    pub timings: Vec<TimingRow<'a>>,
    /// The phases' sum.
    pub total: String,
    /// The runner's part of it.
    pub own: String,
    /// The statuses on this page that are not a pass, with what they mean.
    pub legend: Vec<(&'static str, &'static str)>,
}

/// A criterion with its checks.
#[derive(Debug)]
pub struct CriterionRow<'a> {
    /// Of the report.
    pub criterion: &'a CriterionView,
    /// Earned, in percent.
    pub share: String,
    /// `full`, `part` or `capped`, for the bar's colour.
    pub level: &'static str,
    /// Its checks, in order.
    pub checks: Vec<CheckRow<'a>>,
    /// How many of them passed.
    pub passed: usize,
}

/// A check in the list of all checks.
#[derive(Debug)]
pub struct CheckRow<'a> {
    /// Of the report.
    pub finding: &'a FindingView,
    /// Its status.
    pub status: &'static str,
    /// Of a pass: how many of its tests the grader could not decide.
    pub undecided: Option<String>,
    /// Points, for a column of points.
    pub points: String,
}

/// A start of the submission.
#[derive(Debug)]
pub struct StartRow<'a> {
    /// Of the report.
    pub start: &'a StartView,
    /// Its name for people.
    pub title: String,
    /// Unfolded.
    pub open: bool,
}

/// A probe.
#[derive(Debug)]
pub struct ProbeRow<'a> {
    /// Of the report.
    pub probe: &'a ProbeView,
    /// Its status.
    pub status: &'static str,
    /// Its time.
    pub time: String,
    /// Unfolded.
    pub open: bool,
}

/// A phase.
#[derive(Debug)]
pub struct TimingRow<'a> {
    /// Of the report.
    pub timing: &'a TimingView,
    /// Its time.
    pub time: String,
    /// Its bar, in percent of the longest phase.
    pub width: String,
}

impl<'a> View<'a> {
    /// The page of a report.
    pub fn of(report: &'a Report) -> Self {
        let reason = report.reason.as_deref().unwrap_or_default();
        let own = report.timings.iter().filter(|timing| timing.own).map(|timing| timing.ms).sum::<u64>();
        Self {
            date: date(&report.started_at),
            summary: summary(report),
            advice: match report.verdict.as_str() {
                "graded" => "",
                "rejected" => after_rejection(reason),
                _ => after_fault(reason),
            },
            criteria: report.criteria.iter().map(|criterion| criterion_row(report, criterion)).collect(),
            glance: shown(&report.glance, "glance"),
            exhibits: shown(&report.exhibits, "exhibit"),
            groups: groups(report),
            starts: report.starts.iter().enumerate().map(|(index, start)| start_row(report, index, start)).collect(),
            probes: report.probes.iter().map(probe_row).collect(),
            timings: timings(report),
            total: duration(report.timings.iter().map(|timing| timing.ms).sum::<u64>() as f64),
            own: duration(own as f64),
            legend: legend(report),
        }
    }
}

fn summary(report: &Report) -> String {
    match report.verdict.as_str() {
        "graded" => {}
        "rejected" => return "Nothing was tested: the submission was rejected, and earns no points.".to_owned(),
        _ => return "There is no score: the grader did not come to a result.".to_owned(),
    }
    let number = |test: fn(&FindingView) -> bool| report.findings.iter().filter(|finding| test(finding)).count();
    let all = count(report.findings.len(), "check");
    let passed = number(|finding| finding.status == FindingStatus::Passed);
    if passed == report.findings.len() {
        return if passed == 1 { "The one check passed.".to_owned() } else { format!("All {all} passed.") };
    }
    let mut summary = format!("{passed} of {all} passed.");
    let critical = number(is_critical_failure);
    if critical > 0 {
        let verb = if critical == 1 { "is" } else { "are" };
        summary += &format!(" {} {verb} broken.", count(critical, "critical promise"));
    }
    let undecided = number(|finding| finding.status.is_ours());
    if undecided > 0 {
        summary += &format!(" {} could not be decided by the grader.", count(undecided, "check"));
    }
    summary
}

fn criterion_row<'a>(report: &'a Report, criterion: &'a CriterionView) -> CriterionRow<'a> {
    let checks: Vec<CheckRow<'_>> = report
        .findings
        .iter()
        .filter(|finding| finding.criterion == criterion.id)
        .map(|finding| {
            let passed = finding.status == FindingStatus::Passed;
            CheckRow {
                finding,
                status: status_word(finding.status),
                undecided: (passed && !finding.proof.is_empty())
                    .then(|| format!("{} not decided", count(finding.proof.len(), "test"))),
                points: if finding.status.is_ours() {
                    "not counted".to_owned()
                } else {
                    format!("{} of {}", finding.points, finding.max_points)
                },
            }
        })
        .collect();
    CriterionRow {
        criterion,
        share: percent(f64::from(criterion.points), f64::from(criterion.max_points)),
        level: match criterion.capped_by {
            Some(_) => "capped",
            None if criterion.points == criterion.max_points => "full",
            None => "part",
        },
        passed: checks.iter().filter(|check| check.finding.status == FindingStatus::Passed).count(),
        checks,
    }
}

fn start_row<'a>(report: &Report, index: usize, start: &'a StartView) -> StartRow<'a> {
    let kind = if start.name.chars().count() == 1 { "Replica" } else { "Instance" };
    StartRow {
        start,
        title: format!("{kind} {}", start.name),
        // A rejection for a start that failed is explained by its log.
        open: index == 0 && report.verdict == "rejected",
    }
}

fn probe_row(probe: &ProbeView) -> ProbeRow<'_> {
    let status = FindingStatus::from_code(&probe.status);
    ProbeRow {
        probe,
        status: status.map_or("", status_word),
        time: duration(probe.ms as f64),
        // An observation has no other place on the page.
        open: probe.observed && status != Some(FindingStatus::Passed),
    }
}

fn timings(report: &Report) -> Vec<TimingRow<'_>> {
    let longest = report.timings.iter().map(|timing| timing.ms).max().unwrap_or_default();
    report
        .timings
        .iter()
        .map(|timing| TimingRow {
            timing,
            time: duration(timing.ms as f64),
            width: percent(timing.ms as f64, longest as f64),
        })
        .collect()
}

fn legend(report: &Report) -> Vec<(&'static str, &'static str)> {
    use FindingStatus::{Errored, Failed, Inconclusive, NotAssessable, NotRun, Partial, TimedOut};
    let all = [Partial, Failed, TimedOut, NotRun, NotAssessable, Errored, Inconclusive];
    let occurs = |status: &FindingStatus| {
        let tests = report.findings.iter().flat_map(|finding| &finding.proof).map(|proof| proof.status);
        report.findings.iter().map(|finding| finding.status).chain(tests).any(|found| found == *status)
    };
    all.into_iter().filter(occurs).map(|status| (status_word(status), status_meaning(status))).collect()
}
