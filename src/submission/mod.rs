//! What a candidate handed in: a checked tree of files with a digest over it.
//!
//! [`ingest`] takes a folder, a `.zip`, a `.tar.gz` or a git repository and treats each as hostile: nothing is
//! unpacked to disk, no link is followed, every count and size is bounded while it is read. What comes out is
//! plain data ([`Submission`]); whether it can be run is for others to find out.
//!
//! Reading order: the types here, `error` (whose fault it was), `path` (which names are accepted), `tree`
//! (rules for the whole), then one file a kind of source.

mod error;
mod folder;
mod git;
mod path;
pub mod requirements;
mod source;
mod tar_archive;
mod tree;
mod zip_archive;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use error::{IngestError, InputError, RejectReason, Rejection};
pub use path::{SKIPPED_DIRECTORIES, SKIPPED_FILE_PREFIXES, SKIPPED_FILE_SUFFIXES, SKIPPED_FILES};

use source::Source;

/// A candidate's files, checked: nothing but regular files with safe relative paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// For people: the last part of the path or the repository's name. Printable, one line, 80 characters at
    /// most, never empty. Two submissions may have the same.
    pub name: String,
    /// Where the files came from.
    pub origin: Origin,
    /// `sha256:` and 64 hexadecimal digits over paths, executable bits and contents. The same tree has the same
    /// digest whatever it came from; name and origin are no part of it.
    pub digest: String,
    /// Sorted bytewise by path, no path twice.
    pub files: Vec<SourceFile>,
}

/// The kind of thing a submission was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Origin {
    /// A folder on this machine, also one that is a git work tree.
    Folder,
    /// A `.zip` file.
    Zip,
    /// A `.tar.gz` or `.tgz` file.
    TarGz,
    /// A commit of a git repository.
    Git {
        /// The full commit id, in hexadecimal.
        revision: String,
    },
}

/// One regular file of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the submission's root, parts separated by `/`.
    pub path: String,
    /// The whole content.
    pub bytes: Vec<u8>,
    /// Whether the owner may execute it. No other permission is kept.
    pub executable: bool,
}

/// What a submission may be at most. Everything is enforced on what is really read, never on what is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Files, after generated ones are left out. Default 5 000.
    pub max_files: usize,
    /// Bytes of all files together. Default 64 MiB.
    pub max_total_bytes: u64,
    /// Bytes of one file. Default 16 MiB.
    pub max_file_bytes: u64,
    /// Bytes of one path. Default 255.
    pub max_path_bytes: usize,
    /// Parts of one path, the file's name included. Default 24.
    pub max_depth: usize,
    /// Entries that are looked at, folders and left out ones included. Default 50 000.
    pub max_entries: usize,
    /// Bytes of an archive as it was handed in. It is held in memory. Default 64 MiB.
    pub max_archive_bytes: u64,
    /// Bytes that a `.tar.gz` may decompress to, left out files included, and that a git repository may take on
    /// disk. Default 512 MiB.
    pub max_unpacked_bytes: u64,
    /// How long all git commands of one ingest may take together. Default 120 s.
    pub git_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        const MIB: u64 = 1 << 20;
        Limits {
            max_files: 5_000,
            max_total_bytes: 64 * MIB,
            max_file_bytes: 16 * MIB,
            max_path_bytes: 255,
            max_depth: 24,
            max_entries: 50_000,
            max_archive_bytes: 64 * MIB,
            max_unpacked_bytes: 512 * MIB,
            git_timeout: Duration::from_secs(120),
        }
    }
}

/// Reads a submission from `source`: a folder, a `.zip`, `.tar.gz` or `.tgz` file, or a git repository as a local
/// path or a URL (`https://`, `ssh://`, `file://`, `user@host:path`), with an optional `#revision`.
///
/// A git work tree is read as the folder that it is unless a revision is given; a bare repository is read at its
/// `HEAD`. Generated files ([`SKIPPED_DIRECTORIES`] and its neighbours) are left out of every kind. An archive
/// whose files are all in one top-level folder is read from inside that folder.
///
/// Blocks: reads files, and runs `git` for at most [`Limits::git_timeout`].
///
/// # Errors
///
/// [`IngestError::Input`] when `source` can't be read and the candidate has no part in it;
/// [`IngestError::Rejected`] when what was handed in breaks a rule.
pub fn ingest(source: &str, limits: &Limits) -> Result<Submission, IngestError> {
    match source::classify(source)? {
        Source::Folder { path, name } => folder::read(&path, &name, limits),
        Source::Zip { path, name } => zip_archive::read(&path, &name, limits),
        Source::TarGz { path, name } => tar_archive::read(&path, &name, limits),
        Source::Git { remote, revision, name } => git::read(&remote, revision.as_deref(), &name, limits),
    }
}

impl Submission {
    /// A submission from files that are already in memory, for example a reference built from edits.
    ///
    /// All rules on paths, counts and sizes apply, with the default [`Limits`]; nothing is left out or unwrapped.
    ///
    /// # Errors
    ///
    /// The first rule that the files break, in bytewise order of their paths.
    pub fn from_files(name: &str, origin: Origin, files: Vec<SourceFile>) -> Result<Submission, Rejection> {
        let limits = Limits::default();
        tree::check_sizes(&files, &limits)?;
        tree::build(name, origin, files, &limits)
    }

    /// The file at exactly this path.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(|index| &self.files[index])
    }

    /// Bytes of all files together.
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes.len() as u64).sum()
    }

    /// The tree as an uncompressed tar archive, equal bytes for equal trees.
    ///
    /// Owner and group 0, modification time 0, mode 0644 or 0755; folders, 0755, come before what is in them.
    /// Paths over 100 bytes use GNU long names.
    pub fn to_tar(&self) -> Vec<u8> {
        tree::to_tar(&self.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    fn file(path: &str, bytes: &[u8], executable: bool) -> SourceFile {
        SourceFile { path: path.to_owned(), bytes: bytes.to_vec(), executable }
    }

    fn submission(files: Vec<SourceFile>) -> Submission {
        Submission::from_files("ada", Origin::Folder, files).unwrap()
    }

    #[test]
    fn files_are_sorted_bytewise_and_found_by_path() {
        let made =
            submission(vec![file("run.sh", b"a", true), file("a/b.py", b"bc", false), file("a.py", b"def", false)]);
        let paths: Vec<&str> = made.files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["a.py", "a/b.py", "run.sh"]);
        assert_eq!(made.file("a/b.py").unwrap().bytes, b"bc");
        assert!(made.file("a").is_none());
        assert_eq!(made.total_bytes(), 6);
    }

    #[test]
    fn the_digest_is_over_the_tree_alone() {
        let base = submission(vec![file("a", b"1", false), file("b", b"2", false)]);
        let same =
            Submission::from_files("other", Origin::Zip, vec![file("b", b"2", false), file("a", b"1", false)]).unwrap();
        assert_eq!(base.digest, same.digest);
        assert!(base.digest.starts_with("sha256:"));
        assert_eq!(base.digest.len(), "sha256:".len() + 64);

        for other in [
            vec![file("a", b"1", true), file("b", b"2", false)],
            vec![file("a", b"", false), file("b", b"12", false)],
            vec![file("a", b"1b", false), file("c", b"2", false)],
            vec![file("a", b"1", false)],
        ] {
            assert_ne!(base.digest, submission(other).digest);
        }
    }

    /// A saved report holds digests: the way they are computed can't change unnoticed.
    #[test]
    fn the_digest_of_a_known_tree_is_pinned() {
        let made = submission(vec![file("run.sh", b"exec true\n", true), file("src/app.py", b"", false)]);
        assert_eq!(made.digest, "sha256:22919c221ea6359524b4a12a2e19fb9c39cb35621789a43f40595a053095575e");
    }

    #[test]
    fn the_tar_is_deterministic_and_reads_back() {
        let long = format!("{}/{}.py", "d".repeat(90), "f".repeat(90));
        let files = vec![
            file("run.sh", b"exec true\n", true),
            file("src/deep/app.py", &[7; 1000], false),
            file("src/empty", b"", false),
            file(&long, b"long", false),
        ];
        let made = submission(files.clone());
        let mut reversed = files;
        reversed.reverse();
        let archive = made.to_tar();
        assert_eq!(archive, submission(reversed).to_tar());

        let mut seen = Vec::new();
        for entry in tar::Archive::new(archive.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let header = entry.header().clone();
            assert_eq!(header.uid().unwrap(), 0);
            assert_eq!(header.gid().unwrap(), 0);
            assert_eq!(header.mtime().unwrap(), 0);
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            seen.push((path, header.mode().unwrap(), bytes));
        }
        let names: Vec<&str> = seen.iter().map(|(path, _, _)| path.as_str()).collect();
        assert_eq!(
            names,
            [
                &format!("{}/", "d".repeat(90)),
                long.as_str(),
                "run.sh",
                "src/",
                "src/deep/",
                "src/deep/app.py",
                "src/empty"
            ]
        );
        assert_eq!((seen[1].1, seen[1].2.as_slice()), (0o644, &b"long"[..]));
        assert_eq!(seen[2].1, 0o755);
        assert_eq!(seen[3].1, 0o755);
        assert_eq!(seen[5].2, [7; 1000]);
    }

    #[test]
    fn a_name_for_people_is_printable_and_never_empty() {
        let named = |name: &str| Submission::from_files(name, Origin::Folder, Vec::new()).unwrap().name;
        assert_eq!(named("ada"), "ada");
        assert_eq!(named("a\u{1b}[31m\nb\u{202e}c"), "a_[31m_b_c");
        assert_eq!(named(""), "submission");
        assert_eq!(named("\n"), "_");
        assert_eq!(named(&"x".repeat(500)).chars().count(), 80);
    }

    #[test]
    fn from_files_applies_every_rule() {
        let check = |files: Vec<SourceFile>, expected: &str| {
            let rejected = Submission::from_files("ada", Origin::Folder, files).unwrap_err();
            assert_eq!(rejected.code(), expected, "{rejected}");
        };
        check(vec![file("../a", b"", false)], "unsafe-path");
        check(vec![file("a", b"1", false), file("a", b"2", false)], "hostile-archive");
        check(vec![file("a", b"", false), file("a/b", b"", false)], "hostile-archive");
        check(vec![file("Run.sh", b"", false), file("run.sh", b"", false)], "case-collision");
        check(vec![file("A/x", b"", false), file("a/y", b"", false)], "case-collision");
        check(vec![file("caf\u{e9}", b"", false), file("cafe\u{301}", b"", false)], "case-collision");
        check((0..5001).map(|n| file(&format!("f{n}"), b"", false)).collect(), "too-many-files");
        check(vec![file("big", &vec![0; (16 << 20) + 1], false)], "too-large");
        check((0..5).map(|n| file(&format!("f{n}"), &vec![0; 15 << 20], false)).collect(), "too-large");
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let limits = Limits::default();
        assert_eq!(limits.max_files, 5_000);
        assert_eq!(limits.max_total_bytes, 67_108_864);
        assert_eq!(limits.max_file_bytes, 16_777_216);
        assert_eq!(limits.git_timeout, Duration::from_secs(120));
    }

    #[test]
    fn origins_have_stable_names() {
        let check = |origin: Origin, expected: &str| {
            let json = serde_json::to_string(&origin).unwrap();
            assert_eq!(json, expected);
            assert_eq!(serde_json::from_str::<Origin>(&json).unwrap(), origin);
        };
        check(Origin::Folder, r#"{"kind":"folder"}"#);
        check(Origin::TarGz, r#"{"kind":"tar-gz"}"#);
        let revision = "a".repeat(40);
        check(Origin::Git { revision: revision.clone() }, &format!(r#"{{"kind":"git","revision":"{revision}"}}"#));
    }

    proptest! {
        #[test]
        fn an_accepted_path_never_leaves_the_root(
            path in prop_oneof![
                "\\PC{0,40}",
                "(\\.{0,3}|/|\\\\|[a-zA-Z]:|[a-z]{1,3}|\u{0}|\n|~|\u{202e}){0,12}",
                "([a-z.]{0,3}/){0,30}[a-z.]{0,3}",
            ]
        ) {
            let made = Submission::from_files("p", Origin::Folder, vec![file(&path, b"", false)]);
            if let Ok(made) = made {
                let path = Path::new(&made.files[0].path);
                let parts: Vec<Component<'_>> = path.components().collect();
                prop_assert!(!parts.is_empty());
                prop_assert!(parts.iter().all(|part| matches!(part, Component::Normal(_))));
                // Nothing was normalised away either: the path is spelled as it is used.
                let respelled: std::path::PathBuf = parts.iter().collect();
                prop_assert_eq!(respelled.as_os_str(), path.as_os_str());
                prop_assert!(!made.files[0].path.chars().any(|c| c.is_control() || c == '\\'));
            }
        }
    }
}
