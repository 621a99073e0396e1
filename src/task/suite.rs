//! `suite.toml`: how the hidden suite is run. Hidden, as it tells what is looked for.
//!
//! Phases are pytest invocations in the examiner; instances are further starts of
//! the submission beside its replicas, under another environment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fields::{Fields, Problem, Problems, is_kebab};

/// The plan of a hidden suite, valid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuitePlan {
    /// `live` while the replicas run, `after` once they are stopped.
    pub live: Phase,
    /// See `live`.
    pub after: Phase,
    /// Further starts of the submission, in the order of the file.
    pub instances: Vec<Instance>,
}

/// One pytest invocation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Test files in running order, relative to the suite's folder.
    pub files: Vec<String>,
    /// Wall time after which the phase is ended.
    pub timeout: Duration,
}

/// A start of the submission under another environment, on its own empty data volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Kebab name, unique.
    pub name: String,
    /// The port that it listens on.
    pub port: u16,
    /// Added to, or replacing, the service's environment.
    pub env: Vec<(String, String)>,
    /// Removed from the environment.
    pub unset: Vec<String>,
    /// Another random secret than the replicas'.
    pub fresh_secret: bool,
    /// What a correct submission does.
    pub ready: Readiness,
}

/// What a correct submission does when it is started this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// It becomes ready; the suite uses it.
    Expected,
    /// It must not become ready; the suite reads what it did.
    Never,
}

impl SuitePlan {
    /// Reads the text of `suite.toml`; `taken` are the ports of the replicas.
    pub fn parse(file: &str, text: &str, taken: &[u16]) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(file);
        let mut phases = Vec::new();
        let mut instances = Vec::new();
        if let Some(table) = problems.parse(text) {
            let mut fields = Fields::new(table, "", &mut problems);
            fields.format_one();
            phases = fields.tables("phase", read_phase);
            instances = fields.tables("instance", read_instance);
            fields.finish();
            check_ports(&instances, taken, &mut problems);
        }
        let mut take = |name: &str| {
            let position = phases.iter().position(|(n, _)| n == name);
            if position.is_none() {
                problems.note("phase", format!("has no phase named \"{name}\"; give one"));
            }
            position.map(|index| phases.remove(index).1)
        };
        let (live, after) = (take("live"), take("after"));
        for (name, _) in &phases {
            problems
                .note("phase", format!("`{name}` is not a phase of its own; give \"live\" and \"after\" once each"));
        }
        match (live, after) {
            (Some(live), Some(after)) => problems.into_result(Self { live, after, instances }),
            _ => Err(problems.into_found()),
        }
    }
}

fn read_phase(mut fields: Fields<'_>) -> (String, Phase) {
    let name = fields.string("name");
    let files = fields.strings("files");
    if files.is_empty() {
        fields.note("files", "is empty; name the test files in their running order");
    }
    for file in &files {
        let plain = file.ends_with(".py") && file.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c));
        if !plain {
            fields.note("files", format!("`{file}` is not the plain name of a Python file in the suite's folder"));
        }
    }
    let phase = Phase { files, timeout: fields.duration("timeout") };
    fields.finish();
    (name, phase)
}

fn read_instance(mut fields: Fields<'_>) -> Instance {
    let name = fields.string("name");
    if !name.is_empty() && !is_kebab(&name) {
        fields.note("name", format!("`{name}` is not kebab case (a-z, 0-9 and -)"));
    }
    let port = fields.integer("port", 1024..=65535);
    let ready = match fields.string("ready").as_str() {
        "expected" | "" => Readiness::Expected,
        "never" => Readiness::Never,
        other => {
            fields.note("ready", format!("is `{other}`; give \"expected\" or \"never\""));
            Readiness::Expected
        }
    };
    let instance = Instance {
        name,
        port: u16::try_from(port).unwrap_or(u16::MAX),
        env: fields.string_table("env"),
        unset: fields.strings("unset"),
        fresh_secret: fields.boolean_or("fresh_secret", false),
        ready,
    };
    fields.finish();
    instance
}

fn check_ports(instances: &[Instance], taken: &[u16], problems: &mut Problems) {
    for (index, instance) in instances.iter().enumerate() {
        let before = &instances[..index];
        if taken.contains(&instance.port) || before.iter().any(|other| other.port == instance.port) {
            problems.note(format!("instance[{index}].port"), format!("{} is already taken", instance.port));
        }
        if before.iter().any(|other| other.name == instance.name) {
            problems.note(format!("instance[{index}].name"), format!("`{}` is already taken", instance.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
format = 1
[[phase]]
name = "live"
files = ["test_a.py"]
timeout = "120s"
[[phase]]
name = "after"
files = ["test_b.py"]
timeout = "30s"
[[instance]]
name = "other"
port = 8002
ready = "never"
"#;

    #[test]
    fn a_valid_plan() {
        let plan = SuitePlan::parse("suite.toml", GOOD, &[8000]).expect("valid");
        assert_eq!(plan.after.timeout, Duration::from_secs(30));
        assert_eq!(plan.instances[0].ready, Readiness::Never);
    }

    #[test]
    fn mistakes_are_collected() {
        let text = GOOD.replace("\"after\"", "\"later\"").replace("test_a.py", "../x.py");
        let problems = SuitePlan::parse("suite.toml", &text, &[8002]).expect_err("mistakes");
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["phase[0].files", "instance[0].port", "phase", "phase"]);
    }
}
