//! What the fake pricing service can be told, and what it tells: the lines of its control channel.
//!
//! Shared by the service, the prober and, as JSON, the Python suite.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest that a call is kept waiting, whatever it was told.
pub const LONGEST: Duration = Duration::from_secs(30);

/// How calls for a sku are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Behaviour {
    /// 200 with a price.
    Price {
        /// Any number: a fault may be a price that is none.
        price_cents: i64,
    },
    /// A status without a price.
    Status {
        /// HTTP status.
        status: u16,
    },
    /// Exactly this answer.
    Body {
        /// HTTP status.
        status: u16,
        /// `Content-Type`.
        content_type: String,
        /// Content.
        body: String,
    },
    /// Waits at a gate; then 200 with a price.
    Hold {
        /// The gate's name.
        gate: String,
        /// As in `Price`.
        price_cents: i64,
    },
    /// Waits; then does something else.
    Late {
        /// Milliseconds.
        after_ms: u64,
        /// What it does then.
        then: Box<Behaviour>,
    },
    /// Never answers; the connection stays open.
    Hang,
    /// 200 with a price, byte by byte.
    Drip {
        /// Milliseconds between two bytes.
        every_ms: u64,
        /// As in `Price`.
        price_cents: i64,
    },
    /// Closes the connection before any byte.
    Close,
    /// Closes the connection in the middle of the content.
    Cut,
    /// 302 to another address.
    Redirect {
        /// `Location`.
        location: String,
    },
    /// The n-th call gets the n-th; the last one repeats.
    Sequence {
        /// In order.
        then: Vec<Behaviour>,
    },
}

/// One line to the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// What calls for a sku get from now on; `None` sets what every other sku gets.
    Set {
        /// The sku.
        sku: Option<String>,
        /// What they get.
        behaviour: Behaviour,
    },
    /// The calls for a sku so far.
    Calls {
        /// The sku.
        sku: String,
    },
    /// Makes a gate. It opens when it is released, when `count` calls wait at it, or
    /// `within_ms` milliseconds after the first one came. Who comes later goes through.
    Gate {
        /// Its name.
        name: String,
        /// Calls.
        count: Option<usize>,
        /// Milliseconds.
        within_ms: Option<u64>,
    },
    /// Opens a gate.
    Release {
        /// Its name.
        name: String,
    },
    /// Answers when so many calls wait at a gate, or when the time is over.
    Parked {
        /// The gate's name.
        name: String,
        /// Calls.
        at_least: usize,
        /// Milliseconds.
        within_ms: u64,
    },
    /// Drops all behaviours and gates; what waits goes through. The calls are kept.
    Forget,
}

/// One line back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether the order was understood.
    pub ok: bool,
    /// For `Calls`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<Call>>,
    /// For `Parked`: calls that wait now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<usize>,
    /// For `Parked`: the most that ever waited at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked_max: Option<usize>,
    /// Why it was not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A call that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The sku that was asked for; `None` where the target names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Milliseconds since the service began.
    pub at_ms: u64,
    /// Request method.
    pub method: String,
    /// Request target.
    pub target: String,
    /// Status of the answer; `None` where none is given.
    pub status: Option<u16>,
    /// The price that it gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_cents: Option<i64>,
    /// Milliseconds since the service began, when it was over; `None` while it waits.
    pub done_ms: Option<u64>,
    /// The caller went away before its answer was complete.
    pub gone: bool,
}
