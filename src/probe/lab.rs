//! What every probe works with: the replicas, their operations, actors, the pricing service, the orchestrator.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::OnceCell;

use super::gate::{self, Shot, Volley};
use super::http::{Bounds, Exchange, NoAnswer, Request, call};
use super::orchestrator::{Gone, Orchestrator};
use super::pricing::Pricing;
use super::protocol::{Ask, Setup};
use super::template::{self, Seen, Values};
use super::verdict::Ending;
use crate::task::{Operation, Probe};

/// Actors that all probes share: registering is slow by design.
const ACTORS: usize = 6;
/// Between two looks at something that changes by itself.
pub const POLL: Duration = Duration::from_millis(20);
/// From an order to its call for a price, on a machine that is very busy.
const ASKED: Duration = Duration::from_secs(6);
/// How often a volley is loaded before it is given up.
const LOADS: usize = 5;
/// The largest spread of a gate whose round counts.
const SPREAD: Duration = Duration::from_millis(2);

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
    actors: OnceCell<Vec<Values>>,
}

/// One probe at work.
#[derive(Debug)]
pub struct Bench<'a> {
    /// Shared.
    pub lab: &'a Lab,
    /// What it is to do.
    pub probe: &'a Probe,
    facts: Mutex<BTreeMap<String, Value>>,
    gates: Mutex<Gates>,
}

/// What the gates of a probe did.
#[derive(Debug, Default, Clone)]
struct Gates {
    spreads: Vec<Duration>,
    valid: usize,
    discarded: usize,
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

impl<'a> Bench<'a> {
    /// A bench for a probe.
    pub fn new(lab: &'a Lab, probe: &'a Probe) -> Self {
        Self { lab, probe, facts: Mutex::default(), gates: Mutex::default() }
    }

    /// A setting; all of the kind's exist.
    pub fn setting(&self, name: &str) -> usize {
        self.probe.settings.get(name).copied().unwrap_or_default() as usize
    }

    /// The operation of a role; all of the kind's exist.
    pub fn operation(&self, role: &str) -> &'a Operation {
        let named = self.probe.operations.get(role).map_or(role, String::as_str);
        &self.lab.setup.probes.operations[named]
    }

    /// Keeps something measured.
    pub fn fact(&self, name: &str, value: impl Into<Value>) {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value.into());
    }

    /// Everything that was measured.
    pub fn facts(&self) -> Value {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !gates.spreads.is_empty() {
            gates.spreads.sort();
            let at = |share: usize| micros(gates.spreads[(gates.spreads.len() - 1) * share / 100]);
            facts.insert("gates".into(), gates.spreads.len().into());
            facts.insert("gates_discarded".into(), gates.discarded.into());
            facts.insert("gate_spread_us_median".into(), at(50).into());
            facts.insert("gate_spread_us_p99".into(), at(99).into());
        }
        serde_json::to_value(facts).unwrap_or_default()
    }

    /// A request of a role.
    pub fn request(&self, role: &str, values: &[&Values]) -> Request {
        template::request(self.operation(role), values)
    }

    /// Calls an operation on a replica.
    pub async fn call(&self, replica: usize, role: &str, values: &[&Values]) -> Exchange {
        call(self.lab.port(replica), self.request(role, values), &Bounds::default()).await
    }

    /// A shot for the gate.
    pub fn shot(&self, replica: usize, role: &str, values: &[&Values]) -> Shot {
        Shot { port: self.lab.port(replica), request: self.request(role, values) }
    }

    /// What an exchange of a role says.
    pub fn seen(&self, role: &str, exchange: &Exchange) -> Seen {
        template::seen(self.operation(role), exchange)
    }

    /// What a successful exchange of a role gives; empty for any other.
    pub fn given(&self, role: &str, exchange: &Exchange) -> Values {
        match (&exchange.outcome, self.seen(role, exchange)) {
            (Ok(answer), Seen::Ok) => template::given(self.operation(role), answer),
            _ => Values::new(),
        }
    }

    /// Calls an operation that the probe builds on: it must succeed and give these values.
    pub async fn must(
        &self,
        replica: usize,
        role: &str,
        values: &[&Values],
        gives: &[&str],
    ) -> Result<Values, Box<Ending>> {
        let exchange = self.call(replica, role, values).await;
        let given = self.given(role, &exchange);
        match self.seen(role, &exchange) {
            Seen::Ok => match gives.iter().find(|name| !given.contains_key(**name)) {
                None => Ok(given),
                Some(lacks) => Ending::not_assessable(format!("`{role}` succeeds, but its answer gives no {lacks}."))
                    .with([&exchange])
                    .end(),
            },
            _ => Ending::not_assessable(format!(
                "`{role}` answers {} where the probe builds on it.",
                super::verdict::answer_word(&exchange)
            ))
            .with([&exchange])
            .end(),
        }
    }

    /// A number that an operation gives.
    pub async fn must_number(
        &self,
        replica: usize,
        role: &str,
        values: &[&Values],
        name: &str,
    ) -> Result<i64, Box<Ending>> {
        let given = self.must(replica, role, values, &[name]).await?;
        match given[name].parse() {
            Ok(number) => Ok(number),
            Err(_) => Ending::not_assessable(format!("`{role}` gives a {name} that is no whole number.")).end(),
        }
    }

    /// Registers somebody and logs in, where the API has `register` and `login`.
    pub async fn new_actor(&self) -> Result<Values, Box<Ending>> {
        let operations = &self.lab.setup.probes.operations;
        let mut actor = Values::from([
            ("email".to_owned(), format!("{}@example.com", self.lab.word())),
            ("password".to_owned(), self.lab.word()),
        ]);
        for role in ["register", "login"] {
            if let Some(operation) = operations.get(role) {
                let bounds = Bounds::default();
                let exchange = call(self.lab.port(0), template::request(operation, &[&actor]), &bounds).await;
                match &exchange.outcome {
                    Ok(answer) if operation.ok.contains(&answer.status) => {
                        actor.extend(template::given(operation, answer));
                    }
                    _ => {
                        return Ending::not_assessable(format!("`{role}` does not work.")).with([&exchange]).end();
                    }
                }
            }
        }
        Ok(actor)
    }

    /// One of the shared actors; counting goes round.
    pub async fn actor(&self, index: usize) -> Result<&'a Values, Box<Ending>> {
        let made = self.lab.actors.get_or_try_init(|| async {
            let made = futures_util::future::join_all((0..ACTORS).map(|_| self.new_actor())).await;
            made.into_iter().collect::<Result<Vec<_>, _>>()
        });
        let actors = made.await?;
        Ok(&actors[index % actors.len()])
    }

    /// A new item of an actor: its values, among them its `name` and what `create` gives.
    pub async fn item(&self, replica: usize, actor: &Values, stock: i64) -> Result<Values, Box<Ending>> {
        let word = self.lab.word();
        let mut item = Values::from([
            ("sku".to_owned(), format!("sku-{word}")),
            ("name".to_owned(), format!("Item {word}")),
            ("stock".to_owned(), stock.to_string()),
        ]);
        let given = self.must(replica, "create", &[actor, &item], &["item"]).await?;
        item.extend(given);
        Ok(item)
    }

    /// The stock of an item as it is now.
    pub async fn stock(&self, replica: usize, actor: &Values, item: &Values) -> Result<i64, Box<Ending>> {
        self.must_number(replica, "read", &[actor, item], "stock").await
    }

    /// The state of an item after a race, as a number, with the read that shows it.
    ///
    /// Replicas that show different states have a fault of their own, which another probe charges. So what is judged
    /// here is the state that `fits`, where any replica shows one.
    pub async fn final_stock(
        &self,
        actor: &Values,
        item: &Values,
        fits: impl Fn(i64) -> bool,
    ) -> Result<(i64, Exchange), Box<Ending>> {
        let mut worst = None;
        for replica in 0..self.lab.setup.ports.len() {
            let read = self.call(replica, "read", &[actor, item]).await;
            match self.given("read", &read).get("stock").and_then(|stock| stock.parse().ok()) {
                Some(stock) if fits(stock) => return Ok((stock, read)),
                Some(stock) => worst = Some((stock, read)),
                None => {
                    return Ending::not_assessable("an item cannot be read after the race.").with([&read]).end();
                }
            }
        }
        worst.ok_or_else(|| Box::new(Ending::not_assessable("there is no replica.")))
    }

    /// Waits until a call waits at a gate; a service that never asks for a price cannot be examined this way.
    pub async fn someone_is_parked(&self, gate: &str) -> Result<(), Box<Ending>> {
        if self.lab.pricing.parked(gate, 1, ASKED).await?.max > 0 {
            return Ok(());
        }
        Ending::not_assessable("an order does not ask the pricing service for its price.").end()
    }

    /// Releases shots at once and keeps what the gate did. A round that does not count may still prove a violation.
    pub async fn volley(&self, shots: Vec<Shot>) -> Result<Volley, Box<Ending>> {
        // A volley that could not be loaded in time released nothing, so it is simply loaded again.
        let mut loaded = gate::volley(shots.clone(), &Bounds::default()).await;
        for _ in 1..LOADS {
            if loaded.is_ok() {
                break;
            }
            self.gates.lock().unwrap_or_else(PoisonError::into_inner).discarded += 1;
            loaded = gate::volley(shots.clone(), &Bounds::default()).await;
        }
        let volley = match loaded {
            Ok(volley) => volley,
            Err(why) => return self.not_loaded(&why, &shots).await,
        };
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.spreads.push(volley.spread);
        if volley.spread <= SPREAD && !volley.early && volley.overlap >= 2 {
            gates.valid += 1;
        } else {
            gates.discarded += 1;
        }
        drop(gates);
        Ok(volley)
    }

    /// Whose doing it is that requests cannot even be brought to the gate.
    async fn not_loaded(&self, why: &NoAnswer, shots: &[Shot]) -> Result<Volley, Box<Ending>> {
        let within = Duration::from_millis(self.lab.setup.ready_within_ms);
        for replica in 0..self.lab.setup.ports.len() {
            if self.lab.healthy(replica, within).await.is_none() {
                return Ending::not_assessable(format!("replica {} is not healthy any more.", name(replica))).end();
            }
        }
        let count = shots.len();
        Ending::inconclusive(format!("{count} requests could not be held at once on this machine ({why}).")).end()
    }

    /// Rounds until so many have counted, but at most twice as many.
    pub fn turns(&self, rounds: usize) -> Turns {
        Turns { rounds, counted_before: self.counted(), number: 0 }
    }

    fn counted(&self) -> usize {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner).valid
    }

    /// Whether enough rounds counted for "not seen" to mean something: half of those that were meant.
    pub fn rounds_suffice(&self) -> Result<(), Box<Ending>> {
        let gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if gates.valid * 4 >= gates.valid + gates.discarded {
            return Ok(());
        }
        Ending::inconclusive(format!(
            "only {} of {} gated rounds counted; the machine is too busy for races.",
            gates.valid,
            gates.valid + gates.discarded
        ))
        .end()
    }
}

/// Rounds of a race; one that the gate spoiled is repeated.
#[derive(Debug)]
pub struct Turns {
    rounds: usize,
    counted_before: usize,
    number: usize,
}

impl Turns {
    /// The number of the next round, from 0.
    pub fn next(&mut self, bench: &Bench<'_>) -> Option<usize> {
        let number = self.number;
        let spoiled = bench.counted() - self.counted_before < self.rounds;
        let goes_on = number < self.rounds || (spoiled && number < self.rounds * 2);
        self.number += usize::from(goes_on);
        goes_on.then_some(number)
    }
}

/// Whole microseconds.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// One named value.
pub fn value(name: &str, value: impl ToString) -> Values {
    Values::from([(name.to_owned(), value.to_string())])
}
