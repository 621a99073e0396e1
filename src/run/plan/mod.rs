//! Task + submission + grader → everything that the engine is asked to make. Pure.
//!
//! Nothing hidden is ever an input of a container that runs candidate code: the
//! suite goes into the examiner's own scratch space, and a test here proves that
//! no spec of a replica mentions it.

mod analysis;
mod model;
mod service;

use std::time::Duration;

use serde_json::json;

pub use self::analysis::{RunPlan, Slot};
pub use self::model::ModelPlan;
use crate::inside::{GRADER_DIR, PROGRAM};
use crate::sandbox::recipe::PACKAGES_DIR;
use crate::sandbox::{Bounds, ContainerSpec, Mount, Network, Role, Scratch, VolumeSpec};
use crate::submission::Submission;
use crate::task::{Grader, Phase, Probes, Readiness, Work};

/// Candidate code and the examiner run as this user and group. The examiner shares
/// it to read a database that its owner alone may read; namespaces keep them apart.
pub const UID: u32 = 10001;
/// The fake pricing service's port.
pub const PRICING_PORT: u16 = 9000;
const CODE_DIR: &str = "/app";
const DEPENDENCIES_DIR: &str = "/deps";
const MIB: u64 = 1 << 20;

/// Random values of a run that must not be guessed.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The replicas'.
    pub replicas: String,
    /// One for each instance that asks for its own.
    pub instances: Vec<String>,
}

/// What of the host an installer needs to reach a package index.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// Its CA bundle; empty where there is none.
    pub ca: Vec<u8>,
    /// Its proxy and mirror settings.
    pub env: Vec<(String, String)>,
}

/// Installs what a submission pins and its runtime does not have, before anything else.
#[derive(Debug, Clone)]
pub struct InstallPlan {
    /// The only container with a network. It runs no candidate code: wheels are unpacked, never built.
    pub spec: ContainerSpec,
    /// Lines of a requirements file.
    pub requirements: Vec<String>,
    /// The host's CA bundle.
    pub ca: Vec<u8>,
}

/// The images of a pod, by engine id.
#[derive(Debug, Clone)]
pub struct Images {
    /// The submission's runtime.
    pub runtime: String,
    /// Examiner and holder.
    pub examiner: String,
    /// The volume with the runtime's packages, where the engine opens files in images slowly.
    pub packages: Option<String>,
}

/// What a run will do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The run's id.
    pub run: String,
    /// Volumes, the code's first.
    pub volumes: Vec<VolumeSpec>,
    /// Needed by few submissions.
    pub install: Option<InstallPlan>,
    /// Owns the namespace and the volumes.
    pub holder: ContainerSpec,
    /// Runs the suite.
    pub examiner: ContainerSpec,
    /// The submission, started once for each port.
    pub replicas: Vec<StartPlan>,
    /// The submission under other environments.
    pub instances: Vec<StartPlan>,
    /// How the submission's command is run; only of an analysis.
    pub runs: Option<RunPlan>,
    /// How the submission's model is trained and served; only of a model.
    pub model: Option<ModelPlan>,
    /// What the holder's volumes are filled with before candidate code exists, the code first.
    pub fills: Vec<Fill>,
    /// The suite's files, as a tar for the examiner.
    pub grader: Vec<u8>,
    /// The longest wait for readiness.
    pub ready_within: Duration,
    /// The longest wait after SIGTERM.
    pub stop_within: Duration,
    /// The live phase; `None` where no check that is asked for needs it.
    pub live: Option<crate::task::Phase>,
    /// The phase after.
    pub after: Option<crate::task::Phase>,
    /// The probes that are asked for.
    pub probes: Probes,
    /// Bytes of each log that are kept.
    pub log_cap: usize,
    run_json: serde_json::Value,
}

/// Files for a volume, unpacked in the holder.
#[derive(Debug, Clone)]
pub struct Fill {
    /// Absolute path in the holder.
    pub target: String,
    /// Who unpacks them, and so owns them.
    pub uid: u32,
    /// The files.
    pub tar: Vec<u8>,
}

/// What the kind of task decides of a plan.
struct Pod {
    volumes: Vec<VolumeSpec>,
    holder: ContainerSpec,
    examiner: ContainerSpec,
    replicas: Vec<StartPlan>,
    instances: Vec<StartPlan>,
    runs: Option<RunPlan>,
    model: Option<ModelPlan>,
    fills: Vec<Fill>,
    run_json: serde_json::Value,
}

/// One start of the submission.
#[derive(Debug, Clone)]
pub struct StartPlan {
    /// `a`, `b`, or an instance's name.
    pub name: String,
    /// Its container.
    pub spec: ContainerSpec,
    /// The address that answers 200 when it is ready.
    pub health: String,
    /// What a correct submission does.
    pub ready: Readiness,
}

/// What a plan is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The run's id: `[a-z0-9]`.
    pub run: &'a str,
    /// Task, rubric and suite.
    pub grader: &'a Grader,
    /// The candidate's files.
    pub submission: &'a Submission,
    /// Packages beyond the runtime's; empty for most.
    pub missing: &'a [String],
    /// What an installer needs of the host.
    pub host: &'a Host,
    /// Seed of all random data.
    pub seed: u64,
    /// Only these checks; empty for all.
    pub only: &'a [String],
    /// Random values.
    pub secrets: &'a Secrets,
    /// Image ids.
    pub images: &'a Images,
}

impl Inputs<'_> {
    fn name(&self, part: &str) -> String {
        format!("takehome-{}-{part}", self.run)
    }

    /// Bytes of the code volume.
    fn code_size(&self) -> u64 {
        self.submission.total_bytes() + self.submission.files.len() as u64 * 8192 + 4 * MIB
    }

    /// The volumes of packages that are not read from the image: the runtime's, and further ones.
    fn packages(&self) -> impl Iterator<Item = Mount> {
        let runtime = self.images.packages.as_ref().map(|volume| at(volume, PACKAGES_DIR, true));
        let further = (!self.missing.is_empty()).then(|| at(&self.name("deps"), DEPENDENCIES_DIR, true));
        runtime.into_iter().chain(further)
    }
}

impl Plan {
    /// Decides everything.
    pub fn new(inputs: &Inputs<'_>) -> Self {
        let pod = match &inputs.grader.task.work {
            Work::Service(service) => service::pod(inputs, service),
            Work::Analysis(analysis) => analysis::pod(inputs, analysis),
            Work::Model(model) => model::pod(inputs, model),
        };
        let asked = Asked::of(inputs.grader, inputs.only);
        let (ready_within, stop_within) = inputs
            .grader
            .task
            .service()
            .map_or((Duration::ZERO, Duration::ZERO), |service| (service.ready_within, service.stop_within));
        let mut volumes = pod.volumes;
        let install = (!inputs.missing.is_empty()).then(|| {
            let volume = inputs.name("deps");
            volumes.push(VolumeSpec::Disk { name: volume.clone() });
            install_plan(inputs, inputs.name("installer"), volume)
        });
        let mut plan = Self {
            run: inputs.run.to_owned(),
            volumes,
            install,
            holder: pod.holder,
            examiner: pod.examiner,
            replicas: pod.replicas,
            instances: pod.instances,
            runs: pod.runs,
            model: pod.model,
            fills: pod.fills,
            grader: Vec::new(),
            ready_within,
            stop_within,
            live: asked.live,
            after: asked.after,
            probes: asked.probes,
            log_cap: usize::try_from(inputs.grader.task.limits.log).unwrap_or(usize::MAX),
            run_json: pod.run_json,
        };
        let mut files = inputs.grader.files.clone();
        files.push(("run.json".into(), plan.run_json("live")));
        if let Some(service) = inputs.grader.task.service() {
            files.push(("probes.json".into(), service::probe_setup(inputs, service, &plan.probes).into_bytes()));
        }
        files.push(("state/.keep".into(), Vec::new()));
        plan.grader = tar_of(&files);
        plan
    }

    /// `run.json` for a phase of the suite.
    pub fn run_json(&self, phase: &str) -> Vec<u8> {
        let mut value = self.run_json.clone();
        value["phase"] = json!(phase);
        value.to_string().into_bytes()
    }

    /// All containers, those that join the holder's namespace first.
    pub fn container_names(&self) -> Vec<&str> {
        self.replicas
            .iter()
            .chain(&self.instances)
            .map(|start| start.spec.name.as_str())
            .chain(self.install.as_ref().map(|install| install.spec.name.as_str()))
            .chain(self.runs.iter().flat_map(RunPlan::names))
            .chain(self.model.iter().flat_map(ModelPlan::names))
            .chain([self.examiner.name.as_str(), self.holder.name.as_str()])
            .collect()
    }
}

/// What of suite and probes the asked checks need.
struct Asked {
    live: Option<Phase>,
    after: Option<Phase>,
    probes: Probes,
}

impl Asked {
    fn of(grader: &Grader, only: &[String]) -> Self {
        let (live, after) = (&grader.suite.live, &grader.suite.after);
        if only.is_empty() {
            return Self { live: Some(live.clone()), after: Some(after.clone()), probes: grader.probes.clone() };
        }
        let checks = grader.rubric.checks().filter(|(_, check)| only.contains(&check.id));
        let tests: Vec<&str> = checks.flat_map(|(_, check)| check.tests.iter().map(String::as_str)).collect();
        // The phase after examines what the whole live phase left; else single tests will do.
        let part = |phase: &Phase, all: bool| {
            let asked = |file: &String| -> Vec<String> {
                let of_file = tests.iter().filter(|test| test.starts_with(&format!("{file}::")));
                if all { vec![file.clone()] } else { of_file.map(|test| (*test).to_owned()).collect() }
            };
            let files: Vec<String> = phase.files.iter().flat_map(asked).collect();
            (!files.is_empty()).then(|| Phase { files, ..phase.clone() })
        };
        let after = part(after, false);
        Self {
            live: part(live, after.is_some()),
            after,
            probes: grader.probes.only(|probe| {
                if probe.observe { only.contains(&probe.name) } else { tests.contains(&probe.test().as_str()) }
            }),
        }
    }
}

/// A tar of plain files, mode 0644.
pub fn tar_of(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        // Writing to memory fails only for a path that no tar can hold, and ours are short.
        builder.append_data(&mut header, path, bytes.as_slice()).ok();
    }
    builder.into_inner().unwrap_or_default()
}

fn plain_env() -> Vec<(String, String)> {
    [("PATH", "/opt/venv/bin:/usr/local/bin:/usr/bin:/bin"), ("HOME", "/tmp"), ("LANG", "C.UTF-8"), ("TZ", "UTC")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn install_plan(inputs: &Inputs<'_>, name: String, volume: String) -> InstallPlan {
    let mut env = plain_env();
    env.extend(inputs.host.env.iter().cloned());
    env.extend([("UV_LINK_MODE", "copy"), ("UV_NO_PROGRESS", "1")].map(|(k, v)| (k.to_owned(), v.to_owned())));
    if !inputs.host.ca.is_empty() {
        env.push(("SSL_CERT_FILE".into(), "/tmp/ca.pem".into()));
    }
    let spec = ContainerSpec {
        name,
        role: Role::Installer,
        image: inputs.images.runtime.clone(),
        argv: ["sleep", "3600"].map(str::to_owned).into(),
        env,
        workdir: "/".into(),
        // Owns the volume's root; without capabilities root is a user like any other.
        uid: 0,
        network: Network::Egress,
        mounts: vec![Mount { volume, target: DEPENDENCIES_DIR.into(), read_only: false }],
        scratch: vec![Scratch { target: "/tmp".into(), size: 1024 * MIB, executable: false, uid: 0 }],
        bounds: Bounds { memory: 2048 * MIB, cpus: 2, pids: 128, file: 1024 * MIB, log: MIB },
    };
    InstallPlan { spec, requirements: inputs.missing.to_vec(), ca: inputs.host.ca.clone() }
}

/// What every container with candidate code has in its environment.
fn candidate_env(inputs: &Inputs<'_>) -> Vec<(String, String)> {
    let mut env = plain_env();
    env.extend(
        [("TMPDIR", "/tmp"), ("PYTHONUNBUFFERED", "1"), ("PYTHONDONTWRITEBYTECODE", "1"), ("PIP_NO_INPUT", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    if !inputs.missing.is_empty() {
        env.push(("PYTHONPATH".into(), DEPENDENCIES_DIR.into()));
    }
    env
}

/// A tar of output folders, `o000` and on: candidate code cannot make them where it is to find them empty.
fn output_folders(count: usize) -> Vec<u8> {
    tar_of(&(0..count).map(|n| (format!("o{n:03}/.keep"), Vec::new())).collect::<Vec<_>>())
}

fn at(volume: &str, target: &str, read_only: bool) -> Mount {
    Mount { volume: volume.to_owned(), target: target.to_owned(), read_only }
}

/// A container with candidate code: `sh ./run.sh COMMAND`. It sees the code, these mounts, and packages.
fn candidate(
    inputs: &Inputs<'_>,
    part: &str,
    command: &[String],
    env: Vec<(String, String)>,
    network: Network,
    seen: Vec<Mount>,
) -> ContainerSpec {
    let limits = &inputs.grader.task.limits;
    let mut mounts = vec![at(&inputs.name("code"), CODE_DIR, true)];
    mounts.extend(seen);
    mounts.extend(inputs.packages());
    ContainerSpec {
        name: inputs.name(part),
        role: Role::Replica,
        image: inputs.images.runtime.clone(),
        argv: ["sh", "./run.sh"].into_iter().map(str::to_owned).chain(command.iter().cloned()).collect(),
        env,
        workdir: CODE_DIR.into(),
        uid: UID,
        network,
        mounts,
        scratch: vec![Scratch { target: "/tmp".into(), size: limits.tmp, executable: false, uid: 0 }],
        bounds: Bounds {
            memory: limits.memory,
            cpus: limits.cpus,
            pids: limits.pids,
            file: limits.file,
            log: limits.log,
        },
    }
}

const BATCH: &str = "chrt --batch --pid 0 $$ 2>/dev/null; exec \"$0\" \"$@\"";

/// A service that does not take the core from who wakes it: the gate would lose it between its first byte and its last.
/// Where the policy cannot be set, the service runs as it is, and the gate says how far it spread.
fn batch(mut service: ContainerSpec) -> ContainerSpec {
    service.argv.splice(..0, ["sh", "-c", BATCH].map(str::to_owned));
    service
}

/// Owns the volumes, and the namespace where others join it.
fn holder(inputs: &Inputs<'_>, mounts: Vec<Mount>) -> ContainerSpec {
    ContainerSpec {
        name: inputs.name("holder"),
        role: Role::Holder,
        image: inputs.images.examiner.clone(),
        argv: vec![PROGRAM.into(), "inside".into(), "hold".into()],
        env: plain_env(),
        workdir: "/".into(),
        uid: 0,
        network: Network::None,
        mounts,
        scratch: vec![],
        // The code's pages are charged to whoever writes them: the holder.
        bounds: Bounds { memory: 64 * MIB + inputs.code_size(), cpus: 1, pids: 32, file: 64 * MIB, log: MIB },
    }
}
