//! The summary on a terminal. Plain text with optional colour; candidate text is already cleaned.

use std::fmt::Write;

use super::{CandidateReport, FindingView, Report};
use crate::judge::FindingStatus;

const BAR: usize = 20;

/// The interviewer's summary. `colour` turns ANSI colours on.
pub fn terminal(report: &Report, colour: bool) -> String {
    let paint = Paint(colour);
    let mut out = String::new();
    headline(&mut out, &paint, &report.verdict, report.points.zip(report.max_points), &report.submission.name);
    if let Some(message) = &report.message {
        let reason = report.reason.as_deref().unwrap_or_default();
        push(&mut out, format_args!("  {} {message}", paint.bold(reason)));
    }
    if !report.criteria.is_empty() {
        out.push('\n');
    }
    let width = report.criteria.iter().map(|criterion| criterion.title.chars().count()).max().unwrap_or(0);
    for criterion in &report.criteria {
        let bar = bar(criterion.points, criterion.max_points);
        let bar = if criterion.points == criterion.max_points { paint.green(&bar) } else { paint.yellow(&bar) };
        let capped = criterion.capped_by.as_ref().map(|id| format!("  capped by {}", paint.red(id)));
        push(
            &mut out,
            format_args!(
                "  {:width$}  {bar}  {:>3} / {:<3}{}",
                criterion.title,
                criterion.points,
                criterion.max_points,
                capped.unwrap_or_default()
            ),
        );
    }
    let lost: Vec<&FindingView> = report.findings.iter().filter(|f| f.status != FindingStatus::Passed).collect();
    if !lost.is_empty() {
        out.push('\n');
    }
    for finding in lost {
        let status = match finding.status {
            FindingStatus::Failed => paint.red(finding.status.code()),
            _ => paint.yellow(finding.status.code()),
        };
        push(
            &mut out,
            format_args!("  {status} {} ({}/{})", paint.bold(&finding.id), finding.points, finding.max_points),
        );
        push(&mut out, format_args!("      {}", finding.message));
        if let Some(proof) = finding.proof.iter().find(|proof| !proof.reproduce.is_empty()) {
            push(&mut out, format_args!("      {}", paint.dim(&proof.reproduce)));
        }
    }
    for note in &report.notes {
        push(&mut out, format_args!("\n  note: {note}"));
    }
    let total: u64 = report.timings.iter().map(|timing| timing.ms).sum();
    let own: u64 = report.timings.iter().filter(|timing| timing.own).map(|timing| timing.ms).sum();
    let (total, own) = (total as f64 / 1000.0, own as f64 / 1000.0);
    let line = format!("seed {} · {total:.1} s, of which the runner's own {own:.1} s", report.seed);
    push(&mut out, format_args!("\n  {}", paint.dim(&line)));
    out
}

/// The candidate's summary.
pub fn candidate_terminal(report: &CandidateReport, colour: bool) -> String {
    let paint = Paint(colour);
    let mut out = String::new();
    headline(&mut out, &paint, &report.verdict, report.points.zip(report.max_points), &report.submission);
    if let Some(message) = &report.message {
        push(&mut out, format_args!("  {message}"));
    }
    let width = report.criteria.iter().map(|criterion| criterion.title.chars().count()).max().unwrap_or(0);
    for criterion in &report.criteria {
        let bar = bar(criterion.points, criterion.max_points);
        push(
            &mut out,
            format_args!("  {:width$}  {bar}  {:>3} / {}", criterion.title, criterion.points, criterion.max_points),
        );
    }
    out
}

fn headline(out: &mut String, paint: &Paint, verdict: &str, points: Option<(u32, u32)>, name: &str) {
    let verdict = match verdict {
        "graded" => paint.green(verdict),
        "rejected" => paint.red(verdict),
        _ => paint.yellow(verdict),
    };
    let points = points.map(|(points, max)| format!("  {}", paint.bold(&format!("{points} of {max} points"))));
    push(out, format_args!("{} {verdict}{}", paint.bold(name), points.unwrap_or_default()));
}

fn bar(points: u32, max_points: u32) -> String {
    let filled = if max_points == 0 { 0 } else { BAR * points as usize / max_points as usize };
    format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled))
}

fn push(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    writeln!(out, "{line}").ok();
}

struct Paint(bool);

impl Paint {
    fn wrap(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
    fn bold(&self, text: &str) -> String {
        self.wrap("1", text)
    }
    fn dim(&self, text: &str) -> String {
        self.wrap("2", text)
    }
    fn red(&self, text: &str) -> String {
        self.wrap("31", text)
    }
    fn green(&self, text: &str) -> String {
        self.wrap("32", text)
    }
    fn yellow(&self, text: &str) -> String {
        self.wrap("33", text)
    }
}
