//! The prober's end of the pricing service's control channel.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

pub use crate::inside::upstream::behaviour::{Behaviour, Call};
use crate::inside::upstream::behaviour::{Order, Reply};

/// An order is carried out at once; what it waits for is added to this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Controls the pricing service.
#[derive(Debug, Clone)]
pub struct Pricing {
    /// Path of its control socket.
    pub socket: PathBuf,
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum PricingError {
    /// The socket does not answer.
    #[error("it cannot be controlled: {0}")]
    Unreachable(String),
    /// It does not understand.
    #[error("it refused an order: {0}")]
    Refused(String),
}

/// Calls at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parked {
    /// That wait now.
    pub now: usize,
    /// The most that ever waited at once.
    pub max: usize,
}

impl Pricing {
    /// What calls for a sku get from now on; `None` for every other sku.
    pub async fn behaviour(&self, sku: Option<&str>, behaviour: Behaviour) -> Result<(), PricingError> {
        self.ask(&Order::Set { sku: sku.map(str::to_owned), behaviour }, Duration::ZERO).await.map(drop)
    }

    /// Makes a gate: see `Order::Gate`.
    pub async fn gate(&self, name: &str, count: Option<usize>, within: Option<Duration>) -> Result<(), PricingError> {
        let order = Order::Gate { name: name.to_owned(), count, within_ms: within.map(millis) };
        self.ask(&order, Duration::ZERO).await.map(drop)
    }

    /// Opens a gate.
    pub async fn release(&self, name: &str) -> Result<(), PricingError> {
        self.ask(&Order::Release { name: name.to_owned() }, Duration::ZERO).await.map(drop)
    }

    /// Returns when so many calls wait at a gate, or when the time is over.
    pub async fn parked(&self, name: &str, at_least: usize, within: Duration) -> Result<Parked, PricingError> {
        let order = Order::Parked { name: name.to_owned(), at_least, within_ms: millis(within) };
        let reply = self.ask(&order, within).await?;
        Ok(Parked { now: reply.parked.unwrap_or_default(), max: reply.parked_max.unwrap_or_default() })
    }

    /// The calls for a sku so far, in order.
    pub async fn calls(&self, sku: &str) -> Result<Vec<Call>, PricingError> {
        let reply = self.ask(&Order::Calls { sku: sku.to_owned() }, Duration::ZERO).await?;
        Ok(reply.calls.unwrap_or_default())
    }

    async fn ask(&self, order: &Order, waits: Duration) -> Result<Reply, PricingError> {
        let unreachable = |error: &dyn std::fmt::Display| PricingError::Unreachable(error.to_string());
        let exchange = async {
            let mut line = serde_json::to_vec(order)?;
            line.push(b'\n');
            // A connection an order: probes wait at the same time.
            let mut stream = BufReader::new(UnixStream::connect(&self.socket).await?);
            stream.write_all(&line).await?;
            stream.flush().await?;
            let mut answer = String::new();
            stream.read_line(&mut answer).await?;
            std::io::Result::Ok(serde_json::from_str::<Reply>(&answer)?)
        };
        let reply = tokio::time::timeout(PATIENCE + waits, exchange).await.map_err(|late| unreachable(&late))?;
        let reply = reply.map_err(|error| unreachable(&error))?;
        if reply.ok { Ok(reply) } else { Err(PricingError::Refused(reply.error.unwrap_or_default())) }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
