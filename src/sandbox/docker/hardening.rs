//! The one `HostConfig`: how every container of a pod is locked down.
//!
//! Roles differ only in their network, mounts and bounds. Everything else is the
//! same for all, our own containers included: they parse hostile bytes.

use std::collections::HashMap;

use bollard::models::{
    HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount as EngineMount, MountType, MountVolumeOptions,
    ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};

use crate::sandbox::{ContainerSpec, Network, Role};

/// Our seccomp profile: deny by default; no new namespaces, no packet sockets, no
/// ptrace, no io_uring. Inline, as the engine takes no path.
const SECCOMP: &str = include_str!("../../../docker/seccomp.json");

/// What of the engine matters for how containers are made.
#[derive(Debug, Clone, Default)]
pub struct EngineTraits {
    /// As the engine names it, such as `x86_64`.
    pub architecture: String,
    /// Whether the engine confines by AppArmor.
    pub apparmor: bool,
    /// Whether its storage driver opens files in images slowly.
    pub slow_images: bool,
}

/// The host configuration of a container.
pub fn host_config(spec: &ContainerSpec, engine: &EngineTraits) -> HostConfig {
    let bounds = &spec.bounds;
    HostConfig {
        network_mode: Some(match &spec.network {
            Network::None => "none".to_owned(),
            Network::Of(id) => format!("container:{}", id.0),
            Network::Egress => "default".to_owned(),
        }),
        readonly_rootfs: Some(true),
        mounts: Some(
            spec.mounts
                .iter()
                .map(|mount| EngineMount {
                    typ: Some(MountType::VOLUME),
                    source: Some(mount.volume.clone()),
                    target: Some(mount.target.clone()),
                    read_only: Some(mount.read_only),
                    volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..Default::default() }),
                    ..Default::default()
                })
                .collect(),
        ),
        tmpfs: Some(
            spec.scratch
                .iter()
                .map(|scratch| {
                    let exec = if scratch.executable { "exec" } else { "noexec" };
                    let options = format!(
                        "rw,nosuid,nodev,{exec},size={},nr_inodes=8192,mode={},uid={},gid={}",
                        scratch.size,
                        if scratch.uid == 0 { "1777" } else { "0700" },
                        scratch.uid,
                        scratch.uid
                    );
                    (scratch.target.clone(), options)
                })
                .collect(),
        ),
        shm_size: Some(64 << 20),
        memory: Some(signed(bounds.memory)),
        // Equal to `memory`: no swap, which would turn an out-of-memory kill into a stall.
        memory_swap: Some(signed(bounds.memory)),
        nano_cpus: Some(i64::from(bounds.cpus) * 1_000_000_000),
        pids_limit: Some(i64::from(bounds.pids)),
        // The kernel takes candidate code first.
        oom_score_adj: Some(if spec.role == Role::Replica { 500 } else { 0 }),
        ulimits: Some(vec![ulimit("nofile", 4096), ulimit("core", 0), ulimit("fsize", signed(bounds.file))]),
        cap_drop: Some(vec!["ALL".to_owned()]),
        privileged: Some(false),
        security_opt: Some(security_options(engine)),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        ipc_mode: Some("private".to_owned()),
        // Reaps orphans and forwards signals, so that `run.sh` need not be a good PID 1.
        init: Some(true),
        log_config: Some(HostConfigLogConfig {
            typ: Some("local".to_owned()),
            config: Some(HashMap::from([
                ("max-size".to_owned(), format!("{}k", (bounds.log / 1024).max(1))),
                ("max-file".to_owned(), "2".to_owned()),
                ("compress".to_owned(), "false".to_owned()),
            ])),
        }),
        restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), ..Default::default() }),
        // An exit must stay to be read; we remove ourselves.
        auto_remove: Some(false),
        ..Default::default()
    }
}

fn security_options(engine: &EngineTraits) -> Vec<String> {
    let architecture = match engine.architecture.as_str() {
        "aarch64" | "arm64" => "SCMP_ARCH_AARCH64",
        _ => "SCMP_ARCH_X86_64",
    };
    let seccomp = SECCOMP.replace("SCMP_ARCH_X86_64", architecture);
    let mut options = vec!["no-new-privileges:true".to_owned(), format!("seccomp={seccomp}")];
    if engine.apparmor {
        options.push("apparmor=docker-default".to_owned());
    }
    options
}

fn ulimit(name: &str, value: i64) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.to_owned()), soft: Some(value), hard: Some(value) }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{Bounds, ContainerId, Mount, Scratch};

    fn replica() -> ContainerSpec {
        ContainerSpec {
            name: "n".into(),
            role: Role::Replica,
            image: "sha256:1".into(),
            argv: vec!["sh".into()],
            env: vec![],
            workdir: "/app".into(),
            uid: 10001,
            network: Network::Of(ContainerId("h".into())),
            mounts: vec![Mount { volume: "code".into(), target: "/app".into(), read_only: true }],
            scratch: vec![Scratch { target: "/tmp".into(), size: 1024, executable: false, uid: 0 }],
            bounds: Bounds { memory: 1 << 30, cpus: 2, pids: 256, file: 1 << 20, log: 8 << 20 },
        }
    }

    #[test]
    fn a_replica_is_locked_down() {
        let config = host_config(&replica(), &EngineTraits::default());
        assert_eq!(config.network_mode.as_deref(), Some("container:h"));
        assert_eq!(config.readonly_rootfs, Some(true));
        assert_eq!(config.memory, config.memory_swap);
        assert_eq!(config.cap_drop, Some(vec!["ALL".to_owned()]));
        assert_eq!(config.privileged, Some(false));
        assert!(config.binds.is_none() && config.devices.is_none() && config.cap_add.is_none());
        // An empty list would remove the engine's default masks.
        assert!(config.masked_paths.is_none() && config.readonly_paths.is_none());
        let options = config.security_opt.unwrap_or_default();
        assert_eq!(options[0], "no-new-privileges:true");
        let profile: serde_json::Value =
            serde_json::from_str(options[1].trim_start_matches("seccomp=")).expect("inline JSON");
        assert_eq!(profile["defaultAction"], "SCMP_ACT_ERRNO");
    }

    #[test]
    fn the_profile_follows_the_architecture() {
        let engine = EngineTraits { architecture: "aarch64".into(), apparmor: true, slow_images: false };
        let options = security_options(&engine);
        assert!(options[1].contains("SCMP_ARCH_AARCH64") && !options[1].contains("X86_64"));
        assert_eq!(options[2], "apparmor=docker-default");
    }
}
