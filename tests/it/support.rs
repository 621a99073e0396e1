//! What the modules share: a small grader, a submission, a plan, the built program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use takehome::run::event::{Event, Sink};
use takehome::run::plan::{Host, Images, Inputs, Plan, Secrets};
use takehome::submission::{Origin, SourceFile, Submission};
use takehome::task::{Catalog, Grader, Probes, Rubric, SuitePlan, Task};

/// The package's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The built program, in a folder without tasks above it, with no colour.
pub fn takehome() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_takehome"));
    command.current_dir(root()).env("NO_COLOR", "1").env_remove("TAKEHOME_TASKS").env_remove("TAKEHOME_GRADERS");
    command
}

/// Runs it.
pub fn run(args: &[&str]) -> Output {
    takehome().args(args).output().expect("the program starts")
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub const SUITE: &str = r#"
format = 1
[[phase]]
name = "live"
files = ["test_live.py"]
timeout = "60s"
[[phase]]
name = "after"
files = ["test_after.py"]
timeout = "30s"
[[instance]]
name = "other"
port = 8002
fresh_secret = true
env = { TOKEN_TTL_SECONDS = "3" }
ready = "expected"
[[instance]]
name = "no-secret"
port = 8003
unset = ["APP_SECRET"]
ready = "never"
"#;

pub const PROBES: &str = r#"
format = 1
timeout = "60s"
[[operation]]
name = "create"
method = "POST"
path = "/items"
ok = ["201"]
[[operation]]
name = "read"
method = "GET"
path = "/items/{{item}}"
ok = ["200"]
[[operation]]
name = "add"
method = "POST"
path = "/items/{{item}}/adjust"
ok = ["200"]
[[probe]]
name = "race"
kind = "counter"
"#;

pub const RUBRIC: &str = r#"
format = 1
task = "stockroom"
[[criterion]]
id = "one"
title = "One"
points = 100
[[criterion.check]]
id = "race-check"
title = "Race"
points = 20
tests = ["probe::race"]
hint = "Ask."
[[criterion.check]]
id = "live-check"
title = "Live"
points = 40
critical = true
tests = ["test_live.py::test_a", "test_live.py::test_b"]
hint = "Ask."
[[criterion.check]]
id = "after-check"
title = "After"
points = 40
tests = ["test_after.py::test_c"]
hint = "Ask."
"#;

/// A grader with three tests and a probe.
pub fn grader() -> Grader {
    let task = include_str!("../../tasks/stockroom/task.toml");
    let task = Task::parse("task.toml", task).expect("valid");
    let suite = SuitePlan::parse("suite.toml", SUITE, task.ports()).expect("valid");
    Grader {
        rubric: Rubric::parse("rubric.toml", RUBRIC, &task.slug).expect("valid"),
        task,
        suite,
        probes: Probes::parse("probes.toml", PROBES).expect("valid"),
        files: vec![("suite/test_live.py".into(), b"HIDDEN-BYTES".to_vec())],
        references: PathBuf::new(),
    }
}

/// A submission of one file.
pub fn submission() -> Submission {
    let run = SourceFile { path: "run.sh".into(), bytes: b"exec sleep 60\n".to_vec(), executable: true };
    Submission::from_files("s", Origin::Folder, vec![run]).expect("valid")
}

/// The plan of grading it.
pub fn plan(grader: &Grader, missing: &[String]) -> Plan {
    plan_of(grader, missing, &[])
}

/// The plan of deciding some checks only.
pub fn plan_of(grader: &Grader, missing: &[String], only: &[String]) -> Plan {
    Plan::new(&Inputs {
        run: "0123456789",
        grader,
        submission: &submission(),
        missing,
        host: &Host::default(),
        seed: 7,
        only,
        secrets: &Secrets { replicas: "s3cret".into(), instances: vec!["other1".into(), "other2".into()] },
        images: &Images { runtime: "sha256:r".into(), examiner: "sha256:e".into(), packages: None },
    })
}

/// The grader of a task of `tests/library`.
pub fn library(slug: &str) -> Grader {
    let folder = root().join("tests/library");
    Catalog { tasks: folder.join("tasks"), graders: folder.join("graders") }.grader(slug).expect("valid")
}

/// Takes events and forgets them.
pub struct Nowhere;

impl Sink for Nowhere {
    fn event(&self, _: Event) {}
}
