//! Level 1: the program on files. Exit codes, one-line errors, nothing half-written.

use std::path::Path;
use std::process::Output;

use crate::support::{root, run, stderr, stdout, takehome};

/// The error of a run: the exit code, and a first line that says what is wrong.
#[track_caller]
fn fails(output: &Output, code: i32, words: &str) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    let first = text.lines().next().unwrap_or_default();
    assert!(first.starts_with("error: ") && first.contains(words), "{text}");
    assert!(text.lines().skip(1).all(|line| line.starts_with("hint: ")), "more than one line: {text}");
    assert_eq!(stdout(output), "");
}

#[track_caller]
fn fails_without_output(submission: &str, code: i32, words: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = takehome();
    // No engine: what is refused before needs none.
    command.env("DOCKER_HOST", "unix:///nonexistent/engine.sock");
    command.args(["grade", "stockroom", submission, "--out"]).arg(&out);
    fails(&command.output().unwrap(), code, words);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is half-written");
}

#[test]
fn help_and_version() {
    let help = stdout(&run(&["--help"]));
    for word in ["grade", "report", "verify", "tasks", "images", "doctor", "sweep", "Exit codes"] {
        assert!(help.contains(word), "{word} in {help}");
    }
    assert!(!help.contains("inside"), "{help}");
    assert!(stdout(&run(&["--version"])).starts_with("takehome 0."));
    for command in ["grade", "report", "verify", "tasks", "images", "doctor", "sweep"] {
        let output = run(&[command, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(!stdout(&output).contains("[default: ]"), "{command}");
    }
}

#[test]
fn usage_errors_exit_with_2() {
    for args in [vec!["nonsense"], vec!["grade"], vec!["grade", "stockroom", ".", "--seed", "x"]] {
        assert_eq!(run(&args).status.code(), Some(2), "{args:?}");
    }
    fails(&run(&["grade", "nonsense", "."]), 2, "there is no task `nonsense`");
    fails(
        &run(&["grade", "stockroom", ".", "--only", "nonsense"]),
        2,
        "there is no check or observed probe `nonsense`",
    );
    fails(&run(&["verify", "stockroom", "nonsense"]), 2, "there is no reference `nonsense`");
    fails(&run(&["report", "nonsense"]), 2, "holds no evidence of a run");
}

#[test]
fn a_submission_that_cannot_be_read_is_an_input_error() {
    fails_without_output("/nonexistent/submission", 2, "/nonexistent/submission");
    fails_without_output(&root().join("README.md").display().to_string(), 2, "README.md");
    fails_without_output("https://127.0.0.1:1/repository.git", 2, "127.0.0.1");
}

#[test]
fn without_an_engine_the_run_is_inconclusive() {
    let submission = root().join("tests/submissions/plain");
    fails_without_output(&submission.display().to_string(), 3, "no container engine answers");
    let output = takehome().env("DOCKER_HOST", "unix:///nonexistent/engine.sock").arg("doctor").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("DOCKER_HOST"), "{}", stdout(&output));
}

#[test]
fn an_output_folder_that_is_taken_is_refused_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), "").unwrap();
    let submission = root().join("tests/submissions/plain");
    let output = takehome().args(["grade", "stockroom"]).arg(&submission).arg("--out").arg(folder.path()).output();
    fails(&output.unwrap(), 2, "is not empty");
    let file = folder.path().join("x/y");
    let output = takehome().args(["grade", "stockroom"]).arg(&submission).arg("--out").arg(file).output();
    fails(&output.unwrap(), 2, "--out");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn every_mistake_of_the_manifests_is_reported_at_once() {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("tests/library/tasks"), &folder.path().join("tasks"));
    copy(&root().join("tests/library/graders"), &folder.path().join("graders"));
    let edit = |file: &str, from: &str, to: &str| {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} in {file}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    let check = |words: &[&str]| {
        let mut command = takehome();
        command.arg("--tasks").arg(folder.path().join("tasks")).arg("--graders").arg(folder.path().join("graders"));
        let output = command.args(["tasks", "zoo"]).output().unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(if words.is_empty() { 0 } else { 2 }), "{text}");
        assert_eq!(text.lines().count(), words.len(), "{text}");
        for (line, word) in text.lines().zip(words) {
            assert!(line.contains(word), "{word} in {text}");
        }
    };
    check(&[]);
    edit("graders/zoo/rubric.toml", "points = 60", "points = 50");
    edit("graders/zoo/rubric.toml", "title = \"Both", "titel = \"Both");
    edit("graders/zoo/suite.toml", "test_zoo_after.py", "test_nowhere.py");
    edit("graders/zoo/suite.toml", "\"40s\"", "\"40 seconds\"");
    check(&[
        "rubric.toml: criterion[0].check[0].title: is missing",
        "criterion[0].check[0].titel: is not a known field",
        "criterion: points sum to 90",
        "criterion[0].points: `service` has 50 points, but its checks sum to 60",
        "suite.toml: phase[0].timeout: `40 seconds` is not a duration",
    ]);
    edit("tasks/zoo/task.toml", "cpus = 1", "cpus = \"one\"");
    edit("tasks/zoo/task.toml", "memory = \"128MiB\"", "memory = 128");
    check(&["task.toml: limits.memory: is of type integer", "limits.cpus: is of type string"]);
}

/// The built-in manifests are valid, and so are all references: `verify` loads them
/// before it needs an engine.
#[test]
fn the_built_in_library_is_valid() {
    let output = run(&["tasks"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("stockroom"));
    let output = run(&["tasks", "stockroom"]);
    assert!(stdout(&output).contains("Authentication"), "{}", stdout(&output));
    let mut command = takehome();
    command.env("DOCKER_HOST", "unix:///nonexistent/engine.sock").args(["verify", "stockroom"]);
    let output = command.output().unwrap();
    assert!(stderr(&output).contains("no container engine answers"), "{}", stderr(&output));
}

/// `takehome tasks stockroom | head`: who reads may go.
#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = takehome().args(["tasks", "stockroom"]).stdout(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
}
