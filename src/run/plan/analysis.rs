//! The pod of an analysis: volumes for input and output, and one container for each run of the submission's command.
//!
//! The examiner shares these volumes and nothing else with candidate code: neither a namespace nor a moment of trust. It
//! writes inputs, which runs only read, and reads outputs, which it cannot write.

use super::*;
use crate::inside::protocol::RunAsk;
use crate::task::Analysis;

const INPUT_DIR: &str = "/input";
const OUTPUT_DIR: &str = "/output";
/// A second output volume, on which little has room.
const SMALL_DIR: &str = "/small";
const SMALL: u64 = 256 << 10;
/// Output folders that exist from the start, `o000` to `o255`: nothing else may make one.
const FOLDERS: usize = 256;
/// The suite decides which runs are compared by their time, and lets no other run go on beside them.
const RUNS_AT_ONCE: usize = 4;

/// How the submission's command is run.
#[derive(Debug, Clone)]
pub struct RunPlan {
    /// A run, but for its name, its folders and its further environment.
    base: ContainerSpec,
    /// As many runs may go on at once.
    pub slots: Vec<Slot>,
    /// The longest run.
    pub within: Duration,
}

/// The names of the containers of one run at a time.
#[derive(Debug, Clone)]
pub struct Slot {
    run: String,
    beside: String,
}

impl RunPlan {
    /// The containers that it may make.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().flat_map(|slot| [slot.run.as_str(), slot.beside.as_str()])
    }

    /// The container of one run.
    pub fn spec(&self, slot: &Slot, ask: &RunAsk) -> Result<ContainerSpec, String> {
        for folder in [&ask.input, &ask.output] {
            let plain = |c: char| c.is_ascii_alphanumeric() || " _-".contains(c);
            let named = |part: &str| !part.is_empty() && part.chars().all(plain);
            if folder.len() > 64 || !folder.split('/').all(named) {
                return Err(format!("`{folder}` is no folder of letters, digits, spaces, _ and -"));
            }
        }
        let mut spec = ContainerSpec { name: slot.run.clone(), ..self.base.clone() };
        let output = if ask.small { SMALL_DIR } else { OUTPUT_DIR };
        spec.argv.extend([
            "--input".to_owned(),
            format!("{INPUT_DIR}/{}", ask.input),
            "--output".to_owned(),
            format!("{output}/{}", ask.output),
        ]);
        spec.env.retain(|(name, _)| !ask.env.iter().any(|(other, _)| other == name));
        spec.env.extend(ask.env.iter().cloned());
        Ok(spec)
    }

    /// A program of ours beside a run, on the candidate's side: it is on the same volumes, and on no other.
    pub fn beside(&self, slot: &Slot, ask: &RunAsk, program: &str) -> Result<ContainerSpec, String> {
        let mut spec = self.spec(slot, ask)?;
        let folders = spec.argv.split_off(spec.argv.len() - 4);
        spec.name.clone_from(&slot.beside);
        spec.argv = ["python3", "-I", "-c", program, &folders[1], &folders[3]].map(str::to_owned).into();
        for mount in spec.mounts.iter_mut().filter(|mount| mount.target == INPUT_DIR) {
            // It may hold a lock on what runs only read.
            mount.read_only = false;
        }
        Ok(spec)
    }
}

pub(super) fn pod(inputs: &Inputs<'_>, analysis: &Analysis) -> Pod {
    let task = &inputs.grader.task;
    let named = [("code", inputs.code_size(), 0), ("input", analysis.input, UID)];
    let named = named.into_iter().chain([("output", task.limits.data, UID), ("small", SMALL, UID)]);
    let volumes = named.map(|(part, size, uid)| VolumeSpec::Memory { name: inputs.name(part), size, uid }).collect();
    let mount = |part: &str, target: &str, read_only| at(&inputs.name(part), target, read_only);
    let held = [("code", CODE_DIR), ("input", INPUT_DIR), ("output", OUTPUT_DIR), ("small", SMALL_DIR)];
    let held = held.map(|(part, target)| mount(part, target, false)).into();
    let examiner = ContainerSpec {
        name: inputs.name("examiner"),
        role: Role::Examiner,
        image: inputs.images.examiner.clone(),
        argv: [PROGRAM, "inside", "hold"].map(str::to_owned).into(),
        env: plain_env(),
        workdir: GRADER_DIR.into(),
        uid: UID,
        network: Network::None,
        mounts: vec![
            mount("input", INPUT_DIR, false),
            mount("output", OUTPUT_DIR, true),
            mount("small", SMALL_DIR, true),
        ],
        scratch: vec![
            Scratch { target: GRADER_DIR.into(), size: 512 * MIB, executable: false, uid: UID },
            Scratch { target: "/tmp".into(), size: 64 * MIB, executable: false, uid: 0 },
        ],
        bounds: Bounds { memory: 2048 * MIB, cpus: 2, pids: 128, file: 512 * MIB, log: 4 * MIB },
    };
    let mut env = candidate_env(inputs);
    env.extend(analysis.env.iter().cloned());
    let seen =
        vec![mount("input", INPUT_DIR, true), mount("output", OUTPUT_DIR, false), mount("small", SMALL_DIR, false)];
    let base = candidate(inputs, "run", &analysis.command, env, Network::None, seen);
    let slot = |n: usize| Slot { run: inputs.name(&format!("run-{n}")), beside: inputs.name(&format!("beside-{n}")) };
    let runs = RunPlan { base, slots: (0..RUNS_AT_ONCE).map(slot).collect(), within: analysis.within };
    let fills = vec![
        Fill { target: CODE_DIR.into(), uid: 0, tar: inputs.submission.to_tar() },
        Fill { target: OUTPUT_DIR.into(), uid: UID, tar: output_folders(FOLDERS) },
        Fill { target: SMALL_DIR.into(), uid: UID, tar: output_folders(1) },
    ];
    let run_json = json!({
        "format": 1,
        "seed": inputs.seed,
        "base_urls": [],
        "openapi": "",
        "state_dir": format!("{GRADER_DIR}/state"),
        // A run may take long: what begins before the limit has time to end.
        "budget_seconds": inputs.grader.suite.live.timeout.saturating_sub(analysis.within).as_secs().max(1),
        "input_dir": INPUT_DIR,
        "output_dir": OUTPUT_DIR,
        "small_dir": SMALL_DIR,
        "ask": format!("{GRADER_DIR}/ask.sock"),
    });
    Pod {
        volumes,
        holder: holder(inputs, held),
        examiner,
        replicas: vec![],
        instances: vec![],
        runs: Some(runs),
        model: None,
        fills,
        run_json,
    }
}
