//! Level 3: real Docker. The zoo of misbehaving submissions, isolation, kills and interrupts.
//!
//! Each run is followed by the assertion that nothing of it is left on the engine. They
//! run one after the other: most start several containers on a small machine.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{root, stderr, stdout, takehome};

/// Whether the images are there.
static ENGINE: Mutex<bool> = Mutex::new(false);

/// The engine for one test alone, with images: no limit of time is meant for building them. `None`, loudly, where none answers.
fn engine() -> Option<MutexGuard<'static, bool>> {
    let answers = Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]).output();
    if !answers.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "no engine answers; CI needs one");
        eprintln!("NOT RUN: no container engine answers; start Docker to run the tests of level 3");
        return None;
    }
    let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    if !*engine {
        let built = ended(takehome().args(["--quiet", "images", "build"]));
        assert!(built.status.success(), "{}", stderr(&built));
        *engine = true;
    }
    Some(engine)
}

/// What one runner has on the engine. Other runners, living or killed, are no concern of a test.
fn labelled(runner: u32) -> Vec<String> {
    let list = |kind: &[&str], name: &str| {
        let format = format!("{{{{.{name}}}}} {{{{.Label \"takehome.owner\"}}}}");
        let output = Command::new("docker")
            .args(kind)
            .args(["--filter", "label=takehome.run", "--format", &format])
            .output()
            .expect("docker");
        assert!(output.status.success(), "{}", stderr(&output));
        let owned = |line: &&str| line.split(':').rev().nth(1) == Some(runner.to_string().as_str());
        stdout(&output).lines().filter(owned).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut found = list(&["ps", "--all"], "Names");
    found.extend(list(&["volume", "ls"], "Name"));
    found.extend(list(&["network", "ls"], "Name"));
    found
}

#[track_caller]
fn assert_nothing_left(runner: u32) {
    assert_eq!(labelled(runner), Vec::<String>::new());
}

/// Runs a command to its end; nothing of it may be left on the engine.
#[track_caller]
fn ended(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let runner = child.id();
    let output = child.wait_with_output().unwrap();
    assert_nothing_left(runner);
    output
}

fn zoo(submission: &str) -> PathBuf {
    root().join("tests/submissions").join(submission)
}

/// `takehome grade zoo SUBMISSION`.
fn grade(submission: &Path, out: &Path) -> Command {
    grade_as("zoo", submission, out)
}

fn grade_as(task: &str, submission: &Path, out: &Path) -> Command {
    let library = root().join("tests/library");
    let mut command = takehome();
    command.arg("--tasks").arg(library.join("tasks")).arg("--graders").arg(library.join("graders"));
    command.args(["--quiet", "grade", task]).arg(submission).arg("--out").arg(out).args(["--seed", "918273645"]);
    command
}

/// Grades a submission of the zoo; its report.
#[track_caller]
fn report_of(submission: &str) -> Value {
    report_as("zoo", submission)
}

#[track_caller]
fn report_as(task: &str, submission: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = ended(&mut grade_as(task, &zoo(submission), &out));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "", "a report needs no words on standard error");
    let report = serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap();
    for file in ["report.html", "junit.xml", "evidence/evidence.json"] {
        assert!(out.join(file).is_file(), "{file}");
    }
    report
}

fn lost(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|f| f["status"] != "passed").map(|f| f["id"].as_str().unwrap()).collect()
}

#[test]
fn a_plain_submission_earns_everything() {
    let Some(_engine) = engine() else { return };
    let report = report_of("plain");
    assert_eq!((&report["verdict"], &report["points"]), (&"graded".into(), &100.into()));
}

#[test]
fn what_does_not_start_is_rejected_with_its_reason() {
    let Some(_engine) = engine() else { return };
    for (submission, reason, word) in [
        ("no-run-sh", "missing-run-sh", "run.sh"),
        ("not-utf8", "not-utf8", "run.sh"),
        ("exits", "crashed-at-start", "exit code 3"),
        ("hangs", "never-ready", "within 6 s"),
        ("never-answers", "never-ready", "within 6 s"),
        ("eats-memory", "out-of-memory", "memory"),
        ("forks-without-end", "never-ready", "within 6 s"),
        ("wants-what-is-not-there", "dependency-unavailable", "humanize"),
    ] {
        let report = report_of(submission);
        assert_eq!(report["verdict"], "rejected", "{submission}: {report}");
        assert_eq!(report["reason"], reason, "{submission}");
        assert_eq!((&report["points"], &report["max_points"]), (&0.into(), &100.into()), "{submission}");
        let message = report["message"].as_str().unwrap();
        assert!(message.contains(word) && !message.contains('\n'), "{submission}: {message}");
    }
}

#[test]
fn the_log_of_a_crash_is_in_the_report() {
    let Some(_engine) = engine() else { return };
    let report = report_of("exits");
    let logs: Vec<&str> = report["starts"].as_array().unwrap().iter().map(|s| s["log"].as_str().unwrap()).collect();
    assert!(logs.iter().any(|log| log.contains("no configuration found")), "{logs:?}");
}

#[test]
fn a_service_that_dies_in_the_middle_loses_what_it_does_not_answer() {
    let Some(_engine) = engine() else { return };
    let report = report_of("dies-in-the-middle");
    assert_eq!(report["verdict"], "graded");
    assert_eq!(lost(&report), ["zoo-sandbox"]);
    let notes = report["notes"].to_string();
    assert!(notes.contains("Replica a ended by itself"), "{notes}");
}

#[test]
fn floods_and_deaf_ears_are_bounded() {
    let Some(_engine) = engine() else { return };
    let report = report_of("floods-its-log");
    assert_eq!(report["points"], 100);
    assert!(report["starts"][0]["log"].as_str().unwrap().len() <= 64 << 10);
    let begin = Instant::now();
    assert_eq!(report_of("ignores-sigterm")["points"], 100);
    assert!(begin.elapsed() < Duration::from_secs(20), "it is killed after 2 s");
}

#[test]
fn a_walker_finds_nothing_hidden_and_no_way_out() {
    let Some(_engine) = engine() else { return };
    let report = report_of("walker");
    assert_eq!(lost(&report), Vec::<&str>::new(), "{}", report["findings"]);
}

#[test]
fn a_pinned_package_is_installed_before_the_run() {
    let Some(_engine) = engine() else { return };
    let report = report_of("wants-a-package");
    assert_eq!(report["points"], 100, "{report}");
    let phases = report["timings"].to_string();
    assert!(phases.contains("dependencies"), "{phases}");
}

/// Two volumes and four containers: holder, replicas, examiner.
const THINGS_OF_A_POD: usize = 6;

/// A grade of a submission that takes some seconds, in the background.
fn background(out: &Path) -> Child {
    grade(&zoo("walker"), out).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until so many things of a runner are on the engine.
#[track_caller]
fn wait_for(things: usize, runner: u32) {
    let begin = Instant::now();
    while labelled(runner).len() < things {
        assert!(begin.elapsed() < Duration::from_secs(120), "{things} containers and volumes did not appear");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn interrupts_clean_up_and_say_so() {
    let Some(_engine) = engine() else { return };
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let child = background(&out);
        let runner = child.id();
        wait_for(1, runner);
        let sent = Command::new("kill").args(["-s", signal, &runner.to_string()]).status().unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
        assert!(stderr(&output).contains("the containers are removed"), "{}", stderr(&output));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is half-written");
        assert_nothing_left(runner);
    }
}

/// One kill after each thing that a runner makes, and one before the first.
#[test]
fn sweep_removes_what_killed_runners_left() {
    let Some(_engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    for things in 0..=THINGS_OF_A_POD {
        let mut child = background(&folder.path().join(format!("out{things}")));
        wait_for(things, child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        let left = labelled(child.id()).len();
        assert!(left >= things, "killed at {things}, but {left} left: it was removing them already");
        let output = takehome().arg("sweep").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_nothing_left(child.id());
    }
}

#[test]
fn sweep_leaves_a_living_runner_alone() {
    let Some(_engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let child = background(&folder.path().join("out"));
    let runner = child.id();
    wait_for(1, runner);
    let output = takehome().arg("sweep").output().unwrap();
    assert!(stdout(&output).contains("kept"), "{}", stdout(&output));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_nothing_left(runner);
}

#[test]
fn a_seed_and_only_narrow_a_run() {
    let Some(_engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = ended(grade(&zoo("plain"), &out).args(["--only", "zoo-answers", "--fail-under", "61"]));
    assert_eq!(output.status.code(), Some(1), "60 of 60 is below 61");
    let report: Value = serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!((&report["points"], &report["max_points"]), (&60.into(), &60.into()));
    assert_eq!(report["seed"], 918_273_645);
}

/// A disk that fills up while the report is written: nothing half-written stays.
#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let Some(_engine) = engine() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let grade = grade(&zoo("no-run-sh"), &out);
    // Files may grow to 4 KiB; a write beyond fails as on a full disk.
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"])
        .arg(grade.get_program())
        .args(grade.get_args());
    let output = ended(limited.current_dir(root()).env("NO_COLOR", "1"));
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("--out") && stderr(&output).contains("File too large"), "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The kinds of probes examine an API that no built-in task has, and run from within a test as well.
#[test]
fn probes_examine_another_api_and_run_in_a_test() {
    let Some(_engine) = engine() else { return };
    let good = report_as("tally", "tally");
    assert_eq!(lost(&good), Vec::<&str>::new(), "{}", good["findings"]);
    let bad = report_as("tally", "tally-loses");
    assert_eq!(lost(&bad), ["bumps-counted", "bumps-in-a-test"], "{}", bad["findings"]);
    let proof = &bad["findings"][0]["proof"][0];
    assert!(proof["arithmetic"].as_array().is_some_and(|lines| lines.len() >= 4), "{proof}");
    assert!(proof["timeline"].as_array().is_some_and(|bars| bars.len() > 10), "{proof}");
    assert!(proof["reproduce"].as_str().unwrap().contains("--only bumps-counted --seed 918273645"), "{proof}");
}

/// Chunks and heads without end, a drip, a body of 1 GiB, bytes that are no text, redirects, and a flood of the pricing service.
#[test]
fn a_hostile_replica_does_not_hold_or_break_the_prober() {
    let Some(_engine) = engine() else { return };
    let begin = Instant::now();
    let report = report_as("tally", "tally-hostile");
    // Far above what the limits of its parts add up to, far below what the replica would take.
    assert!(begin.elapsed() < Duration::from_secs(240), "{:?}", begin.elapsed());
    assert_eq!(report["points"], 0);
    for finding in report["findings"].as_array().unwrap() {
        assert_eq!(finding["status"], "not-assessable", "{finding}");
    }
}

/// The second kind of task: runs that the suite asks for, with kills, a full volume, and programs beside.
#[test]
fn an_analysis_is_run_as_the_suite_asks() {
    let Some(_engine) = engine() else { return };
    let good = report_as("sums", "sums");
    assert_eq!(lost(&good), Vec::<&str>::new(), "{}", good["findings"]);
    let hostile = report_as("sums", "sums-hostile");
    assert_eq!(hostile["verdict"], "graded");
    assert_eq!(lost(&hostile), ["sum-right", "sum-kept", "sum-beside"], "{}", hostile["findings"]);
}

/// Grades hostile work by some checks, all of which fail in bounded time: the report, and the folder with everything.
#[track_caller]
fn all_failed(task: &str, submission: &str, checks: &[&str]) -> (Value, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let begin = Instant::now();
    let mut command = takehome();
    command.args(["--quiet", "grade", task]).arg(zoo(submission)).arg("--out").arg(&out);
    let output = ended(command.args(["--seed", "5", "--only", &checks.join(",")]));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(begin.elapsed() < Duration::from_secs(240), "{:?}", begin.elapsed());
    let report: Value = serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!((&report["verdict"], &report["points"]), (&"graded".into(), &0.into()));
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), checks.len());
    for finding in findings {
        assert_eq!(finding["status"], "failed", "{finding}");
    }
    (report, folder)
}

/// Bombs, pipes, links, endless views and files that are not what their names say: a finding each, and no fault of ours.
#[test]
fn hostile_outputs_of_an_analysis_are_findings() {
    let Some(_engine) = engine() else { return };
    let checks =
        ["output-cleaned", "output-warehouse", "plots-images", "plots-points", "report", "accounting", "answers-q1"];
    all_failed("orders-audit", "audit-hostile", &checks);
}

/// Files that run code when they are loaded, and bombs, links and pipes beside them: the suite finds all of it and runs nothing.
#[test]
fn a_hostile_model_runs_only_where_the_candidate_loads_it() {
    // What its code prints and raises, and the name of the files that it makes wherever it can.
    const WORD: &str = "CODE-OF-A-MODEL-RAN";
    let Some(_engine) = engine() else { return };
    // The last two load the files themselves, and their findings show the candidate's log.
    let checks = [
        "train-command",
        "manifest-provenance",
        "manifest-hashes",
        "artifact-safe",
        "artifact-no-ids",
        "metrics-honest",
        "lifecycle",
        "predict-output",
    ];
    let (mut report, folder) = all_failed("churn-scoring", "churn-hostile", &checks);
    let out = folder.path().join("out");
    let findings = report["findings"].take();
    for finding in findings.as_array().unwrap() {
        let loads = ["lifecycle", "predict-output"].contains(&finding["id"].as_str().unwrap());
        assert_eq!(finding.to_string().contains(WORD), loads, "{finding}");
    }
    let shown = report["exhibits"].to_string();
    for file in ["model.pkl", "LICENSE.txt", "endless.txt", "weights.npz", "columns.npy", "scaler.joblib", "net.pt"] {
        assert!(shown.contains(&format!("{file} names")), "{file}: {shown}");
    }
    assert!(!report.to_string().contains(WORD), "{report}");
    for file in std::fs::read_dir(out.join("evidence")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for part in text.split("<testcase").filter(|part| part.contains(WORD)) {
            assert!(part.contains("[lifecycle]") || part.contains("[predict-output]"), "{part}");
        }
    }
    assert!(![Path::new("/tmp"), root()].iter().any(|place| place.join(WORD).exists()));
}
