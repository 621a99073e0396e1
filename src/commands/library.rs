//! Loads reference submissions: their manifests, their files, their edits.

use std::collections::BTreeMap;
use std::path::Path;

use super::Failure;
use crate::submission::{IngestError, Limits, SourceFile, Submission, ingest};
use crate::task::Grader;
use crate::task::catalog::{read_dir, read_text};
use crate::task::reference::{Expected, Files, Reference};

/// A reference, ready to be graded.
pub(super) struct Loaded {
    /// Its folder's name.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Its files, edited.
    pub submission: Submission,
    /// What must come out.
    pub expected: Expected,
    /// Checks that may not pass as well, as a consequence.
    pub also: Vec<String>,
    /// Observed probes that must not pass.
    pub shows: Vec<String>,
}

/// Loads the named references, or all, strong ones first. All problems are reported together.
pub(super) fn load(grader: &Grader, names: &[String]) -> Result<Vec<Loaded>, Failure> {
    let all = manifests(grader)?;
    if let Some(unknown) = names.iter().find(|name| !all.contains_key(*name)) {
        let known: Vec<&str> = all.keys().map(String::as_str).collect();
        let message = format!("there is no reference `{unknown}`\nhint: references are {}", known.join(", "));
        return Err(Failure::usage(message));
    }
    let mut problems = Vec::new();
    let mut loaded = Vec::new();
    for (name, reference) in all.iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        match files(&grader.references, &all, name, reference) {
            Ok(submission) => {
                loaded.push(Loaded {
                    name: name.clone(),
                    title: reference.title.clone(),
                    submission,
                    expected: reference.expected.clone(),
                    also: reference.also.clone(),
                    shows: reference.shows.clone(),
                });
            }
            Err(problem) => problems.push(format!("{name}: {problem}")),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::usage(problems.join("\n")));
    }
    loaded.sort_by_key(|reference| match reference.expected {
        Expected::Full => 0,
        Expected::AtMost(_) => 1,
        Expected::Loses(_) => 2,
    });
    Ok(loaded)
}

fn manifests(grader: &Grader) -> Result<BTreeMap<String, Reference>, Failure> {
    let checks: Vec<&str> = grader.rubric.checks().map(|(_, check)| check.id.as_str()).collect();
    let observed: Vec<&str> =
        grader.probes.probes.iter().filter(|probe| probe.observe).map(|probe| probe.name.as_str()).collect();
    let mut problems = Vec::new();
    let mut all = BTreeMap::new();
    for folder in read_dir(&grader.references).map_err(Failure::usage)? {
        let path = folder.join("reference.toml");
        let Some(name) = folder.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) else { continue };
        match Reference::parse(
            &path.display().to_string(),
            &read_text(&path).map_err(Failure::usage)?,
            &checks,
            &observed,
        ) {
            Ok(reference) => drop(all.insert(name.to_owned(), reference)),
            Err(found) => problems.extend(found.iter().map(ToString::to_string)),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(Failure::usage(problems.join("\n"))) }
}

/// The files of a reference: its base's, with its edits.
fn files(
    folder: &Path,
    all: &BTreeMap<String, Reference>,
    name: &str,
    reference: &Reference,
) -> Result<Submission, String> {
    let own = |name: &str, tests: &str| {
        let mut submission = read(&folder.join(name).join("submission"))?;
        if !tests.is_empty() {
            let shared = read(&folder.join(name).join(tests))?.files.into_iter();
            submission.files.extend(shared.map(|file| SourceFile { path: format!("tests/{}", file.path), ..file }));
        }
        Ok(submission)
    };
    let mut submission = match &reference.files {
        Files::Own { tests } => own(name, tests),
        Files::Folder(relative) => read(&folder.join(name).join(relative)),
        Files::Base(base) => match all.get(base) {
            Some(Reference { files: Files::Own { tests }, .. }) => own(base, tests),
            Some(_) => Err(format!("its base `{base}` has no files of its own")),
            None => Err(format!("there is no base `{base}`")),
        },
    }?;
    for edit in &reference.edits {
        let file = submission.files.iter_mut().find(|file| file.path == edit.file);
        let file = file.ok_or_else(|| format!("{}: an edit names it, but it is not there", edit.file))?;
        let text = std::str::from_utf8(&file.bytes).map_err(|_| format!("{}: is not UTF-8", edit.file))?;
        file.bytes = edit.apply(text)?.into_bytes();
    }
    // Checked again, so that the digest is that of the edited files.
    Submission::from_files(name, submission.origin, submission.files).map_err(|rejection| rejection.to_string())
}

fn read(folder: &Path) -> Result<Submission, String> {
    ingest(&folder.display().to_string(), &Limits::default()).map_err(|error| match error {
        IngestError::Input(error) => error.to_string(),
        IngestError::Rejected(rejection) => rejection.to_string(),
    })
}
