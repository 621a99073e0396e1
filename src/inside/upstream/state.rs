//! What the pricing service knows: behaviours, gates, and the calls so far.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Limits;
use super::behaviour::{Behaviour, Call};
use super::hold::Gate;

/// Calls that are recorded.
const CALLS: usize = 20_000;
/// Bytes of a method and a target that are recorded; a longer target names no sku.
const METHOD: usize = 32;
const TARGET: usize = 1024;

/// The state with its lock and limits.
pub(super) struct Service {
    pub(super) limits: Limits,
    state: Mutex<State>,
}

impl Service {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State {
            begin: Instant::now(),
            behaviours: HashMap::new(),
            default: None,
            gates: HashMap::new(),
            calls: Vec::new(),
        };
        Self { limits, state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct State {
    begin: Instant,
    behaviours: HashMap<String, Script>,
    default: Option<Script>,
    gates: HashMap<String, Arc<Gate>>,
    calls: Vec<Record>,
}

/// A behaviour, and how many calls got it.
struct Script {
    behaviour: Behaviour,
    used: usize,
}

struct Record {
    sku: Option<String>,
    call: Call,
}

/// The place of a call among the recorded ones; `None` beyond their bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket(Option<usize>);

impl Script {
    fn next(&mut self) -> Behaviour {
        let next = match &self.behaviour {
            Behaviour::Sequence { then } => then.get(self.used).or(then.last()).unwrap_or(&Behaviour::Close),
            behaviour => behaviour,
        };
        self.used = self.used.saturating_add(1);
        next.clone()
    }
}

impl State {
    /// Sets a behaviour, and makes the gates that it names and nobody made.
    pub(super) fn set(&mut self, sku: Option<String>, behaviour: Behaviour) {
        for name in behaviour.gates() {
            if !self.gates.contains_key(name) {
                self.gate(name.to_owned(), None, None);
            }
        }
        let script = Script { behaviour, used: 0 };
        match sku {
            Some(sku) => drop(self.behaviours.insert(sku, script)),
            None => self.default = Some(script),
        }
    }

    /// Makes a closed gate; who waits at an old one of this name passes.
    pub(super) fn gate(&mut self, name: String, count: Option<usize>, within: Option<Duration>) {
        if let Some(old) = self.gates.insert(name, Arc::new(Gate::new(count, within))) {
            old.open();
        }
    }

    /// A gate by its name.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Gate>> {
        self.gates.get(name).cloned()
    }

    pub(super) fn forget(&mut self) {
        self.behaviours.clear();
        self.default = None;
        for (_, gate) in self.gates.drain() {
            gate.open();
        }
    }

    pub(super) fn calls(&self, sku: &str) -> Vec<Call> {
        let named = self.calls.iter().filter(|record| record.sku.as_deref() == Some(sku));
        named.map(|record| record.call.clone()).collect()
    }

    /// Records a call and says how it is to be answered.
    pub(super) fn begin(&mut self, method: &str, target: &str) -> (Ticket, Behaviour) {
        let named = target.strip_prefix("/v1/price/").filter(|_| target.len() <= TARGET);
        let sku = named.and_then(decode_segment);
        let behaviour = match &sku {
            Some(sku) if method == "GET" => match self.behaviours.get_mut(sku).or(self.default.as_mut()) {
                Some(script) => script.next(),
                None => Behaviour::Price { price_cents: stable_price(sku) },
            },
            _ => Behaviour::Status { status: 404 },
        };
        if self.calls.len() >= CALLS {
            return (Ticket(None), behaviour);
        }
        let (method, target) = (cut_off(method, METHOD), cut_off(target, TARGET));
        let call = Call { at_ms: self.now(), method, target, ..Call::default() };
        self.calls.push(Record { sku, call });
        (Ticket(Some(self.calls.len() - 1)), behaviour)
    }

    pub(super) fn parked(&mut self, ticket: Ticket) {
        let now = self.now();
        self.change(ticket, |call| call.parked_ms = Some(now));
    }

    /// The answer begins to go out.
    pub(super) fn answered(&mut self, ticket: Ticket, status: u16, price_cents: Option<i64>) {
        self.change(ticket, |call| {
            call.status = Some(status);
            call.price_cents = price_cents;
        });
    }

    /// The end of the answer is about to go out, or the call is given up.
    pub(super) fn done(&mut self, ticket: Ticket) {
        let now = self.now();
        self.change(ticket, |call| call.done_ms = call.done_ms.or(Some(now)));
    }

    pub(super) fn gone(&mut self, ticket: Ticket) {
        self.done(ticket);
        self.change(ticket, |call| call.gone = true);
    }

    fn change(&mut self, ticket: Ticket, change: impl FnOnce(&mut Call)) {
        if let Some(record) = ticket.0.and_then(|index| self.calls.get_mut(index)) {
            change(&mut record.call);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn cut_off(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

/// One path segment, percent-decoded as UTF-8; `None` for anything else.
fn decode_segment(text: &str) -> Option<String> {
    if text.is_empty() || text.contains(['/', '?', '#']) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| char::from(b?).to_digit(16);
            let value = digit(rest.next())? * 16 + digit(rest.next())?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The price of a sku that nobody set: 100 to 9999 cents, the same every time (FNV-1a).
pub(super) fn stable_price(sku: &str) -> i64 {
    let hash = sku
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    100 + i64::try_from(hash % 9900).unwrap_or_default()
}
