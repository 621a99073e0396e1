//! What the examiner asks of the orchestrator while it works: kills, starts, and runs, which take turns (`turns`).
//!
//! The examiner cannot reach the engine. It asks line by line, and goes on when it is answered.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::unbounded_channel;

use super::execute::bounded;
use super::plan::{ModelPlan, Plan};
use super::turns::{LOG_TOLD, Turns, once, run, told};
use crate::inside::protocol::{Ask, Line, Reply};
use crate::pod::{self, Pod};
use crate::sandbox::{ContainerId, Sandbox, SandboxError};

/// A killed process ends within this, or the engine is broken.
pub(super) const DEATH: Duration = Duration::from_secs(30);

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
    let turns = Turns::of(plan);
    // The instances of a model are known by their names before they are made.
    let replicas = plan.model.as_ref().map_or_else(|| replicas.to_vec(), ModelPlan::instances);
    let answering = async {
        let mut running = FuturesUnordered::new();
        loop {
            tokio::select! {
                asked = asked.recv() => match asked {
                    None => break,
                    Some((number, wanted)) => running.push(obey(sandbox, plan, &replicas, &turns, number, wanted)),
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

/// Does what is asked. Who needs one thing after the other waits for the reply.
async fn obey<S: Sandbox>(
    sandbox: &S,
    plan: &Plan,
    replicas: &[ContainerId],
    turns: &Turns,
    number: u32,
    ask: Ask,
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
        Ask::Terminate { replica } => sandbox.kill(id(replica)?, "SIGTERM").await?,
        Ask::AwaitEnd { replica, within_ms } => {
            let limit = Duration::from_millis(within_ms);
            match tokio::time::timeout(limit, sandbox.wait(id(replica)?)).await {
                Ok(ended) => ended?,
                Err(_) => reply.happened = false,
            }
        }
        Ask::Start { replicas } => {
            let ids = replicas.iter().map(|index| id(*index)).collect::<Result<Vec<_>, _>>()?;
            try_join_all(ids.iter().map(|id| sandbox.start(id))).await?;
        }
        Ask::Running { replica } => reply.happened = sandbox.inspect(id(replica)?).await?.running,
        Ask::Log { replica } => reply.log = Some(told(&sandbox.logs(id(replica)?, LOG_TOLD).await?)),
        Ask::Run(ask) => {
            let runs = plan.runs.as_ref().ok_or_else(|| refused("this task has no command to run".to_owned()))?;
            let turn = turns.next().await?;
            reply.run = Some(run(runs, sandbox, &runs.slots[turn.slot], &ask).await?);
        }
        Ask::Train(ask) => {
            let (model, turn) = (model()?, turns.next().await?);
            let spec = model.training(turn.slot, &ask).map_err(refused)?;
            reply.run = Some(once(sandbox, &spec, model.train_within).await?);
        }
        Ask::Predict(ask) => {
            let (model, turn) = (model()?, turns.next().await?);
            let spec = model.prediction(turn.slot, &ask).map_err(refused)?;
            reply.run = Some(once(sandbox, &spec, model.predict_within).await?);
        }
        Ask::Serve { replica, model: served } => {
            let spec = model()?.serving(replica, &served).map_err(refused)?;
            sandbox.remove(id(replica)?).await?;
            let id = sandbox.create(&spec).await?;
            sandbox.start(&id).await?;
        }
    }
    Ok(reply)
}

pub(super) fn refused(message: String) -> SandboxError {
    SandboxError::Failed { doing: "do what the examiner asks", message }
}
