//! Plan + sandbox → evidence. The one stage that touches the world.
//!
//! It never fails: every ending is a value of `Ended` that says whose fault it was.
//! It never judges and never sees points. The pod is removed on every path,
//! a panic in here included.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::json;

use super::asks;
use super::cancel::{Cancel, Cancelled};
use super::event::{Event, Phase, Sink};
use super::install;
use super::plan::{Plan, StartPlan, tar_of};
use super::probes;
use crate::evidence::{Ended, Evidence, Fault, Reason, Start, SuiteRun};
use crate::inside::protocol::Line;
use crate::limit::STRETCH;
use crate::pod::{self, Pod};
use crate::probe::protocol::ProbeResult;
use crate::sandbox::{ContainerId, ContainerState, Sandbox, SandboxError};
use crate::task::{Phase as SuitePhase, Readiness};

/// Bytes of a suite's standard output: its JUnit file in Base64 and its progress.
const SUITE_OUTPUT_CAP: usize = 32 << 20;
/// What the agent may take beyond a limit that it enforces itself.
const GRACE: Duration = Duration::from_secs(30);

/// Runs the plan. `timings` are those of earlier phases, such as images.
pub async fn execute<S: Sandbox>(
    plan: &Plan,
    sandbox: &S,
    sink: &dyn Sink,
    cancel: &Cancel,
    timings: Vec<(Phase, u64)>,
) -> Evidence {
    let run = Run { plan, sandbox, sink, cancel, timings: Mutex::new(timings), seen: Mutex::new(Seen::default()) };
    let ended = match AssertUnwindSafe(run.drive()).catch_unwind().await {
        Ok(Ok(())) => Ended::Completed,
        Ok(Err(end)) => end.into_ended(),
        Err(panic) => Ended::Fault { fault: Fault::Internal, message: panic_text(panic.as_ref()) },
    };
    let leaks = run.phase(Phase::Cleanup, pod::remove(plan, sandbox)).await;
    let seen = run.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    Evidence {
        ended,
        timings: run.timings.into_inner().unwrap_or_else(PoisonError::into_inner),
        replicas: seen.replicas,
        instances: seen.instances,
        suites: seen.suites,
        probes: seen.probes,
        leaks,
    }
}

/// Why a run ends before its end.
pub(super) enum End {
    /// The submission's doing.
    Rejected(Reason, String),
    /// Our doing.
    Fault(Fault, String),
}

impl End {
    fn into_ended(self) -> Ended {
        match self {
            Self::Rejected(reason, message) => Ended::Rejected { reason, message },
            Self::Fault(fault, message) => Ended::Fault { fault, message },
        }
    }
}

impl From<SandboxError> for End {
    fn from(error: SandboxError) -> Self {
        Self::Fault(fault_of(&error), error.to_string())
    }
}

impl From<Cancelled> for End {
    fn from(_: Cancelled) -> Self {
        Self::Fault(Fault::Interrupted, "the run was interrupted".to_owned())
    }
}

/// Which fault an engine error is.
pub fn fault_of(error: &SandboxError) -> Fault {
    match error {
        SandboxError::Unreachable(_) | SandboxError::TooOld { .. } => Fault::DockerUnavailable,
        SandboxError::ImageMissing(_) => Fault::ImageMissing,
        SandboxError::NoSpace { .. } => Fault::NoSpace,
        SandboxError::TooMuchOutput { .. } => Fault::ExaminerCrashed,
        SandboxError::TimedOut { .. } | SandboxError::Failed { .. } => Fault::EngineFailed,
    }
}

#[derive(Default)]
struct Seen {
    replicas: Vec<Start>,
    instances: Vec<Start>,
    suites: Vec<SuiteRun>,
    probes: Vec<ProbeResult>,
}

struct Run<'a, S> {
    plan: &'a Plan,
    sandbox: &'a S,
    sink: &'a dyn Sink,
    cancel: &'a Cancel,
    timings: Mutex<Vec<(Phase, u64)>>,
    seen: Mutex<Seen>,
}

impl<S: Sandbox> Run<'_, S> {
    async fn drive(&self) -> Result<(), End> {
        if let Some(install) = &self.plan.install {
            self.phase(Phase::Dependencies, install::install(self.plan, install, self.sandbox, self.cancel)).await?;
        }
        let pod = self.phase(Phase::Pod, self.unless_cancelled(pod::build(self.plan, self.sandbox))).await?;
        let mut replicas = Vec::new();
        if !self.plan.replicas.is_empty() {
            replicas = self.phase(Phase::Launch, self.launch_replicas()).await?;
            self.phase(Phase::Start, self.await_replicas(&pod, &replicas)).await?;
        }
        let mut instances = Vec::new();
        if let Some(live) = &self.plan.live {
            let (examined, started) = self
                .phase(Phase::Suite, async {
                    tokio::join!(self.suite((&pod, &replicas), "live", live), self.start_instances(&pod))
                })
                .await;
            self.note_early_exits(&replicas).await?;
            instances = started?;
            examined?;
        }
        if !self.plan.probes.probes.is_empty() {
            let probing = probes::run(self.plan, self.sandbox, &pod, &replicas, self.sink);
            let results = self.phase(Phase::Probes, async { self.cancel.or(probing).await? }).await?;
            lock(&self.seen).probes = results;
        }
        if !replicas.is_empty() {
            self.phase(Phase::Stop, self.stop(&replicas, &instances)).await?;
        }
        self.phase(Phase::Collect, self.hand_over_remains(&pod, &replicas, &instances)).await?;
        match &self.plan.after {
            Some(after) => self.phase(Phase::After, self.suite((&pod, &replicas), "after", after)).await,
            None => Ok(()),
        }
    }

    /// Times a phase and tells of it.
    async fn phase<T>(&self, phase: Phase, work: impl Future<Output = T>) -> T {
        self.sink.event(Event::Began(phase));
        let begin = Instant::now();
        let output = work.await;
        let took = begin.elapsed();
        lock(&self.timings).push((phase, millis(took)));
        self.sink.event(Event::Ended(phase, took));
        output
    }

    /// Completes the engine's short work, then minds a cancellation.
    async fn unless_cancelled<T>(&self, work: impl Future<Output = Result<T, SandboxError>>) -> Result<T, End> {
        let output = work.await?;
        if self.cancel.is_asked() { Err(Cancelled.into()) } else { Ok(output) }
    }

    async fn launch(&self, start: &StartPlan) -> Result<ContainerId, SandboxError> {
        let id = self.sandbox.create(&start.spec).await?;
        self.sandbox.start(&id).await?;
        Ok(id)
    }

    async fn launch_replicas(&self) -> Result<Vec<ContainerId>, End> {
        let plans = &self.plan.replicas;
        lock(&self.seen).replicas = plans.iter().map(|plan| Start::new(&plan.name)).collect();
        let launched = join_all(plans.iter().map(|plan| self.launch(plan))).await;
        self.unless_cancelled(async { launched.into_iter().collect() }).await
    }

    /// Waits until all replicas answer, or one of them ends.
    async fn await_replicas(&self, pod: &Pod, ids: &[ContainerId]) -> Result<(), End> {
        let plans = &self.plan.replicas;
        let targets = plans.iter().map(|plan| format!("{}={}", plan.name, plan.health)).collect();
        let ready = self.wait_ready(pod, targets);
        let crash = futures_util::future::select_all(ids.iter().map(|id| Box::pin(self.sandbox.wait(id))));
        let watched = async {
            tokio::select! {
                biased;
                ready = ready => ready.map(Ok),
                (exited, index, _) = crash => exited.map(|()| Err(index)).map_err(End::from),
            }
        };
        match self.cancel.or(watched).await?? {
            Ok(ready) => {
                let late = self.note_ready(&ready);
                if late.is_empty() {
                    return Ok(());
                }
                self.collect(ids, |seen| &mut seen.replicas).await?;
                let within = self.plan.ready_within.as_secs();
                let message =
                    format!("replica {} did not answer 200 within {within} s of its start", late.join(" and "));
                Err(End::Rejected(Reason::NeverReady, message))
            }
            Err(index) => {
                self.collect(ids, |seen| &mut seen.replicas).await?;
                let state = self.sandbox.inspect(&ids[index]).await?;
                if let Some(start) = lock(&self.seen).replicas.get_mut(index) {
                    start.exited_early = true;
                }
                Err(crash_at_start(&plans[index].name, &state))
            }
        }
    }

    /// Keeps how long each replica took; returns those that are not ready.
    fn note_ready(&self, ready: &[(String, u64)]) -> Vec<String> {
        let mut late = Vec::new();
        for start in &mut lock(&self.seen).replicas {
            start.ready_after_ms = ready.iter().find(|(name, _)| *name == start.name).map(|(_, after)| *after);
            if start.ready_after_ms.is_none() {
                late.push(start.name.clone());
            }
        }
        late
    }

    /// Which targets became ready, and after how many milliseconds.
    async fn wait_ready(&self, pod: &Pod, targets: Vec<String>) -> Result<Vec<(String, u64)>, End> {
        let within = self.plan.ready_within;
        let mut arguments = vec!["ready".to_owned(), "--within-ms".to_owned(), within.as_millis().to_string()];
        arguments.extend(targets);
        let mut ready = Vec::new();
        let mut told = false;
        let waiting = pod::agent(self.sandbox, pod, arguments, 64 << 10, |line| match line {
            Line::Ready { name, after_ms } => {
                ready.push((name, after_ms));
                told = true;
            }
            Line::NotReady { .. } => told = true,
            _ => {}
        });
        let code = bounded(within * STRETCH + GRACE, waiting).await?;
        if code != 0 || !told {
            return Err(End::Fault(Fault::ExaminerCrashed, format!("the wait for readiness ended with {code}")));
        }
        Ok(ready)
    }

    async fn suite(&self, pod: (&Pod, &[ContainerId]), name: &str, phase: &SuitePhase) -> Result<(), End> {
        let mut arguments: Vec<String> =
            ["suite", "--run", "/grader/run.json", "--within-ms"].map(str::to_owned).into();
        arguments.push(phase.timeout.as_millis().to_string());
        arguments.extend(phase.files.iter().cloned());
        let mut done = None;
        let command = (arguments, SUITE_OUTPUT_CAP, phase.timeout * STRETCH + GRACE);
        let running = asks::dialogue(self.plan, self.sandbox, pod, command, |line| match line {
            Line::Progress { done, total } => self.sink.event(Event::Progress { done, total }),
            Line::Done { exit_code, timed_out, junit, output } => done = Some((exit_code, timed_out, junit, output)),
            _ => {}
        });
        let code = self.cancel.or(running).await??;
        let Some((exit_code, timed_out, junit, output)) = done.filter(|_| code == 0) else {
            return Err(End::Fault(
                Fault::ExaminerCrashed,
                format!("the {name} suite ended with {code} and no result"),
            ));
        };
        let junit = base64::engine::general_purpose::STANDARD
            .decode(junit)
            .map_err(|error| End::Fault(Fault::ExaminerCrashed, format!("the {name} suite's result: {error}")))?;
        let output = output.into_bytes();
        lock(&self.seen).suites.push(SuiteRun { name: name.to_owned(), exit_code, timed_out, junit, output });
        Ok(())
    }

    /// Starts the further instances; those that must not become ready are watched until they are known not to.
    async fn start_instances(&self, pod: &Pod) -> Result<Vec<ContainerId>, End> {
        let plans = &self.plan.instances;
        lock(&self.seen).instances = plans.iter().map(|plan| Start::new(&plan.name)).collect();
        let starts = plans.iter().enumerate().map(|(index, plan)| async move {
            let id = self.launch(plan).await?;
            if plan.ready == Readiness::Never {
                let target = vec![format!("{}={}", plan.name, plan.health)];
                let watched = async {
                    tokio::select! {
                        biased;
                        ready = self.wait_ready(pod, target) => ready.map(Some),
                        ended = self.sandbox.wait(&id) => ended.map(|()| None).map_err(End::from),
                    }
                };
                let outcome = self.cancel.or(watched).await??;
                let mut seen = lock(&self.seen);
                match outcome {
                    Some(ready) => seen.instances[index].ready_after_ms = ready.first().map(|(_, after)| *after),
                    None => seen.instances[index].exited_early = true,
                }
            }
            Ok::<_, End>(id)
        });
        join_all(starts).await.into_iter().collect()
    }

    async fn note_early_exits(&self, replicas: &[ContainerId]) -> Result<(), End> {
        let states = join_all(replicas.iter().map(|id| self.sandbox.inspect(id))).await;
        for (index, state) in states.into_iter().enumerate() {
            let running = state?.running;
            lock(&self.seen).replicas[index].exited_early = !running;
        }
        Ok(())
    }

    async fn stop(&self, replicas: &[ContainerId], instances: &[ContainerId]) -> Result<(), End> {
        let all: Vec<&ContainerId> = replicas.iter().chain(instances).collect();
        let stopped = join_all(all.iter().map(|id| self.stop_one(id))).await;
        for (index, after) in stopped.into_iter().enumerate() {
            let after = after?;
            let mut seen = lock(&self.seen);
            let start = match index.checked_sub(replicas.len()) {
                None => &mut seen.replicas[index],
                Some(index) => &mut seen.instances[index],
            };
            start.stopped_after_ms = after;
        }
        Ok(())
    }

    /// SIGTERM, and SIGKILL at the limit. How long it took; `None` where it was killed or had ended before.
    async fn stop_one(&self, id: &ContainerId) -> Result<Option<u64>, End> {
        if !self.sandbox.inspect(id).await?.running {
            return Ok(None);
        }
        let begin = Instant::now();
        self.sandbox.kill(id, "SIGTERM").await?;
        match tokio::time::timeout(self.plan.stop_within, self.cancel.or(self.sandbox.wait(id))).await {
            Ok(ended) => {
                ended??;
                Ok(Some(millis(begin.elapsed())))
            }
            Err(_) => {
                self.sandbox.kill(id, "SIGKILL").await?;
                bounded(GRACE, self.sandbox.wait(id)).await?;
                Ok(None)
            }
        }
    }

    /// Reads state and log of started containers.
    async fn collect(&self, ids: &[ContainerId], of: impl Fn(&mut Seen) -> &mut Vec<Start>) -> Result<(), End> {
        let cap = self.plan.log_cap;
        let reads =
            ids.iter().map(|id| async move { tokio::try_join!(self.sandbox.inspect(id), self.sandbox.logs(id, cap)) });
        for (index, read) in join_all(reads).await.into_iter().enumerate() {
            let (state, log) = read?;
            let mut seen = lock(&self.seen);
            let start = &mut of(&mut seen)[index];
            start.state = Some(state);
            start.log = log;
        }
        Ok(())
    }

    /// Reads states and logs and hands them to the examiner.
    async fn hand_over_remains(
        &self,
        pod: &Pod,
        replicas: &[ContainerId],
        instances: &[ContainerId],
    ) -> Result<(), End> {
        self.collect(replicas, |seen| &mut seen.replicas).await?;
        self.collect(instances, |seen| &mut seen.instances).await?;
        let files = {
            let seen = lock(&self.seen);
            let mut files: Vec<(String, Vec<u8>)> =
                seen.replicas.iter().map(|start| (format!("logs/{}.log", start.name), start.log.clone())).collect();
            files.push(("facts.json".into(), facts(&seen).to_string().into_bytes()));
            files.push(("run.json".into(), self.plan.run_json("after")));
            files
        };
        let handed = pod::unpack(self.sandbox, &pod.examiner, crate::inside::GRADER_DIR, tar_of(&files), None);
        self.unless_cancelled(handed).await
    }
}

/// What the suite may know of how the submission's starts went.
fn facts(seen: &Seen) -> serde_json::Value {
    let exit_code = |start: &Start| start.state.as_ref().map(|state| state.exit_code);
    let oom_killed = |start: &Start| start.state.as_ref().is_some_and(|state| state.oom_killed);
    let instances: serde_json::Map<_, _> = seen
        .instances
        .iter()
        .map(|start| {
            let fact = json!({
                "ready": start.ready_after_ms.is_some(),
                "exited": start.exited_early,
                "exit_code": exit_code(start),
            });
            (start.name.replace('-', "_"), fact)
        })
        .collect();
    let replicas: serde_json::Map<_, _> = seen
        .replicas
        .iter()
        .map(|start| {
            let fact = json!({ "exited_early": start.exited_early, "oom_killed": oom_killed(start) });
            (start.name.clone(), fact)
        })
        .collect();
    let mut facts = instances;
    facts.insert("replicas".to_owned(), replicas.into());
    facts.into()
}

fn crash_at_start(name: &str, state: &ContainerState) -> End {
    if state.oom_killed {
        let message = format!("replica {name} was killed for memory before it was ready");
        return End::Rejected(Reason::OutOfMemory, message);
    }
    let message = format!("replica {name} ended with exit code {} before it was ready", state.exit_code);
    End::Rejected(Reason::CrashedAtStart, message)
}

pub(super) async fn bounded<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, SandboxError>>,
) -> Result<T, SandboxError> {
    let late = SandboxError::TimedOut { doing: "finish a step of the run", within: limit };
    tokio::time::timeout(limit, work).await.unwrap_or(Err(late))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
