//! The pod of a model: a container for each training and prediction, and instances that serve a model.
//!
//! A model has a volume of its own, which only its training can write, so no training sees what another one learned.
//! Instances see no input volume: there is no training data where a model is served. The examiner shares the namespace
//! of the instances; it writes inputs and altered copies of models, and only reads what candidate code has written.

use super::*;
use crate::inside::protocol::{ModelRef, PredictAsk, TrainAsk};
use crate::sandbox::ContainerId;
use crate::task::Model;

const INPUT_DIR: &str = "/input";
const OUTPUT_DIR: &str = "/output";
const ALTERED_DIR: &str = "/altered";
/// The model's volume, as candidate code sees it, and as the examiner sees all of them.
const MODEL_DIR: &str = "/model";
const MODELS_DIR: &str = "/models";
/// The folder below its volume that a training is to make.
const MODEL_FOLDER: &str = "model";
/// Output folders that exist from the start, `o000` to `o127`, one for each prediction.
const FOLDERS: usize = 128;
/// The suite trains alone, and predicts two tables at a time: most of a prediction is the import of libraries.
const RUNS_AT_ONCE: usize = 2;

/// How a model is trained, asked and served.
#[derive(Debug, Clone)]
pub struct ModelPlan {
    /// A training or prediction, but for its name, its arguments and its mounts.
    command: ContainerSpec,
    /// The names of the containers of trainings and predictions that go on at once.
    pub slots: Vec<String>,
    /// The instances, but for the model that they serve.
    instances: Vec<ContainerSpec>,
    train: Vec<String>,
    predict: Vec<String>,
    models: Vec<String>,
    /// The `/tmp` of the instances that serve a model.
    tmps: Vec<String>,
    altered: String,
    input: String,
    output: String,
    /// The longest training.
    pub train_within: Duration,
    /// The longest prediction.
    pub predict_within: Duration,
}

impl ModelPlan {
    /// The containers that it may make.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.instances.iter().map(|spec| &spec.name).chain(&self.slots).map(String::as_str)
    }

    /// The instances by their names, in the order of the ports.
    pub fn instances(&self) -> Vec<ContainerId> {
        self.instances.iter().map(|spec| ContainerId(spec.name.clone())).collect()
    }

    /// The container of a training.
    pub fn training(&self, slot: usize, ask: &TrainAsk) -> Result<ContainerSpec, String> {
        let volume = self.models.get(ask.model).ok_or_else(|| format!("there is no model {}", ask.model))?;
        let mut spec = self.command(slot)?;
        spec.mounts.push(at(&self.input, INPUT_DIR, true));
        spec.mounts.push(at(volume, MODEL_DIR, false));
        spec.argv.extend(self.train.iter().cloned());
        spec.argv.extend([
            "--data".to_owned(),
            format!("{INPUT_DIR}/{}", named(&ask.data)?),
            "--out".to_owned(),
            format!("{MODEL_DIR}/{MODEL_FOLDER}"),
            "--seed".to_owned(),
            ask.seed.to_string(),
        ]);
        spec.env.retain(|(name, _)| !ask.env.iter().any(|(other, _)| other == name));
        spec.env.extend(ask.env.iter().cloned());
        Ok(spec)
    }

    /// The container of a prediction.
    pub fn prediction(&self, slot: usize, ask: &PredictAsk) -> Result<ContainerSpec, String> {
        let mut spec = self.command(slot)?;
        let (model, folder) = self.model(&ask.model)?;
        let output = format!("{OUTPUT_DIR}/{}/preds.csv", named(&ask.output)?);
        spec.mounts.extend([at(&self.input, INPUT_DIR, true), at(&self.output, OUTPUT_DIR, false), model]);
        if let Some(existing) = &ask.existing {
            // Put there on the candidate's side: the examiner writes nothing where candidate code can.
            let script = "cp \"$0\" \"$1\" && shift && exec sh \"$@\"";
            let existing = format!("{INPUT_DIR}/{}", named(existing)?);
            spec.argv = ["sh", "-c", script, &existing, &output, "./run.sh"].map(str::to_owned).into();
        }
        spec.argv.extend(self.predict.iter().cloned());
        let rows = format!("{INPUT_DIR}/{}", named(&ask.rows)?);
        spec.argv.extend(["--model", &folder, "--input", &rows, "--output", &output].map(str::to_owned));
        Ok(spec)
    }

    fn command(&self, slot: usize) -> Result<ContainerSpec, String> {
        let name = self.slots.get(slot).ok_or_else(|| format!("there is no slot {slot}"))?;
        Ok(ContainerSpec { name: name.clone(), ..self.command.clone() })
    }

    /// The container of an instance that serves a model.
    ///
    /// Instances of one trained model share a `/tmp` that outlives their kills: the same machine starts them again. Those
    /// of another folder have another one, so what a killed instance left is charged where it is started again only.
    pub fn serving(&self, instance: usize, model: &ModelRef) -> Result<ContainerSpec, String> {
        let mut spec =
            self.instances.get(instance).cloned().ok_or_else(|| format!("there is no instance {instance}"))?;
        let (mount, folder) = self.model(model)?;
        if let ModelRef::Trained { model } = model {
            spec.scratch.clear();
            spec.mounts.extend(self.tmps.get(*model).map(|tmp| at(tmp, "/tmp", false)));
        }
        spec.mounts.push(mount);
        spec.env.push(("MODEL_DIR".into(), folder));
        Ok(spec)
    }

    /// Where a model is, and its folder there.
    fn model(&self, model: &ModelRef) -> Result<(Mount, String), String> {
        let (volume, folder) = match model {
            ModelRef::Trained { model } => {
                (self.models.get(*model).ok_or_else(|| format!("there is no model {model}"))?, MODEL_FOLDER)
            }
            ModelRef::Altered { folder } => (&self.altered, named(folder)?),
        };
        Ok((at(volume, MODEL_DIR, true), format!("{MODEL_DIR}/{folder}")))
    }
}

/// A path of plain names below a volume.
fn named(path: &str) -> Result<&str, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_name = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain);
    if path.len() <= 64 && path.split('/').all(is_name) {
        Ok(path)
    } else {
        Err(format!("`{path}` is no path of letters, digits, `_`, `-` and `.`"))
    }
}

pub(super) fn pod(inputs: &Inputs<'_>, model: &Model) -> Pod {
    let task = &inputs.grader.task;
    let network = Network::Of(ContainerId(inputs.name("holder")));
    let models: Vec<String> = (0..model.trainings).map(|n| inputs.name(&format!("model-{n}"))).collect();
    let memory = |name: &str, size, uid| VolumeSpec::Memory { name: name.to_owned(), size, uid };
    let (code, input) = (inputs.name("code"), inputs.name("input"));
    let (output, altered) = (inputs.name("output"), inputs.name("altered"));
    let mut volumes = vec![
        memory(&code, inputs.code_size(), 0),
        memory(&input, model.input, UID),
        memory(&output, model.input, UID),
        memory(&altered, task.limits.data, UID),
    ];
    let tmps: Vec<String> = (0..model.trainings).map(|n| inputs.name(&format!("tmp-{n}"))).collect();
    volumes.extend(tmps.iter().map(|name| memory(name, task.limits.tmp, UID)));
    volumes.extend(models.iter().map(|name| memory(name, task.limits.data, UID)));
    let model_dir = |number: usize| format!("{MODELS_DIR}/{number}");
    let seen = |read_only| {
        let of_model = move |(number, name): (usize, &String)| at(name, &model_dir(number), read_only);
        models.iter().enumerate().map(of_model).collect::<Vec<_>>()
    };

    let mut held = vec![
        at(&code, CODE_DIR, false),
        at(&input, INPUT_DIR, false),
        at(&output, OUTPUT_DIR, false),
        at(&altered, ALTERED_DIR, false),
    ];
    held.extend(tmps.iter().enumerate().map(|(number, tmp)| at(tmp, &format!("/tmps/{number}"), false)));
    held.extend(seen(false));
    let mut mounts =
        vec![at(&input, INPUT_DIR, false), at(&altered, ALTERED_DIR, false), at(&output, OUTPUT_DIR, true)];
    mounts.extend(seen(true));
    let examiner = ContainerSpec {
        name: inputs.name("examiner"),
        role: Role::Examiner,
        image: inputs.images.examiner.clone(),
        argv: [PROGRAM, "inside", "hold"].map(str::to_owned).into(),
        env: plain_env(),
        workdir: GRADER_DIR.into(),
        uid: UID,
        network: network.clone(),
        mounts,
        scratch: vec![
            Scratch { target: GRADER_DIR.into(), size: 256 * MIB, executable: false, uid: UID },
            Scratch { target: "/tmp".into(), size: 64 * MIB, executable: false, uid: 0 },
        ],
        bounds: Bounds { memory: 2048 * MIB, cpus: 2, pids: 128, file: 512 * MIB, log: 4 * MIB },
    };
    let mut env = candidate_env(inputs);
    env.extend(model.env.iter().cloned());
    let instances = model.ports.iter().zip('a'..='z').map(|(port, letter)| {
        let (part, mut env) = (format!("serve-{letter}"), env.clone());
        env.push(("PORT".into(), port.to_string()));
        batch(candidate(inputs, &part, &model.serve, env, network.clone(), vec![]))
    });
    let plan = ModelPlan {
        instances: instances.collect(),
        command: candidate(inputs, "run", &[], env, Network::None, vec![]),
        slots: (0..RUNS_AT_ONCE).map(|n| inputs.name(&format!("run-{n}"))).collect(),
        train: model.train.clone(),
        predict: model.predict.clone(),
        models,
        tmps,
        altered,
        input,
        output,
        train_within: model.train_within,
        predict_within: model.predict_within,
    };
    let fills = vec![
        Fill { target: CODE_DIR.into(), uid: 0, tar: inputs.submission.to_tar() },
        Fill { target: OUTPUT_DIR.into(), uid: UID, tar: output_folders(FOLDERS) },
    ];
    let live = inputs.grader.suite.live.timeout;
    let run_json = json!({
        "format": 1,
        "seed": inputs.seed,
        "base_urls": model.ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect::<Vec<_>>(),
        "openapi": "",
        "state_dir": format!("{GRADER_DIR}/state"),
        // A training may take long: what begins before the limit has time to end.
        "budget_seconds": live.saturating_sub(model.train_within).as_secs().max(1),
        "input_dir": INPUT_DIR,
        "output_dir": OUTPUT_DIR,
        "models_dir": MODELS_DIR,
        "altered_dir": ALTERED_DIR,
        "trainings": model.trainings,
        "ask": format!("{GRADER_DIR}/ask.sock"),
    });
    Pod {
        volumes,
        holder: holder(inputs, held),
        examiner,
        replicas: vec![],
        instances: vec![],
        runs: None,
        model: Some(plan),
        fills,
        run_json,
    }
}
