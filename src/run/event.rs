//! What a run tells the world while it goes on. The whole contract between execution and display.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The phases of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Images are looked up, or built on first use.
    Images,
    /// Packages that the submission pins and the runtime does not have.
    Dependencies,
    /// Volumes and containers are made and filled.
    Pod,
    /// The replicas' containers are made and started.
    Launch,
    /// The replicas are waited for until all answer.
    Start,
    /// The hidden suite runs against them.
    Suite,
    /// The probes experiment with them.
    Probes,
    /// The replicas end on SIGTERM.
    Stop,
    /// States and logs are read and handed to the examiner.
    Collect,
    /// Logs and data are examined.
    After,
    /// Everything is removed.
    Cleanup,
}

impl Phase {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Dependencies => "dependencies",
            Self::Pod => "pod",
            Self::Launch => "containers of the replicas",
            Self::Start => "start of the replicas",
            Self::Suite => "hidden suite",
            Self::Probes => "probes",
            Self::Stop => "stop of the replicas",
            Self::Collect => "logs",
            Self::After => "logs and data examined",
            Self::Cleanup => "clean-up",
        }
    }

    /// Whether its time is spent by the candidate's code or our suite, not by the runner itself.
    pub const fn is_payload(self) -> bool {
        matches!(self, Self::Dependencies | Self::Start | Self::Suite | Self::Probes | Self::Stop | Self::After)
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A phase began.
    Began(Phase),
    /// A phase ended.
    Ended(Phase, Duration),
    /// Tests that reported, of those collected.
    Progress {
        /// Reported.
        done: u32,
        /// Collected.
        total: u32,
    },
    /// A probe began.
    Probing {
        /// Its name.
        name: String,
        /// Probes that began before.
        done: u32,
        /// All probes.
        total: u32,
    },
    /// A line of an image's build.
    Build {
        /// The image.
        image: String,
        /// What the engine says.
        line: String,
    },
    /// Something that a person should know now.
    Note(String),
}

/// Where events go.
pub trait Sink: Sync {
    /// Takes one event; must not block for long.
    fn event(&self, event: Event);
}
