//! JUnit XML for build servers: one test suite a criterion, one test case a check.

use std::fmt::Write;

use super::Report;
use crate::judge::FindingStatus;

/// The report as JUnit XML.
pub fn junit(report: &Report) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let undecided = report.verdict == "inconclusive";
    let total: f64 = report.timings.iter().map(|timing| timing.ms as f64 / 1000.0).sum();
    write!(out, "<testsuites name=\"{}\" time=\"{total:.3}\">", escape(&report.task.slug)).ok();
    if report.verdict != "graded" {
        let (tag, counts) = if undecided {
            ("error", "errors=\"1\" failures=\"0\"")
        } else {
            ("failure", "errors=\"0\" failures=\"1\"")
        };
        let reason = escape(report.reason.as_deref().unwrap_or_default());
        let message = escape(report.message.as_deref().unwrap_or_default());
        write!(
            out,
            "\n  <testsuite name=\"run\" tests=\"1\" {counts} skipped=\"0\">\n    <testcase classname=\"run\" name=\"{reason}\"><{tag} message=\"{message}\"/></testcase>\n  </testsuite>"
        )
        .ok();
    }
    for criterion in &report.criteria {
        let findings: Vec<_> = report.findings.iter().filter(|f| f.criterion == criterion.id).collect();
        let count = |test: fn(FindingStatus) -> bool| findings.iter().filter(|f| test(f.status)).count();
        write!(
            out,
            "\n  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escape(&criterion.id),
            findings.len(),
            count(is_failure),
            count(FindingStatus::is_ours),
            count(is_skip)
        )
        .ok();
        for finding in findings {
            let head =
                format!("\n    <testcase classname=\"{}\" name=\"{}\"", escape(&criterion.id), escape(&finding.id));
            let message = escape(&finding.message);
            let body = match finding.status {
                FindingStatus::Passed => "/>".to_owned(),
                status if status.is_ours() => format!("><error message=\"{message}\"/></testcase>"),
                status if is_skip(status) => {
                    format!("><skipped message=\"{message}\"/></testcase>")
                }
                _ => {
                    let reproduce = finding.proof.first().map(|proof| escape(&proof.reproduce)).unwrap_or_default();
                    format!("><failure message=\"{message}\">{reproduce}</failure></testcase>")
                }
            };
            write!(out, "{head}{body}").ok();
        }
        out.push_str("\n  </testsuite>");
    }
    out.push_str("\n</testsuites>\n");
    out
}

fn is_failure(status: FindingStatus) -> bool {
    matches!(status, FindingStatus::Failed | FindingStatus::Partial | FindingStatus::TimedOut)
}

fn is_skip(status: FindingStatus) -> bool {
    matches!(status, FindingStatus::NotRun | FindingStatus::NotAssessable)
}

/// Text for XML 1.0: special characters escaped, characters that XML cannot hold left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
