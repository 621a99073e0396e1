//! The phase of the probes: starts the prober in the examiner and keeps what it reports.

use std::time::Duration;

use super::asks;
use super::event::{Event, Sink};
use super::execute::End;
use super::plan::Plan;
use crate::evidence::Fault;
use crate::inside::GRADER_DIR;
use crate::inside::protocol::Line;
use crate::limit::STRETCH;
use crate::pod::Pod;
use crate::probe::protocol::ProbeResult;
use crate::sandbox::{ContainerId, Sandbox};

/// Bytes of the prober's standard output: one bounded proof a probe.
const OUTPUT_CAP: usize = 16 << 20;
/// What the prober may take beyond a limit that it enforces itself.
const GRACE: Duration = Duration::from_secs(60);

pub(super) async fn run<S: Sandbox>(
    plan: &Plan,
    sandbox: &S,
    pod: &Pod,
    replicas: &[ContainerId],
    sink: &dyn Sink,
) -> Result<Vec<ProbeResult>, End> {
    let mut results = Vec::new();
    let mut complete = false;
    let arguments = vec!["probe".to_owned(), "--setup".to_owned(), format!("{GRADER_DIR}/probes.json")];
    let command = (arguments, OUTPUT_CAP, plan.probes.timeout * STRETCH + GRACE);
    let heard = |line| match line {
        Line::Probing { name, done, total } => sink.event(Event::Probing { name, done, total }),
        Line::Probed(result) => results.push(result),
        Line::ProbesDone => complete = true,
        _ => {}
    };
    let code = asks::dialogue(plan, sandbox, (pod, replicas), command, heard).await?;
    if code != 0 || !complete {
        return Err(End::Fault(
            Fault::ExaminerCrashed,
            format!("the probes ended with {code} before all had reported"),
        ));
    }
    Ok(results)
}
