//! `task.toml`: the public description of a task and of the pod that it needs.
//!
//! Nothing in it is secret: the file may be handed to a candidate.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fields::{Fields, Problem, Problems, is_kebab};

/// A task, valid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Kebab name, also the folder's name under `tasks/` and `graders/`.
    pub slug: String,
    /// One line for people.
    pub title: String,
    /// The specialization that is assessed, such as `backend`.
    pub specialization: String,
    /// The runtime image, by the name of its lock in `docker/requirements/`.
    pub runtime: String,
    /// What the submission is: a service, an analysis, or a model.
    #[serde(flatten)]
    pub work: Work,
    /// Bounds of each container that runs candidate code.
    pub limits: Limits,
}

/// What a submission does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// It answers requests until it is stopped.
    Service(Service),
    /// It reads a folder, writes a folder, and ends.
    Analysis(Analysis),
    /// It trains a model, predicts with it, and serves it.
    Model(Model),
}

/// How a submission's model is trained (`sh ./run.sh TRAIN --data FILE --out DIR --seed N`), asked
/// (`sh ./run.sh PREDICT --model DIR --input FILE --output FILE`) and served (`sh ./run.sh SERVE` with `PORT` and `MODEL_DIR`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Arguments of `sh ./run.sh` before those of a training.
    pub train: Vec<String>,
    /// Arguments of `sh ./run.sh` before those of a prediction.
    pub predict: Vec<String>,
    /// Arguments of `sh ./run.sh` for an instance.
    pub serve: Vec<String>,
    /// The longest training.
    pub train_within: Duration,
    /// The longest prediction.
    pub predict_within: Duration,
    /// How many models a grade trains; between 1 and 8.
    pub trainings: u32,
    /// One instance listens on each, on loopback; between 1 and 4 ports.
    pub ports: Vec<u16>,
    /// Plain environment of every command.
    pub env: Vec<(String, String)>,
    /// The volumes for inputs and for predictions, in bytes each.
    pub input: u64,
}

/// How a submission is run as an analysis: `sh ./run.sh COMMAND --input DIR --output DIR`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Arguments of `sh ./run.sh` before the folders.
    pub command: Vec<String>,
    /// The longest run.
    pub within: Duration,
    /// Plain environment of every run.
    pub env: Vec<(String, String)>,
    /// The input volume, in bytes: all data sets of a grade.
    pub input: u64,
}

/// How a submission is started as a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Arguments of `sh ./run.sh`.
    pub command: Vec<String>,
    /// One replica listens on each, on loopback; between 1 and 4 ports.
    pub ports: Vec<u16>,
    /// Path that answers 200 once the service is ready.
    pub health: String,
    /// From the start of the process to the first 200 on `health`.
    pub ready_within: Duration,
    /// From SIGTERM to the end of the process.
    pub stop_within: Duration,
    /// Plain environment of every replica.
    pub env: Vec<(String, String)>,
    /// Variable that receives a random secret of the run.
    pub secret_env: String,
    /// Variable that receives the address of the fake pricing service.
    pub pricing_env: String,
}

/// Bounds of one container with candidate code. Sizes in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory, swap included.
    pub memory: u64,
    /// CPUs' worth of time.
    pub cpus: u32,
    /// Processes and threads.
    pub pids: u32,
    /// The `/data` volume, shared by the replicas.
    pub data: u64,
    /// `/tmp` of each container.
    pub tmp: u64,
    /// Largest single file.
    pub file: u64,
    /// Log kept per container.
    pub log: u64,
}

impl Task {
    /// The service, where it is one.
    pub fn service(&self) -> Option<&Service> {
        match &self.work {
            Work::Service(service) => Some(service),
            Work::Analysis(_) | Work::Model(_) => None,
        }
    }

    /// The ports of the replicas that are started for every grade; none of an analysis and of a model.
    pub fn ports(&self) -> &[u16] {
        self.service().map_or(&[], |service| &service.ports)
    }

    /// Reads the text of `task.toml`; `file` is its name in messages.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(file);
        let Some(table) = problems.parse(text) else {
            return Err(problems.into_found());
        };
        let mut fields = Fields::new(table, "", &mut problems);
        fields.format_one();
        let slug = fields.string("slug");
        if !slug.is_empty() && !is_kebab(&slug) {
            fields.note("slug", format!("`{slug}` is not kebab case (a-z, 0-9 and -)"));
        }
        let title = fields.string("title");
        let specialization = fields.string("specialization");
        let runtime = fields.string("runtime");
        if !runtime.is_empty() && !is_kebab(&runtime) {
            fields.note("runtime", format!("`{runtime}` is not kebab case; name a lock in docker/requirements/"));
        }
        let service = fields.table("service", read_service).map(Work::Service);
        let analysis = fields.table("analysis", read_analysis).map(Work::Analysis);
        let model = fields.table("model", read_model).map(Work::Model);
        let mut given: Vec<Work> = [service, analysis, model].into_iter().flatten().collect();
        if given.len() != 1 {
            fields.note("service", "give a [service], an [analysis] or a [model] table, one of them");
        }
        let limits = fields.table("limits", read_limits);
        if limits.is_none() {
            fields.note("limits", "is missing; give a [limits] table");
        }
        fields.finish();
        match (given.pop(), limits) {
            (Some(work), Some(limits)) => {
                problems.into_result(Self { slug, title, specialization, runtime, work, limits })
            }
            _ => Err(problems.into_found()),
        }
    }
}

fn read_model(mut fields: Fields<'_>) -> Model {
    let model = Model {
        train: read_command(&mut fields, "train", "train"),
        predict: read_command(&mut fields, "predict", "predict"),
        serve: read_command(&mut fields, "serve", "serve"),
        train_within: fields.duration("train_within"),
        predict_within: fields.duration("predict_within"),
        trainings: fields.integer("trainings", 1..=8),
        ports: read_ports(&mut fields),
        env: fields.string_table("env"),
        input: fields.size("input"),
    };
    fields.finish();
    model
}

/// The arguments of `run.sh`.
fn read_command(fields: &mut Fields<'_>, field: &str, example: &str) -> Vec<String> {
    let command = fields.strings(field);
    if command.is_empty() {
        fields.note(field, format!("is empty; give the arguments of run.sh, such as [\"{example}\"]"));
    }
    command
}

fn read_ports(fields: &mut Fields<'_>) -> Vec<u16> {
    let ports: Vec<u16> = fields
        .strings("ports")
        .iter()
        .filter_map(|text| match text.parse::<u16>() {
            Ok(port) if port >= 1024 => Some(port),
            _ => {
                fields.note("ports", format!("`{text}` is not a port from 1024 to 65535"));
                None
            }
        })
        .collect();
    if !(1..=4).contains(&ports.len()) {
        fields.note("ports", "give one to four ports, one a replica, such as [\"8000\", \"8001\"]");
    }
    if (1..ports.len()).any(|i| ports[..i].contains(&ports[i])) {
        fields.note("ports", "names a port twice");
    }
    ports
}

fn read_analysis(mut fields: Fields<'_>) -> Analysis {
    let analysis = Analysis {
        command: read_command(&mut fields, "command", "analyze"),
        within: fields.duration("within"),
        env: fields.string_table("env"),
        input: fields.size("input"),
    };
    fields.finish();
    analysis
}

fn read_service(mut fields: Fields<'_>) -> Service {
    let command = read_command(&mut fields, "command", "serve");
    let ports = read_ports(&mut fields);
    let health = fields.string("health");
    if !health.is_empty() && !health.starts_with('/') {
        fields.note("health", format!("`{health}` is not a path; start it with /"));
    }
    let service = Service {
        command,
        ports,
        health,
        ready_within: fields.duration("ready_within"),
        stop_within: fields.duration("stop_within"),
        env: fields.string_table("env"),
        secret_env: fields.string("secret_env"),
        pricing_env: fields.string("pricing_env"),
    };
    fields.finish();
    service
}

fn read_limits(mut fields: Fields<'_>) -> Limits {
    let limits = Limits {
        memory: fields.size("memory"),
        cpus: fields.integer("cpus", 1..=64),
        pids: fields.integer("pids", 16..=4096),
        data: fields.size("data"),
        tmp: fields.size("tmp"),
        file: fields.size("file"),
        log: fields.size("log"),
    };
    if (1..64 << 20).contains(&limits.memory) {
        fields.note("memory", "is below 64MiB, in which no Python service starts");
    }
    fields.finish();
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../tasks/stockroom/task.toml");

    #[test]
    fn the_built_in_task_is_valid() {
        let task = Task::parse("task.toml", GOOD).expect("valid");
        assert_eq!(task.ports(), [8000, 8001]);
        assert_eq!(task.limits.memory, 1 << 30);
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let text = GOOD
            .replace("slug = \"stockroom\"", "slug = \"Stock Room\"")
            .replace("memory = \"1GiB\"", "memory = \"1 gig\"")
            .replace("health = \"/healthz\"", "helth = \"/healthz\"");
        let problems = Task::parse("task.toml", &text).expect_err("four mistakes");
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["slug", "service.health", "service.helth", "limits.memory"]);
        assert!(problems[0].to_string().starts_with("task.toml: slug: `Stock Room` is not kebab case"));
    }

    #[test]
    fn a_syntax_error_names_its_line() {
        let problems = Task::parse("task.toml", "format = 1\nslug = ").expect_err("syntax");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.starts_with("line 2: "), "{}", problems[0]);
    }
}
