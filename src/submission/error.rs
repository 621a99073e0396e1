//! How reading a submission can end badly, split by whose fault it was.
//!
//! An [`InputError`] is the operator's to mend and never becomes a score. A [`Rejection`] is the submission's own
//! doing: it is scored 0, and the candidate reads its message. Both are one line with every foreign character
//! that could disturb a terminal escaped.

use std::io;

use serde::{Deserialize, Serialize};

/// Why there is no submission to grade.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The source can't be read, and the candidate has no part in it.
    #[error(transparent)]
    Input(#[from] InputError),
    /// What was handed in breaks a rule.
    #[error(transparent)]
    Rejected(#[from] Rejection),
}

/// The operator's mistake, or something about this machine or its network.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// There is nothing at this path.
    #[error("{path}: no such file or folder")]
    Missing {
        /// As given, escaped.
        path: String,
    },
    /// There is something, but of no kind that is known.
    #[error(
        "{path}: {problem}; give a folder, a .zip, a .tar.gz, or a git repository (path or URL, with #revision if wanted)"
    )]
    UnknownKind {
        /// As given, escaped.
        path: String,
        /// What it is instead.
        problem: &'static str,
    },
    /// This process can't read it.
    #[error("{path}: can't be read: {source}")]
    Unreadable {
        /// The file or folder, escaped.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A git address that is not contacted.
    #[error("{address}: {problem}; git addresses are https://, ssh://, file://, user@host:path or a local path")]
    RefusedAddress {
        /// As given, escaped, without credentials.
        address: String,
        /// Why not.
        problem: &'static str,
    },
    /// There is no `git` on the `PATH`.
    #[error("{repository}: git is not installed; install it, or give a folder or an archive")]
    GitNotInstalled {
        /// Escaped, without credentials.
        repository: String,
    },
    /// The repository couldn't be fetched.
    #[error("{repository}: git clone failed: {message}")]
    CloneFailed {
        /// Escaped, without credentials.
        repository: String,
        /// The last thing git said, escaped.
        message: String,
    },
    /// The repository has no such commit.
    #[error("{repository}: no commit `{revision}`; give a branch, a tag or a full commit id that the repository has")]
    UnknownRevision {
        /// Escaped, without credentials.
        repository: String,
        /// As given, escaped; `HEAD` when none was.
        revision: String,
    },
    /// git took too long.
    #[error("{repository}: git did not finish within {seconds} s; try again, or clone it and give the folder")]
    GitTimedOut {
        /// Escaped, without credentials.
        repository: String,
        /// The time that was allowed.
        seconds: u64,
    },
    /// No room to work in, or git couldn't be run.
    #[error("{repository}: can't work on a copy of the repository: {source}")]
    Scratch {
        /// Escaped, without credentials.
        repository: String,
        /// What the system said.
        source: io::Error,
    },
}

/// The submission's own doing: scored 0, for this reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Rejection {
    /// The rule that is broken.
    pub reason: RejectReason,
    /// One line: which entry, what is wrong with it and what to do.
    pub message: String,
}

/// The rules that a submission can break. The kebab names are stable: they are in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectReason {
    /// A file, all files or the archive are over a size limit.
    TooLarge,
    /// More files or entries than allowed.
    TooManyFiles,
    /// An archive made to be read in two ways or to exhaust its reader.
    HostileArchive,
    /// An archive or repository that is damaged, encrypted or not of its kind.
    BrokenArchive,
    /// A path that leaves the submission or means something else elsewhere.
    UnsafePath,
    /// A link, device, pipe, socket or submodule.
    NotARegularFile,
    /// Two names that are one on a file system that ignores case or Unicode form.
    CaseCollision,
    /// A name that is not UTF-8.
    NotUtf8,
}

impl Rejection {
    pub(super) fn new(reason: RejectReason, message: impl Into<String>) -> Rejection {
        Rejection { reason, message: message.into() }
    }

    /// The reason's stable name.
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }
}

impl RejectReason {
    /// Every reason, for documents and tests.
    pub const ALL: [RejectReason; 8] = [
        RejectReason::TooLarge,
        RejectReason::TooManyFiles,
        RejectReason::HostileArchive,
        RejectReason::BrokenArchive,
        RejectReason::UnsafePath,
        RejectReason::NotARegularFile,
        RejectReason::CaseCollision,
        RejectReason::NotUtf8,
    ];

    /// The stable name, as in reports.
    pub fn code(self) -> &'static str {
        match self {
            RejectReason::TooLarge => "too-large",
            RejectReason::TooManyFiles => "too-many-files",
            RejectReason::HostileArchive => "hostile-archive",
            RejectReason::BrokenArchive => "broken-archive",
            RejectReason::UnsafePath => "unsafe-path",
            RejectReason::NotARegularFile => "not-a-regular-file",
            RejectReason::CaseCollision => "case-collision",
            RejectReason::NotUtf8 => "not-utf8",
        }
    }
}

/// Foreign text for a message: invisible characters and invalid UTF-8 escaped, long text cut in the middle.
pub(super) fn shown(text: impl AsRef<[u8]>) -> String {
    const HEAD: usize = 100;
    const TAIL: usize = 40;
    let mut escaped: Vec<String> = Vec::new();
    for chunk in text.as_ref().utf8_chunks() {
        for c in chunk.valid().chars() {
            escaped.push(match c {
                '\n' | '\r' | '\t' => c.escape_default().to_string(),
                c if is_invisible(c) => c.escape_unicode().to_string(),
                c => c.to_string(),
            });
        }
        escaped.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    if escaped.len() > HEAD + TAIL + 1 {
        escaped.splice(HEAD..escaped.len() - TAIL, ["…".to_owned()]);
    }
    escaped.concat()
}

/// Whether a character could hide or reorder the text around it: controls, line separators, direction marks,
/// zero-width and tag characters.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_serialised_names() {
        for reason in RejectReason::ALL {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{}\"", reason.code()));
            assert_eq!(serde_json::from_str::<RejectReason>(&json).unwrap(), reason);
        }
    }

    #[test]
    fn foreign_text_is_escaped_and_bounded() {
        let check = |text: &[u8], expected: &str| assert_eq!(shown(text), expected);
        check(b"src/app.py", "src/app.py");
        check("naïve/日本.py".as_bytes(), "naïve/日本.py");
        check(b"a\nb\x1b[2J\x00", "a\\nb\\u{1b}[2J\\u{0}");
        check("a\u{202e}b\u{200b}".as_bytes(), "a\\u{202e}b\\u{200b}");
        check(b"caf\xe9", "caf\\xe9");
        assert_eq!(shown(vec![b'x'; 10_000]).chars().count(), 141);
    }
}
