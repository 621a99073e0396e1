//! `takehome references TASK`: lists the reference submissions, or writes one to a folder.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::library::{self, Loaded};
use super::say::say;
use super::{Context, Failure};
use crate::cli::ReferencesArgs;
use crate::exit::ExitStatus;
use crate::task::reference::Expected;

pub(super) fn run(context: &Context, args: &ReferencesArgs) -> Result<ExitStatus, Failure> {
    let grader = context.catalog.grader(&args.task).map_err(Failure::usage)?;
    let names: Vec<String> = args.reference.iter().cloned().collect();
    let references = library::load(&grader, &names)?;
    match (&args.into, references.first()) {
        (Some(into), Some(reference)) => {
            write(reference, into).map_err(|error| Failure::usage(format!("--into {}: {error}", into.display())))?;
        }
        _ => list(&references),
    }
    Ok(ExitStatus::Graded)
}

fn list(references: &[Loaded]) {
    let width = references.iter().map(|reference| reference.name.len()).max().unwrap_or(0);
    for reference in references {
        let expected = match &reference.expected {
            Expected::Full => "earns everything".to_owned(),
            Expected::AtMost(points) => format!("earns at most {points}"),
            Expected::Loses(checks) => format!("loses {}", checks.join(", ")),
        };
        say!("{:width$}  {}; {expected}", reference.name, reference.title);
    }
}

fn write(reference: &Loaded, into: &Path) -> std::io::Result<()> {
    std::fs::create_dir(into)?;
    for file in &reference.submission.files {
        let path = into.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, &file.bytes)?;
        if file.executable {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}
