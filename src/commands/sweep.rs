//! `takehome sweep`: removes what killed runners left.

use std::time::Duration;

use super::Failure;
use super::runner;
use super::say::say;
use crate::cli::SweepArgs;
use crate::exit::ExitStatus;
use crate::sandbox::docker::Engine;
use crate::sandbox::docker::leftovers::owner_is_dead;

/// A killed runner's last call may still be under way in the engine; it has ended by then.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) async fn run(args: &SweepArgs) -> Result<ExitStatus, Failure> {
    let (engine, _) = Engine::connect(&runner::new_run_id()?).await.map_err(Failure::fault)?;
    let (mut removed, mut looks) = (0, 0);
    let mut kept;
    loop {
        let (mut failures, mut found) = (Vec::new(), 0);
        kept = 0;
        looks += 1;
        for leftover in engine.leftovers().await.map_err(Failure::fault)? {
            if !args.all && !owner_is_dead(&leftover.owner) {
                kept += 1;
                continue;
            }
            found += 1;
            if let Err(error) = engine.remove_leftover(&leftover).await {
                failures.push(format!("{}: {error}", leftover.id));
            }
        }
        if !failures.is_empty() {
            return Err(Failure::fault(failures.join("\n")));
        }
        removed += found;
        // The first look may come before the last call has ended; one after a while does not.
        if found == 0 && looks > 1 {
            break;
        }
        tokio::time::sleep(SETTLE).await;
    }
    say!("removed {removed} containers and volumes");
    if kept > 0 {
        say!("kept {kept} of runners that live or that belong to another machine; --all removes them too");
    }
    Ok(ExitStatus::Graded)
}
