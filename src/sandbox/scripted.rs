//! A deterministic fake of an engine, for tests of order, deadlines and clean-up.
//!
//! It keeps the set of what exists and a log of every operation, and does what its
//! script says: fail or panic at one operation, let a replica crash, hang or ignore
//! signals. It runs nothing; suites report what the script gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{ContainerId, ContainerSpec, ContainerState, Exec, ExecOutput, Role, Sandbox, SandboxError, VolumeSpec};
use crate::inside::protocol::{Ask, Line};
use crate::probe::protocol::ProbeResult;

/// What the fake does differently from an engine on which all goes well.
#[derive(Debug, Default)]
pub struct Script {
    /// At this operation, counted from 0.
    pub trouble: Option<(usize, Trouble)>,
    /// Replicas, by the end of their name, that end as soon as they start, with this state.
    pub crash: BTreeMap<String, ContainerState>,
    /// Replicas that never become ready.
    pub never_ready: BTreeSet<String>,
    /// Replicas that ignore SIGTERM.
    pub deaf: BTreeSet<String>,
    /// The suite does not end.
    pub suite_hangs: bool,
    /// The agent's lines make no sense.
    pub garbled: bool,
    /// JUnit bytes by phase.
    pub junit: BTreeMap<String, String>,
    /// What the prober asks for, in order.
    pub asks: Vec<Ask>,
    /// What the suite asks for in its live phase, in order.
    pub suite_asks: Vec<Ask>,
    /// Whoever asks does not wait for one answer before the next question.
    pub asks_at_once: bool,
    /// What the prober reports.
    pub probes: Vec<ProbeResult>,
}

/// What goes wrong at one operation.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// It fails.
    Fail(SandboxError),
    /// It panics.
    Panic,
}

/// The fake engine.
#[derive(Debug)]
pub struct Scripted {
    script: Script,
    on_operation: fn(usize),
    world: Mutex<World>,
    changed: tokio::sync::watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct World {
    log: Vec<String>,
    containers: BTreeMap<String, Container>,
    volumes: BTreeSet<String>,
    phase: usize,
}

#[derive(Debug)]
struct Container {
    role: Role,
    state: ContainerState,
}

const RUNNING: ContainerState = ContainerState { running: true, exit_code: 0, oom_killed: false };

impl Scripted {
    /// An engine with nothing on it.
    pub fn new(script: Script) -> Self {
        Self::watched(script, |_| {})
    }

    /// The same; `on_operation` is called with the number of each operation before it happens.
    pub fn watched(script: Script, on_operation: fn(usize)) -> Self {
        let (changed, _) = tokio::sync::watch::channel(0);
        Self { script, on_operation, world: Mutex::default(), changed }
    }

    /// Every operation so far, such as `start a`.
    pub fn log(&self) -> Vec<String> {
        self.lock().log.clone()
    }

    /// Everything that exists.
    pub fn left(&self) -> Vec<String> {
        let world = self.lock();
        world.containers.keys().chain(&world.volumes).cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs an operation and lets the script interfere.
    fn operation(&self, what: String) -> Result<(), SandboxError> {
        let number = {
            let mut world = self.lock();
            world.log.push(what);
            world.log.len() - 1
        };
        (self.on_operation)(number);
        match &self.script.trouble {
            Some((at, Trouble::Fail(error))) if *at == number => Err(error.clone()),
            Some((at, Trouble::Panic)) if *at == number => panic!("scripted panic at operation {number}"),
            _ => Ok(()),
        }
    }

    fn set_state(&self, name: &str, state: ContainerState) {
        if let Some(container) = self.lock().containers.get_mut(name) {
            container.state = state;
        }
        self.changed.send_modify(|version| *version += 1);
    }

    fn missing(name: &str) -> SandboxError {
        SandboxError::Failed { doing: "find a container", message: format!("No such container: {name}") }
    }

    fn answer(&self, exec: &Exec) -> Vec<Line> {
        let argument = |index: usize| exec.argv.get(index).map(String::as_str).unwrap_or_default();
        match argument(2) {
            "ready" => {
                let name = |target: &str| target.split('=').next().unwrap_or_default().to_owned();
                let names: Vec<String> = exec.argv[5..].iter().map(|target| name(target)).collect();
                let (late, ready): (Vec<_>, Vec<_>) =
                    names.into_iter().partition(|name| self.script.never_ready.contains(name));
                let mut lines: Vec<Line> = ready.into_iter().map(|name| Line::Ready { name, after_ms: 1 }).collect();
                if !late.is_empty() {
                    lines.push(Line::NotReady { names: late, after_ms: 2 });
                }
                lines
            }
            "suite" => {
                let mut world = self.lock();
                let phase = if world.phase == 0 { "live" } else { "after" };
                world.phase += 1;
                let junit = self.script.junit.get(phase).map(String::as_str).unwrap_or_default();
                let junit = base64::engine::general_purpose::STANDARD.encode(junit);
                let mut lines = if phase == "live" { numbered(&self.script.suite_asks) } else { Vec::new() };
                lines.push(Line::Done { exit_code: 0, timed_out: false, junit, output: String::new() });
                lines
            }
            "probe" => {
                let mut lines = numbered(&self.script.asks);
                lines.extend(self.script.probes.iter().cloned().map(Line::Probed));
                lines.push(Line::ProbesDone);
                lines
            }
            _ => Vec::new(),
        }
    }
}

impl Sandbox for Scripted {
    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), SandboxError> {
        self.operation(format!("volume {}", short(spec.name())))?;
        self.lock().volumes.insert(spec.name().to_owned());
        Ok(())
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, SandboxError> {
        let made = self.operation(format!("create {}", short(&spec.name)));
        if !matches!(made, Err(SandboxError::ImageMissing(_))) {
            // An engine may have made it although the call failed, for example by a time-out.
            let state = ContainerState { running: false, ..RUNNING };
            self.lock().containers.insert(spec.name.clone(), Container { role: spec.role, state });
        }
        made.map(|()| ContainerId(spec.name.clone()))
    }

    async fn start(&self, id: &ContainerId) -> Result<(), SandboxError> {
        self.operation(format!("start {}", short(&id.0)))?;
        let crash = self.script.crash.get(short(&id.0)).cloned();
        self.set_state(&id.0, crash.unwrap_or(RUNNING));
        Ok(())
    }

    async fn converse(
        &self,
        id: &ContainerId,
        exec: Exec,
        mut replies: UnboundedReceiver<Vec<u8>>,
        mut line: impl FnMut(&str) + Send,
    ) -> Result<ExecOutput, SandboxError> {
        let command = exec.argv.get(2).map(String::as_str).unwrap_or_default();
        self.operation(format!("exec {} {command}", short(&id.0)))?;
        let role = self.lock().containers.get(&id.0).map(|container| container.role);
        assert!(role.is_some_and(|role| role != Role::Replica), "exec in {role:?}: candidate code is never joined");
        if command == "suite" && self.script.suite_hangs {
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
        let mut stdout = Vec::new();
        let mut unanswered = 0;
        for answer in self.answer(&exec) {
            let asks = matches!(answer, Line::Ask { .. }) && !self.script.garbled;
            if !asks {
                await_replies(&mut replies, &mut unanswered).await;
            }
            let text = serde_json::to_string(&answer).unwrap_or_default();
            let text = if self.script.garbled { text.replace('{', "[") } else { text };
            line(&text);
            stdout.extend_from_slice(text.as_bytes());
            if asks {
                unanswered += 1;
                if !self.script.asks_at_once {
                    await_replies(&mut replies, &mut unanswered).await;
                }
            }
        }
        Ok(ExecOutput { exit_code: 0, stdout, stderr: vec![] })
    }

    async fn wait(&self, id: &ContainerId) -> Result<(), SandboxError> {
        let mut changed = self.changed.subscribe();
        loop {
            let running = self.lock().containers.get(&id.0).is_some_and(|container| container.state.running);
            if !running {
                return Ok(());
            }
            if changed.changed().await.is_err() {
                return Err(Self::missing(&id.0));
            }
        }
    }

    async fn kill(&self, id: &ContainerId, signal: &str) -> Result<(), SandboxError> {
        self.operation(format!("kill {} {signal}", short(&id.0)))?;
        if signal == "SIGKILL" || !self.script.deaf.contains(short(&id.0)) {
            self.set_state(&id.0, ContainerState { running: false, exit_code: 143, oom_killed: false });
        }
        Ok(())
    }

    async fn inspect(&self, id: &ContainerId) -> Result<ContainerState, SandboxError> {
        self.operation(format!("inspect {}", short(&id.0)))?;
        let world = self.lock();
        world.containers.get(&id.0).map(|container| container.state.clone()).ok_or_else(|| Self::missing(&id.0))
    }

    async fn logs(&self, id: &ContainerId, _cap: usize) -> Result<Vec<u8>, SandboxError> {
        self.operation(format!("logs {}", short(&id.0)))?;
        Ok(b"a line\n".to_vec())
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), SandboxError> {
        self.operation(format!("remove {}", short(&id.0)))?;
        self.lock().containers.remove(&id.0);
        Ok(())
    }

    async fn remove_volume(&self, name: &str) -> Result<(), SandboxError> {
        self.operation(format!("remove volume {}", short(name)))?;
        self.lock().volumes.remove(name);
        Ok(())
    }
}

/// A process that asks goes on only when it is answered.
async fn await_replies(replies: &mut UnboundedReceiver<Vec<u8>>, unanswered: &mut usize) {
    for _ in 0..std::mem::take(unanswered) {
        replies.recv().await;
    }
}

fn numbered(asks: &[Ask]) -> Vec<Line> {
    asks.iter().zip(1..).map(|(ask, number)| Line::Ask { number, ask: ask.clone() }).collect()
}

/// A name without the run's prefix: `takehome-RUN-a` is `a`.
fn short(name: &str) -> &str {
    name.splitn(3, '-').nth(2).unwrap_or(name)
}
