//! What the examiner asks of the orchestrator while it works: kills, starts, and runs of the submission's command.
//!
//! The examiner cannot reach the engine. It asks line by line, and goes on when it is answered.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::unbounded_channel;

use super::execute::bounded;
use super::plan::{ModelPlan, Plan, RunPlan, Slot};
use crate::inside::protocol::{Ask, Line, Reply, RunAsk, RunReport};
use crate::limit;
use crate::pod::{self, Pod};
use crate::sandbox::{ContainerId, ContainerSpec, Sandbox, SandboxError};

/// A killed process ends within this, or the engine is broken.
const DEATH: Duration = Duration::from_secs(30);
/// A program beside a run says `ready` within this.
const BESIDE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);
/// Bytes of a run's log that are told.
const LOG_TOLD: usize = 32 << 10;

/// Runs a command of the agent and does what it asks for meanwhile; every other line goes to `heard`.
pub(super) async fn dialogue<S: Sandbox>(
    plan: &Plan,
    sandbox: &S,
    (pod, replicas): (&Pod, &[ContainerId]),
    (arguments, stdout_cap, limit): (Vec<String>, usize, Duration),
    mut heard: impl FnMut(Line) + Send,
) -> Result<i64, SandboxError> {
    let (ask, mut asked) = unbounded_channel();
    let (answer, replies) = unbounded_channel();
    let speaking = async {
        let line = |line| match line {
            // The receiver is gone only when the run is being given up.
            Line::Ask { number, ask: wanted } => drop(ask.send((number, wanted))),
            line => heard(line),
        };
        let code = bounded(limit, pod::dialogue(sandbox, pod, arguments, stdout_cap, replies, line)).await;
        // When the agent has ended, nobody asks any more.
        drop(ask);
        code
    };
    let tell = |reply: &Reply| {
        let mut line = serde_json::to_vec(reply).unwrap_or_default();
        line.push(b'\n');
        // An agent that has ended needs no answer; its exit code tells the rest.
        answer.send(line).ok();
    };
    let free = Slots::of(plan);
    // The instances of a model are known by their names before they are made.
    let replicas = plan.model.as_ref().map_or_else(|| replicas.to_vec(), ModelPlan::instances);
    let answering = async {
        let mut running = FuturesUnordered::new();
        loop {
            tokio::select! {
                asked = asked.recv() => match asked {
                    None => break,
                    Some((number, Ask::Run(wanted))) => running.push(free.run(plan, sandbox, number, wanted)),
                    Some((number, wanted)) => tell(&obey(sandbox, plan, &replicas, number, &wanted).await?),
                },
                Some(ended) = running.next() => tell(&ended?),
            }
        }
        // Nobody waits for them any more, but they have containers to remove.
        while let Some(ended) = running.next().await {
            ended?;
        }
        Ok::<_, SandboxError>(())
    };
    let (code, ()) = tokio::try_join!(speaking, answering)?;
    Ok(code)
}

/// Does what is asked, one thing after the other.
async fn obey<S: Sandbox>(
    sandbox: &S,
    plan: &Plan,
    replicas: &[ContainerId],
    number: u32,
    ask: &Ask,
) -> Result<Reply, SandboxError> {
    let id = |index: usize| {
        let missing = || refused(format!("there is no replica {index}"));
        replicas.get(index).ok_or_else(missing)
    };
    let model = || plan.model.as_ref().ok_or_else(|| refused("this task has no model".to_owned()));
    let mut reply = Reply::plain(number, true);
    match ask {
        Ask::Kill { replicas } => {
            let ids = replicas.iter().map(|index| id(*index)).collect::<Result<Vec<_>, _>>()?;
            try_join_all(ids.iter().map(|id| sandbox.kill(id, "SIGKILL"))).await?;
            bounded(DEATH, try_join_all(ids.iter().map(|id| sandbox.wait(id)))).await?;
        }
        Ask::Terminate { replica } => sandbox.kill(id(*replica)?, "SIGTERM").await?,
        Ask::AwaitEnd { replica, within_ms } => {
            let limit = Duration::from_millis(*within_ms);
            match tokio::time::timeout(limit, sandbox.wait(id(*replica)?)).await {
                Ok(ended) => ended?,
                Err(_) => reply.happened = false,
            }
        }
        Ask::Start { replicas } => {
            let ids = replicas.iter().map(|index| id(*index)).collect::<Result<Vec<_>, _>>()?;
            try_join_all(ids.iter().map(|id| sandbox.start(id))).await?;
        }
        Ask::Running { replica } => reply.happened = sandbox.inspect(id(*replica)?).await?.running,
        Ask::Log { replica } => reply.log = Some(told(&sandbox.logs(id(*replica)?, LOG_TOLD).await?)),
        Ask::Run(_) => return Err(refused("a run takes its turn".to_owned())),
        Ask::Train(wanted) => {
            let model = model()?;
            let spec = model.training(wanted).map_err(refused)?;
            reply.run = Some(once(sandbox, &spec, model.train_within).await?);
        }
        Ask::Predict(wanted) => {
            let model = model()?;
            let spec = model.prediction(wanted).map_err(refused)?;
            reply.run = Some(once(sandbox, &spec, model.predict_within).await?);
        }
        Ask::Serve { replica, model: wanted } => {
            let spec = model()?.serving(*replica, wanted).map_err(refused)?;
            sandbox.remove(id(*replica)?).await?;
            let id = sandbox.create(&spec).await?;
            sandbox.start(&id).await?;
        }
    }
    Ok(reply)
}

/// Runs a command to its end, in a container that is removed afterwards.
async fn once<S: Sandbox>(sandbox: &S, spec: &ContainerSpec, within: Duration) -> Result<RunReport, SandboxError> {
    let report = one(sandbox, spec, within, None).await;
    sandbox.remove(&ContainerId(spec.name.clone())).await?;
    report
}

/// The end of a log, as text.
fn told(log: &[u8]) -> String {
    String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_TOLD)..]).into_owned()
}

fn refused(message: String) -> SandboxError {
    SandboxError::Failed { doing: "do what the examiner asks", message }
}

/// The slots in which no run goes on.
struct Slots {
    free: Mutex<Vec<Slot>>,
    count: Semaphore,
}

impl Slots {
    fn of(plan: &Plan) -> Self {
        let free = plan.runs.as_ref().map(|runs| runs.slots.clone()).unwrap_or_default();
        Self { count: Semaphore::new(free.len()), free: Mutex::new(free) }
    }

    /// A run as soon as a slot is free.
    async fn run<S: Sandbox>(&self, plan: &Plan, sandbox: &S, number: u32, ask: RunAsk) -> Result<Reply, SandboxError> {
        let runs = plan.runs.as_ref().ok_or_else(|| refused("this task has no command to run".to_owned()))?;
        let _permit = self.count.acquire().await.map_err(|error| refused(error.to_string()))?;
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = free().pop().ok_or_else(|| refused("all runs are taken".to_owned()))?;
        let report = run(runs, sandbox, &slot, &ask).await?;
        free().push(slot);
        Ok(Reply { run: Some(report), ..Reply::plain(number, true) })
    }
}

/// Runs the submission's command once, in a container that is removed afterwards.
async fn run<S: Sandbox>(runs: &RunPlan, sandbox: &S, slot: &Slot, ask: &RunAsk) -> Result<RunReport, SandboxError> {
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
