//! Findings that are not a pass → what the page tells about them, what matters most first. Pure.

use super::exhibits::{Shown, shown};
use super::text::{Line, compare, count, duration, layout_json, percent, split_url};
use super::timeline::Timeline;
use super::words::status_word;
use crate::judge::FindingStatus;
use crate::report::{CriterionView, Exchange, Exhibit, FindingView, ProofView, Report};
use crate::task::Bucket;

/// Findings, from the top, whose first proof is unfolded: as many as one reads before a call.
const UNFOLDED: usize = 6;
/// Columns that a line of laid out JSON may have before it is broken.
const JSON_WIDTH: usize = 72;

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
    /// What the test shows.
    pub exhibits: Vec<Shown<'a>>,
    /// What was promised; left out where a table shows it.
    pub expected: Vec<Line>,
    /// What was seen.
    pub observed: Vec<Line>,
    /// Requests over time; none where a proof has too few.
    pub timeline: Option<Timeline>,
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

/// Failed critical findings, then other losses, then what the grader could not decide; by points lost.
pub fn groups(report: &Report) -> Vec<Group<'_>> {
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

/// As the judge sees it: one proven failure is enough, even where other tests of the check passed.
pub fn is_critical_failure(finding: &FindingView) -> bool {
    finding.critical && finding.proof.iter().any(|proof| proof.status == FindingStatus::Failed)
}

/// For a heading.
fn finding_points(finding: &FindingView) -> String {
    if finding.status.is_ours() {
        return "not counted".to_owned();
    }
    format!("{} of {}", finding.points, count(finding.max_points as usize, "point"))
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
    let rows = finding.proof.iter().enumerate().map(|(index, proof)| proof_row(finding, proof, index));
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
        && proof.arithmetic.is_empty()
        && proof.timeline.is_empty()
        && proof.exhibits.is_empty()
        && proof.reproduce.is_empty())
}

fn proof_row<'a>(finding: &FindingView, proof: &'a ProofView, index: usize) -> ProofRow<'a> {
    let tabled = proof.exhibits.iter().any(|exhibit| matches!(exhibit, Exhibit::Table(_)));
    let (expected, observed) = if tabled { Default::default() } else { compare(&proof.expected, &proof.observed) };
    let exchanges = exchange_rows(&proof.exchanges);
    ProofRow {
        proof,
        status: status_word(proof.status),
        message: Some(proof.message.as_str()).filter(|message| !message.is_empty() && *message != finding.message),
        open: false,
        exhibits: shown(&proof.exhibits, &format!("shown-{}-{}", finding.id, index + 1)),
        expected,
        observed,
        timeline: Timeline::of(&proof.timeline),
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
