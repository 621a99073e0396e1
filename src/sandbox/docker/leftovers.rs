//! What runs left on the engine, and whether their runner still lives.
//!
//! The owner label is `MACHINE:BOOT:PID:START`: a process is recognised by its start time
//! as well as its number, so a reused number never protects a dead run's containers.

use std::collections::HashMap;

use bollard::query_parameters::{ListContainersOptionsBuilder, ListVolumesOptionsBuilder};

use super::{ContainerId, Engine, OPERATION, OWNER_LABEL, RUN_LABEL, within};
use crate::sandbox::{Leftover, LeftoverKind, Sandbox, SandboxError};

/// The owner label of this process.
pub(super) fn this_process() -> String {
    let pid = std::process::id();
    format!("{}:{}:{pid}:{}", machine_id(), boot_id(), start_time(pid).unwrap_or_default())
}

/// Whether the process behind an owner label is known to have ended: it ran on this
/// machine, and either the machine was restarted since or the process is gone.
/// Owners of other machines are not known.
pub fn owner_is_dead(owner: &str) -> bool {
    let mut parts = owner.splitn(4, ':');
    let (Some(machine), Some(boot), Some(pid), Some(start)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if machine != machine_id() {
        return false;
    }
    let running = pid.parse().ok().and_then(start_time);
    boot != boot_id() || running.is_none_or(|running| running != start)
}

fn machine_id() -> String {
    let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    id.trim().to_owned()
}

fn boot_id() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

/// Field 22 of `/proc/PID/stat`, in clock ticks since boot (proc(5)). The command
/// name, field 2, may hold spaces and brackets, so counting starts behind it.
fn start_time(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let behind_name = &stat[stat.rfind(')')? + 1..];
    behind_name.split_whitespace().nth(19).map(str::to_owned)
}

impl Engine {
    /// Everything on the engine that carries our run label, containers first.
    pub async fn leftovers(&self) -> Result<Vec<Leftover>, SandboxError> {
        let filters = HashMap::from([("label", vec![RUN_LABEL])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let containers = within("list containers", OPERATION, self.docker.list_containers(Some(options))).await?;
        let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
        let volumes = within("list volumes", OPERATION, self.docker.list_volumes(Some(options))).await?;
        let found = |kind, id: String, labels: HashMap<String, String>| Leftover {
            kind,
            id,
            run: labels.get(RUN_LABEL).cloned().unwrap_or_default(),
            owner: labels.get(OWNER_LABEL).cloned().unwrap_or_default(),
        };
        let containers = containers
            .into_iter()
            .map(|c| found(LeftoverKind::Container, c.id.unwrap_or_default(), c.labels.unwrap_or_default()));
        let volumes =
            volumes.volumes.unwrap_or_default().into_iter().map(|v| found(LeftoverKind::Volume, v.name, v.labels));
        Ok(containers.chain(volumes).collect())
    }

    /// Removes one object.
    pub async fn remove_leftover(&self, leftover: &Leftover) -> Result<(), SandboxError> {
        match leftover.kind {
            LeftoverKind::Container => self.remove(&ContainerId(leftover.id.clone())).await,
            LeftoverKind::Volume => self.remove_volume(&leftover.id).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_others_do_not() {
        let owner = this_process();
        assert!(!owner_is_dead(&owner), "{owner}");
        let (machine, boot, pid) = (machine_id(), boot_id(), std::process::id());
        for dead in [format!("{machine}:{boot}:{pid}:1"), format!("{machine}:earlier:{pid}:1")] {
            assert!(owner_is_dead(&dead), "{dead}");
        }
        for unknown in [format!("elsewhere:{boot}:{pid}:1"), "garbage".to_owned()] {
            assert!(!owner_is_dead(&unknown), "{unknown}");
        }
    }
}
