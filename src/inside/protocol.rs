//! What the agent and the orchestrator say to each other, one JSON object a line.
//!
//! The agent prints `Line`s. Each `Ask` among them is answered with one `Reply` on its standard input.

use serde::{Deserialize, Serialize};

use crate::probe::protocol::ProbeResult;

/// The longest reply, in bytes.
pub const REPLY_CAP: u64 = 1 << 20;

/// Something that only the orchestrator can do. Replicas are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Ask {
    /// SIGKILL to these replicas at once; answered when they have ended.
    Kill {
        /// Which.
        replicas: Vec<usize>,
    },
    /// SIGTERM; answered when it is sent.
    Terminate {
        /// Which.
        replica: usize,
    },
    /// Answered when the replica has ended, or when the time is over.
    AwaitEnd {
        /// Which.
        replica: usize,
        /// Milliseconds.
        within_ms: u64,
    },
    /// Starts replicas that have ended, on the same data; answered when they are started, not when they are ready.
    Start {
        /// Which.
        replicas: Vec<usize>,
    },
    /// Whether the replica is running.
    Running {
        /// Which.
        replica: usize,
    },
    /// The end of what the replica has printed.
    Log {
        /// Which.
        replica: usize,
    },
    /// Runs the submission's command in a container of its own; answered when it has ended.
    Run(RunAsk),
    /// Trains a model; answered when the training has ended.
    Train(TrainAsk),
    /// Predicts with a model; answered when the prediction has ended.
    Predict(PredictAsk),
    /// Starts a replica that serves a model, in the place of the one before; answered when it is started.
    Serve {
        /// Which, and so on which port.
        replica: usize,
        /// What it serves.
        model: ModelRef,
    },
}

/// A model folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum ModelRef {
    /// What a training has made.
    Trained {
        /// Which, counted from 0.
        model: usize,
    },
    /// A copy that the examiner has altered.
    Altered {
        /// Its folder.
        folder: String,
    },
}

/// How a model is to be trained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainAsk {
    /// File below the input volume.
    pub data: String,
    /// Which model it becomes, counted from 0; each is trained once.
    pub model: usize,
    /// The seed.
    pub seed: u32,
    /// Added to, or replacing, its environment.
    #[serde(default)]
    pub env: Vec<(String, String)>,
}

/// What is to be predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PredictAsk {
    /// With which model.
    pub model: ModelRef,
    /// File below the input volume.
    pub rows: String,
    /// Folder below the output volume for `preds.csv`.
    pub output: String,
    /// File below the input volume that `preds.csv` is a copy of before.
    #[serde(default)]
    pub existing: Option<String>,
}

/// How the submission's command is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAsk {
    /// Folder below the input volume.
    pub input: String,
    /// Folder below the output volume.
    pub output: String,
    /// On the output volume that is nearly full from the start.
    #[serde(default)]
    pub small: bool,
    /// Added to, or replacing, its environment.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// SIGKILL to all of its processes after so many milliseconds.
    #[serde(default)]
    pub kill_after_ms: Option<u64>,
    /// Python that runs beside it on the same volumes, in a container like its own, and first says `ready`.
    #[serde(default)]
    pub beside: Option<String>,
}

/// The answer to an `Ask`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The number of the ask.
    pub number: u32,
    /// Whether what was awaited has happened; always true for what is simply done.
    pub happened: bool,
    /// For `Run`, `Train` and `Predict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunReport>,
    /// For `Log`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

impl Reply {
    /// An answer that is only whether something has happened.
    pub fn plain(number: u32, happened: bool) -> Self {
        Self { number, happened, run: None, log: None }
    }
}

/// How a command of the submission ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// Exit code of `sh ./run.sh`.
    pub exit_code: i64,
    /// A process of it was killed for memory.
    pub oom_killed: bool,
    /// It was killed as it was asked for.
    pub killed: bool,
    /// It was killed at the task's limit.
    pub timed_out: bool,
    /// From its start to its end, in milliseconds.
    pub took_ms: u64,
    /// The end of what it printed.
    pub log: String,
}

/// One line of the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Line {
    /// The upstream's sockets are bound.
    Listening,
    /// A target answered 200.
    Ready {
        /// Its name.
        name: String,
        /// Since the wait began.
        after_ms: u64,
    },
    /// The wait ended without these.
    NotReady {
        /// Their names.
        names: Vec<String>,
        /// Since the wait began.
        after_ms: u64,
    },
    /// The suite went on.
    Progress {
        /// Tests that reported.
        done: u32,
        /// Tests that were collected.
        total: u32,
    },
    /// The suite ended.
    Done {
        /// Exit code of pytest; -1 when a signal ended it.
        exit_code: i32,
        /// Whether it was interrupted at its limit.
        timed_out: bool,
        /// The JUnit file, Base64; empty when there is none.
        junit: String,
        /// The end of what pytest printed.
        output: String,
    },
    /// A probe begins.
    Probing {
        /// Its name.
        name: String,
        /// Probes that have begun before.
        done: u32,
        /// All probes.
        total: u32,
    },
    /// The prober needs something and waits for the reply.
    Ask {
        /// Counted from 1.
        number: u32,
        /// What.
        ask: Ask,
    },
    /// A probe has a result.
    Probed(ProbeResult),
    /// All probes have reported.
    ProbesDone,
}

impl Line {
    /// Prints the line at once.
    pub fn print(&self) {
        use std::io::Write;
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        let mut out = std::io::stdout().lock();
        // The orchestrator is gone when this fails, and the container with it soon.
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
    }

    /// Reads a line; anything else than one of ours is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
