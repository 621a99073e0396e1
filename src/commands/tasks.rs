//! `takehome tasks [SLUG]`: lists the tasks, or shows one; checks all their manifests.

use super::say::say;
use super::{Context, Failure};
use crate::cli::TasksArgs;
use crate::exit::ExitStatus;
use crate::task::{Grader, Work};
use crate::units::show_size;

pub(super) fn run(context: &Context, args: TasksArgs) -> Result<ExitStatus, Failure> {
    if let Some(slug) = args.slug {
        show(&context.catalog.grader(&slug).map_err(Failure::usage)?);
        return Ok(ExitStatus::Graded);
    }
    let slugs = context.catalog.slugs().map_err(Failure::usage)?;
    let width = slugs.iter().map(String::len).max().unwrap_or(0);
    let mut problems = Vec::new();
    for slug in slugs {
        match context.catalog.grader(&slug) {
            Ok(grader) => {
                let checks = grader.rubric.checks().count();
                say!("{slug:width$}  {:8}  {checks:>3} checks  {}", grader.task.specialization, grader.task.title);
            }
            Err(error) => problems.push(error.to_string()),
        }
    }
    if problems.is_empty() { Ok(ExitStatus::Graded) } else { Err(Failure::usage(problems.join("\n"))) }
}

fn show(grader: &Grader) {
    let task = &grader.task;
    say!("{}: {} ({})", task.slug, task.title, task.specialization);
    let (cpus, memory) = (task.limits.cpus, show_size(task.limits.memory));
    match &task.work {
        Work::Service(service) => say!(
            "  {} replicas, {cpus} CPUs and {memory} each, ready within {} s",
            service.ports.len(),
            service.ready_within.as_secs()
        ),
        Work::Analysis(analysis) => {
            say!("  an analysis, {cpus} CPUs and {memory}, at most {} s a run", analysis.within.as_secs());
        }
        Work::Model(model) => say!(
            "  a model and {} instances, {cpus} CPUs and {memory} each, trained within {} s",
            model.ports.len(),
            model.train_within.as_secs()
        ),
    }
    for criterion in &grader.rubric.criteria {
        say!("\n  {:>3}  {} ({})", criterion.points, criterion.title, criterion.id);
        for check in &criterion.checks {
            let critical = if check.critical { "  critical" } else { "" };
            say!("       {:>3}  {}  {}{critical}", check.points, check.id, check.title);
        }
    }
}
