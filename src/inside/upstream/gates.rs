//! Gates: calls wait at them until they are let go together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::behaviour::LONGEST;

/// All gates, by name.
#[derive(Debug, Default)]
pub struct Gates(Mutex<HashMap<String, Arc<Gate>>>);

#[derive(Debug)]
struct Gate {
    count: Option<usize>,
    within: Duration,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    open: bool,
    now: usize,
    max: usize,
}

impl Gates {
    /// Makes a gate; one of the same name is let go.
    pub fn make(&self, name: &str, count: Option<usize>, within: Option<Duration>) {
        let (state, _) = watch::channel(State::default());
        let gate = Arc::new(Gate { count, within: within.unwrap_or(LONGEST).min(LONGEST), state });
        if let Some(old) = self.lock().insert(name.to_owned(), gate) {
            old.open();
        }
    }

    /// Lets all go who wait, and all who come.
    pub fn release(&self, name: &str) {
        if let Some(gate) = self.get(name) {
            gate.open();
        }
    }

    /// Lets all go, everywhere.
    pub fn forget(&self) {
        for (_, gate) in self.lock().drain() {
            gate.open();
        }
    }

    /// Waits at a gate; one that does not exist is open.
    pub async fn pass(&self, name: &str) {
        let Some(gate) = self.get(name) else { return };
        // Counts out also where the caller goes away and this is dropped.
        let _place = gate.enter();
        let mut seen = gate.state.subscribe();
        let opened = seen.wait_for(|state| state.open);
        if tokio::time::timeout(gate.within, opened).await.is_err() {
            gate.open();
        }
    }

    /// Returns when so many wait, or the time is over: how many wait now, and the most that ever did.
    pub async fn parked(&self, name: &str, at_least: usize, within: Duration) -> (usize, usize) {
        let Some(gate) = self.get(name) else { return (0, 0) };
        let mut seen = gate.state.subscribe();
        let enough = seen.wait_for(|state| state.now >= at_least);
        tokio::time::timeout(within.min(LONGEST), enough).await.ok();
        let state = *gate.state.borrow();
        (state.now, state.max)
    }

    fn get(&self, name: &str) -> Option<Arc<Gate>> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Gate>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    fn open(&self) {
        self.state.send_modify(|state| state.open = true);
    }

    fn enter(self: &Arc<Self>) -> Place {
        self.state.send_modify(|state| {
            state.now += 1;
            state.max = state.max.max(state.now);
            state.open |= self.count.is_some_and(|count| state.now >= count);
        });
        Place(Arc::clone(self))
    }
}

/// A place at a gate.
struct Place(Arc<Gate>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.now -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_gate_opens_by_count_by_time_and_by_hand() {
        let gates = Arc::new(Gates::default());
        let begin = tokio::time::Instant::now();
        gates.make("two", Some(2), None);
        tokio::join!(gates.pass("two"), gates.pass("two"));
        gates.pass("two").await;
        assert_eq!(gates.parked("two", 0, LONGEST).await, (0, 2));
        assert_eq!(begin.elapsed(), Duration::ZERO);
        gates.make("time", None, Some(Duration::from_millis(50)));
        gates.pass("time").await;
        assert_eq!(begin.elapsed(), Duration::from_millis(50));
        gates.make("hand", None, None);
        let opener = async {
            assert_eq!(gates.parked("hand", 1, LONGEST).await, (1, 1));
            gates.release("hand");
        };
        tokio::join!(gates.pass("hand"), opener);
        gates.pass("nothing").await;
        assert_eq!(begin.elapsed(), Duration::from_millis(50));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_away_does_not_count() {
        let gates = Gates::default();
        gates.make("g", None, None);
        let gone = tokio::time::timeout(Duration::from_millis(5), gates.pass("g")).await;
        assert!(gone.is_err());
        assert_eq!(gates.parked("g", 1, Duration::from_millis(5)).await, (0, 1));
        let forgetter = async { gates.forget() };
        tokio::join!(gates.pass("g"), forgetter);
    }
}
