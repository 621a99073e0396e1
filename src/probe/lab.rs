//! What all probes of a run share: the replicas, actors, the pricing service, the orchestrator.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use super::http::{Bounds, Request, call};
use super::pricing::Pricing;
use super::protocol::Setup;
use super::template::Values;
use super::verdict::Ending;
use crate::inside::orchestrator::{Gone, Orchestrator};
use crate::inside::protocol::Ask;

/// Between two looks at something that changes by itself.
pub const POLL: Duration = Duration::from_millis(20);

/// What all probes of a run share.
#[derive(Debug)]
pub struct Lab {
    /// What the run is.
    pub setup: Setup,
    /// The fake pricing service.
    pub pricing: Pricing,
    /// Kills, stops and starts replicas.
    pub orchestrator: Orchestrator,
    random: Mutex<fastrand::Rng>,
    pub(super) actors: OnceCell<Vec<Values>>,
}

impl Lab {
    /// A lab for a run.
    pub fn new(setup: Setup, orchestrator: Orchestrator) -> Self {
        let pricing = Pricing { socket: setup.pricing_control.clone().into() };
        let random = Mutex::new(fastrand::Rng::with_seed(setup.seed));
        Self { setup, pricing, orchestrator, random, actors: OnceCell::new() }
    }

    /// A word that nobody has used: 16 letters and digits.
    pub fn word(&self) -> String {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::repeat_with(|| random.alphanumeric().to_ascii_lowercase()).take(16).collect()
    }

    /// A number below `bound`.
    pub fn below(&self, bound: usize) -> usize {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).usize(0..bound.max(1))
    }

    /// The port of a replica; counting goes round.
    pub fn port(&self, replica: usize) -> u16 {
        self.setup.ports[replica % self.setup.ports.len()]
    }

    /// Waits until a replica answers its health check; how long it took.
    pub async fn healthy(&self, replica: usize, within: Duration) -> Option<Duration> {
        let begin = Instant::now();
        let bounds = Bounds { within: Duration::from_secs(2), ..Bounds::default() };
        loop {
            let answered = call(self.port(replica), Request::new("GET", &self.setup.health), &bounds).await;
            if answered.outcome.is_ok_and(|answer| answer.status == 200) {
                return Some(begin.elapsed());
            }
            if begin.elapsed() > within {
                return None;
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Starts replicas that have ended, and waits until they are healthy again.
    pub async fn start(&self, replicas: &[usize]) -> Result<(), Box<Ending>> {
        self.orchestrator.ask(Ask::Start { replicas: replicas.to_vec() }).await?;
        let within = Duration::from_millis(self.setup.ready_within_ms);
        let started =
            futures_util::future::join_all(replicas.iter().map(|replica| self.healthy(*replica, within))).await;
        match started.iter().position(Option::is_none) {
            None => Ok(()),
            Some(index) => Ending::failed(format!(
                "Replica {} was started again on its own data and is not healthy within {} s.",
                name(replicas[index]),
                within.as_secs()
            ))
            .expected("a service that starts on the database that it made")
            .end(),
        }
    }
}

impl From<Gone> for Box<Ending> {
    fn from(gone: Gone) -> Self {
        Self::new(Ending::inconclusive(gone.to_string()))
    }
}

impl From<super::pricing::PricingError> for Box<Ending> {
    fn from(error: super::pricing::PricingError) -> Self {
        Self::new(Ending::inconclusive(format!("the pricing service: {error}")))
    }
}

/// `A`, `B`, …
pub fn name(replica: usize) -> char {
    char::from(b'A' + u8::try_from(replica % 26).unwrap_or_default())
}
