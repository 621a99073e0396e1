//! Record → report: judge, score, and the facts that a report shows beside them.

use crate::evidence::{Record, Start};
use crate::judge;
use crate::junit;
use crate::probe::protocol::ProbeResult;
use crate::report::{self, Digests, FactView, Facts, ProbeView, Report, StartView, SubmissionView, TimingView};
use crate::score;
use crate::units::show_size;

/// Bytes of each log that a report shows; the whole log lies in `evidence/`.
const LOG_SHOWN: usize = 16 << 10;

/// Makes the report of a record.
pub fn view(record: &Record) -> Report {
    let (verdict, findings) = judge::judge(record);
    let score = score::score(&record.rubric, &findings);
    report::build(&record.task, &record.rubric, &verdict, &findings, &score, facts(record))
}

fn facts(record: &Record) -> Facts {
    let subject = &record.subject;
    let evidence = &record.evidence;
    let fact = |name: &str, value: String| FactView { name: name.to_owned(), value };
    let mut environment = vec![fact("takehome", subject.version.clone())];
    let mut notes: Vec<String> = evidence.leaks.iter().map(|leak| format!("not removed: {leak}")).collect();
    if let Some(engine) = &subject.engine {
        environment.extend([
            fact("engine", format!("Docker {}, API {}", engine.version, engine.api)),
            fact("system", format!("{}, Linux {}", engine.system, engine.kernel)),
            fact("machine", format!("{} CPUs, {}", engine.cpus, show_size(engine.memory.unsigned_abs()))),
            fact("storage", engine.storage.clone()),
            fact("cgroup", engine.cgroup.clone()),
        ]);
        notes.extend(engine.warnings.iter().map(|warning| format!("engine: {warning}")));
    }
    if !record.only.is_empty() {
        notes.push(format!("Only these checks were asked for: {}.", record.only.join(", ")));
    }
    for start in evidence.replicas.iter().filter(|start| start.ready_after_ms.is_some() && start.exited_early) {
        notes.push(format!("Replica {} ended by itself while the suite ran.", start.name));
    }
    Facts {
        run: subject.run.clone(),
        started_at: subject.started_at.clone(),
        seed: subject.seed,
        submission: SubmissionView { name: subject.submission.clone(), origin: subject.origin.clone() },
        digests: Digests {
            submission: subject.digest.clone(),
            grader: subject.grader.clone(),
            images: subject.images.iter().map(|(role, id)| fact(role, id.clone())).collect(),
        },
        timings: evidence
            .timings
            .iter()
            .map(|(phase, ms)| TimingView {
                phase: serde_json::to_value(phase)
                    .ok()
                    .and_then(|name| name.as_str().map(str::to_owned))
                    .unwrap_or_default(),
                title: phase.title().to_owned(),
                ms: *ms,
                own: !phase.is_payload(),
            })
            .collect(),
        probes: evidence.probes.iter().map(|probe| probe_view(record, probe)).collect(),
        environment,
        starts: evidence.replicas.iter().chain(&evidence.instances).map(start_view).collect(),
        exhibits: evidence.suites.iter().flat_map(|suite| junit::exhibits(&suite.junit)).collect(),
        notes,
    }
}

fn probe_view(record: &Record, probe: &ProbeResult) -> ProbeView {
    let observed = record.probes.probes.iter().any(|known| known.name == probe.name && known.observe);
    let facts = probe.facts.as_object().into_iter().flatten();
    let lines = probe.proof["arithmetic"].as_array().filter(|_| observed);
    ProbeView {
        name: probe.name.clone(),
        status: probe.outcome.code().to_owned(),
        observed,
        ms: probe.took_ms,
        message: if observed { probe.message.clone() } else { String::new() },
        arithmetic: lines.into_iter().flatten().map(report::plain).collect(),
        facts: facts
            .map(|(name, value)| FactView { name: name.replace('_', " "), value: report::plain(value) })
            .collect(),
    }
}

fn start_view(start: &Start) -> StartView {
    let mut parts = Vec::new();
    match start.ready_after_ms {
        Some(ms) => parts.push(format!("ready after {ms} ms")),
        None if start.exited_early => parts.push("ended before it was ready".to_owned()),
        None => {}
    }
    if let Some(state) = &start.state {
        if state.oom_killed {
            parts.push("a process of it was killed for memory".to_owned());
        }
        if !state.running {
            parts.push(format!("exit code {}", state.exit_code));
        }
    }
    if let Some(ms) = start.stopped_after_ms {
        parts.push(format!("ended {ms} ms after SIGTERM"));
    }
    let tail = &start.log[start.log.len().saturating_sub(LOG_SHOWN)..];
    StartView { name: start.name.clone(), summary: parts.join(", "), log: printable(&String::from_utf8_lossy(tail)) }
}

/// Lines without control characters: a log is the candidate's, and terminals obey escapes.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '·' } else { c }).collect()
}
