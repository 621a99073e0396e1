//! Installs the packages of a submission that its runtime does not have.
//!
//! Wheels only: nothing of a package runs while it is installed. The container is
//! gone before the pod is made, so a network and candidate code never meet.

use std::time::Duration;

use super::cancel::Cancel;
use super::execute::{End, bounded};
use super::plan::{InstallPlan, Plan};
use crate::evidence::Reason;
use crate::sandbox::{Exec, Sandbox};

/// One installation, downloads included.
const LIMIT: Duration = Duration::from_secs(300);
/// Mebibytes of all installed packages.
const SIZE_CAP: u64 = 2048;

pub(super) async fn install<S: Sandbox>(
    plan: &Plan,
    install: &InstallPlan,
    sandbox: &S,
    cancel: &Cancel,
) -> Result<(), End> {
    for volume in plan.volumes.iter().filter(|volume| install.spec.mounts[0].volume == volume.name()) {
        sandbox.create_volume(volume).await?;
    }
    let id = sandbox.create(&install.spec).await?;
    sandbox.start(&id).await?;
    let put = |path: &str, stdin: Vec<u8>| Exec {
        argv: ["sh", "-c", &format!("cat > {path}")].map(str::to_owned).into(),
        stdin,
        stdout_cap: 4096,
        ..Exec::default()
    };
    sandbox.exec(&id, put("/tmp/ca.pem", install.ca.clone()), |_| {}).await?;
    let lines = install.requirements.join("\n") + "\n";
    sandbox.exec(&id, put("/tmp/requirements.txt", lines.into_bytes()), |_| {}).await?;
    let script = format!(
        "/opt/uv/bin/uv pip install --quiet --no-cache --compile-bytecode --only-binary :all: --python /opt/venv/bin/python \
         --target /deps -r /tmp/requirements.txt && test $(du -sm /deps | cut -f1) -le {SIZE_CAP}"
    );
    let exec = Exec { argv: ["sh", "-c", &script].map(str::to_owned).into(), stdout_cap: 1 << 20, ..Exec::default() };
    let installed = cancel.or(tokio::time::timeout(LIMIT, sandbox.exec(&id, exec, |_| {}))).await?;
    let problem = match installed {
        Err(_) => Some(format!("they were not installed within {} s", LIMIT.as_secs())),
        Ok(output) => {
            let output = output?;
            (output.exit_code != 0).then(|| last_line(&output.stderr))
        }
    };
    bounded(LIMIT, sandbox.remove(&id)).await?;
    match problem {
        None => Ok(()),
        Some(why) => {
            let message = format!("the packages of requirements.txt cannot be installed as wheels: {why}");
            Err(End::Rejected(Reason::DependencyUnavailable, message))
        }
    }
}

fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let joined = lines.join(" ");
    let shown: String = joined.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
    if shown.is_empty() { format!("they take more than {SIZE_CAP} MiB") } else { shown }
}
