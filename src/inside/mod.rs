//! What this program does inside the pod's own containers: hold a namespace, unpack
//! files, play the pricing service, wait for readiness, run the hidden suite and the probes.
//!
//! The same executable is orchestrator and agent. These commands are started by
//! `pod` and speak `protocol`, JSON lines on standard output. None of them is for people.

pub mod protocol;
mod ready;
mod suite;
mod unpack;
pub mod upstream;

use std::path::PathBuf;
use std::time::Duration;

/// Where the examiner keeps the suite and its state.
pub const GRADER_DIR: &str = "/grader";
/// The path of this program in the examiner image.
pub const PROGRAM: &str = "/usr/local/bin/takehome";

/// A command of the agent.
#[derive(Debug, Clone)]
pub enum Inside {
    /// Sleep until the container is stopped.
    Hold,
    /// Unpack a tar from standard input into a folder.
    Unpack(PathBuf),
    /// Serve prices; the control channel is a unix socket.
    Upstream {
        /// Loopback port.
        port: u16,
        /// Path of the control socket.
        control: PathBuf,
    },
    /// Return once every address answers 200.
    Ready {
        /// `name=http://127.0.0.1:PORT/PATH`, each.
        targets: Vec<String>,
        /// The longest wait.
        within: Duration,
    },
    /// Run pytest and hand over its JUnit file.
    Suite {
        /// Path of `run.json`.
        run: PathBuf,
        /// Test files.
        files: Vec<String>,
        /// Interrupts pytest, which then reports what it has.
        within: Duration,
    },
    /// Run the probes that a file describes.
    Probe {
        /// Path of `probes.json`.
        setup: PathBuf,
    },
}

/// Runs a command of the agent; the message of a failure goes to standard error.
pub async fn run(command: Inside) -> Result<(), String> {
    match command {
        Inside::Hold => loop {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        },
        Inside::Unpack(folder) => unpack::unpack(&folder).map_err(|error| error.to_string()),
        Inside::Upstream { port, control } => upstream::serve(port, &control).await.map_err(|error| error.to_string()),
        Inside::Ready { targets, within } => ready::wait(&targets, within).await,
        Inside::Suite { run, files, within } => suite::run(&run, &files, within).await,
        Inside::Probe { setup } => crate::probe::run(&setup).await,
    }
}
