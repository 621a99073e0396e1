//! `takehome doctor`: what works here, what does not, and what to do about it.

use super::say::say;
use super::{Failure, runner};
use crate::exit::ExitStatus;
use crate::sandbox::docker::images::{ImageInfo, host_ca};
use crate::sandbox::docker::leftovers::owner_is_dead;
use crate::sandbox::docker::{Engine, EngineInfo};
use crate::sandbox::recipe::{DEBIAN_IMAGE, Recipe, runtime_names};
use crate::sandbox::{Leftover, SandboxError};
use crate::units::show_size;

/// Below this, builds and runs may fill the engine's disk.
const LOW_DISK: u64 = 5 << 30;

/// One line of the check-up.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    health: Health,
    text: String,
    /// What to do; empty when nothing is to be done.
    advice: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    Warning,
    Bad,
}

pub(super) async fn run() -> Result<ExitStatus, Failure> {
    let lines = match Engine::connect(&runner::new_run_id()?).await {
        Ok((engine, info)) => {
            let images = engine.images().await.map_err(Failure::fault)?;
            let debian = engine.image_id(DEBIAN_IMAGE).await.map_err(Failure::fault)?.is_some();
            let leftovers = engine.leftovers().await.map_err(Failure::fault)?;
            check_up(&info, &images, debian, &leftovers, free_disk(&info.root))
        }
        Err(error) => vec![no_engine(&error)],
    };
    for line in &lines {
        let mark = match line.health {
            Health::Good => console::style("ok  ").green(),
            Health::Warning => console::style("warn").yellow(),
            Health::Bad => console::style("bad ").red(),
        };
        say!("{mark}  {}", line.text);
        if !line.advice.is_empty() {
            say!("      {}", line.advice);
        }
    }
    let bad = lines.iter().any(|line| line.health == Health::Bad);
    Ok(if bad { ExitStatus::Inconclusive } else { ExitStatus::Graded })
}

fn good(text: String) -> Line {
    Line { health: Health::Good, text, advice: String::new() }
}

fn warning(text: String, advice: &str) -> Line {
    Line { health: Health::Warning, text, advice: advice.to_owned() }
}

fn no_engine(error: &SandboxError) -> Line {
    let text = error.to_string();
    let (text, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
    let advice = match error {
        SandboxError::Unreachable(_) => {
            "start the engine (`systemctl start docker`, or Docker Desktop), or point DOCKER_HOST to one; \
             your user needs access to its socket"
        }
        _ => hint,
    };
    Line { health: Health::Bad, text: text.to_owned(), advice: advice.to_owned() }
}

/// Facts → lines. Pure.
fn check_up(
    info: &EngineInfo,
    images: &[ImageInfo],
    debian: bool,
    leftovers: &[Leftover],
    free: Option<u64>,
) -> Vec<Line> {
    let mut lines = vec![
        good(format!("engine: Docker {}, API {}, kernel {}, {}", info.version, info.api, info.kernel, info.system)),
        good(format!("cgroup: {}", info.cgroup)),
    ];
    lines.push(match info.storage.as_str() {
        "overlay2" | "overlayfs" | "btrfs" | "zfs" => good(format!("storage: {}", info.storage)),
        other => warning(
            format!("storage: {other} opens files in images slowly; starts take up to twice as long"),
            "use overlay2 where the kernel allows it: \"storage-driver\": \"overlay2\" in the engine's daemon.json",
        ),
    });
    lines.push(if info.cpus >= 2 {
        good(format!("machine: {} CPUs, {}", info.cpus, show_size(info.memory.unsigned_abs())))
    } else {
        warning(
            format!("machine: {} CPU; submissions are promised 2", info.cpus),
            "give the engine two CPUs or more, or timing checks will be inconclusive",
        )
    });
    for unenforced in &info.warnings {
        lines.push(warning(
            format!("limit: {unenforced}"),
            "a submission may use more than it is promised; enable the controller in the kernel or accept it",
        ));
    }
    lines.push(match free {
        Some(free) if free < LOW_DISK => warning(
            format!("disk: {} free in {}", show_size(free), info.root),
            "free some: `takehome images prune` removes images that this version does not use",
        ),
        Some(free) => good(format!("disk: {} free in {}", show_size(free), info.root)),
        None => good(format!("disk: {} is on another host; its free space is not known here", info.root)),
    });
    for runtime in runtime_names() {
        let built = Recipe::runtime(runtime).is_some_and(|recipe| images.iter().any(|image| image.tag == recipe.tag));
        lines.push(if built {
            good(format!("image: runtime {runtime} is built"))
        } else {
            let text = format!("image: runtime {runtime} is not built yet");
            let advice = format!("the first grade builds it; or now: `takehome images build {runtime}`");
            Line { health: Health::Good, text, advice }
        });
    }
    let base = debian || images.iter().any(|image| image.tag.starts_with("takehome/debian:"));
    if !base && !has_mmdebstrap() {
        lines.push(warning(
            format!("base: {DEBIAN_IMAGE} is not here, and mmdebstrap, which makes it where no registry answers, is not installed"),
            "only needed without a registry: `apt-get install mmdebstrap`",
        ));
    }
    if host_ca().is_empty() {
        lines.push(warning(
            "certificates: this host has no CA bundle in a usual place".to_owned(),
            "only needed behind a proxy that inspects TLS: set SSL_CERT_FILE",
        ));
    }
    let dead = leftovers.iter().filter(|leftover| owner_is_dead(&leftover.owner)).count();
    lines.push(if dead == 0 {
        good("leftovers: none".to_owned())
    } else {
        warning(format!("leftovers: {dead} containers and volumes of runners that ended"), "run `takehome sweep`")
    });
    lines
}

fn has_mmdebstrap() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("mmdebstrap").is_file())
}

/// Free bytes of a folder of this host; `None` when it is not on this host.
fn free_disk(folder: &str) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail * stat.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> EngineInfo {
        EngineInfo {
            version: "20.10.24".into(),
            api: "1.41".into(),
            kernel: "6.1".into(),
            system: "Debian, x86_64".into(),
            cpus: 2,
            memory: 1 << 34,
            storage: "overlay2".into(),
            cgroup: "v2, systemd".into(),
            root: "/var/lib/docker".into(),
            warnings: vec![],
        }
    }

    #[track_caller]
    fn check(info: &EngineInfo, free: Option<u64>, warned: &[&str]) {
        let lines = check_up(info, &[], true, &[], free);
        let found: Vec<&str> = lines
            .iter()
            .filter(|line| line.health != Health::Good && !line.text.starts_with("certificates"))
            .map(|line| line.text.split(':').next().unwrap_or_default())
            .collect();
        assert_eq!(found, warned);
        assert!(lines.iter().all(|line| line.health == Health::Good || !line.advice.is_empty()));
    }

    #[test]
    fn each_trouble_has_advice() {
        check(&info(), Some(1 << 40), &[]);
        check(&info(), Some(1 << 20), &["disk"]);
        check(&EngineInfo { storage: "vfs".into(), cpus: 1, ..info() }, None, &["storage", "machine"]);
        check(&EngineInfo { warnings: vec!["No swap limit support".into()], ..info() }, None, &["limit"]);
    }

    #[test]
    fn no_engine_is_bad_and_says_what_to_do() {
        let line = no_engine(&SandboxError::Unreachable("no such file".into()));
        assert_eq!(line.health, Health::Bad);
        assert!(line.text.contains("no such file") && line.advice.contains("DOCKER_HOST"), "{line:?}");
    }
}
