//! `takehome images`: builds, lists and removes our images.

use std::collections::BTreeSet;

use super::say::say;
use super::{Context, Failure, runner};
use crate::cli::{ImagesAction, ImagesArgs};
use crate::exit::ExitStatus;
use crate::progress::Progress;
use crate::sandbox::docker::Engine;
use crate::sandbox::docker::images::runner_executable;
use crate::sandbox::recipe::{Recipe, runtime_names};
use crate::units::show_size;

pub(super) async fn run(context: &Context, args: ImagesArgs) -> Result<ExitStatus, Failure> {
    let (engine, _) = Engine::connect(&runner::new_run_id()?).await.map_err(Failure::fault)?;
    match args.action.unwrap_or(ImagesAction::List) {
        ImagesAction::List => list(&engine).await,
        ImagesAction::Build { slugs } => build(context, &engine, slugs).await,
        ImagesAction::Prune { all } => prune(&engine, all).await,
    }
}

async fn list(engine: &Engine) -> Result<ExitStatus, Failure> {
    let used = used_tags()?;
    let images = engine.images().await.map_err(Failure::fault)?;
    let width = images.iter().map(|image| image.tag.len()).max().unwrap_or(0);
    for image in &images {
        let size = show_size(image.size.unsigned_abs());
        let note = if used.contains(&image.tag) || is_debian(&image.tag) { "" } else { "  not used by this version" };
        say!("{:width$}  {size:>10}{note}", image.tag);
    }
    for (volume, image) in engine.packages().await.map_err(Failure::fault)? {
        let of = images.iter().find(|known| known.id == image).map_or(image.as_str(), |known| known.tag.as_str());
        say!("{volume}  packages of {of}, as a volume");
    }
    let present: BTreeSet<&str> = images.iter().map(|image| image.tag.as_str()).collect();
    for tag in used.iter().filter(|tag| !present.contains(tag.as_str())) {
        say!("{tag:width$}  not built yet");
    }
    Ok(ExitStatus::Graded)
}

async fn build(context: &Context, engine: &Engine, slugs: Vec<String>) -> Result<ExitStatus, Failure> {
    let slugs = if slugs.is_empty() { context.catalog.slugs().map_err(Failure::usage)? } else { slugs };
    for slug in slugs {
        let task = context.catalog.task(&slug).map_err(Failure::usage)?;
        let progress = Progress::new(context.progress, &slug);
        let images = runner::images(engine, &task.runtime, &progress).await?;
        drop(progress);
        say!("{slug}: runtime {}, examiner {}", images.runtime, images.examiner);
    }
    Ok(ExitStatus::Graded)
}

async fn prune(engine: &Engine, all: bool) -> Result<ExitStatus, Failure> {
    let used = if all { BTreeSet::new() } else { used_tags()? };
    let mut images = engine.images().await.map_err(Failure::fault)?;
    images.retain(|image| !used.contains(&image.tag) && (all || !is_debian(&image.tag)));
    // Children before their parents: an examiner is built on its packages, those on the base.
    images.sort_by_key(|image| {
        ["examiner:", "runtime", "examiner-packages", "base", "debian"].iter().position(|name| image.tag.contains(name))
    });
    // A volume of packages goes with its image, and before it: its mark is a container of that image.
    let kept: BTreeSet<String> = {
        let all = engine.images().await.map_err(Failure::fault)?;
        all.into_iter().filter(|image| !images.contains(image)).map(|image| image.id).collect()
    };
    for (volume, image) in engine.packages().await.map_err(Failure::fault)? {
        if !kept.contains(&image) {
            engine.remove_packages(&volume).await.map_err(Failure::fault)?;
            say!("removed {volume}");
        }
    }
    for image in &images {
        engine.remove_image(&image.tag).await.map_err(Failure::fault)?;
        say!("removed {}", image.tag);
    }
    say!("removed {} images", images.len());
    Ok(ExitStatus::Graded)
}

/// A bootstrapped Debian: the parent of every base.
fn is_debian(tag: &str) -> bool {
    tag.starts_with("takehome/debian:")
}

/// The tags that this version of the program uses.
fn used_tags() -> Result<BTreeSet<String>, Failure> {
    let mut recipes = vec![Recipe::examiner(runner_executable().map_err(Failure::fault)?)];
    recipes.extend(runtime_names().filter_map(Recipe::runtime));
    Ok(recipes.iter().flat_map(Recipe::chain).map(|recipe| recipe.tag.clone()).collect())
}
