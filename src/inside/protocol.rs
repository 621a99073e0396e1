//! The lines that the agent prints for the orchestrator, one JSON object each.

use serde::{Deserialize, Serialize};

use crate::probe::protocol::{Ask, ProbeResult};

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
