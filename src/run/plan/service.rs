//! The pod of a service: replicas and further instances in one namespace, with the examiner beside them.

use super::*;
use crate::probe::protocol::Setup;
use crate::sandbox::ContainerId;
use crate::task::{Instance, Service};

const DATA_DIR: &str = "/data";
const DATA_SEEN_DIR: &str = "/evidence/data";

pub(super) fn pod(inputs: &Inputs<'_>, service: &Service) -> Pod {
    let task = &inputs.grader.task;
    let network = Network::Of(ContainerId(inputs.name("holder")));
    let code = inputs.name("code");
    let data = inputs.name("data");
    let memory = |name: &str, size, uid| VolumeSpec::Memory { name: name.to_owned(), size, uid };
    let mut volumes = vec![memory(&code, inputs.code_size(), 0), memory(&data, task.limits.data, UID)];

    let replicas: Vec<StartPlan> = service
        .ports
        .iter()
        .zip('a'..='z')
        .map(|(port, letter)| {
            let mut env = service_env(inputs, service, *port);
            env.push((service.secret_env.clone(), inputs.secrets.replicas.clone()));
            start(inputs, service, (&letter.to_string(), *port), env, &data, Readiness::Expected)
        })
        .collect();
    let instances = inputs
        .grader
        .suite
        .instances
        .iter()
        .zip(&inputs.secrets.instances)
        .map(|(instance, secret)| {
            let data = inputs.name(&format!("data-{}", instance.name));
            volumes.push(memory(&data, task.limits.data, UID));
            let env = instance_env(inputs, service, instance, secret);
            start(inputs, service, (&instance.name, instance.port), env, &data, instance.ready)
        })
        .collect();

    let held = vec![at(&code, CODE_DIR, false), at(&data, DATA_DIR, false)];
    let examiner = ContainerSpec {
        name: inputs.name("examiner"),
        role: Role::Examiner,
        image: inputs.images.examiner.clone(),
        argv: [PROGRAM, "inside", "upstream", "--port", &PRICING_PORT.to_string(), "--control", &control()]
            .map(str::to_owned)
            .into(),
        env: plain_env(),
        workdir: GRADER_DIR.into(),
        uid: UID,
        network,
        mounts: vec![at(&data, DATA_SEEN_DIR, true)],
        scratch: vec![
            Scratch { target: GRADER_DIR.into(), size: 256 * MIB, executable: false, uid: UID },
            Scratch { target: "/tmp".into(), size: 64 * MIB, executable: false, uid: 0 },
        ],
        bounds: Bounds { memory: 1024 * MIB, cpus: 2, pids: 128, file: 128 * MIB, log: 4 * MIB },
    };
    let run_json = json!({
        "format": 1,
        "seed": inputs.seed,
        "base_urls": service.ports.iter().map(|port| url(*port)).collect::<Vec<_>>(),
        "instances": inputs.grader.suite.instances.iter()
            .filter(|instance| instance.ready == Readiness::Expected)
            .map(|instance| (instance.name.clone(), url(instance.port)))
            .collect::<std::collections::BTreeMap<_, _>>(),
        "pricing_url": url(PRICING_PORT),
        "pricing_control": control(),
        "openapi": format!("{GRADER_DIR}/openapi.json"),
        "data_dir": DATA_SEEN_DIR,
        "state_dir": format!("{GRADER_DIR}/state"),
        "logs": replicas.iter()
            .map(|replica| (replica.name.clone(), format!("{GRADER_DIR}/logs/{}.log", replica.name)))
            .collect::<std::collections::BTreeMap<_, _>>(),
        "facts": format!("{GRADER_DIR}/facts.json"),
        "app_secret": inputs.secrets.replicas,
    });
    let fills = vec![Fill { target: CODE_DIR.into(), uid: 0, tar: inputs.submission.to_tar() }];
    Pod {
        volumes,
        holder: holder(inputs, held),
        examiner,
        replicas,
        instances,
        runs: None,
        model: None,
        fills,
        run_json,
    }
}

/// The pricing service's control socket, in the examiner's own file system.
fn control() -> String {
    format!("{GRADER_DIR}/pricing.sock")
}

pub(super) fn probe_setup(inputs: &Inputs<'_>, service: &Service, probes: &Probes) -> String {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let setup = Setup {
        seed: inputs.seed,
        ports: service.ports.clone(),
        health: service.health.clone(),
        ready_within_ms: millis(service.ready_within),
        stop_within_ms: millis(service.stop_within),
        pricing_port: PRICING_PORT,
        pricing_control: control(),
        probes: probes.clone(),
    };
    // Plain data of ours, which JSON can always hold.
    serde_json::to_string(&setup).unwrap_or_default()
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn service_env(inputs: &Inputs<'_>, service: &Service, port: u16) -> Vec<(String, String)> {
    let mut env = candidate_env(inputs);
    env.extend(service.env.iter().cloned());
    env.push(("PORT".into(), port.to_string()));
    env.push((service.pricing_env.clone(), url(PRICING_PORT)));
    env
}

fn instance_env(inputs: &Inputs<'_>, service: &Service, instance: &Instance, secret: &str) -> Vec<(String, String)> {
    let mut env = service_env(inputs, service, instance.port);
    let secret = if instance.fresh_secret { secret } else { &inputs.secrets.replicas };
    env.push((service.secret_env.clone(), secret.to_owned()));
    env.retain(|(name, _)| !instance.unset.contains(name) && !instance.env.iter().any(|(other, _)| other == name));
    env.extend(instance.env.iter().cloned());
    env
}

fn start(
    inputs: &Inputs<'_>,
    service: &Service,
    (name, port): (&str, u16),
    env: Vec<(String, String)>,
    data: &str,
    ready: Readiness,
) -> StartPlan {
    let network = Network::Of(ContainerId(inputs.name("holder")));
    let spec = batch(candidate(inputs, name, &service.command, env, network, vec![at(data, DATA_DIR, false)]));
    StartPlan { name: name.to_owned(), spec, health: format!("{}{}", url(port), service.health), ready }
}
