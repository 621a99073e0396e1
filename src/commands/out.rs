//! The output folder: complete or not at all.
//!
//! It is checked and its parent made before the run, so that a bad path fails in the
//! first second; it is written beside its place and renamed at the end.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::evidence::Record;
use crate::report::{self, Report};

/// A place for a run's output that did not exist, or was empty, when the run began.
#[derive(Debug)]
pub struct OutFolder {
    place: PathBuf,
    draft: tempfile::TempDir,
}

impl OutFolder {
    /// Reserves the place.
    pub fn reserve(place: PathBuf) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::usage(format!("--out {}: {error}", place.display()));
        match std::fs::read_dir(&place) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    let message = format!("--out {}: is not empty\nhint: name a new folder", place.display());
                    return Err(Failure::usage(message));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let parent = match place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        std::fs::create_dir_all(&parent).map_err(failed)?;
        let draft = tempfile::Builder::new().prefix(".takehome-").tempdir_in(&parent).map_err(failed)?;
        Ok(Self { place, draft })
    }

    /// Writes everything and moves it into its place.
    pub fn complete(self, record: &Record, report: &Report) -> Result<PathBuf, Failure> {
        self.write(record, report).map_err(|message| Failure {
            status: crate::exit::ExitStatus::Inconclusive,
            message: format!("--out {}: {message}\nhint: free disk space there, then run again", self.place.display()),
        })?;
        let failed = |error: std::io::Error| Failure::fault(format!("--out {}: {error}", self.place.display()));
        if self.place.exists() {
            std::fs::remove_dir(&self.place).map_err(failed)?;
        }
        let draft = self.draft.keep();
        std::fs::rename(&draft, &self.place).map_err(failed)?;
        Ok(self.place)
    }

    fn write(&self, record: &Record, report: &Report) -> Result<(), String> {
        use std::os::unix::fs::PermissionsExt;
        let folder = self.draft.path();
        let evidence = folder.join("evidence");
        std::fs::create_dir(&evidence).map_err(|error| error.to_string())?;
        record.save(&evidence).map_err(|error| error.to_string())?;
        let json = serde_json::to_string_pretty(report).map_err(|error| error.to_string())?;
        let html = report::html(report).map_err(|error| error.to_string())?;
        write(&folder.join("report.json"), &(json + "\n"))?;
        write(&folder.join("report.html"), &html)?;
        write(&folder.join("junit.xml"), &report::junit(report))?;
        // A temporary folder is private; a report is to be read by whoever may read its parent.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
