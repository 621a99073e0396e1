//! Task + submission + grader → everything that the engine is asked to make. Pure.
//!
//! Nothing hidden is ever an input of a container that runs candidate code: the
//! suite goes into the examiner's own scratch space, and a test here proves that
//! no spec of a replica mentions it.

use std::time::Duration;

use serde_json::json;

use crate::inside::{GRADER_DIR, PROGRAM};
use crate::probe::protocol::Setup;
use crate::sandbox::{Bounds, ContainerId, ContainerSpec, Mount, Network, Role, Scratch, VolumeSpec};
use crate::submission::Submission;
use crate::task::{Grader, Instance, Phase, Probes, Readiness};

/// Candidate code and the examiner run as this user and group. The examiner shares
/// it to read a database that its owner alone may read; namespaces keep them apart.
pub const UID: u32 = 10001;
/// The fake pricing service's port.
pub const PRICING_PORT: u16 = 9000;
const CODE_DIR: &str = "/app";
const DATA_DIR: &str = "/data";
const DEPENDENCIES_DIR: &str = "/deps";
const DATA_SEEN_DIR: &str = "/evidence/data";
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
    /// The submission's files, as a tar for the code volume.
    pub code: Vec<u8>,
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

impl Plan {
    /// Decides everything.
    pub fn new(inputs: &Inputs<'_>) -> Self {
        let task = &inputs.grader.task;
        let name = |part: &str| format!("takehome-{}-{part}", inputs.run);
        let network = Network::Of(ContainerId(name("holder")));
        let code = name("code");
        let data = name("data");
        let code_size = inputs.submission.total_bytes() + inputs.submission.files.len() as u64 * 8192 + 4 * MIB;
        let memory = |name: &str, size, uid| VolumeSpec::Memory { name: name.to_owned(), size, uid };
        let mut volumes = vec![memory(&code, code_size, 0), memory(&data, task.limits.data, UID)];

        let replicas: Vec<StartPlan> = task
            .service
            .ports
            .iter()
            .zip('a'..='z')
            .map(|(port, letter)| {
                let mut env = service_env(inputs, *port);
                env.push((task.service.secret_env.clone(), inputs.secrets.replicas.clone()));
                start(inputs, &letter.to_string(), *port, env, (&code, &data), &network, Readiness::Expected)
            })
            .collect();
        let instances = inputs
            .grader
            .suite
            .instances
            .iter()
            .zip(&inputs.secrets.instances)
            .map(|(instance, secret)| {
                let data = name(&format!("data-{}", instance.name));
                volumes.push(memory(&data, task.limits.data, UID));
                let env = instance_env(inputs, instance, secret);
                start(inputs, &instance.name, instance.port, env, (&code, &data), &network, instance.ready)
            })
            .collect();

        let install = (!inputs.missing.is_empty()).then(|| {
            let volume = name("deps");
            volumes.push(VolumeSpec::Disk { name: volume.clone() });
            install_plan(inputs, name("installer"), volume)
        });
        let mut held = vec![Mount { volume: code.clone(), target: CODE_DIR.into(), read_only: false }];
        held.push(Mount { volume: data.clone(), target: DATA_DIR.into(), read_only: false });
        let holder = ContainerSpec {
            name: name("holder"),
            role: Role::Holder,
            image: inputs.images.examiner.clone(),
            argv: vec![PROGRAM.into(), "inside".into(), "hold".into()],
            env: plain_env(),
            workdir: "/".into(),
            uid: 0,
            network: Network::None,
            mounts: held,
            scratch: vec![],
            // The code's pages are charged to whoever writes them: the holder.
            bounds: Bounds { memory: 64 * MIB + code_size, cpus: 1, pids: 32, file: 64 * MIB, log: MIB },
        };
        let control = format!("{GRADER_DIR}/pricing.sock");
        let examiner = ContainerSpec {
            name: name("examiner"),
            role: Role::Examiner,
            image: inputs.images.examiner.clone(),
            argv: [PROGRAM, "inside", "upstream", "--port", &PRICING_PORT.to_string(), "--control", &control]
                .map(str::to_owned)
                .into(),
            env: plain_env(),
            workdir: GRADER_DIR.into(),
            uid: UID,
            network,
            mounts: vec![Mount { volume: data, target: DATA_SEEN_DIR.into(), read_only: true }],
            scratch: vec![
                Scratch { target: GRADER_DIR.into(), size: 256 * MIB, executable: false, uid: UID },
                Scratch { target: "/tmp".into(), size: 64 * MIB, executable: false, uid: 0 },
            ],
            bounds: Bounds { memory: 1024 * MIB, cpus: 2, pids: 128, file: 128 * MIB, log: 4 * MIB },
        };
        let run_json = json!({
            "format": 1,
            "seed": inputs.seed,
            "base_urls": task.service.ports.iter().map(|port| url(*port)).collect::<Vec<_>>(),
            "instances": inputs.grader.suite.instances.iter()
                .filter(|instance| instance.ready == Readiness::Expected)
                .map(|instance| (instance.name.clone(), url(instance.port)))
                .collect::<std::collections::BTreeMap<_, _>>(),
            "pricing_url": url(PRICING_PORT),
            "pricing_control": &control,
            "openapi": format!("{GRADER_DIR}/openapi.json"),
            "data_dir": DATA_SEEN_DIR,
            "state_dir": format!("{GRADER_DIR}/state"),
            "logs": replicas.iter()
                .map(|replica| (replica.name.clone(), format!("{GRADER_DIR}/logs/{}.log", replica.name)))
                .collect::<std::collections::BTreeMap<_, _>>(),
            "facts": format!("{GRADER_DIR}/facts.json"),
            "app_secret": inputs.secrets.replicas,
        });
        let asked = Asked::of(inputs.grader, inputs.only);
        let mut plan = Self {
            run: inputs.run.to_owned(),
            volumes,
            install,
            holder,
            examiner,
            replicas,
            instances,
            code: inputs.submission.to_tar(),
            grader: Vec::new(),
            ready_within: task.service.ready_within,
            stop_within: task.service.stop_within,
            live: asked.live,
            after: asked.after,
            probes: asked.probes,
            log_cap: usize::try_from(task.limits.log).unwrap_or(usize::MAX),
            run_json,
        };
        let mut files = inputs.grader.files.clone();
        files.push(("run.json".into(), plan.run_json("live")));
        files.push(("probes.json".into(), probe_setup(inputs, &plan.probes, control).into_bytes()));
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
        let needs = |file: &String| tests.iter().any(|test| test.starts_with(&format!("{file}::")));
        let part = |phase: &Phase, all: bool| {
            let files: Vec<String> = phase.files.iter().filter(|file| all || needs(file)).cloned().collect();
            (!files.is_empty()).then(|| Phase { files, ..phase.clone() })
        };
        // The phase after examines what the whole live phase left.
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

fn probe_setup(inputs: &Inputs<'_>, probes: &Probes, pricing_control: String) -> String {
    let service = &inputs.grader.task.service;
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let setup = Setup {
        seed: inputs.seed,
        ports: service.ports.clone(),
        health: service.health.clone(),
        ready_within_ms: millis(service.ready_within),
        stop_within_ms: millis(service.stop_within),
        pricing_port: PRICING_PORT,
        pricing_control,
        probes: probes.clone(),
    };
    // Plain data of ours, which JSON can always hold.
    serde_json::to_string(&setup).unwrap_or_default()
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

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn plain_env() -> Vec<(String, String)> {
    [("PATH", "/opt/venv/bin:/usr/local/bin:/usr/bin:/bin"), ("HOME", "/tmp"), ("LANG", "C.UTF-8"), ("TZ", "UTC")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn service_env(inputs: &Inputs<'_>, port: u16) -> Vec<(String, String)> {
    let service = &inputs.grader.task.service;
    let mut env = plain_env();
    env.extend(
        [("TMPDIR", "/tmp"), ("PYTHONUNBUFFERED", "1"), ("PYTHONDONTWRITEBYTECODE", "1"), ("PIP_NO_INPUT", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    if !inputs.missing.is_empty() {
        env.push(("PYTHONPATH".into(), DEPENDENCIES_DIR.into()));
    }
    env.extend(service.env.iter().cloned());
    env.push(("PORT".into(), port.to_string()));
    env.push((service.pricing_env.clone(), url(PRICING_PORT)));
    env
}

fn instance_env(inputs: &Inputs<'_>, instance: &Instance, secret: &str) -> Vec<(String, String)> {
    let mut env = service_env(inputs, instance.port);
    let secret = if instance.fresh_secret { secret } else { &inputs.secrets.replicas };
    env.push((inputs.grader.task.service.secret_env.clone(), secret.to_owned()));
    env.retain(|(name, _)| !instance.unset.contains(name) && !instance.env.iter().any(|(other, _)| other == name));
    env.extend(instance.env.iter().cloned());
    env
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

fn start(
    inputs: &Inputs<'_>,
    name: &str,
    port: u16,
    env: Vec<(String, String)>,
    (code, data): (&str, &str),
    network: &Network,
    ready: Readiness,
) -> StartPlan {
    let task = &inputs.grader.task;
    let mut mounts = vec![
        Mount { volume: code.to_owned(), target: CODE_DIR.into(), read_only: true },
        Mount { volume: data.to_owned(), target: DATA_DIR.into(), read_only: false },
    ];
    if !inputs.missing.is_empty() {
        let volume = format!("takehome-{}-deps", inputs.run);
        mounts.push(Mount { volume, target: DEPENDENCIES_DIR.into(), read_only: true });
    }
    let spec = ContainerSpec {
        name: format!("takehome-{}-{name}", inputs.run),
        role: Role::Replica,
        image: inputs.images.runtime.clone(),
        argv: ["sh", "./run.sh"].into_iter().map(str::to_owned).chain(task.service.command.clone()).collect(),
        env,
        workdir: CODE_DIR.into(),
        uid: UID,
        network: network.clone(),
        mounts,
        scratch: vec![Scratch { target: "/tmp".into(), size: task.limits.tmp, executable: false, uid: 0 }],
        bounds: Bounds {
            memory: task.limits.memory,
            cpus: task.limits.cpus,
            pids: task.limits.pids,
            file: task.limits.file,
            log: task.limits.log,
        },
    };
    StartPlan { name: name.to_owned(), spec, health: format!("{}{}", url(port), task.service.health), ready }
}
