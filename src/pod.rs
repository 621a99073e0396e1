//! The pod's life: holder, volumes and examiner in, everything out again.
//!
//! There is one way out. All names are known from the plan, so the clean-up needs no
//! memory of what was made, and an object that was never made is no error.

use futures_util::future::join_all;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::inside::protocol::Line;
use crate::inside::{GRADER_DIR, PROGRAM};
use crate::run::plan::Plan;
use crate::sandbox::{ContainerId, Exec, Sandbox, SandboxError};

/// A pod with its holder and examiner running.
#[derive(Debug)]
pub struct Pod {
    /// Joins the holder's namespace; holds the suite.
    pub examiner: ContainerId,
}

/// Makes the pod: volumes, holder, code; beside them examiner, suite and pricing service.
pub async fn build<S: Sandbox>(plan: &Plan, sandbox: &S) -> Result<Pod, SandboxError> {
    for made in join_all(plan.volumes.iter().map(|volume| sandbox.create_volume(volume))).await {
        made?;
    }
    let holder = sandbox.create(&plan.holder).await?;
    sandbox.start(&holder).await?;
    // The examiner can only be made once the namespace exists; the code is filled in beside it.
    let code = unpack(sandbox, &holder, "/app", plan.code.clone(), Some(0));
    let examiner = async {
        let examiner = sandbox.create(&plan.examiner).await?;
        sandbox.start(&examiner).await?;
        unpack(sandbox, &examiner, GRADER_DIR, plan.grader.clone(), None).await?;
        Ok(examiner)
    };
    let (code, examiner) = tokio::join!(code, examiner);
    code?;
    Ok(Pod { examiner: examiner? })
}

/// Unpacks a tar of ours into a folder of a container of ours.
pub async fn unpack<S: Sandbox>(
    sandbox: &S,
    id: &ContainerId,
    folder: &str,
    tar: Vec<u8>,
    uid: Option<u32>,
) -> Result<(), SandboxError> {
    let exec = Exec {
        argv: [PROGRAM, "inside", "unpack", folder].map(str::to_owned).into(),
        stdin: tar,
        uid,
        stdout_cap: 4096,
        ..Exec::default()
    };
    let output = sandbox.exec(id, exec, |_| {}).await?;
    if output.exit_code == 0 {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if message.contains("No space left") {
        return Err(SandboxError::NoSpace { doing: "unpack files" });
    }
    Err(SandboxError::Failed { doing: "unpack files", message })
}

/// Runs a command of the agent in the examiner; each of its lines goes to `line`.
pub async fn agent<S: Sandbox>(
    sandbox: &S,
    pod: &Pod,
    arguments: Vec<String>,
    stdout_cap: usize,
    line: impl FnMut(Line) + Send,
) -> Result<i64, SandboxError> {
    let (_, nothing) = unbounded_channel();
    dialogue(sandbox, pod, arguments, stdout_cap, nothing, line).await
}

/// As `agent`; what comes through `replies` goes to the command's standard input.
pub async fn dialogue<S: Sandbox>(
    sandbox: &S,
    pod: &Pod,
    arguments: Vec<String>,
    stdout_cap: usize,
    replies: UnboundedReceiver<Vec<u8>>,
    mut line: impl FnMut(Line) + Send,
) -> Result<i64, SandboxError> {
    let argv = [PROGRAM, "inside"].into_iter().map(str::to_owned).chain(arguments).collect();
    let exec = Exec { argv, stdout_cap, ..Exec::default() };
    let output = sandbox
        .converse(&pod.examiner, exec, replies, |text| {
            if let Some(parsed) = Line::parse(text) {
                line(parsed);
            }
        })
        .await?;
    Ok(output.exit_code)
}

/// Removes everything that the plan names. Returns what could not be removed.
pub async fn remove<S: Sandbox>(plan: &Plan, sandbox: &S) -> Vec<String> {
    let containers: Vec<ContainerId> =
        plan.container_names().into_iter().map(|name| ContainerId(name.to_owned())).collect();
    let removed = join_all(containers.iter().map(|id| sandbox.remove(id))).await;
    let mut leaks: Vec<String> = containers
        .iter()
        .zip(removed)
        .filter_map(|(id, result)| Some(format!("container {}: {}", id.0, result.err()?)))
        .collect();
    let removed = join_all(plan.volumes.iter().map(|volume| sandbox.remove_volume(volume.name()))).await;
    leaks.extend(
        plan.volumes
            .iter()
            .zip(removed)
            .filter_map(|(volume, result)| Some(format!("volume {}: {}", volume.name(), result.err()?))),
    );
    leaks
}
