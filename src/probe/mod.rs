//! The prober: behavioural experiments on a running submission, from inside the examiner.
//!
//! A probe drives the replicas with raw HTTP, decides when the pricing service answers, and asks the
//! orchestrator to kill, stop or start a replica. It reports one outcome with its proof. What a probe does is code, one file a
//! kind; how often, how much and against which operations is configuration (`task::Probes`).
//!
//! A race fails only on a proven violated invariant. Noise of the machine or of the prober itself is `inconclusive`.

pub mod gate;
pub mod http;
pub mod kind;
pub mod linear;
pub mod pricing;
pub mod protocol;

mod bench;
mod lab;
mod tally;
mod template;
mod verdict;

mod acknowledged;
mod counter;
mod crash;
mod duplicates;
mod freshness;
mod in_progress;
mod key_restart;
mod keys;
mod load;
mod oversell;
mod scaling;
mod stop;
mod swap;
mod unique;
mod upstream_faults;
mod waiting;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use self::bench::Bench;
use self::kind::Kind;
use self::lab::Lab;
use self::protocol::{Outcome, ProbeResult, Setup};
use self::verdict::{Ending, Verdict};
use crate::inside::orchestrator::Orchestrator;
use crate::inside::protocol::Line;
use crate::limit::Clock;
use crate::task::Probe;

/// A replica that is healthy before the first probe answers at once.
const HEALTHY: Duration = Duration::from_secs(5);

/// Runs the probes that a file describes; the message of a failure goes to standard error.
pub async fn run(setup: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(setup).map_err(|error| format!("{}: {error}", setup.display()))?;
    let setup: Setup = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", setup.display()))?;
    let lab = Lab::new(setup, Orchestrator::on_stdin());
    probe_all(&lab).await;
    Line::ProbesDone.print();
    Ok(())
}

/// A probe that has begun and looks again at the end.
struct Later<'a> {
    bench: Bench<'a>,
    rest: key_restart::Rest<'a>,
    took: Duration,
}

async fn probe_all(lab: &Lab) {
    let mut clock = Clock::start();
    let total = u32::try_from(lab.setup.probes.probes.len()).unwrap_or(u32::MAX);
    let mut later = Vec::new();
    for (done, probe) in (0..).zip(&lab.setup.probes.probes) {
        Line::Probing { name: probe.name.clone(), done, total }.print();
        let bench = Bench::new(lab, probe);
        let began = Instant::now();
        let verdict = match clock.until(lab.setup.probes.timeout, experiment(lab, &bench)).await {
            Some(Ok(Some(rest))) => {
                later.push(Later { bench, rest, took: began.elapsed() });
                continue;
            }
            Some(Ok(None)) => Ok(()),
            Some(Err(ending)) => Err(ending),
            None => timed_out(),
        };
        report(&bench, verdict, began.elapsed());
    }
    for Later { bench, rest, took } in later {
        let began = Instant::now();
        // A key that becomes free only at its limit must still be seen, also where the probes' time is over.
        let verdict = key_restart::finish(&bench, rest).await;
        report(&bench, verdict, took + began.elapsed());
    }
}

fn timed_out() -> Verdict {
    let mut ending = Ending::inconclusive("");
    ending.outcome = Outcome::TimedOut;
    ending.message = "The probes' time ended before this one.".to_owned();
    ending.end()
}

/// Runs one probe; what it leaves for later is returned.
async fn experiment<'a>(lab: &'a Lab, bench: &Bench<'a>) -> Result<Option<key_restart::Rest<'a>>, Box<Ending>> {
    for replica in 0..lab.setup.ports.len() {
        if lab.healthy(replica, HEALTHY).await.is_none() {
            return Ending::not_assessable(format!("replica {} is not healthy any more.", lab::name(replica))).end();
        }
    }
    match bench.probe.kind {
        Kind::Counter => counter::run(bench).await?,
        Kind::Swap => swap::run(bench).await?,
        Kind::Oversell => oversell::run(bench).await?,
        Kind::Unique => unique::run(bench).await?,
        Kind::Freshness => freshness::run(bench).await?,
        Kind::Acknowledged => acknowledged::run(bench).await?,
        Kind::Duplicates => duplicates::run(bench).await?,
        Kind::InProgress => in_progress::run(bench).await?,
        Kind::KeyRestart => return key_restart::begin(bench).await.map(Some),
        Kind::Waiting => waiting::run(bench).await?,
        Kind::SlowUpstream => upstream_faults::slow(bench).await?,
        Kind::BrokenUpstream => upstream_faults::broken(bench).await?,
        Kind::Crash => crash::run(bench).await?,
        Kind::Stop => stop::run(bench).await?,
        Kind::Load => load::run(bench).await?,
        Kind::Scaling => scaling::run(bench).await?,
    }
    Ok(None)
}

fn report(bench: &Bench<'_>, verdict: Verdict, took: Duration) {
    let Probe { name, .. } = bench.probe;
    let (outcome, message, proof) = match verdict {
        Ok(()) => (Outcome::Passed, String::new(), Value::Null),
        Err(ending) => (ending.outcome, ending.message.clone(), ending.proof(&bench.lab.setup.ports)),
    };
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Line::Probed(ProbeResult { name: name.clone(), outcome, message, proof, facts: bench.facts(), took_ms }).print();
}

#[cfg(test)]
mod tests;
