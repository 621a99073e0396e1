//! What the prober and the orchestrator say to each other, and the results that both know.
//!
//! The prober's lines are those of `inside::protocol::Line`; the orchestrator answers each
//! `Ask` with one `Reply`, a JSON line on the prober's standard input.

use serde::{Deserialize, Serialize};

use crate::task::Probes;

/// The longest line that the prober reads, in bytes.
pub const LINE_CAP: u64 = 4 << 10;

/// What the prober is started with, as `probes.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Seed of all random data.
    pub seed: u64,
    /// The replicas' ports, in order.
    pub ports: Vec<u16>,
    /// The path that answers 200 when a replica is ready.
    pub health: String,
    /// The longest start of a replica, in milliseconds.
    pub ready_within_ms: u64,
    /// The longest stop of a replica, in milliseconds.
    pub stop_within_ms: u64,
    /// The pricing service's port.
    pub pricing_port: u16,
    /// Path of the pricing service's control socket.
    pub pricing_control: String,
    /// Operations and probes.
    pub probes: Probes,
}

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
}

/// The answer to an `Ask`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The number of the ask.
    pub number: u32,
    /// Whether what was awaited has happened; always true for what is simply done.
    pub happened: bool,
}

/// How a probe came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No violation was seen in all its rounds.
    Passed,
    /// What must not break holds, but liveness or the contract is broken.
    Partial,
    /// A proof shows a violation.
    Failed,
    /// Something that it needs is broken, and charged elsewhere.
    NotAssessable,
    /// Our own condition was not met.
    Inconclusive,
    /// The probes' time ended before.
    TimedOut,
}

impl Outcome {
    /// The stable string.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::NotAssessable => "not-assessable",
            Self::Inconclusive => "inconclusive",
            Self::TimedOut => "timed-out",
        }
    }
}

/// The result of one probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// The probe's name.
    pub name: String,
    /// How it came out.
    pub outcome: Outcome,
    /// One sentence; empty for a pass.
    pub message: String,
    /// The proof, as the suite writes it, with `arithmetic` and `timeline` besides; null for a pass.
    pub proof: serde_json::Value,
    /// What was measured: names and numbers or short texts.
    pub facts: serde_json::Value,
    /// Wall time in milliseconds.
    pub took_ms: u64,
}
