//! Limits of time, on a machine that may be busy with other work.
//!
//! A limit is meant for a machine that does nothing else. Where more threads want to run than there are cores, each
//! gets its share only, so time counts less then: down to a quarter. A submission that makes the machine busy itself
//! gains nothing but a longer wait.

use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

/// How many times longer a limit can become.
pub const STRETCH: u32 = 4;
/// How often the machine is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Counts time as it would pass on a machine that does nothing else.
#[derive(Debug)]
pub struct Clock {
    counted: Duration,
    looked: Instant,
}

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Self {
        Self { counted: Duration::ZERO, looked: Instant::now() }
    }

    /// How much time has counted. To be asked often: the machine was as busy as it is now since the last time.
    pub fn counted(&mut self) -> Duration {
        if self.looked.elapsed() >= LOOK {
            self.pass(crowding(&std::fs::read_to_string("/proc/stat").unwrap_or_default()));
        }
        self.counted
    }

    /// The work's output, or `None` when so much time has counted since the start of the clock before its end.
    pub async fn until<T>(&mut self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        while self.counted() < limit {
            if let Ok(output) = tokio::time::timeout(LOOK, &mut work).await {
                return Some(output);
            }
        }
        None
    }

    fn pass(&mut self, crowding: f64) {
        let now = Instant::now();
        self.counted += (now - self.looked).div_f64(crowding);
        self.looked = now;
    }
}

/// The work's output, or `None` when so much time has counted before its end.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    Clock::start().until(limit, work).await
}

/// How many threads want each core, by the kernel's `/proc/stat`: 1 where all of them run, or where nobody says.
fn crowding(stat: &str) -> f64 {
    let cores = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count();
    let running = stat.lines().find_map(|line| line.strip_prefix("procs_running ")?.trim().parse::<u32>().ok());
    // The thread that looks runs as well.
    let others = running.unwrap_or_default().saturating_sub(1);
    let cores = u32::try_from(cores.max(1)).unwrap_or(u32::MAX);
    (f64::from(others) / f64::from(cores)).clamp(1.0, f64::from(STRETCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(cores: usize, running: u32) -> String {
        let lines: String = (0..cores).map(|core| format!("cpu{core} 1 2 3 4\n")).collect();
        format!("cpu  10 20 30 40\n{lines}intr 5\nctxt 7\nprocs_running {running}\nprocs_blocked 0\n")
    }

    #[test]
    fn a_core_that_many_want_is_shared() {
        let cases = [((2, 1), 1.0), ((2, 3), 1.0), ((2, 6), 2.5), ((4, 9), 2.0), ((1, 3), 2.0), ((2, 400), 4.0)];
        for ((cores, running), expected) in cases {
            let found = crowding(&stat(cores, running));
            assert!((found - expected).abs() < 1e-9, "{running} on {cores}: {found}");
        }
        for unknown in ["", "cpu0 1 2\n", "procs_running many\ncpu0 1\n"] {
            assert!((crowding(unknown) - 1.0).abs() < 1e-9, "{unknown:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_counts_less_on_a_busy_machine() {
        let mut clock = Clock::start();
        for (seconds, crowding, expected) in [(10, 1.0, 10), (10, 2.5, 14), (10, 4.0, 16)] {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            clock.pass(crowding);
            let expected = Duration::from_secs(expected) + Duration::from_millis(if expected == 16 { 500 } else { 0 });
            assert_eq!(clock.counted, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_ends_and_is_never_longer_than_its_stretch() {
        let begin = Instant::now();
        let limit = Duration::from_secs(3);
        assert_eq!(within(limit, std::future::pending::<()>()).await, None);
        assert!(begin.elapsed() >= limit && begin.elapsed() <= limit * STRETCH + LOOK, "{:?}", begin.elapsed());
        assert_eq!(within(limit, async { 7 }).await, Some(7));
        assert_eq!(within(Duration::ZERO, async { 7 }).await, None);
    }
}
