//! The phase of the probes: starts the prober in the examiner and does what it asks for.
//!
//! The prober cannot reach the engine. What only the orchestrator can do (kill, stop, start a replica) it asks for
//! line by line, and goes on when it is answered.

use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::mpsc::unbounded_channel;

use super::event::{Event, Sink};
use super::execute::{End, bounded};
use super::plan::Plan;
use crate::evidence::Fault;
use crate::inside::GRADER_DIR;
use crate::inside::protocol::Line;
use crate::pod::{self, Pod};
use crate::probe::protocol::{Ask, ProbeResult, Reply};
use crate::sandbox::{ContainerId, Sandbox, SandboxError};

/// Bytes of the prober's standard output: one bounded proof a probe.
const OUTPUT_CAP: usize = 16 << 20;
/// What the prober may take beyond a limit that it enforces itself.
const GRACE: Duration = Duration::from_secs(60);
/// A killed process ends within this, or the engine is broken.
const DEATH: Duration = Duration::from_secs(30);

pub(super) async fn run<S: Sandbox>(
    plan: &Plan,
    sandbox: &S,
    pod: &Pod,
    replicas: &[ContainerId],
    sink: &dyn Sink,
) -> Result<Vec<ProbeResult>, End> {
    let (ask, mut asked) = unbounded_channel();
    let (answer, replies) = unbounded_channel();
    let mut results = Vec::new();
    let mut complete = false;
    let speaking = async {
        let arguments = vec!["probe".to_owned(), "--setup".to_owned(), format!("{GRADER_DIR}/probes.json")];
        // The closure owns the sender: when the prober has ended, nobody asks any more.
        let heard = |line| match line {
            Line::Probing { name, done, total } => sink.event(Event::Probing { name, done, total }),
            Line::Probed(result) => results.push(result),
            Line::ProbesDone => complete = true,
            // The receiver is gone only when the run is being given up.
            Line::Ask { number, ask: wanted } => drop(ask.send((number, wanted))),
            _ => {}
        };
        let code =
            bounded(plan.probes.timeout + GRACE, pod::dialogue(sandbox, pod, arguments, OUTPUT_CAP, replies, heard));
        let code = code.await;
        drop(ask);
        code
    };
    let answering = async {
        while let Some((number, wanted)) = asked.recv().await {
            let happened = obey(sandbox, replicas, &wanted).await?;
            let mut line = serde_json::to_vec(&Reply { number, happened }).unwrap_or_default();
            line.push(b'\n');
            // A prober that has ended needs no answer; its exit code tells the rest.
            answer.send(line).ok();
        }
        Ok::<_, SandboxError>(())
    };
    let (code, ()) = tokio::try_join!(speaking, answering)?;
    if code != 0 || !complete {
        return Err(End::Fault(
            Fault::ExaminerCrashed,
            format!("the probes ended with {code} before all had reported"),
        ));
    }
    Ok(results)
}

/// Does what the prober asks for.
async fn obey<S: Sandbox>(sandbox: &S, replicas: &[ContainerId], ask: &Ask) -> Result<bool, SandboxError> {
    let id = |index: usize| {
        let missing =
            || SandboxError::Failed { doing: "find a replica", message: format!("there is no replica {index}") };
        replicas.get(index).ok_or_else(missing)
    };
    match ask {
        Ask::Kill { replicas } => {
            let ids = replicas.iter().map(|index| id(*index)).collect::<Result<Vec<_>, _>>()?;
            try_join_all(ids.iter().map(|id| sandbox.kill(id, "SIGKILL"))).await?;
            bounded(DEATH, try_join_all(ids.iter().map(|id| sandbox.wait(id)))).await?;
        }
        Ask::Terminate { replica } => sandbox.kill(id(*replica)?, "SIGTERM").await?,
        Ask::AwaitEnd { replica, within_ms } => {
            let limit = Duration::from_millis(*within_ms);
            return match tokio::time::timeout(limit, sandbox.wait(id(*replica)?)).await {
                Ok(ended) => ended.map(|()| true),
                Err(_) => Ok(false),
            };
        }
        Ask::Start { replicas } => {
            let ids = replicas.iter().map(|index| id(*index)).collect::<Result<Vec<_>, _>>()?;
            try_join_all(ids.iter().map(|id| sandbox.start(id))).await?;
        }
    }
    Ok(true)
}
