//! `Report` → what the interviewer's page shows, in its order. Pure; the templates only place it.

use super::text::{Line, compare, count, date, duration, layout_json, percent, split_url};
use super::words::{after_fault, after_rejection, status_meaning, status_word};
use crate::judge::FindingStatus;
use crate::report::{CriterionView, Exchange, FindingView, ProofView, Report, StartView, TimingView};
use crate::task::Bucket;

/// Findings, from the top, whose first proof is unfolded: as many as one reads before a call.
const UNFOLDED: usize = 6;
/// Columns that a line of laid out JSON may have before it is broken.
const JSON_WIDTH: usize = 72;

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
    /// What matters most first; groups without a finding are left out.
    pub groups: Vec<Group<'a>>,
    /// The starts of the submission.
    pub starts: Vec<StartRow<'a>>,
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
    /// Points, in words.
    pub points: String,
}

/// Findings under one heading.
#[derive(Debug)]
pub struct Group<'a> {
    /// For links.
    pub id: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What they have in common.
    pub intro: &'static str,
    /// In order.
    pub losses: Vec<Loss<'a>>,
}

/// A finding that is not a pass.
#[derive(Debug)]
pub struct Loss<'a> {
    /// Of the report.
    pub finding: &'a FindingView,
    /// Title of its criterion.
    pub criterion: &'a str,
    /// Its status.
    pub status: &'static str,
    /// Must-have or nice-to-have.
    pub bucket: &'static str,
    /// Points, in words.
    pub points: String,
    /// Set where it caps its criterion.
    pub cap: Option<String>,
    /// The proofs that show something.
    pub proofs: Vec<ProofRow<'a>>,
    /// Tests of which there is nothing but a sentence.
    pub bare: Vec<ProofRow<'a>>,
}

/// A test that did not pass.
#[derive(Debug)]
pub struct ProofRow<'a> {
    /// Of the report.
    pub proof: &'a ProofView,
    /// Its status.
    pub status: &'static str,
    /// Its message, where the finding does not already say it.
    pub message: Option<&'a str>,
    /// Unfolded.
    pub open: bool,
    /// What was promised.
    pub expected: Vec<Line>,
    /// What was seen.
    pub observed: Vec<Line>,
    /// How many exchanges, in words; empty for none.
    pub size: String,
    /// In order.
    pub exchanges: Vec<ExchangeRow<'a>>,
}

/// A request and its answer.
#[derive(Debug)]
pub struct ExchangeRow<'a> {
    /// Of the report.
    pub exchange: &'a Exchange,
    /// Since the first exchange that is shown.
    pub at: String,
    /// Port of the replica, or empty.
    pub port: &'a str,
    /// What follows it.
    pub path: &'a str,
    /// Status of the answer, in words where there was none.
    pub status: String,
    /// Until the answer was complete.
    pub took: String,
    /// Where its bar begins, in percent of all exchanges' time.
    pub left: String,
    /// How long its bar is, in percent.
    pub width: String,
    /// Unfolded.
    pub open: bool,
    /// Body, laid out where it is JSON.
    pub request_body: String,
    /// Body, laid out where it is JSON.
    pub response_body: String,
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
            groups: groups(report),
            starts: report.starts.iter().enumerate().map(|(index, start)| start_row(report, index, start)).collect(),
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

/// As the judge sees it: one proven failure is enough, even where other tests of the check passed.
fn is_critical_failure(finding: &FindingView) -> bool {
    finding.critical && finding.proof.iter().any(|proof| proof.status == FindingStatus::Failed)
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
                points: finding_points(finding),
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

fn finding_points(finding: &FindingView) -> String {
    if finding.status.is_ours() {
        return "not counted".to_owned();
    }
    let plural = if finding.max_points == 1 { "" } else { "s" };
    format!("{} of {} point{plural}", finding.points, finding.max_points)
}

/// Failed critical findings, then other losses, then what the grader could not decide; by points lost.
fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut lost: Vec<&FindingView> =
        report.findings.iter().filter(|finding| finding.status != FindingStatus::Passed).collect();
    lost.sort_by_key(|finding| (rank(finding), std::cmp::Reverse(points_lost(report, finding))));
    let has_critical = lost.iter().any(|finding| rank(finding) == 0);
    let headings = [
        ("critical", "Critical failures", "Promises that must not break. One of them can cap its whole criterion."),
        ("losses", if has_critical { "Other losses" } else { "Losses" }, "The most points first."),
        (
            "undecided",
            "Not decided",
            "The grader could not decide these. They say nothing about the submission; their points left the total.",
        ),
    ];
    let mut position = 0;
    let mut groups = Vec::new();
    for (number, (id, title, intro)) in headings.into_iter().enumerate() {
        let losses: Vec<Loss<'_>> = lost
            .iter()
            .filter(|finding| rank(finding) == number)
            .map(|finding| {
                position += 1;
                loss(report, finding, position <= UNFOLDED)
            })
            .collect();
        if !losses.is_empty() {
            groups.push(Group { id, title, intro, losses });
        }
    }
    groups
}

/// The index of its group.
fn rank(finding: &FindingView) -> usize {
    match finding.status {
        status if status.is_ours() => 2,
        _ if is_critical_failure(finding) => 0,
        _ => 1,
    }
}

/// Of the check itself, and of its criterion where it caps that.
fn points_lost(report: &Report, finding: &FindingView) -> u32 {
    let own = finding.max_points.saturating_sub(finding.points);
    own + capped(report, finding).map_or(0, |(_, taken)| taken)
}

/// The criterion that a finding caps, with the points that the cap takes.
fn capped<'a>(report: &'a Report, finding: &FindingView) -> Option<(&'a CriterionView, u32)> {
    let capped_by = |criterion: &&CriterionView| criterion.capped_by.as_ref() == Some(&finding.id);
    let criterion = report.criteria.iter().find(capped_by)?;
    let earned: u32 = report.findings.iter().filter(|f| f.criterion == criterion.id).map(|f| f.points).sum();
    Some((criterion, earned.saturating_sub(criterion.points)))
}

fn loss<'a>(report: &'a Report, finding: &'a FindingView, unfolded: bool) -> Loss<'a> {
    let criterion = report.criteria.iter().find(|criterion| criterion.id == finding.criterion);
    let rows = finding.proof.iter().map(|proof| proof_row(finding, proof));
    let (mut proofs, bare): (Vec<_>, Vec<_>) = rows.partition(|row| shows_something(row.proof));
    if let Some(first) = proofs.first_mut().filter(|_| unfolded) {
        first.open = true;
        // The last exchange is the one that contradicts.
        if let Some(last) = first.exchanges.last_mut() {
            last.open = true;
        }
    }
    Loss {
        finding,
        criterion: criterion.map_or(finding.criterion.as_str(), |criterion| &criterion.title),
        status: status_word(finding.status),
        bucket: match finding.bucket {
            Bucket::Must => "must-have",
            Bucket::Nice => "nice-to-have",
        },
        points: finding_points(finding),
        cap: capped(report, finding).map(|(criterion, taken)| {
            let CriterionView { title, points, max_points, .. } = criterion;
            format!("It caps {title} at {points} of {max_points} points, {taken} fewer than its checks earned.")
        }),
        proofs,
        bare,
    }
}

fn shows_something(proof: &ProofView) -> bool {
    !(proof.expected.is_empty()
        && proof.observed.is_empty()
        && proof.exchanges.is_empty()
        && proof.reproduce.is_empty())
}

fn proof_row<'a>(finding: &FindingView, proof: &'a ProofView) -> ProofRow<'a> {
    let (expected, observed) = compare(&proof.expected, &proof.observed);
    let exchanges = exchange_rows(&proof.exchanges);
    ProofRow {
        proof,
        status: status_word(proof.status),
        message: Some(proof.message.as_str()).filter(|message| !message.is_empty() && *message != finding.message),
        open: false,
        expected,
        observed,
        size: if exchanges.is_empty() { String::new() } else { count(exchanges.len(), "request") },
        exchanges,
    }
}

fn exchange_rows(exchanges: &[Exchange]) -> Vec<ExchangeRow<'_>> {
    let first = exchanges.iter().map(|exchange| exchange.at_ms).fold(f64::INFINITY, f64::min);
    let last = exchanges.iter().map(|exchange| exchange.at_ms + exchange.took_ms).fold(f64::NEG_INFINITY, f64::max);
    let body = |body: &str| layout_json(body, JSON_WIDTH).unwrap_or_else(|| body.to_owned());
    exchanges
        .iter()
        .map(|exchange| {
            let (port, path) = split_url(&exchange.url);
            let since = exchange.at_ms - first;
            ExchangeRow {
                exchange,
                at: format!("+{}", duration(since)),
                port,
                path,
                status: match exchange.status {
                    0 => "no answer".to_owned(),
                    status => status.to_string(),
                },
                took: duration(exchange.took_ms),
                left: percent(since, last - first),
                width: percent(exchange.took_ms, last - first),
                open: false,
                request_body: body(&exchange.request_body),
                response_body: body(&exchange.response_body),
            }
        })
        .collect()
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
