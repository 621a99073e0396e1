//! The published schema of `report.json` against real and constructed reports; and the reports that other tests use.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::exhibits::{self, tests::recorded};
use super::{CandidateReport, Exchange, Report, StartView};
use crate::evidence::{Fault, Reason};
use crate::judge::FindingStatus;

/// Text with which a candidate might try to leave its place in a page.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\"onmouseover=\"alert(2)' x='</pre></details></style><!-- &lt; {{ 7*7 }} \
     \u{1b}[31mred\u{1b}[0m user\u{202e}gpj.exe \u{200b}\u{2066}\r\n";

const RECORDED: &str = include_str!("../../tests/reports/graded.json");

/// A run that lost points to critical failures, as it was recorded.
pub(crate) fn graded() -> Report {
    serde_json::from_str(RECORDED).expect("is a report")
}

/// A run that a submission ended.
pub(crate) fn rejected(reason: Reason) -> Report {
    let starts = vec![StartView {
        name: "a".to_owned(),
        summary: "ended before it was ready, exit code 1".to_owned(),
        log: "ImportError: no FastApi".to_owned(),
    }];
    Report { points: Some(0), max_points: Some(100), starts, ..ended("rejected", reason.code()) }
}

/// A run that we ended.
pub(crate) fn inconclusive(fault: Fault) -> Report {
    ended("inconclusive", fault.code())
}

fn ended(verdict: &str, reason: &str) -> Report {
    Report {
        verdict: verdict.to_owned(),
        reason: Some(reason.to_owned()),
        message: Some("it ended early".to_owned()),
        points: None,
        max_points: None,
        criteria: vec![],
        findings: vec![],
        ..graded()
    }
}

/// A run that shows one exhibit of each kind, with this text wherever there is one, and so does each lost test.
pub(crate) fn with_exhibits(text: &str) -> Report {
    let mut report = graded();
    let raw = recorded(text).to_string();
    let shown = exhibits::of_a_run([raw.as_str()]);
    (report.glance, report.exhibits) = (shown.glance, shown.further);
    for proof in report.findings.iter_mut().flat_map(|finding| &mut finding.proof) {
        proof.exhibits = exhibits::of_a_test(&raw);
    }
    report
}

/// A run in which every text that a candidate can choose is hostile.
pub(crate) fn hostile() -> Report {
    let mut report = with_exhibits(HOSTILE);
    let hostile = || HOSTILE.to_owned();
    report.submission.name = hostile();
    report.submission.origin = hostile();
    report.notes = vec![hostile()];
    for start in &mut report.starts {
        (start.name, start.summary, start.log) = (hostile(), hostile(), hostile());
    }
    for finding in report.findings.iter_mut().filter(|finding| finding.status != FindingStatus::Passed) {
        finding.message = hostile();
        for proof in &mut finding.proof {
            (proof.test, proof.message, proof.reproduce) = (hostile(), hostile() + "!", hostile());
            (proof.expected, proof.observed) = (hostile(), json!({ "text": HOSTILE }).to_string());
            let exchange = Exchange {
                method: hostile(),
                url: format!("javascript:{HOSTILE}"),
                request_headers: vec![(hostile(), hostile())],
                request_body: "x".repeat(2048),
                response_headers: vec![(hostile(), hostile())],
                response_body: json!([HOSTILE, HOSTILE, HOSTILE]).to_string(),
                error: hostile(),
                ..Exchange::default()
            };
            proof.exchanges.push(exchange);
        }
    }
    report
}

fn samples() -> Vec<Report> {
    let mut samples = vec![graded(), hostile(), with_exhibits("shown"), with_exhibits("")];
    samples.extend(Reason::ALL.iter().map(|reason| rejected(*reason)));
    samples.extend(Fault::ALL.iter().map(|fault| inconclusive(*fault)));
    let mut unreadable = rejected(Reason::BrokenArchive);
    unreadable.digests.submission = String::new();
    samples.push(unreadable);
    samples
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../docs/report.schema.json")).expect("is JSON")
}

/// The errors of a report, or none.
fn errors(schema: &Value, report: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("is a schema");
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The schema without names that it does not describe.
fn closed(schema: &Value) -> Value {
    let close = |part: &Value| {
        let mut part: Map<String, Value> = part.as_object().expect("is an object").clone();
        if part.contains_key("properties") {
            part.insert("additionalProperties".to_owned(), false.into());
        }
        Value::from(part)
    };
    let mut closed = close(schema);
    for part in closed["$defs"].as_object_mut().expect("is an object").values_mut() {
        *part = close(part);
    }
    closed
}

#[test]
fn the_schema_is_valid() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn reports_are_as_the_schema_says_and_hold_no_more() {
    for report in samples() {
        let value = serde_json::to_value(&report).expect("serializes");
        assert_eq!(errors(&closed(&schema()), &value), Vec::<String>::new(), "{} {:?}", report.verdict, report.reason);
    }
}

#[test]
fn a_candidate_gets_no_exhibit() {
    let report = with_exhibits("shown-only-inside");
    let candidate = CandidateReport::of(&report);
    let texts = [
        serde_json::to_string(&candidate).expect("serializes"),
        super::candidate_html(&candidate).expect("renders"),
        super::candidate_terminal(&candidate, false),
    ];
    for text in texts {
        let (_, text) = text.split_once("</style>").unwrap_or(("", &text));
        for inside in ["shown-only-inside", "exhibit", "glance", "data:image", "iVBORw", "<svg", "Lost"] {
            assert!(!text.contains(inside), "{inside} in {text}");
        }
    }
}

#[test]
fn exhibits_read_and_write_unchanged() {
    let report = with_exhibits("shown");
    let text = serde_json::to_string(&report).expect("serializes");
    assert_eq!(serde_json::from_str::<Report>(&text).expect("reads"), report);
}

#[test]
fn what_was_recorded_reads_and_writes_unchanged() {
    let recorded: Value = serde_json::from_str(RECORDED).expect("is JSON");
    assert_eq!(serde_json::to_value(graded()).expect("serializes"), recorded);
}

#[test]
fn readers_may_meet_names_that_they_do_not_know() {
    let mut value = serde_json::to_value(graded()).expect("serializes");
    value["new"] = json!(1);
    value["findings"][0]["new"] = json!({});
    assert_eq!(errors(&schema(), &value), Vec::<String>::new());
}

#[test]
fn altered_reports_are_found() {
    let lost = graded().findings.iter().position(|finding| !finding.proof.is_empty()).expect("lost something");
    let exchange = format!("/findings/{lost}/proof/0/exchanges/0");
    let alterations = [
        ("/format".to_owned(), json!(2)),
        ("/verdict".to_owned(), json!("failed")),
        ("/verdict".to_owned(), json!("rejected")),
        ("/reason".to_owned(), json!("never-ready")),
        ("/points".to_owned(), json!(null)),
        ("/points".to_owned(), json!(101)),
        ("/points".to_owned(), json!(89.5)),
        ("/seed".to_owned(), json!("8")),
        ("/started_at".to_owned(), json!("yesterday")),
        ("/digests/grader".to_owned(), json!("sha256:0")),
        ("/criteria/0/points".to_owned(), json!(-1)),
        ("/criteria/0/id".to_owned(), json!("Two Words")),
        ("/criteria/0/capped_by".to_owned(), json!(false)),
        ("/findings/0/status".to_owned(), json!("ok")),
        ("/findings/0/bucket".to_owned(), json!("maybe")),
        ("/findings/0/critical".to_owned(), json!("yes")),
        ("/findings/0/proof".to_owned(), json!(null)),
        (format!("{exchange}/status"), json!("200")),
        (format!("{exchange}/request_headers"), json!({"Accept": "*/*"})),
        (format!("{exchange}/response_headers"), json!([["Accept"]])),
        ("/timings/0/ms".to_owned(), json!(1.5)),
        ("/environment/0".to_owned(), json!({"name": "engine"})),
        ("/starts/0/log".to_owned(), json!(["a", "b"])),
        ("/notes".to_owned(), json!("a note")),
    ];
    for (place, altered) in alterations {
        let mut value = serde_json::to_value(graded()).expect("serializes");
        *value.pointer_mut(&place).expect("is there") = altered.clone();
        assert!(!errors(&schema(), &value).is_empty(), "{place} as {altered}");
    }
}

#[test]
fn altered_exhibits_are_found() {
    let alterations = [
        ("/glance/0/kind", json!("script")),
        ("/glance/0/columns/0/number", json!("no")),
        ("/glance/0/rows/0/0", json!("text")),
        ("/glance/0/rows/0/1/mark", json!("loud")),
        ("/glance/0/more", json!(-1)),
        ("/glance/1/text", json!(7)),
        ("/exhibits/0/lines/0/points/0", json!([1, 2, 3])),
        ("/exhibits/0/x/log", json!(null)),
        ("/exhibits/1/png", json!("<svg>")),
        ("/exhibits/1/width", json!(0)),
    ];
    for (place, altered) in alterations {
        let mut value = serde_json::to_value(with_exhibits("shown")).expect("serializes");
        *value.pointer_mut(place).expect("is there") = altered.clone();
        assert!(!errors(&schema(), &value).is_empty(), "{place} as {altered}");
    }
}

#[test]
fn no_name_of_the_first_level_may_be_missing() {
    let whole = serde_json::to_value(graded()).expect("serializes");
    for name in whole.as_object().expect("is an object").keys() {
        let mut value = whole.clone();
        value.as_object_mut().expect("is an object").remove(name);
        assert!(!errors(&schema(), &value).is_empty(), "{name}");
    }
}

#[test]
fn an_inconclusive_report_has_no_number() {
    for number in ["points", "max_points"] {
        let mut value = serde_json::to_value(inconclusive(Fault::NoSpace)).expect("serializes");
        value[number] = json!(0);
        assert!(!errors(&schema(), &value).is_empty(), "{number}");
    }
}

#[test]
fn the_schema_lists_the_codes_that_there_are() {
    use FindingStatus::*;
    let statuses = [Passed, Partial, Failed, Errored, TimedOut, NotRun, NotAssessable, Inconclusive];
    let lists: [(&str, BTreeSet<&str>); 3] = [
        ("reason", Reason::ALL.iter().map(|reason| reason.code()).collect()),
        ("fault", Fault::ALL.iter().map(|fault| fault.code()).collect()),
        ("status", statuses.iter().map(|status| status.code()).collect()),
    ];
    for (name, codes) in lists {
        let schema = schema();
        let listed = schema["$defs"][name]["enum"].as_array().expect("is a list");
        let listed: BTreeSet<&str> = listed.iter().map(|code| code.as_str().expect("is text")).collect();
        assert_eq!(listed, codes, "{name}");
    }
}
