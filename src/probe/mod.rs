//! The prober: behavioural experiments on a running submission, from inside the examiner.
//!
//! A probe drives the replicas with raw HTTP, decides when the pricing service answers, and asks the
//! orchestrator to kill, stop or start a replica. It reports one outcome with its proof. What a probe does is code, one file a
//! kind; how often, how much and against which operations is configuration (`task::Probes`).
//!
//! A race fails only on a proven violated invariant. Noise of the machine or of the prober itself is `inconclusive`.

pub mod kind;
pub mod protocol;

use std::path::Path;

/// Runs the probes that a file describes; the message of a failure goes to standard error.
pub async fn run(setup: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(setup).map_err(|error| format!("{}: {error}", setup.display()))?;
    let setup: protocol::Setup =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", setup.display()))?;
    Err(format!("{} probes and no prober", setup.probes.probes.len()))
}
