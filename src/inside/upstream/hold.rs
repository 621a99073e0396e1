//! Gates: where calls are parked until enough are there, the time is over, or they are released.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// A gate. Once open it stays open.
#[derive(Debug)]
pub(super) struct Gate {
    seen: watch::Sender<Seen>,
    count: Option<usize>,
    within: Option<Duration>,
}

/// What a gate sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) open: bool,
    /// Calls that wait now.
    pub(super) parked: usize,
    /// The most that waited at once.
    pub(super) parked_max: usize,
    /// Opens then, by `within`.
    until: Option<Instant>,
}

impl Gate {
    /// A closed gate. It opens when `count` calls are parked, or `within` after the first one was.
    pub(super) fn new(count: Option<usize>, within: Option<Duration>) -> Self {
        Self { seen: watch::Sender::new(Seen::default()), count, within }
    }

    pub(super) fn open(&self) {
        self.seen.send_modify(|seen| {
            seen.open = true;
            seen.parked = 0;
        });
    }

    pub(super) fn is_open(&self) -> bool {
        self.seen.borrow().open
    }

    /// Parks until the gate is open. Dropped before, the call is not parked any more.
    pub(super) async fn pass(&self) {
        let mut until = None;
        self.seen.send_modify(|seen| {
            if seen.open {
                return;
            }
            seen.parked += 1;
            seen.parked_max = seen.parked_max.max(seen.parked);
            if seen.until.is_none() {
                seen.until = self.within.map(|within| Instant::now() + within);
            }
            until = seen.until;
            if self.count.is_some_and(|count| seen.parked >= count) {
                seen.open = true;
                seen.parked = 0;
            }
        });
        let _place = Place(self);
        let mut seen = self.seen.subscribe();
        // The sender is `self`, so waiting cannot fail.
        let opened = seen.wait_for(|seen| seen.open);
        match until {
            None => drop(opened.await),
            Some(until) => {
                if tokio::time::timeout_at(until, opened).await.is_err() {
                    self.open();
                }
            }
        }
    }

    /// Waits until so many are parked at once or nobody will be any more, at most `within`.
    pub(super) async fn parked(&self, at_least: usize, within: Duration) -> Seen {
        let mut seen = self.seen.subscribe();
        let enough = seen.wait_for(|seen| seen.open || seen.parked >= at_least);
        // Which of them it was shows in what is seen.
        tokio::time::timeout(within, enough).await.ok();
        *self.seen.borrow()
    }
}

struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.seen.send_modify(|seen| {
            if !seen.open {
                seen.parked -= 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn park(gate: &Arc<Gate>) -> tokio::task::JoinHandle<()> {
        let gate = Arc::clone(gate);
        tokio::spawn(async move { gate.pass().await })
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_gate_opens_by_count_and_stays_open() {
        let gate = Arc::new(Gate::new(Some(2), None));
        let first = park(&gate);
        assert_eq!(gate.parked(1, SECOND).await.parked, 1);
        assert!(!gate.is_open());
        gate.pass().await;
        first.await.expect("it passed");
        gate.pass().await;
        let seen = gate.parked(9, SECOND).await;
        assert_eq!((seen.open, seen.parked, seen.parked_max), (true, 0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_gate_opens_by_time_after_the_first() {
        let gate = Arc::new(Gate::new(Some(9), Some(SECOND)));
        tokio::time::sleep(SECOND * 5).await;
        let begin = Instant::now();
        let first = park(&gate);
        assert_eq!(gate.parked(1, SECOND).await.parked, 1);
        first.abort();
        tokio::time::sleep(SECOND / 2).await;
        assert_eq!(gate.parked(0, SECOND).await.parked, 0);
        gate.pass().await;
        assert_eq!((begin.elapsed(), gate.is_open()), (SECOND, true));
        assert_eq!(gate.parked(0, SECOND).await.parked_max, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_parked_calls_ends() {
        let gate = Arc::new(Gate::new(None, None));
        let calls = [park(&gate), park(&gate)];
        let begin = Instant::now();
        let seen = gate.parked(3, SECOND).await;
        assert_eq!((seen.parked, seen.parked_max, begin.elapsed()), (2, 2, SECOND));
        gate.open();
        for call in calls {
            call.await.expect("it passed");
        }
    }
}
