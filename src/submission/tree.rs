//! The rules for a tree as a whole, and what is made of one: the digest and the tar.
//!
//! Every source feeds a [`Tree`], entry by entry, so that the limits hold while it is read. [`build`] is the one
//! way to a [`Submission`].

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::error::{RejectReason, Rejection, is_invisible, shown};
use super::path::{self, Named};
use super::{Limits, Origin, SourceFile, Submission};

/// A tree while it is being read.
pub(super) struct Tree<'l> {
    limits: &'l Limits,
    entries: usize,
    total_bytes: u64,
    files: Vec<SourceFile>,
    folders: BTreeSet<String>,
}

/// Why a file's content couldn't be taken.
pub(super) enum ContentError {
    Rejected(Rejection),
    Io(io::Error),
}

impl From<Rejection> for ContentError {
    fn from(rejection: Rejection) -> ContentError {
        ContentError::Rejected(rejection)
    }
}

impl<'l> Tree<'l> {
    pub(super) fn new(limits: &'l Limits) -> Tree<'l> {
        Tree { limits, entries: 0, total_bytes: 0, files: Vec::new(), folders: BTreeSet::new() }
    }

    /// Counts one entry and reads its name. `None`: leave it out.
    pub(super) fn enter(&mut self, raw_name: &[u8]) -> Result<Option<String>, Rejection> {
        self.count_entry()?;
        match path::read_name(raw_name, self.limits)? {
            Named::Path(path) => Ok(Some(path)),
            Named::Root | Named::Skipped => Ok(None),
        }
    }

    /// Counts one entry that has no name to look at.
    pub(super) fn count_entry(&mut self) -> Result<(), Rejection> {
        self.entries += 1;
        if self.entries > self.limits.max_entries {
            return Err(too_many_entries(self.limits));
        }
        Ok(())
    }

    /// Remembers a folder, so that a file of the same name is noticed.
    pub(super) fn add_folder(&mut self, path: String) {
        self.folders.insert(path);
    }

    /// Takes a file whose source says that it has `declared` bytes. Returns how many there were.
    pub(super) fn add_file(
        &mut self,
        path: String,
        declared: u64,
        executable: bool,
        content: impl Read,
    ) -> Result<u64, ContentError> {
        self.admit(&path, declared)?;
        let room = self.limits.max_file_bytes.saturating_add(1);
        let capacity = usize::try_from(declared.min(room)).unwrap_or(0);
        let mut bytes = Vec::with_capacity(capacity);
        content.take(room).read_to_end(&mut bytes).map_err(ContentError::Io)?;
        let actual = bytes.len() as u64;
        self.admit(&path, actual)?;
        self.total_bytes += actual;
        self.files.push(SourceFile { path, bytes, executable });
        Ok(actual)
    }

    /// Whether one more file of this size is within the limits.
    pub(super) fn admit(&self, path: &str, bytes: u64) -> Result<(), Rejection> {
        check_room(self.files.len(), self.total_bytes, path, bytes, self.limits)
    }

    /// Checks the whole. `unwrap` takes off the one top-level folder that hosting sites put around an archive.
    pub(super) fn finish(mut self, name: &str, origin: Origin, unwrap: bool) -> Result<Submission, Rejection> {
        if let Some(file) = self.files.iter().find(|f| self.folders.contains(&f.path)) {
            return Err(file_and_folder(&file.path));
        }
        if unwrap {
            unwrap_single_folder(&mut self.files);
        }
        build(name, origin, self.files, self.limits)
    }
}

/// Makes a submission of files whose sizes have been checked.
pub(super) fn build(
    name: &str,
    origin: Origin,
    mut files: Vec<SourceFile>,
    limits: &Limits,
) -> Result<Submission, Rejection> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in &files {
        path::check(&file.path, limits)?;
    }
    check_names_together(&files)?;
    Ok(Submission { name: printable_name(name), origin, digest: digest(&files), files })
}

/// Whether files that are already in memory are within the limits.
pub(super) fn check_sizes(files: &[SourceFile], limits: &Limits) -> Result<(), Rejection> {
    let mut total = 0;
    for (count, file) in files.iter().enumerate() {
        let bytes = file.bytes.len() as u64;
        check_room(count, total, &file.path, bytes, limits)?;
        total += bytes;
    }
    Ok(())
}

pub(super) fn too_many_entries(limits: &Limits) -> Rejection {
    Rejection::new(
        RejectReason::TooManyFiles,
        format!(
            "more than {} files and folders; leave out generated ones, such as virtual environments and caches",
            limits.max_entries
        ),
    )
}

/// Folders first, then their files; see [`Submission::to_tar`].
pub(super) fn to_tar(files: &[SourceFile]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut folders = BTreeSet::new();
    for file in files {
        for (end, _) in file.path.match_indices('/') {
            let folder = &file.path[..=end];
            if folders.insert(folder) {
                append(&mut archive, folder, tar::EntryType::Directory, 0o755, &[]);
            }
        }
        let mode = if file.executable { 0o755 } else { 0o644 };
        append(&mut archive, &file.path, tar::EntryType::Regular, mode, &file.bytes);
    }
    archive.resize(archive.len() + 2 * TAR_BLOCK, 0);
    archive
}

const TAR_BLOCK: usize = 512;

/// Writes the header by hand, because the builder's own way can fail on paths and this one can't.
fn append(archive: &mut Vec<u8>, path: &str, kind: tar::EntryType, mode: u32, bytes: &[u8]) {
    let mut header = tar::Header::new_gnu();
    let field = &mut header.as_old_mut().name;
    if path.len() > field.len() {
        let mut name = path.as_bytes().to_vec();
        name.push(0);
        append(archive, "././@LongLink", tar::EntryType::GNULongName, 0o644, &name);
    }
    let short = path.len().min(field.len());
    field[..short].copy_from_slice(&path.as_bytes()[..short]);
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(bytes);
    archive.resize(archive.len().next_multiple_of(TAR_BLOCK), 0);
}

fn check_room(files: usize, total_bytes: u64, path: &str, bytes: u64, limits: &Limits) -> Result<(), Rejection> {
    if files >= limits.max_files {
        return Err(Rejection::new(
            RejectReason::TooManyFiles,
            format!("more than {} files; leave out generated ones", limits.max_files),
        ));
    }
    if bytes > limits.max_file_bytes {
        return Err(Rejection::new(
            RejectReason::TooLarge,
            format!(
                "`{}`: more than {} in one file; leave it out or make it smaller",
                shown(path),
                size(limits.max_file_bytes)
            ),
        ));
    }
    if total_bytes.saturating_add(bytes) > limits.max_total_bytes {
        return Err(Rejection::new(
            RejectReason::TooLarge,
            format!(
                "`{}`: more than {} in all files up to this one; leave out generated files and data",
                shown(path),
                size(limits.max_total_bytes)
            ),
        ));
    }
    Ok(())
}

/// Bytes for people, exact: the largest unit that divides them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 && bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
        bytes if bytes >= 1 << 10 && bytes % (1 << 10) == 0 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}

/// Duplicates, files that are also folders, and names that are one where case or Unicode form is ignored.
/// Folders count too: `A/x` and `a/y` would be merged there.
fn check_names_together(files: &[SourceFile]) -> Result<(), Rejection> {
    let mut seen: HashMap<&str, bool> = HashMap::new();
    let mut keys: HashMap<String, &str> = HashMap::new();
    for file in files {
        let path = file.path.as_str();
        let ends = path.match_indices('/').map(|(end, _)| end);
        for end in ends.chain([path.len()]) {
            let name = &path[..end];
            let is_file = end == path.len();
            match seen.insert(name, is_file) {
                Some(true) if is_file => {
                    return Err(Rejection::new(
                        RejectReason::HostileArchive,
                        format!("`{}`: two files of this name; keep one", shown(name)),
                    ));
                }
                Some(was_file) if was_file != is_file => return Err(file_and_folder(name)),
                Some(_) => continue,
                None => {}
            }
            if let Some(other) = keys.insert(path::collision_key(name), name) {
                return Err(Rejection::new(
                    RejectReason::CaseCollision,
                    format!(
                        "`{}` and `{}`: names that differ only by case or Unicode form; rename one",
                        shown(other),
                        shown(name)
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn file_and_folder(path: &str) -> Rejection {
    Rejection::new(RejectReason::HostileArchive, format!("`{}`: both a file and a folder; keep one", shown(path)))
}

fn unwrap_single_folder(files: &mut [SourceFile]) {
    let Some((folder, _)) = files.first().and_then(|file| file.path.split_once('/')) else {
        return;
    };
    let prefix = format!("{folder}/");
    if files.iter().all(|file| file.path.starts_with(&prefix)) {
        for file in files {
            file.path.drain(..prefix.len());
        }
    }
}

/// Length-prefixed, so that no two trees are written the same. The first line is the format's number.
fn digest(files: &[SourceFile]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"takehome tree 1\n");
    for file in files {
        hash.update((file.path.len() as u64).to_be_bytes());
        hash.update(file.path.as_bytes());
        hash.update([u8::from(file.executable)]);
        hash.update((file.bytes.len() as u64).to_be_bytes());
        hash.update(&file.bytes);
    }
    format!("sha256:{}", hex::encode(hash.finalize()))
}

fn printable_name(name: &str) -> String {
    let name: String = name.chars().map(|c| if is_invisible(c) { '_' } else { c }).take(80).collect();
    if name.is_empty() { "submission".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(tree: &mut Tree<'_>, path: &str, declared: u64, content: impl Read) -> Result<u64, ContentError> {
        let path = tree.enter(path.as_bytes())?.unwrap();
        tree.add_file(path, declared, false, content)
    }

    fn code<T>(result: Result<T, ContentError>) -> &'static str {
        match result {
            Err(ContentError::Rejected(rejection)) => rejection.code(),
            Err(ContentError::Io(_)) => "io",
            Ok(_) => "ok",
        }
    }

    #[test]
    fn limits_hold_on_what_is_read_whatever_was_declared() {
        let limits =
            Limits { max_files: 3, max_file_bytes: 10, max_total_bytes: 16, max_entries: 6, ..Limits::default() };
        let mut tree = Tree::new(&limits);
        assert_eq!(code(add(&mut tree, "a", 10, &[0u8; 10][..])), "ok");
        assert_eq!(code(add(&mut tree, "b", 1, io::repeat(0))), "too-large");
        assert_eq!(code(add(&mut tree, "c", 11, io::empty())), "too-large");
        assert_eq!(code(add(&mut tree, "d", 7, io::empty())), "too-large");
        assert_eq!(code(add(&mut tree, "e", 1, &[0u8; 7][..])), "too-large");
        assert_eq!(code(add(&mut tree, "f", 6, &[0u8; 6][..])), "ok");
        assert_eq!(code(tree.enter(b"g").map_err(ContentError::from)), "too-many-files");
    }

    #[test]
    fn a_single_top_level_folder_is_taken_off_once() {
        let check = |paths: &[&str], expected: &[&str]| {
            let limits = Limits::default();
            let mut tree = Tree::new(&limits);
            for path in paths {
                assert_eq!(code(add(&mut tree, path, 0, io::empty())), "ok");
            }
            let made = tree.finish("x", Origin::Zip, true).unwrap();
            let got: Vec<&str> = made.files.iter().map(|f| f.path.as_str()).collect();
            assert_eq!(got, expected);
        };
        check(&["p/run.sh", "p/a/b"], &["a/b", "run.sh"]);
        check(&["p/run.sh", "README"], &["README", "p/run.sh"]);
        check(&["p/run.sh", "q/x"], &["p/run.sh", "q/x"]);
        check(&["p/run.sh", "p2/x"], &["p/run.sh", "p2/x"]);
        check(&["p/q/run.sh"], &["q/run.sh"]);
        check(&["run.sh"], &["run.sh"]);
        check(&[], &[]);
    }

    #[test]
    fn a_file_named_like_a_listed_folder_is_rejected() {
        let limits = Limits::default();
        let mut tree = Tree::new(&limits);
        tree.add_folder("a".to_owned());
        assert_eq!(code(add(&mut tree, "a", 0, io::empty())), "ok");
        let rejected = tree.finish("x", Origin::Zip, true).unwrap_err();
        assert_eq!(rejected.code(), "hostile-archive");
    }

    #[test]
    fn sizes_are_exact_for_people() {
        assert_eq!(size(64 << 20), "64 MiB");
        assert_eq!(size(1536), "1536 bytes");
        assert_eq!(size(2048), "2 KiB");
        assert_eq!(size(0), "0 bytes");
    }
}
