//! The prober's side of the fake pricing service: sets what calls get, parks and releases them, lists them.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

pub use crate::inside::upstream::behaviour::{Behaviour, Call};
use crate::inside::upstream::behaviour::{Order, Reply};

/// For an order that waits for nothing.
const WITHIN: Duration = Duration::from_secs(5);
/// Bytes of a reply.
const REPLY: u64 = 64 << 20;

/// The control of the pricing service. Each order has a connection of its own, so orders do not wait for each other.
#[derive(Debug, Clone)]
pub struct Pricing {
    /// The control socket.
    pub socket: PathBuf,
}

/// The service could not be controlled, or refused an order. That is never the submission's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pricing service: {0}")]
pub struct PricingError(pub String);

/// What a gate sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parked {
    /// Calls that are parked now; 0 once the gate is open.
    pub now: usize,
    /// The most that were parked at once, since the gate was made.
    pub max: usize,
}

impl Pricing {
    /// The sku costs this from now on; `None` is every sku that has nothing of its own.
    ///
    /// # Errors
    /// As of all methods: the service was not reached within 5 s, or refused.
    pub async fn price(&self, sku: Option<&str>, price_cents: i64) -> Result<(), PricingError> {
        self.behaviour(sku, Behaviour::Price { price_cents }).await
    }

    /// Calls for the sku get this status.
    ///
    /// # Errors
    /// See [`Pricing::price`].
    pub async fn status(&self, sku: Option<&str>, status: u16) -> Result<(), PricingError> {
        self.behaviour(sku, Behaviour::Status { status }).await
    }

    /// Calls for the sku get this.
    ///
    /// # Errors
    /// See [`Pricing::price`].
    pub async fn behaviour(&self, sku: Option<&str>, behaviour: Behaviour) -> Result<(), PricingError> {
        self.order(Order::Set { sku: sku.map(str::to_owned), behaviour }, Duration::ZERO).await.map(drop)
    }

    /// Makes a closed gate, to open when `count` calls are parked at once, `within` after the first one was, or by
    /// release. A gate of this name that exists opens first.
    ///
    /// # Errors
    /// See [`Pricing::price`].
    pub async fn gate(&self, name: &str, count: Option<usize>, within: Option<Duration>) -> Result<(), PricingError> {
        let within_ms = within.map(milliseconds);
        self.order(Order::Gate { name: name.to_owned(), count, within_ms }, Duration::ZERO).await.map(drop)
    }

    /// Opens a gate for good.
    ///
    /// # Errors
    /// See [`Pricing::price`]; also when there is no such gate.
    pub async fn release(&self, name: &str) -> Result<(), PricingError> {
        self.order(Order::Release { name: name.to_owned() }, Duration::ZERO).await.map(drop)
    }

    /// Waits until so many calls are parked at once or the gate is open, at most `within` (and 30 s). Whether they are
    /// is in the result.
    ///
    /// # Errors
    /// See [`Pricing::price`]; also when there is no such gate.
    pub async fn parked(&self, name: &str, at_least: usize, within: Duration) -> Result<Parked, PricingError> {
        let order = Order::Parked { name: name.to_owned(), at_least, within_ms: milliseconds(within) };
        let reply = self.order(order, within).await?;
        match (reply.parked, reply.parked_max) {
            (Some(now), Some(max)) => Ok(Parked { now, max }),
            _ => Err(PricingError("a reply without counts".to_owned())),
        }
    }

    /// The calls for the sku so far, in order.
    ///
    /// # Errors
    /// See [`Pricing::price`].
    pub async fn calls(&self, sku: &str) -> Result<Vec<Call>, PricingError> {
        let reply = self.order(Order::Calls { sku: sku.to_owned() }, Duration::ZERO).await?;
        reply.calls.ok_or_else(|| PricingError("a reply without calls".to_owned()))
    }

    /// Drops all behaviours and gates, lets parked calls go on, and keeps the calls so far.
    ///
    /// # Errors
    /// See [`Pricing::price`].
    pub async fn forget(&self) -> Result<(), PricingError> {
        self.order(Order::Forget, Duration::ZERO).await.map(drop)
    }

    async fn order(&self, order: Order, longer: Duration) -> Result<Reply, PricingError> {
        let exchange = async {
            let mut line = serde_json::to_string(&order)?;
            line.push('\n');
            let mut stream = UnixStream::connect(&self.socket).await?;
            stream.write_all(line.as_bytes()).await?;
            let mut reply = String::new();
            BufReader::new(stream).take(REPLY).read_line(&mut reply).await?;
            Ok::<Reply, std::io::Error>(serde_json::from_str(&reply)?)
        };
        let reply = timeout(WITHIN.saturating_add(longer), exchange).await;
        let reply = reply.map_err(|_| PricingError("no reply in time".to_owned()))?;
        let reply = reply.map_err(|error| PricingError(error.to_string()))?;
        if reply.ok { Ok(reply) } else { Err(PricingError(reply.error.unwrap_or_default())) }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
