//! Runs of the submission's command: each in a container of its own that is removed afterwards, some of them at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::asks::{DEATH, refused};
use super::execute::bounded;
use super::plan::{Plan, RunPlan, Slot};
use crate::inside::protocol::{RunAsk, RunReport};
use crate::limit;
use crate::sandbox::{ContainerId, ContainerSpec, Sandbox, SandboxError};

/// A program beside a run says `ready` within this.
const BESIDE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);
/// Bytes of a run's log that are told.
pub(super) const LOG_TOLD: usize = 32 << 10;

/// As many runs as the plan has slots go on at once; more wait.
pub(super) struct Turns {
    /// The slots in which no run goes on.
    free: Mutex<Vec<usize>>,
    count: Semaphore,
}

/// A slot, for as long as this is held.
pub(super) struct Turn<'a> {
    pub(super) slot: usize,
    turns: &'a Turns,
    _permit: SemaphorePermit<'a>,
}

impl Turns {
    pub(super) fn of(plan: &Plan) -> Self {
        let runs = plan.runs.as_ref().map(|runs| runs.slots.len());
        let count = runs.or(plan.model.as_ref().map(|model| model.slots.len())).unwrap_or_default();
        Self { count: Semaphore::new(count), free: Mutex::new((0..count).collect()) }
    }

    /// A turn as soon as a slot is free.
    pub(super) async fn next(&self) -> Result<Turn<'_>, SandboxError> {
        let permit = self.count.acquire().await.map_err(|error| refused(error.to_string()))?;
        let slot = self.free().pop().ok_or_else(|| refused("all runs are taken".to_owned()))?;
        Ok(Turn { slot, turns: self, _permit: permit })
    }

    fn free(&self) -> MutexGuard<'_, Vec<usize>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Before the permit, which is a field and so goes after this.
        self.turns.free().push(self.slot);
    }
}

/// Runs a command to its end, in a container that is removed afterwards.
pub(super) async fn once<S: Sandbox>(
    sandbox: &S,
    spec: &ContainerSpec,
    within: Duration,
) -> Result<RunReport, SandboxError> {
    let report = one(sandbox, spec, within, None).await;
    sandbox.remove(&ContainerId(spec.name.clone())).await?;
    report
}

/// Runs the submission's command once, in a container that is removed afterwards.
pub(super) async fn run<S: Sandbox>(
    runs: &RunPlan,
    sandbox: &S,
    slot: &Slot,
    ask: &RunAsk,
) -> Result<RunReport, SandboxError> {
    let spec = runs.spec(slot, ask).map_err(refused)?;
    let beside = match &ask.beside {
        Some(program) => Some(beside(sandbox, &runs.beside(slot, ask, program).map_err(refused)?).await?),
        None => None,
    };
    let report = one(sandbox, &spec, runs.within, ask.kill_after_ms.map(Duration::from_millis)).await;
    // Removed whatever came out; the plan's clean-up removes it once more where this is not reached.
    sandbox.remove(&ContainerId(spec.name.clone())).await?;
    if let Some(id) = beside {
        sandbox.remove(&id).await?;
    }
    report
}

async fn one<S: Sandbox>(
    sandbox: &S,
    spec: &ContainerSpec,
    within: Duration,
    kill_after: Option<Duration>,
) -> Result<RunReport, SandboxError> {
    let id = sandbox.create(spec).await?;
    sandbox.start(&id).await?;
    let begin = Instant::now();
    let kill_after = kill_after.filter(|after| *after < within);
    let mut killed = false;
    let ended = match kill_after {
        // A kill comes when it was asked for.
        Some(after) => tokio::time::timeout(after, sandbox.wait(&id)).await.ok(),
        None => limit::within(within, sandbox.wait(&id)).await,
    };
    if let Some(ended) = ended {
        ended?;
    } else {
        killed = true;
        sandbox.kill(&id, "SIGKILL").await?;
        bounded(DEATH, sandbox.wait(&id)).await?;
    }
    let took_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (state, log) = tokio::try_join!(sandbox.inspect(&id), sandbox.logs(&id, LOG_TOLD))?;
    Ok(RunReport {
        exit_code: state.exit_code,
        oom_killed: state.oom_killed,
        killed: killed && kill_after.is_some(),
        timed_out: killed && kill_after.is_none(),
        took_ms,
        log: told(&log),
    })
}

/// Starts a program of ours on the candidate's side, and waits until it says `ready`.
async fn beside<S: Sandbox>(sandbox: &S, spec: &ContainerSpec) -> Result<ContainerId, SandboxError> {
    let id = sandbox.create(spec).await?;
    sandbox.start(&id).await?;
    let begin = Instant::now();
    loop {
        let log = sandbox.logs(&id, LOG_TOLD).await?;
        if log.starts_with(b"ready") || !sandbox.inspect(&id).await?.running {
            return Ok(id);
        }
        if begin.elapsed() > BESIDE {
            return Err(SandboxError::TimedOut { doing: "start a program beside a run", within: BESIDE });
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The end of a log, as text.
pub(super) fn told(log: &[u8]) -> String {
    String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_TOLD)..]).into_owned()
}
