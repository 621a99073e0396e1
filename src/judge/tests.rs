//! Every decision about results that are missing, contradictory or broken, as a table.

use super::*;
use crate::evidence::{Evidence, FORMAT, Subject};
use crate::task::{Rubric, SuitePlan, Task};

const RUBRIC: &str = r#"
format = 1
task = "stockroom"
[[criterion]]
id = "k"
title = "K"
points = 100
[[criterion.check]]
id = "two"
title = "Two tests"
points = 60
critical = true
tests = ["t.py::a", "t.py::b"]
hint = "Ask."
[[criterion.check]]
id = "one"
title = "One test"
points = 40
tests = ["u.py::c"]
hint = "Ask."
"#;

const SUITE: &str = "format = 1\n[[phase]]\nname = \"live\"\nfiles = [\"t.py\"]\ntimeout = \"9s\"\n\
                     [[phase]]\nname = \"after\"\nfiles = [\"u.py\"]\ntimeout = \"9s\"\n";

/// A test case: node id, the element inside it, and the outcome property.
type Row<'a> = (&'a str, &'a str, &'a str);

const PASS: &str = "";
const FAIL: &str = "<failure message=\"f\">f</failure>";
const ERROR: &str = "<error message=\"e\">e</error>";
const SKIP: &str = "<skipped message=\"s\"/>";

fn junit(rows: &[Row]) -> Vec<u8> {
    let cases: String = rows
        .iter()
        .map(|(id, element, outcome)| {
            format!(
                "<testcase classname=\"x\" name=\"y\" time=\"0\"><properties>\
                 <property name=\"nodeid\" value=\"{id}\"/><property name=\"outcome\" value=\"{outcome}\"/>\
                 <property name=\"message\" value=\"m {id}\"/></properties>{element}</testcase>"
            )
        })
        .collect();
    format!("<testsuites><testsuite name=\"pytest\">{cases}</testsuite></testsuites>").into_bytes()
}

fn record(suites: Vec<SuiteRun>, ended: Ended) -> Record {
    let task = Task::parse("task.toml", include_str!("../../tasks/stockroom/task.toml")).expect("valid");
    Record {
        format: FORMAT,
        subject: Subject {
            run: "r".into(),
            submission: "s".into(),
            origin: "folder".into(),
            digest: "d".into(),
            grader: "g".into(),
            images: vec![],
            seed: 1,
            started_at: "2026-01-01T00:00:00Z".into(),
            version: "0".into(),
            engine: None,
        },
        rubric: Rubric::parse("rubric.toml", RUBRIC, "stockroom").expect("valid"),
        probes: Default::default(),
        suite: SuitePlan::parse("suite.toml", SUITE, task.ports()).expect("valid"),
        task,
        only: vec![],
        evidence: Evidence {
            ended,
            timings: vec![],
            replicas: vec![],
            instances: vec![],
            suites,
            probes: vec![],
            leaks: vec![],
        },
    }
}

fn suite(name: &str, exit_code: i32, timed_out: bool, junit: Vec<u8>) -> SuiteRun {
    SuiteRun { name: name.into(), exit_code, timed_out, junit, output: vec![] }
}

/// A completed run with `live` and a passing `after`.
fn graded(live: &[Row]) -> Vec<(String, FindingStatus, (u32, u32))> {
    let suites =
        vec![suite("live", 1, false, junit(live)), suite("after", 0, false, junit(&[("u.py::c", PASS, "passed")]))];
    let (verdict, findings) = judge(&record(suites, Ended::Completed));
    assert_eq!(verdict, Verdict::Graded);
    findings.into_iter().map(|f| (f.check, f.status, f.share)).collect()
}

#[track_caller]
fn check(live: &[Row], status: FindingStatus, share: (u32, u32)) {
    let findings = graded(live);
    assert_eq!(findings[0], ("two".to_owned(), status, share));
    assert_eq!(findings[1], ("one".to_owned(), FindingStatus::Passed, (2, 2)), "one flaw costs one check");
}

#[track_caller]
fn inconclusive(suites: Vec<SuiteRun>, expected: Fault, words: &str) {
    let (verdict, findings) = judge(&record(suites, Ended::Completed));
    let Verdict::Inconclusive { fault, message } = verdict else { panic!("{verdict:?}") };
    assert_eq!(fault, expected);
    assert!(message.contains(words), "{message}");
    assert!(findings.is_empty(), "our fault is never a finding");
}

const A: Row = ("t.py::a", PASS, "passed");

#[test]
fn tests_that_report() {
    use FindingStatus::{Failed, NotAssessable, Partial, Passed};
    check(&[A, ("t.py::b", PASS, "passed")], Passed, (4, 4));
    check(&[A, ("t.py::b", FAIL, "failed")], Partial, (2, 4));
    check(&[A, ("t.py::b", FAIL, "partial")], Partial, (3, 4));
    check(&[("t.py::a", FAIL, "failed"), ("t.py::b", FAIL, "failed")], Failed, (0, 4));
    check(&[("t.py::a", ERROR, "not-assessable"), ("t.py::b", FAIL, "not-assessable")], NotAssessable, (0, 4));
    // A failure is worse than what could not be assessed.
    check(&[("t.py::a", ERROR, "not-assessable"), ("t.py::b", FAIL, "failed")], Failed, (0, 4));
}

#[test]
fn what_we_could_not_decide_leaves_the_denominator() {
    use FindingStatus::{Errored, Failed, Inconclusive, Passed};
    check(&[A, ("t.py::b", FAIL, "inconclusive")], Passed, (2, 2));
    check(&[A, ("t.py::b", ERROR, "errored")], Passed, (2, 2));
    check(&[("t.py::a", FAIL, "failed"), ("t.py::b", ERROR, "")], Failed, (0, 2));
    check(&[("t.py::a", FAIL, "inconclusive"), ("t.py::b", FAIL, "inconclusive")], Inconclusive, (0, 0));
    check(&[("t.py::a", FAIL, "errored"), ("t.py::b", ERROR, "errored")], Errored, (0, 0));
}

#[test]
fn what_did_not_run_earns_nothing() {
    use FindingStatus::{NotRun, Partial};
    check(&[A], Partial, (2, 4));
    check(&[], NotRun, (0, 4));
    check(&[("t.py::a", SKIP, ""), ("t.py::b", SKIP, "passed")], NotRun, (0, 4));
}

#[test]
fn contradictions_are_never_a_pass() {
    use FindingStatus::{Errored, Partial, Passed};
    // pytest says failed, the suite says passed: pytest wins.
    check(&[A, ("t.py::b", FAIL, "passed")], Partial, (2, 4));
    // pytest says passed, the suite says failed: our test is broken.
    check(&[A, ("t.py::b", PASS, "failed")], Passed, (2, 2));
    check(&[("t.py::a", PASS, "failed"), ("t.py::b", PASS, "nonsense")], Errored, (0, 0));
}

#[test]
fn critical_is_only_what_is_proved() {
    let critical = |live: &[Row]| {
        let suites =
            vec![suite("live", 1, false, junit(live)), suite("after", 0, false, junit(&[("u.py::c", PASS, "")]))];
        judge(&record(suites, Ended::Completed)).1[0].critical
    };
    assert!(critical(&[A, ("t.py::b", FAIL, "failed")]));
    assert!(!critical(&[A, ("t.py::b", FAIL, "partial")]));
    assert!(!critical(&[A, ("t.py::b", ERROR, "not-assessable")]));
    assert!(!critical(&[A]));
}

#[test]
fn a_suite_that_was_interrupted_says_so() {
    let suites = vec![suite("live", 2, true, junit(&[A])), suite("after", 2, true, vec![])];
    let (verdict, findings) = judge(&record(suites, Ended::Completed));
    assert_eq!(verdict, Verdict::Graded);
    assert_eq!(findings[0].share, (2, 4));
    assert_eq!(findings[0].proofs[0].status, FindingStatus::TimedOut);
    assert_eq!(findings[1].status, FindingStatus::TimedOut);
    // In the middle of a test: the test has no name, and counts as one that did not begin.
    let nameless =
        String::from_utf8(junit(&[A])).expect("text").replace("</testsuite>", "<testcase time=\"0.000\"/></testsuite>");
    let suites = vec![suite("live", 2, true, nameless.clone().into_bytes()), suite("after", 2, true, vec![])];
    assert_eq!(judge(&record(suites, Ended::Completed)).0, Verdict::Graded);
    inconclusive(vec![suite("live", 1, false, nameless.into_bytes())], Fault::UntrustedResult, "in no check");
}

#[test]
fn results_that_cannot_be_trusted_are_our_fault() {
    let after = || suite("after", 0, false, junit(&[("u.py::c", PASS, "")]));
    let live = |rows: &[Row]| suite("live", 0, false, junit(rows));
    let with = |live| vec![live, after()];
    inconclusive(with(live(&[A, ("t.py::z", PASS, "")])), Fault::UntrustedResult, "`t.py::z` is in no check");
    inconclusive(with(live(&[A, A])), Fault::UntrustedResult, "`t.py::a` reported twice");
    // Also across the phases.
    inconclusive(with(live(&[A, ("u.py::c", PASS, "")])), Fault::UntrustedResult, "reported twice");
    for code in [2, 3, 4, -1] {
        let suites = with(suite("live", code, false, junit(&[A])));
        inconclusive(suites, Fault::ExaminerCrashed, &format!("exit code {code}"));
    }
    inconclusive(with(suite("live", 0, false, vec![])), Fault::ExaminerCrashed, "no JUnit file");
    inconclusive(with(suite("live", 0, false, b"<testsuites>".to_vec())), Fault::ExaminerCrashed, "broken");
    inconclusive(with(suite("live", 0, false, vec![b'x'; 17 << 20])), Fault::ExaminerCrashed, "bytes, more than");
    let many = junit(&vec![A; 5001]);
    inconclusive(with(suite("live", 0, false, many)), Fault::ExaminerCrashed, "cases, more than");
}

#[test]
fn endings_keep_whose_fault_they_are() {
    let rejected = Ended::Rejected { reason: Reason::NeverReady, message: "m".into() };
    assert!(matches!(judge(&record(vec![], rejected)).0, Verdict::Rejected { reason: Reason::NeverReady, .. }));
    let fault = Ended::Fault { fault: Fault::NoSpace, message: "m".into() };
    assert!(matches!(judge(&record(vec![], fault)).0, Verdict::Inconclusive { fault: Fault::NoSpace, .. }));
}

#[test]
fn only_what_was_asked_for_is_judged() {
    let mut record = record(vec![suite("after", 0, false, junit(&[("u.py::c", PASS, "")]))], Ended::Completed);
    record.only = vec!["one".into()];
    let checks: Vec<String> = judge(&record).1.into_iter().map(|f| f.check).collect();
    assert_eq!(checks, ["one"]);
}

fn probe(name: &str, outcome: Outcome) -> ProbeResult {
    ProbeResult {
        name: name.into(),
        outcome,
        message: "m".into(),
        proof: serde_json::json!({ "expected": "e" }),
        facts: serde_json::Value::Null,
        took_ms: 1,
    }
}

#[test]
fn a_probe_reports_as_a_test_does() {
    use FindingStatus::{Failed, Inconclusive, NotAssessable, Partial, Passed, TimedOut};
    let rubric = RUBRIC.replace("u.py::c", "probe::race");
    for (outcome, status, share) in [
        (Outcome::Passed, Passed, (2, 2)),
        (Outcome::Partial, Partial, (1, 2)),
        (Outcome::Failed, Failed, (0, 2)),
        (Outcome::NotAssessable, NotAssessable, (0, 2)),
        (Outcome::Inconclusive, Inconclusive, (0, 0)),
        (Outcome::TimedOut, TimedOut, (0, 2)),
    ] {
        let mut record = record(vec![], Ended::Completed);
        record.rubric = Rubric::parse("rubric.toml", &rubric, "stockroom").expect("valid");
        record.evidence.probes = vec![probe("race", outcome)];
        let finding = judge(&record).1.pop().expect("a finding");
        assert_eq!((finding.status, finding.share), (status, share), "{outcome:?}");
        if status == Failed {
            assert_eq!(finding.proofs[0].detail["expected"], "e");
        }
    }
}

#[test]
fn an_observed_probe_decides_nothing_and_an_unknown_one_is_our_fault() {
    let observed = "format = 1\ntimeout = \"9s\"\n[[probe]]\nname = \"seen\"\nkind = \"scaling\"\nobserve = true\n";
    let operations = ["create", "take", "list", "list-plain"]
        .map(|name| format!("[[operation]]\nname = \"{name}\"\nmethod = \"GET\"\npath = \"/\"\nok = [\"200\"]\n"));
    let text = format!("{observed}{}", operations.concat());
    let mut record = record(vec![], Ended::Completed);
    record.probes = crate::task::Probes::parse("probes.toml", &text).expect("valid");
    record.evidence.probes = vec![probe("seen", Outcome::Partial)];
    assert_eq!(judge(&record).0, Verdict::Graded);
    record.evidence.probes = vec![probe("other", Outcome::Passed)];
    assert!(matches!(judge(&record).0, Verdict::Inconclusive { fault: Fault::UntrustedResult, .. }));
}

#[test]
fn a_proof_is_kept_and_a_broken_one_is_not() {
    let case = |proof: &str| Case {
        id: "t.py::a".into(),
        status: Status::Failed,
        outcome: Some("failed".into()),
        message: "m".into(),
        proof: proof.into(),
        exhibits: String::new(),
    };
    let record = record(vec![], Ended::Completed);
    let (_, check) = record.rubric.checks().next().expect("two checks");
    let detail = |proof: &str| {
        let reported = BTreeMap::from([("t.py::a".to_owned(), case(proof))]);
        find(check, &reported, false).proofs[0].detail.clone()
    };
    assert_eq!(detail("{\"expected\": 1}")["expected"], 1);
    assert_eq!(detail("{broken"), serde_json::Value::Null);
}
