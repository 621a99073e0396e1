//! Level 1: reports of recorded runs, one snapshot a format.
//!
//! `tests/runs/NAME/evidence` was left by a real run. What is rendered from it must
//! equal the files beside it. `UPDATE_GOLDEN=1 cargo test` writes them anew; look at
//! the difference before you commit it.

use std::path::PathBuf;

use crate::support::{root, run, stderr, stdout};

fn runs() -> Vec<PathBuf> {
    let mut runs: Vec<PathBuf> =
        std::fs::read_dir(root().join("tests/runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    runs.sort();
    assert!(runs.len() >= 4, "{runs:?}");
    runs
}

#[test]
fn every_format_of_every_recorded_run() {
    let mut differences = Vec::new();
    for folder in runs() {
        for (audience, format, file) in [
            ("interviewer", "terminal", "report.txt"),
            ("interviewer", "json", "report.json"),
            ("interviewer", "html", "report.html"),
            ("interviewer", "junit", "junit.xml"),
            ("candidate", "terminal", "candidate.txt"),
            ("candidate", "json", "candidate.json"),
            ("candidate", "html", "candidate.html"),
        ] {
            let run = run(&["report", &folder.display().to_string(), "--format", format, "--audience", audience]);
            assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
            let golden = folder.join(file);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&golden, stdout(&run)).unwrap();
            }
            if std::fs::read_to_string(&golden).unwrap_or_default() != stdout(&run) {
                differences.push(golden.display().to_string());
            }
        }
    }
    assert_eq!(differences, Vec::<String>::new(), "UPDATE_GOLDEN=1 cargo test golden writes them anew");
}

/// Nothing that only the grader knows is in anything that a candidate gets.
#[test]
fn candidates_see_nothing_hidden() {
    for folder in runs() {
        for format in ["terminal", "json", "html"] {
            let run = run(&["report", &folder.display().to_string(), "--format", format, "--audience", "candidate"]);
            let text = stdout(&run);
            let suite = ["test_", ".py", "zoo-", "918273645", "reproduce", "curl", "expected", "sha256", "127.0.0.1"];
            let shown = ["Rules and rows", "ORD-0", "orders.csv", "report.md", "data:image", "<svg", "<table class"];
            for hidden in suite.into_iter().chain(shown) {
                assert!(!text.contains(hidden), "{hidden} in the candidate's {format} of {}", folder.display());
            }
        }
        let refused = run(&["report", &folder.display().to_string(), "--format", "junit", "--audience", "candidate"]);
        assert_eq!(refused.status.code(), Some(2));
    }
}

#[test]
fn evidence_of_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    for (text, words) in
        [("{\"format\": 99}", "format 99"), ("{", "not an evidence file"), ("{\"format\": 1}", "missing field")]
    {
        std::fs::write(evidence.join("evidence.json"), text).unwrap();
        let run = run(&["report", &folder.path().display().to_string()]);
        assert_eq!(run.status.code(), Some(2));
        assert!(stderr(&run).contains(words), "{}", stderr(&run));
    }
}
