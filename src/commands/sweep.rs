//! `takehome sweep`: removes what killed runners left.

use super::Failure;
use super::runner;
use crate::cli::SweepArgs;
use crate::exit::ExitStatus;
use crate::sandbox::docker::Engine;
use crate::sandbox::docker::leftovers::owner_is_dead;

pub(super) async fn run(args: &SweepArgs) -> Result<ExitStatus, Failure> {
    let (engine, _) = Engine::connect(&runner::new_run_id()?).await.map_err(Failure::fault)?;
    let mut removed = 0;
    let mut kept = 0;
    let mut failures = Vec::new();
    for leftover in engine.leftovers().await.map_err(Failure::fault)? {
        if !args.all && !owner_is_dead(&leftover.owner) {
            kept += 1;
            continue;
        }
        match engine.remove_leftover(&leftover).await {
            Ok(()) => removed += 1,
            Err(error) => failures.push(format!("{}: {error}", leftover.id)),
        }
    }
    println!("removed {removed} containers and volumes");
    if kept > 0 {
        println!("kept {kept} of runners that live or that belong to another machine; --all removes them too");
    }
    if failures.is_empty() { Ok(ExitStatus::Graded) } else { Err(Failure::fault(failures.join("\n"))) }
}
