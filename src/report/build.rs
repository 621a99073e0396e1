//! Verdict, score, findings and facts → `Report`. Decides what is shown, not how.

use serde_json::Value;

use super::exhibits::{self, RunExhibits};
use super::{
    BarView, CriterionView, Digests, Exchange, FORMAT, FactView, FindingView, Headers, ProbeView, ProofView, Report,
    StartView, SubmissionView, TaskView, TimingView,
};
use crate::judge::{Finding, FindingStatus, Proof, Verdict};
use crate::score::Score;
use crate::task::{PROBE_PREFIX, Rubric, Task};

/// What a report is made from, besides verdict, score and findings.
#[derive(Debug)]
pub struct Facts {
    /// The run's id.
    pub run: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Seed of all random data.
    pub seed: u64,
    /// The submission.
    pub submission: SubmissionView,
    /// What took part.
    pub digests: Digests,
    /// Wall time by phase.
    pub timings: Vec<TimingView>,
    /// The probes.
    pub probes: Vec<ProbeView>,
    /// Where it ran.
    pub environment: Vec<FactView>,
    /// How each start went.
    pub starts: Vec<StartView>,
    /// What the suites want shown, as they recorded it: JSON texts.
    pub exhibits: Vec<String>,
    /// Things that the interviewer should know.
    pub notes: Vec<String>,
}

/// Builds the view model.
pub fn build(
    task: &Task,
    rubric: &Rubric,
    verdict: &Verdict,
    findings: &[Finding],
    score: &Score,
    facts: Facts,
) -> Report {
    let (kind, reason, message) = match verdict {
        Verdict::Graded => ("graded", None, None),
        Verdict::Rejected { reason, message } => ("rejected", Some(reason.code()), Some(message.clone())),
        Verdict::Inconclusive { fault, message } => ("inconclusive", Some(fault.code()), Some(message.clone())),
    };
    let (points, max_points) = match verdict {
        Verdict::Graded => (Some(score.points), Some(score.max_points)),
        // The denominator is closed: what did not run earns nothing.
        Verdict::Rejected { .. } => (Some(0), Some(Rubric::TOTAL)),
        Verdict::Inconclusive { .. } => (None, None),
    };
    let mut notes = facts.notes;
    let undecided = findings.iter().filter(|finding| finding.status.is_ours()).count();
    if undecided > 0 {
        notes.push(format!(
            "{undecided} of {} checks could not be decided by the grader; their points left the denominator.",
            findings.len()
        ));
    }
    let shown = match verdict {
        Verdict::Graded => exhibits::of_a_run(facts.exhibits.iter().map(String::as_str)),
        // What is not trusted, or says nothing, is not shown either.
        Verdict::Rejected { .. } | Verdict::Inconclusive { .. } => RunExhibits::default(),
    };
    Report {
        format: FORMAT,
        verdict: kind.to_owned(),
        reason: reason.map(str::to_owned),
        message,
        points,
        max_points,
        task: TaskView {
            slug: task.slug.clone(),
            title: task.title.clone(),
            specialization: task.specialization.clone(),
        },
        submission: facts.submission,
        criteria: criteria(rubric, score),
        findings: finding_views(task, rubric, findings, score, facts.seed),
        run: facts.run,
        started_at: facts.started_at,
        seed: facts.seed,
        digests: facts.digests,
        timings: facts.timings,
        probes: facts.probes,
        environment: facts.environment,
        starts: facts.starts,
        glance: shown.glance,
        exhibits: shown.further,
        notes,
    }
}

fn criteria(rubric: &Rubric, score: &Score) -> Vec<CriterionView> {
    score
        .criteria
        .iter()
        .map(|scored| CriterionView {
            id: scored.id.clone(),
            title: rubric.criteria.iter().find(|c| c.id == scored.id).map(|c| c.title.clone()).unwrap_or_default(),
            points: scored.points,
            max_points: scored.max_points,
            capped_by: scored.capped_by.clone(),
        })
        .collect()
}

fn finding_views(task: &Task, rubric: &Rubric, findings: &[Finding], score: &Score, seed: u64) -> Vec<FindingView> {
    let points = |check: &str| {
        let all = score.criteria.iter().flat_map(|criterion| &criterion.checks);
        all.clone().find(|(id, _, _)| id == check).map_or((0, 0), |(_, points, max)| (*points, *max))
    };
    rubric
        .checks()
        .filter_map(|(criterion, check)| {
            let finding = findings.iter().find(|finding| finding.check == check.id)?;
            let (points, max_points) = points(&check.id);
            Some(FindingView {
                id: check.id.clone(),
                criterion: criterion.id.clone(),
                title: check.title.clone(),
                bucket: check.bucket,
                critical: check.critical,
                status: finding.status,
                points,
                max_points,
                message: finding.message.clone(),
                hint: if finding.status == FindingStatus::Passed { String::new() } else { check.hint.clone() },
                proof: finding
                    .proofs
                    .iter()
                    .map(|proof| ProofView { reproduce: reproduce(task, &check.id, proof, seed), ..proof_view(proof) })
                    .collect(),
            })
        })
        .collect()
}

/// One line that does it again: of a test its last request, of a probe the whole experiment.
fn reproduce(task: &Task, check: &str, proof: &Proof, seed: u64) -> String {
    if proof.test.starts_with(PROBE_PREFIX) && !proof.detail.is_null() {
        return format!("takehome grade {} SUBMISSION --only {check} --seed {seed}", task.slug);
    }
    text(&proof.detail, "reproduce")
}

/// Reads what the suite recorded, leniently: what is missing is left empty.
fn proof_view(proof: &Proof) -> ProofView {
    let text = |name: &str| text(&proof.detail, name);
    let lines = proof.detail["arithmetic"].as_array().map(|items| items.iter().map(plain).collect());
    let timeline = proof.detail["timeline"].as_array().map(|items| items.iter().map(bar).collect());
    let exchanges = proof.detail["exchanges"].as_array().map(|items| items.iter().map(exchange).collect());
    ProofView {
        test: proof.test.clone(),
        status: proof.status,
        message: proof.message.clone(),
        expected: text("expected"),
        observed: text("observed"),
        arithmetic: lines.unwrap_or_default(),
        timeline: timeline.unwrap_or_default(),
        exchanges: exchanges.unwrap_or_default(),
        exhibits: exhibits::of_a_test(&proof.exhibits),
        reproduce: String::new(),
    }
}

fn bar(value: &Value) -> BarView {
    BarView {
        lane: text(value, "lane"),
        label: text(value, "label"),
        answer: text(value, "answer"),
        at_ms: value["at_ms"].as_f64().unwrap_or_default(),
        took_ms: value["took_ms"].as_f64().unwrap_or_default(),
    }
}

/// A member as text; empty where it is missing.
fn text(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::Null => String::new(),
        other => plain(other),
    }
}

/// A value as text.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn exchange(value: &Value) -> Exchange {
    let text = |name: &str| text(value, name);
    Exchange {
        method: text("method"),
        url: text("url"),
        request_headers: headers(&value["request_headers"]),
        request_body: text("request_body"),
        status: value["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default(),
        response_headers: headers(&value["response_headers"]),
        response_body: text("response_body"),
        error: text("error"),
        at_ms: value["at_ms"].as_f64().unwrap_or_default(),
        took_ms: value["took_ms"].as_f64().unwrap_or_default(),
    }
}

fn headers(value: &Value) -> Headers {
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        Value::Array(pairs) => pairs.iter().map(|pair| (plain(&pair[0]), plain(&pair[1]))).collect(),
        _ => Headers::new(),
    }
}
