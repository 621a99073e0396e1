//! The edge to the container engine: what a pod needs, and nothing that is specific to Docker.
//!
//! `Sandbox` is implemented twice: by `docker` for real, and by `scripted`, a
//! deterministic fake for tests of order, deadlines and clean-up. Specs say what a
//! container is for; how it is hardened is decided in one place behind the trait.

pub mod docker;
pub mod recipe;
pub mod scripted;

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What a container is for. Decides its hardening profile and its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Owns the network namespace and keeps the volumes mounted.
    Holder,
    /// Runs candidate code.
    Replica,
    /// Runs the hidden suite; never candidate code.
    Examiner,
    /// Installs a submission's dependencies; the only one with a network.
    Installer,
}

impl Role {
    /// The stable name, as in labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Replica => "replica",
            Self::Examiner => "examiner",
            Self::Installer => "installer",
        }
    }
}

/// An engine's id of a container.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContainerId(pub String);

/// The network of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// Loopback only, in a namespace of its own.
    None,
    /// The namespace of another container.
    Of(ContainerId),
    /// The engine's default network, with egress.
    Egress,
}

/// A volume mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The volume's name.
    pub volume: String,
    /// Absolute path in the container.
    pub target: String,
    /// Refuse writes.
    pub read_only: bool,
}

/// A private tmpfs of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scratch {
    /// Absolute path in the container.
    pub target: String,
    /// Bytes.
    pub size: u64,
    /// Whether files on it may be executed.
    pub executable: bool,
    /// Owner; the engine's default is root with mode 1777.
    pub uid: u32,
}

/// Bounds of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes, swap included.
    pub memory: u64,
    /// CPUs' worth of time.
    pub cpus: u32,
    /// Processes and threads.
    pub pids: u32,
    /// Bytes of the largest single file.
    pub file: u64,
    /// Bytes of log that are kept.
    pub log: u64,
}

/// A container to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerSpec {
    /// Unique on the engine.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Image id.
    pub image: String,
    /// Program and arguments; the image's own are ignored.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: Vec<(String, String)>,
    /// Absolute path; never chosen by a candidate.
    pub workdir: String,
    /// Numeric user and group.
    pub uid: u32,
    /// Its network.
    pub network: Network,
    /// Volumes.
    pub mounts: Vec<Mount>,
    /// Private scratch space.
    pub scratch: Vec<Scratch>,
    /// Its bounds.
    pub bounds: Bounds,
}

/// A volume to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeSpec {
    /// In memory, emptied when its last container stops.
    Memory {
        /// Unique on the engine.
        name: String,
        /// Bytes; a write beyond fails with `ENOSPC`.
        size: u64,
        /// Owner of its root folder.
        uid: u32,
    },
    /// On the engine's disk.
    Disk {
        /// Unique on the engine.
        name: String,
    },
}

impl VolumeSpec {
    /// The volume's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Memory { name, .. } | Self::Disk { name } => name,
        }
    }
}

/// A process to run in a running container of ours. Never used on a replica.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Added to the container's environment.
    pub env: Vec<(String, String)>,
    /// Written to its standard input, which is closed afterwards.
    pub stdin: Vec<u8>,
    /// Numeric user; `None` is the container's own.
    pub uid: Option<u32>,
    /// Bytes of standard output kept; the process is abandoned beyond.
    pub stdout_cap: usize,
}

/// How a process in a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecOutput {
    /// Its exit code.
    pub exit_code: i64,
    /// Standard output, complete.
    pub stdout: Vec<u8>,
    /// The end of standard error, at most 64 KiB.
    pub stderr: Vec<u8>,
}

/// The state of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerState {
    /// Whether its main process runs.
    pub running: bool,
    /// Meaningful once it does not run.
    pub exit_code: i64,
    /// The kernel killed a process of it for memory.
    pub oom_killed: bool,
}

/// One object that carries our label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Container or volume.
    pub kind: LeftoverKind,
    /// Id of a container, name of a volume.
    pub id: String,
    /// The run that made it.
    pub run: String,
    /// Who made it: see `Owner`.
    pub owner: String,
}

/// What kind of object was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftoverKind {
    /// Removed first: a container keeps its volumes.
    Container,
    /// Removed second.
    Volume,
}

/// An operation on the engine that failed. One variant per operation, so that the
/// message says what we were doing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// No engine answers.
    #[error("no container engine answers: {0}\nhint: start Docker, or set DOCKER_HOST; `takehome doctor` tells more")]
    Unreachable(String),
    /// The engine is too old.
    #[error("the engine speaks API {found}, at least {needed} is needed\nhint: install Docker Engine 20.10 or newer")]
    TooOld {
        /// What it speaks.
        found: String,
        /// What we need.
        needed: String,
    },
    /// An image that must exist does not.
    #[error("image {0} is missing on the engine\nhint: run `takehome images build`")]
    ImageMissing(String),
    /// The engine's disk is full.
    #[error(
        "the engine has no space left while it should {doing}\nhint: free disk space of the engine, then run again"
    )]
    NoSpace {
        /// The operation.
        doing: &'static str,
    },
    /// The operation did not end in time.
    #[error("the engine did not {doing} within {} s", within.as_secs())]
    TimedOut {
        /// The operation.
        doing: &'static str,
        /// The limit.
        within: Duration,
    },
    /// A process wrote more than its bound.
    #[error("{program} wrote more than {cap} bytes")]
    TooMuchOutput {
        /// The program.
        program: String,
        /// The bound.
        cap: usize,
    },
    /// The engine refused or failed.
    #[error("the engine could not {doing}: {message}")]
    Failed {
        /// The operation.
        doing: &'static str,
        /// The engine's words.
        message: String,
    },
}

/// A container engine, as far as a pod needs it. Each call is one engine operation.
pub trait Sandbox: Sync {
    /// Creates a volume with our labels.
    fn create_volume(&self, spec: &VolumeSpec) -> impl Future<Output = Result<(), SandboxError>> + Send;
    /// Creates a container, hardened by its role, with our labels; does not start it.
    fn create(&self, spec: &ContainerSpec) -> impl Future<Output = Result<ContainerId, SandboxError>> + Send;
    /// Starts a created container.
    fn start(&self, id: &ContainerId) -> impl Future<Output = Result<(), SandboxError>> + Send;
    /// Runs a process in a container of ours; each line of its standard output goes to `line` as it comes.
    fn exec(
        &self,
        id: &ContainerId,
        exec: Exec,
        line: impl FnMut(&str) + Send,
    ) -> impl Future<Output = Result<ExecOutput, SandboxError>> + Send {
        let (_, nothing_more) = unbounded_channel();
        self.converse(id, exec, nothing_more, line)
    }
    /// As `exec`; what comes through `replies` is written to its standard input as well, which stays open until
    /// the channel is closed.
    fn converse(
        &self,
        id: &ContainerId,
        exec: Exec,
        replies: UnboundedReceiver<Vec<u8>>,
        line: impl FnMut(&str) + Send,
    ) -> impl Future<Output = Result<ExecOutput, SandboxError>> + Send;
    /// Returns once the container's main process has ended.
    fn wait(&self, id: &ContainerId) -> impl Future<Output = Result<(), SandboxError>> + Send;
    /// Sends a signal to the container's main process; one that has ended is no error.
    fn kill(&self, id: &ContainerId, signal: &str) -> impl Future<Output = Result<(), SandboxError>> + Send;
    /// The container's state.
    fn inspect(&self, id: &ContainerId) -> impl Future<Output = Result<ContainerState, SandboxError>> + Send;
    /// Its log, standard output and error in order; the end of it where it is longer than `cap` bytes.
    fn logs(&self, id: &ContainerId, cap: usize) -> impl Future<Output = Result<Vec<u8>, SandboxError>> + Send;
    /// Removes a container, running or not; one that is gone is no error.
    fn remove(&self, id: &ContainerId) -> impl Future<Output = Result<(), SandboxError>> + Send;
    /// Removes a volume; one that is gone is no error.
    fn remove_volume(&self, name: &str) -> impl Future<Output = Result<(), SandboxError>> + Send;
}
