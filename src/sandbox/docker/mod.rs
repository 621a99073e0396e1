//! `Sandbox` on a Docker engine. This folder is the only place that knows bollard.
//!
//! Every call is bounded in time and names its operation when it fails. Everything
//! that is created carries the label of its run and of its owner, so that `sweep`
//! finds what a killed runner left.

mod hardening;
pub mod images;
pub mod leftovers;
pub mod packages;

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::StartExecResults;
use bollard::models::{ContainerCreateBody, ExecConfig, HealthConfig, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, KillContainerOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveVolumeOptions, StartContainerOptions, WaitContainerOptionsBuilder,
};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{ContainerId, ContainerSpec, ContainerState, Exec, ExecOutput, Sandbox, SandboxError, VolumeSpec};
pub use hardening::EngineTraits;

/// Label of everything that belongs to a run; its value is the run's id.
pub const RUN_LABEL: &str = "takehome.run";
const OWNER_LABEL: &str = "takehome.owner";
const ROLE_LABEL: &str = "takehome.role";

/// One engine operation. Generous: a loaded engine is slow, a hung one must end.
const OPERATION: Duration = Duration::from_secs(60);
const OLDEST_API: (u32, u32) = (1, 41);
/// How engines say that their disk is full.
const NO_SPACE: &str = "no space left on device";
const STDERR_TAIL: usize = 64 << 10;

/// A connected engine, seen from one run.
#[derive(Debug, Clone)]
pub struct Engine {
    docker: Docker,
    traits: EngineTraits,
    run: String,
    owner: String,
}

/// What the engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EngineInfo {
    /// Engine version.
    pub version: String,
    /// API version in use.
    pub api: String,
    /// Kernel release.
    pub kernel: String,
    /// Operating system and architecture.
    pub system: String,
    /// CPUs of the engine.
    pub cpus: i64,
    /// Bytes of memory of the engine.
    pub memory: i64,
    /// Storage driver.
    pub storage: String,
    /// Cgroup version and driver.
    pub cgroup: String,
    /// The folder of its images and volumes, on its own host.
    pub root: String,
    /// Limits that the kernel does not enforce, and other warnings of the engine.
    pub warnings: Vec<String>,
}

impl Engine {
    /// Connects, checks the API version, and reads what hardening depends on.
    /// `run` labels everything that this value creates.
    pub async fn connect(run: &str) -> Result<(Self, EngineInfo), SandboxError> {
        let unreachable = |error: Error| SandboxError::Unreachable(one_line(&error.to_string()));
        let docker = Docker::connect_with_defaults().map_err(unreachable)?.with_timeout(OPERATION);
        let version =
            within("answer", Duration::from_secs(10), docker.version()).await.map_err(|error| match error {
                SandboxError::Failed { message, .. } => SandboxError::Unreachable(message),
                other => other,
            })?;
        let api = version.api_version.unwrap_or_default();
        if !at_least(&api, OLDEST_API) {
            let needed = format!("{}.{}", OLDEST_API.0, OLDEST_API.1);
            return Err(SandboxError::TooOld { found: api, needed });
        }
        let docker = docker.negotiate_version().await.map_err(unreachable)?;
        let info = within("describe itself", OPERATION, docker.info()).await?;
        let security = info.security_options.clone().unwrap_or_default();
        let traits = EngineTraits {
            architecture: info.architecture.clone().unwrap_or_default(),
            apparmor: security.iter().any(|option| option.contains("name=apparmor")),
            slow_images: info.driver.as_deref() == Some("fuse-overlayfs"),
        };
        let described = EngineInfo {
            version: version.version.unwrap_or_default(),
            api,
            kernel: info.kernel_version.clone().unwrap_or_default(),
            system: format!(
                "{}, {}",
                info.operating_system.clone().unwrap_or_default(),
                info.architecture.clone().unwrap_or_default()
            ),
            cpus: info.ncpu.unwrap_or_default(),
            memory: info.mem_total.unwrap_or_default(),
            storage: info.driver.clone().unwrap_or_default(),
            cgroup: format!(
                "v{}, {}",
                info.cgroup_version.map(|v| v.to_string()).unwrap_or_default(),
                info.cgroup_driver.map(|d| d.to_string()).unwrap_or_default()
            ),
            root: info.docker_root_dir.clone().unwrap_or_default(),
            warnings: unenforced(&info),
        };
        let engine = Self { docker, traits, run: run.to_owned(), owner: leftovers::this_process() };
        Ok((engine, described))
    }

    fn labels(&self, role: &str) -> HashMap<String, String> {
        HashMap::from([
            (RUN_LABEL.to_owned(), self.run.clone()),
            (OWNER_LABEL.to_owned(), self.owner.clone()),
            (ROLE_LABEL.to_owned(), role.to_owned()),
        ])
    }
}

/// The limits that the engine says it cannot enforce, and its own warnings.
fn unenforced(info: &bollard::models::SystemInfo) -> Vec<String> {
    let limits = [
        (info.memory_limit, "memory"),
        (info.swap_limit, "swap"),
        (info.pids_limit, "process count"),
        (info.cpu_cfs_quota, "CPU time"),
    ];
    let missing = limits
        .iter()
        .filter(|(enforced, _)| *enforced == Some(false))
        .map(|(_, name)| format!("the kernel does not enforce the {name} limit"));
    missing.chain(info.warnings.clone().unwrap_or_default()).collect()
}

impl Sandbox for Engine {
    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), SandboxError> {
        let driver_opts = match spec {
            VolumeSpec::Memory { size, uid, .. } => HashMap::from([
                ("type".to_owned(), "tmpfs".to_owned()),
                ("device".to_owned(), "tmpfs".to_owned()),
                ("o".to_owned(), format!("size={size},uid={uid},gid={uid},mode=0755,nosuid,nodev,nr_inodes=65536")),
            ]),
            VolumeSpec::Disk { .. } => HashMap::new(),
        };
        let request = VolumeCreateRequest {
            name: Some(spec.name().to_owned()),
            driver: Some("local".to_owned()),
            driver_opts: Some(driver_opts),
            labels: Some(self.labels("volume")),
            ..Default::default()
        };
        within("create a volume", OPERATION, self.docker.create_volume(request)).await.map(drop)
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, SandboxError> {
        let body = ContainerCreateBody {
            image: Some(spec.image.clone()),
            entrypoint: Some(vec![]),
            cmd: Some(spec.argv.clone()),
            env: Some(spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            user: Some(format!("{0}:{0}", spec.uid)),
            working_dir: Some(spec.workdir.clone()),
            labels: Some(self.labels(spec.role.name())),
            healthcheck: Some(HealthConfig { test: Some(vec!["NONE".to_owned()]), ..Default::default() }),
            stop_signal: Some("SIGTERM".to_owned()),
            host_config: Some(hardening::host_config(spec, &self.traits)),
            ..Default::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(&spec.name).build();
        let created = within("create a container", OPERATION, self.docker.create_container(Some(options), body)).await;
        match created {
            Ok(created) => Ok(ContainerId(created.id)),
            Err(SandboxError::Failed { message, .. }) if message.starts_with("No such image") => {
                Err(SandboxError::ImageMissing(spec.image.clone()))
            }
            Err(error) => Err(error),
        }
    }

    async fn start(&self, id: &ContainerId) -> Result<(), SandboxError> {
        within("start a container", OPERATION, self.docker.start_container(&id.0, None::<StartContainerOptions>)).await
    }

    async fn converse(
        &self,
        id: &ContainerId,
        exec: Exec,
        mut replies: UnboundedReceiver<Vec<u8>>,
        mut line: impl FnMut(&str) + Send,
    ) -> Result<ExecOutput, SandboxError> {
        let program = exec.argv.first().cloned().unwrap_or_default();
        let config = ExecConfig {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(exec.argv),
            env: Some(exec.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            user: exec.uid.map(|uid| format!("{uid}:{uid}")),
            ..Default::default()
        };
        let created = within("prepare a process", OPERATION, self.docker.create_exec(&id.0, config)).await?;
        let started = within("start a process", OPERATION, self.docker.start_exec(&created.id, None)).await?;
        let StartExecResults::Attached { mut output, mut input } = started else {
            return Err(SandboxError::Failed { doing: "start a process", message: "it was detached".to_owned() });
        };
        let feed = async {
            // A process that ends early closes the pipe; its exit code tells the rest.
            let mut open = input.write_all(&exec.stdin).await.is_ok();
            while let Some(reply) = replies.recv().await {
                open = open && input.write_all(&reply).await.is_ok() && input.flush().await.is_ok();
            }
            if open {
                input.shutdown().await.ok();
            }
            drop(input);
        };
        let mut stdout = Vec::new();
        let mut stderr = Vec::new();
        let drain = async {
            let mut lined = 0;
            while let Some(item) = output.next().await {
                match item.map_err(|error| translate("read a process", &error))? {
                    LogOutput::StdErr { message } => keep_tail(&mut stderr, &message, STDERR_TAIL),
                    LogOutput::StdOut { message } | LogOutput::Console { message } => {
                        if stdout.len() + message.len() > exec.stdout_cap {
                            let cap = exec.stdout_cap;
                            return Err(SandboxError::TooMuchOutput { program: program.clone(), cap });
                        }
                        stdout.extend_from_slice(&message);
                        while let Some(end) = stdout[lined..].iter().position(|byte| *byte == b'\n') {
                            line(&String::from_utf8_lossy(&stdout[lined..lined + end]));
                            lined += end + 1;
                        }
                    }
                    LogOutput::StdIn { .. } => {}
                }
            }
            Ok(())
        };
        // A process that has ended needs no more replies.
        let mut drain = pin!(drain);
        tokio::select! {
            drained = &mut drain => drained?,
            () = feed => drain.await?,
        }
        let state = within("inspect a process", OPERATION, self.docker.inspect_exec(&created.id)).await?;
        let exit_code = state.exit_code.ok_or_else(|| SandboxError::Failed {
            doing: "run a process",
            message: format!("`{program}` lost its connection while it ran"),
        })?;
        Ok(ExecOutput { exit_code, stdout, stderr })
    }

    async fn wait(&self, id: &ContainerId) -> Result<(), SandboxError> {
        let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
        match self.docker.wait_container(&id.0, Some(options)).next().await {
            // A non-zero exit arrives as an error; it is a result like any other.
            None | Some(Ok(_) | Err(Error::DockerContainerWaitError { .. })) => Ok(()),
            Some(Err(error)) => Err(translate("wait for a container", &error)),
        }
    }

    async fn kill(&self, id: &ContainerId, signal: &str) -> Result<(), SandboxError> {
        let options = KillContainerOptionsBuilder::default().signal(signal).build();
        let killed = self.docker.kill_container(&id.0, Some(options));
        unless_gone(within("signal a container", OPERATION, killed).await)
    }

    async fn inspect(&self, id: &ContainerId) -> Result<ContainerState, SandboxError> {
        let inspected = within("inspect a container", OPERATION, self.docker.inspect_container(&id.0, None)).await?;
        let state = inspected.state.unwrap_or_default();
        Ok(ContainerState {
            running: state.running.unwrap_or_default(),
            exit_code: state.exit_code.unwrap_or_default(),
            oom_killed: state.oom_killed.unwrap_or_default(),
        })
    }

    async fn logs(&self, id: &ContainerId, cap: usize) -> Result<Vec<u8>, SandboxError> {
        let options = LogsOptionsBuilder::default().stdout(true).stderr(true).build();
        let mut stream = Box::pin(self.docker.logs(&id.0, Some(options)));
        let mut log = Vec::new();
        let read = async {
            while let Some(item) = stream.next().await {
                keep_tail(&mut log, &item?.into_bytes(), cap);
            }
            Ok(())
        };
        within("read a log", OPERATION, read).await?;
        Ok(log)
    }

    async fn remove(&self, id: &ContainerId) -> Result<(), SandboxError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let removed = self.docker.remove_container(&id.0, Some(options));
        unless_gone(within("remove a container", OPERATION, removed).await)
    }

    async fn remove_volume(&self, name: &str) -> Result<(), SandboxError> {
        let removed = self.docker.remove_volume(name, None::<RemoveVolumeOptions>);
        unless_gone(within("remove a volume", OPERATION, removed).await)
    }
}

/// Bounds one engine call and names it when it fails.
async fn within<T>(
    doing: &'static str,
    limit: Duration,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, SandboxError> {
    match tokio::time::timeout(limit, call).await {
        Ok(result) => result.map_err(|error| translate(doing, &error)),
        Err(_) => Err(SandboxError::TimedOut { doing, within: limit }),
    }
}

fn translate(doing: &'static str, error: &Error) -> SandboxError {
    let message = match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        other => other.to_string(),
    };
    if message.contains(NO_SPACE) {
        return SandboxError::NoSpace { doing };
    }
    SandboxError::Failed { doing, message: one_line(&message) }
}

/// An object that is gone, or a process that has ended, is what we wanted.
fn unless_gone(result: Result<(), SandboxError>) -> Result<(), SandboxError> {
    match result {
        Err(SandboxError::Failed { message, .. })
            if ["No such container", "no such volume", "is not running", "already in progress"]
                .iter()
                .any(|known| message.to_lowercase().contains(&known.to_lowercase())) =>
        {
            Ok(())
        }
        other => other,
    }
}

fn keep_tail(kept: &mut Vec<u8>, more: &[u8], cap: usize) {
    kept.extend_from_slice(more);
    // Cutting at twice the cap keeps the cost linear.
    if kept.len() > cap * 2 {
        kept.drain(..kept.len() - cap);
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn at_least(version: &str, oldest: (u32, u32)) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= oldest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_compare_as_numbers() {
        assert!(at_least("1.41", OLDEST_API) && at_least("1.100", OLDEST_API) && at_least("2.0", OLDEST_API));
        assert!(!at_least("1.5", OLDEST_API) && !at_least("", OLDEST_API));
    }

    #[test]
    fn a_full_disk_is_told_apart() {
        let error = Error::DockerResponseServerError {
            status_code: 500,
            message: "write /x: no space left on device".to_owned(),
        };
        assert_eq!(translate("create a volume", &error), SandboxError::NoSpace { doing: "create a volume" });
    }

    #[test]
    fn the_tail_is_bounded() {
        let mut kept = Vec::new();
        for chunk in 0..100_u8 {
            keep_tail(&mut kept, &[chunk; 10], 50);
        }
        assert!(kept.len() <= 100);
        assert_eq!(kept.last(), Some(&99));
    }
}
