//! The language of the control channel: orders and replies, one JSON line each.

use serde::{Deserialize, Serialize};

/// The longest that a call waits for anything, in milliseconds; then its connection is closed without an answer.
pub const WAIT_MS: u64 = 30_000;
/// Members of a sequence.
const SEQUENCE: usize = 1000;

/// How calls for a sku are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Behaviour {
    /// 200 with a price.
    Price {
        /// In cents.
        price_cents: i64,
    },
    /// A status without a price.
    Status {
        /// The status.
        status: u16,
    },
    /// Exactly this answer.
    Body {
        /// The status.
        status: u16,
        /// The value of `Content-Type`.
        content_type: String,
        /// The content.
        body: String,
    },
    /// Parks the call until a gate opens, then a price.
    Hold {
        /// Name of the gate. One that does not exist is made, to open by release only.
        gate: String,
        /// In cents.
        price_cents: i64,
    },
    /// Something else after a delay.
    Late {
        /// At most [`WAIT_MS`].
        after_ms: u64,
        /// Neither late itself nor a sequence.
        then: Box<Behaviour>,
    },
    /// No answer, until the caller goes.
    Hang,
    /// A price, the whole answer byte by byte.
    Drip {
        /// Between two bytes; at most [`WAIT_MS`].
        every_ms: u64,
        /// In cents.
        price_cents: i64,
    },
    /// The connection is closed before any byte.
    Close,
    /// The connection is closed in the middle of the content.
    Cut,
    /// 302 to somewhere else.
    Redirect {
        /// The value of `Location`.
        location: String,
    },
    /// The n-th call from now gets the n-th behaviour, every further one the last.
    Sequence {
        /// 1 to 1000 behaviours, none of them a sequence.
        then: Vec<Behaviour>,
    },
}

impl Behaviour {
    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<String> {
        match self {
            Self::Late { after_ms: wait, .. } | Self::Drip { every_ms: wait, .. } if *wait > WAIT_MS => {
                Some(format!("a wait of {wait} ms is beyond {WAIT_MS} ms"))
            }
            Self::Body { content_type: value, .. } | Self::Redirect { location: value }
                if value.contains(['\r', '\n']) =>
            {
                Some("a header of more than one line".to_owned())
            }
            Self::Late { then, .. } if matches!(**then, Self::Late { .. } | Self::Sequence { .. }) => {
                Some("nothing late within something late, and no sequence".to_owned())
            }
            Self::Late { then, .. } => then.problem(),
            Self::Sequence { then } if then.is_empty() || then.len() > SEQUENCE => {
                Some(format!("a sequence has 1 to {SEQUENCE} behaviours"))
            }
            Self::Sequence { then } => then.iter().find_map(|member| match member {
                Self::Sequence { .. } => Some("a sequence within a sequence".to_owned()),
                member => member.problem(),
            }),
            _ => None,
        }
    }

    /// The gates that it parks calls at.
    pub(super) fn gates(&self) -> Vec<&str> {
        match self {
            Self::Hold { gate, .. } => vec![gate],
            Self::Late { then, .. } => then.gates(),
            Self::Sequence { then } => then.iter().flat_map(Self::gates).collect(),
            _ => Vec::new(),
        }
    }
}

/// What the pricing service is told to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Sets what calls for a sku get from now on.
    Set {
        /// `None` for every sku that has nothing of its own; they share a sequence.
        sku: Option<String>,
        /// What they get.
        behaviour: Behaviour,
    },
    /// Asks for the calls for a sku.
    Calls {
        /// The sku.
        sku: String,
    },
    /// Makes a closed gate. One of this name that exists opens first.
    Gate {
        /// Its name.
        name: String,
        /// Opens by itself when so many calls are parked at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<usize>,
        /// Opens by itself so long after the first call was parked, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within_ms: Option<u64>,
    },
    /// Opens a gate for good: calls that come later pass.
    Release {
        /// Its name.
        name: String,
    },
    /// Answers when so many calls are parked at once, the gate is open, or the time has passed.
    Parked {
        /// Name of the gate.
        name: String,
        /// How many.
        #[serde(default)]
        at_least: usize,
        /// The longest wait, at most [`WAIT_MS`].
        #[serde(default)]
        within_ms: u64,
    },
    /// Drops all behaviours and gates, and lets parked calls go on. The calls so far are kept.
    Forget,
}

/// The reply to an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether it was carried out.
    pub ok: bool,
    /// To `calls`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<Call>>,
    /// To `parked`: calls that are parked now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<usize>,
    /// To `parked`: the most that were parked at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked_max: Option<usize>,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A call that was received. Moments are milliseconds since the service began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its head was complete.
    pub at_ms: u64,
    /// The method, cut off at 32 bytes.
    pub method: String,
    /// The target, cut off at 1024 bytes.
    pub target: String,
    /// What it was answered with; `None` before, and when it got no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The price it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_cents: Option<i64>,
    /// It was parked at a gate; `None` when it never was.
    pub parked_ms: Option<u64>,
    /// Its answer went out, or it was given up; `None` while it waits.
    pub done_ms: Option<u64>,
    /// The caller closed before its answer.
    pub gone: bool,
}
