//! Level 2: order of operations, deadlines, cancellation, and clean-up on every path.

use std::collections::{BTreeMap, BTreeSet};

use takehome::evidence::{Ended, Evidence, Fault, Reason};
use takehome::inside::protocol::{Ask, RunAsk};
use takehome::probe::protocol::{Outcome, ProbeResult};
use takehome::run::cancel::{self, Cancel};
use takehome::run::execute::execute;
use takehome::sandbox::scripted::{Script, Scripted, Trouble};
use takehome::sandbox::{ContainerState, Network, Role, SandboxError};

use crate::support::{Nowhere, grader, library, plan, plan_of};

async fn run_with(sandbox: &Scripted, missing: &[String], cancel: &Cancel) -> Evidence {
    execute(&plan(&grader(), missing), sandbox, &Nowhere, cancel, vec![]).await
}

async fn run(script: Script) -> (Evidence, Scripted) {
    let sandbox = Scripted::new(script);
    let (_canceller, cancel) = cancel::pair();
    let evidence = run_with(&sandbox, &[], &cancel).await;
    (evidence, sandbox)
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_run_in_which_all_goes_well() {
    let script = Script { never_ready: names(&["no-secret"]), ..Script::default() };
    let (evidence, sandbox) = run(script).await;
    assert_eq!(evidence.ended, Ended::Completed);
    assert_eq!(sandbox.left(), Vec::<String>::new());
    assert_eq!(evidence.leaks, Vec::<String>::new());
    assert_eq!(evidence.suites.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["live", "after"]);
    assert!(evidence.replicas.iter().all(|start| start.ready_after_ms.is_some() && !start.log.is_empty()));

    let log = sandbox.log();
    let at = |what: &str| log.iter().position(|line| line == what).unwrap_or_else(|| panic!("{what} in {log:#?}"));
    let order = [
        "volume code",
        "create holder",
        "start holder",
        "start examiner",
        "start a",
        "exec examiner ready",
        "exec examiner suite",
        "exec examiner probe",
        "kill a SIGTERM",
        "logs a",
        "remove a",
        "remove volume code",
    ];
    for pair in order.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{pair:?} in {log:#?}");
    }
    assert!(!log.iter().any(|line| line.ends_with("SIGKILL")), "{log:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_any_operation_is_our_fault_and_leaves_nothing() {
    let (_, clean) = run(Script::default()).await;
    let operations = clean.log();
    let first_removal = operations.iter().position(|line| line.starts_with("remove")).expect("it cleans up");
    assert!(first_removal > 20, "{operations:#?}");
    for (at, operation) in operations.iter().enumerate().take(first_removal) {
        let error = SandboxError::Failed { doing: "do it", message: "scripted".into() };
        let (evidence, sandbox) = run(Script { trouble: Some((at, Trouble::Fail(error))), ..Script::default() }).await;
        let Ended::Fault { fault, .. } = &evidence.ended else {
            panic!("operation {at}, {}: {:?}", operation, evidence.ended)
        };
        assert_eq!(*fault, Fault::EngineFailed, "operation {at}, {}", operation);
        assert_eq!(sandbox.left(), Vec::<String>::new(), "operation {at}, {}", operation);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_at_any_operation_leaves_nothing() {
    let (_, clean) = run(Script::default()).await;
    let first_removal = clean.log().iter().position(|line| line.starts_with("remove")).expect("it cleans up");
    for at in 0..first_removal {
        let (evidence, sandbox) = run(Script { trouble: Some((at, Trouble::Panic)), ..Script::default() }).await;
        assert!(matches!(evidence.ended, Ended::Fault { fault: Fault::Internal, .. }), "{:?}", evidence.ended);
        assert_eq!(sandbox.left(), Vec::<String>::new(), "operation {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_fails_is_reported_and_the_rest_removed() {
    let (_, clean) = run(Script::default()).await;
    let at = clean.log().iter().position(|line| line == "remove a").expect("it cleans up");
    let error = SandboxError::Failed { doing: "remove a container", message: "scripted".into() };
    let (evidence, sandbox) = run(Script { trouble: Some((at, Trouble::Fail(error))), ..Script::default() }).await;
    assert_eq!(evidence.ended, Ended::Completed);
    assert_eq!(sandbox.left().len(), 1);
    assert_eq!(evidence.leaks.len(), 1, "{:?}", evidence.leaks);
}

#[tokio::test(start_paused = true)]
async fn engine_errors_keep_their_kind() {
    for (error, expected) in [
        (SandboxError::NoSpace { doing: "create a volume" }, Fault::NoSpace),
        (SandboxError::ImageMissing("x".into()), Fault::ImageMissing),
        (SandboxError::Unreachable("gone".into()), Fault::DockerUnavailable),
    ] {
        let (evidence, _) = run(Script { trouble: Some((3, Trouble::Fail(error))), ..Script::default() }).await;
        let Ended::Fault { fault, .. } = evidence.ended else { panic!("{:?}", evidence.ended) };
        assert_eq!(fault, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn cancelled_before_it_starts_it_makes_little_and_leaves_nothing() {
    let sandbox = Scripted::new(Script::default());
    let (canceller, cancel) = cancel::pair();
    canceller.cancel();
    let evidence = run_with(&sandbox, &[], &cancel).await;
    assert!(matches!(evidence.ended, Ended::Fault { fault: Fault::Interrupted, .. }), "{:?}", evidence.ended);
    assert!(!sandbox.log().iter().any(|line| line == "start a"), "{:#?}", sandbox.log());
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn cancelled_while_it_waits_it_leaves_nothing() {
    let sandbox = Scripted::new(Script { suite_hangs: true, ..Script::default() });
    let (canceller, cancel) = cancel::pair();
    let (evidence, ()) = tokio::join!(run_with(&sandbox, &[], &cancel), async {
        while !sandbox.log().iter().any(|line| line == "exec examiner suite") {
            tokio::task::yield_now().await;
        }
        canceller.cancel();
    });
    assert!(matches!(evidence.ended, Ended::Fault { fault: Fault::Interrupted, .. }), "{:?}", evidence.ended);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_suite_that_never_ends_is_ended() {
    let (evidence, sandbox) = run(Script { suite_hangs: true, ..Script::default() }).await;
    assert!(matches!(evidence.ended, Ended::Fault { fault: Fault::EngineFailed, .. }), "{:?}", evidence.ended);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_makes_no_sense_is_our_fault() {
    let (evidence, _) = run(Script { garbled: true, ..Script::default() }).await;
    assert!(matches!(evidence.ended, Ended::Fault { fault: Fault::ExaminerCrashed, .. }), "{:?}", evidence.ended);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_start_is_rejected() {
    let state = |exit_code, oom_killed| ContainerState { running: false, exit_code, oom_killed };
    let crash = |state| Script { crash: BTreeMap::from([("b".to_owned(), state)]), ..Script::default() };
    for (script, expected) in [
        (crash(state(1, false)), Reason::CrashedAtStart),
        (crash(state(0, false)), Reason::CrashedAtStart),
        (crash(state(137, true)), Reason::OutOfMemory),
        (Script { never_ready: names(&["b"]), ..Script::default() }, Reason::NeverReady),
    ] {
        let (evidence, sandbox) = run(script).await;
        let Ended::Rejected { reason, message } = evidence.ended else { panic!("{:?}", evidence.ended) };
        assert_eq!(reason, expected);
        assert!(message.contains("replica b"), "{message}");
        assert!(evidence.replicas.iter().all(|start| !start.log.is_empty()), "a rejection shows its logs");
        assert_eq!(sandbox.left(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ignores_sigterm_is_killed() {
    let (evidence, sandbox) = run(Script { deaf: names(&["a"]), ..Script::default() }).await;
    assert_eq!(evidence.ended, Ended::Completed);
    assert_eq!(evidence.replicas[0].stopped_after_ms, None);
    assert!(evidence.replicas[1].stopped_after_ms.is_some());
    assert!(sandbox.log().contains(&"kill a SIGKILL".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn packages_are_installed_before_the_pod_is_made() {
    let sandbox = Scripted::new(Script::default());
    let (_canceller, cancel) = cancel::pair();
    let evidence = run_with(&sandbox, &["six==1.16.0".to_owned()], &cancel).await;
    assert_eq!(evidence.ended, Ended::Completed);
    let log = sandbox.log();
    let at = |what: &str| log.iter().position(|line| line == what).unwrap_or_else(|| panic!("{what} in {log:#?}"));
    assert!(at("remove installer") < at("create holder"), "{log:#?}");
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

fn probed() -> ProbeResult {
    ProbeResult {
        name: "race".to_owned(),
        outcome: Outcome::Passed,
        message: String::new(),
        proof: serde_json::Value::Null,
        facts: serde_json::json!({}),
        took_ms: 5,
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_prober_asks_for_is_done_in_order() {
    let asks = vec![
        Ask::Kill { replicas: vec![0, 1] },
        Ask::Start { replicas: vec![0, 1] },
        Ask::Terminate { replica: 1 },
        Ask::AwaitEnd { replica: 1, within_ms: 1000 },
        Ask::Start { replicas: vec![1] },
    ];
    let (evidence, sandbox) = run(Script { asks, probes: vec![probed()], ..Script::default() }).await;
    assert_eq!(evidence.ended, Ended::Completed);
    assert_eq!(evidence.probes, [probed()]);
    let log = sandbox.log();
    let from = log.iter().position(|line| line == "exec examiner probe").expect("the prober is started");
    let done = ["kill a SIGKILL", "kill b SIGKILL", "start a", "start b", "kill b SIGTERM", "start b"];
    assert_eq!(log[from + 1..from + 1 + done.len()], done);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_does_not_end_is_told_and_one_that_is_unknown_is_our_fault() {
    let asks = vec![Ask::Terminate { replica: 0 }, Ask::AwaitEnd { replica: 0, within_ms: 1000 }];
    let (evidence, _) = run(Script { deaf: names(&["a"]), asks, ..Script::default() }).await;
    assert_eq!(evidence.ended, Ended::Completed);
    let asks = vec![Ask::Kill { replicas: vec![7] }];
    let (evidence, sandbox) = run(Script { asks, ..Script::default() }).await;
    assert!(matches!(evidence.ended, Ended::Fault { fault: Fault::EngineFailed, .. }), "{:?}", evidence.ended);
    assert_eq!(sandbox.left(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn only_what_the_asked_checks_need_is_run() {
    for (check, runs, not) in [
        ("race-check", vec!["probe"], vec!["suite"]),
        ("live-check", vec!["suite"], vec!["probe"]),
        // What the phase after examines is left by the live phase.
        ("after-check", vec!["suite", "suite"], vec!["probe"]),
    ] {
        let sandbox = Scripted::new(Script::default());
        let (_canceller, cancel) = cancel::pair();
        let plan = plan_of(&grader(), &[], &[check.to_owned()]);
        let evidence = execute(&plan, &sandbox, &Nowhere, &cancel, vec![]).await;
        assert_eq!(evidence.ended, Ended::Completed);
        let log = sandbox.log();
        let count = |what: &str| log.iter().filter(|line| **line == format!("exec examiner {what}")).count();
        assert_eq!(count(runs[0]), runs.len(), "{check}: {log:#?}");
        assert_eq!(count(not[0]), 0, "{check}: {log:#?}");
    }
}

fn run_ask(input: &str) -> RunAsk {
    RunAsk {
        input: input.to_owned(),
        output: "o000".to_owned(),
        small: false,
        env: vec![("TZ".to_owned(), "Asia/Tokyo".to_owned())],
        kill_after_ms: Some(1),
        beside: None,
    }
}

#[tokio::test(start_paused = true)]
async fn an_analysis_runs_in_containers_that_are_removed_one_by_one() {
    let suite_asks = vec![Ask::Run(run_ask("a/b")), Ask::Run(run_ask("a/c"))];
    let sandbox = Scripted::new(Script { suite_asks, ..Script::default() });
    let (_canceller, cancel) = cancel::pair();
    let evidence = execute(&plan(&library("sums"), &[]), &sandbox, &Nowhere, &cancel, vec![]).await;
    assert_eq!(evidence.ended, Ended::Completed);
    let log = sandbox.log();
    // All slots are free, so both runs get the same one.
    let runs: Vec<&String> = log.iter().filter(|line| line.contains(" run")).collect();
    let name = runs[0].strip_prefix("create ").expect("a run begins with its container");
    let once = ["create", "start", "kill", "inspect", "logs", "remove"].map(|what| match what {
        "kill" => format!("kill {name} SIGKILL"),
        what => format!("{what} {name}"),
    });
    assert_eq!(runs[..12], [&once, &once].map(|once| once.iter().collect::<Vec<_>>()).concat(), "{log:#?}");
    assert_eq!(sandbox.left(), Vec::<String>::new());
    for folder in ["../grader", "", "a//b", "a/../b", "/etc"] {
        let suite_asks = vec![Ask::Run(run_ask(folder))];
        let sandbox = Scripted::new(Script { suite_asks, ..Script::default() });
        let evidence = execute(&plan(&library("sums"), &[]), &sandbox, &Nowhere, &cancel, vec![]).await;
        assert!(matches!(evidence.ended, Ended::Fault { .. }), "{folder}: {:?}", evidence.ended);
        assert_eq!(sandbox.left(), Vec::<String>::new());
    }
}

#[test]
fn a_run_of_an_analysis_reads_its_input_and_knows_nothing_hidden() {
    let plan = plan(&library("sums"), &[]);
    let runs = plan.runs.as_ref().expect("an analysis");
    let spec = runs.spec(&runs.slots[0], &run_ask("a")).expect("a plain folder");
    assert_eq!(spec.role, Role::Replica);
    let text = format!("{spec:?}");
    for hidden in ["grader", "suite", "test_sums", "seed", "examiner", "sha256:e"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    let writable: Vec<&str> =
        spec.mounts.iter().filter(|mount| !mount.read_only).map(|mount| mount.target.as_str()).collect();
    assert_eq!(writable, ["/output", "/small"]);
    assert_eq!(spec.argv[..3], ["sh", "./run.sh", "analyze"]);
    assert!(spec.env.contains(&("TZ".to_owned(), "Asia/Tokyo".to_owned())));
    assert_eq!(spec.env.iter().filter(|(name, _)| name == "TZ").count(), 1);
    let seen = plan.examiner.mounts.iter().find(|mount| mount.target == "/output").expect("it reads outputs");
    assert!(seen.read_only);
    // Neither shares a namespace with the other.
    assert_eq!((&plan.examiner.network, &spec.network), (&Network::None, &Network::None));
}

/// Nothing hidden is an input of a container that runs candidate code.
#[test]
fn no_replica_knows_the_grader() {
    let plan = plan(&grader(), &["six==1.16.0".to_owned()]);
    for start in plan.replicas.iter().chain(&plan.instances) {
        assert_eq!(start.spec.role, Role::Replica);
        let text = format!("{:?}", start.spec);
        for hidden in ["grader", "suite", "HIDDEN-BYTES", "test_live", "seed", "examiner", "sha256:e", "pricing.sock"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
        assert_ne!(start.spec.image, plan.examiner.image);
        assert!(start.spec.mounts.iter().all(|mount| !mount.target.starts_with("/grader")));
    }
    let code = String::from_utf8_lossy(&plan.fills[0].tar);
    assert!(!code.contains("HIDDEN-BYTES"));
    assert!(String::from_utf8_lossy(&plan.grader).contains("HIDDEN-BYTES"));
}

#[test]
fn instances_get_their_own_environment() {
    let plan = plan(&grader(), &[]);
    let value = |index: usize, name: &str| {
        let env = &plan.instances[index].spec.env;
        let found: Vec<&str> = env.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
        found.join("|")
    };
    assert_eq!(value(0, "APP_SECRET"), "other1");
    assert_eq!(value(0, "TOKEN_TTL_SECONDS"), "3");
    assert_eq!(value(1, "APP_SECRET"), "");
    assert_eq!(value(1, "PORT"), "8003");
    let replica: Vec<_> = plan.replicas[1].spec.env.iter().filter(|(n, _)| n == "APP_SECRET" || n == "PORT").collect();
    assert_eq!(replica.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>(), ["8001", "s3cret"]);
    let data = |index: usize| plan.instances[index].spec.mounts[1].volume.clone();
    assert_ne!(data(0), data(1));
    assert_ne!(data(0), plan.replicas[0].spec.mounts[1].volume);
}
