//! Reads a submission from a folder without ever following a link in it.
//!
//! Every step goes through an open folder handle (`openat`), so a file or folder that is replaced by a link between
//! listing and opening is noticed, not followed; nothing is opened in a way that waits for a pipe. Hard links
//! are accepted: they are regular files, and the operator chose the folder.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::error::{IngestError, InputError, RejectReason, Rejection, shown};
use super::source::shown_path;
use super::tree::{self, ContentError, Tree};
use super::{Limits, Origin, Submission};

pub(super) fn read(root: &Path, name: &str, limits: &Limits) -> Result<Submission, IngestError> {
    // The root itself may be a link: the operator gave it.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = fs::open(root, flags, Mode::empty())
        .map_err(|errno| InputError::Unreadable { path: shown_path(root), source: errno.into() })?;
    let mut walk = Walk { root, tree: Tree::new(limits), limits };
    walk.folder(folder, "")?;
    Ok(walk.tree.finish(name, Origin::Folder, false)?)
}

struct Walk<'a> {
    root: &'a Path,
    tree: Tree<'a>,
    limits: &'a Limits,
}

impl Walk<'_> {
    /// `prefix` is the folder's path with a `/` at its end, or empty. Depth is bounded by the path rules.
    fn folder(&mut self, folder: OwnedFd, prefix: &str) -> Result<(), IngestError> {
        for name in self.list(&folder, prefix)? {
            let raw = [prefix.as_bytes(), name.to_bytes()].concat();
            if let Some(path) = self.tree.enter(&raw)? {
                self.entry(&folder, &name, path)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, folder: &OwnedFd, name: &CStr, path: String) -> Result<(), IngestError> {
        // Opening a device can do something, so look first; then look again at what was really opened.
        let before = fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|errno| self.failed(&path, errno))?;
        readable_kind(&before, &path)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = fs::openat(folder, name, flags, Mode::empty()).map_err(|errno| self.failed(&path, errno))?;
        let stat = fs::fstat(&opened).map_err(|errno| self.failed(&path, errno))?;
        if readable_kind(&stat, &path)? == FileType::Directory {
            return self.folder(opened, &format!("{path}/"));
        }
        let declared = u64::try_from(stat.st_size).unwrap_or(0);
        let executable = stat.st_mode & 0o100 != 0;
        match self.tree.add_file(path.clone(), declared, executable, File::from(opened)) {
            Ok(_) => Ok(()),
            Err(ContentError::Rejected(rejection)) => Err(rejection.into()),
            Err(ContentError::Io(source)) => Err(self.unreadable(&path, source)),
        }
    }

    /// The names in a folder, sorted, so that the first complaint does not depend on the file system.
    fn list(&self, folder: &OwnedFd, prefix: &str) -> Result<Vec<std::ffi::CString>, IngestError> {
        let failed = |errno: Errno| self.unreadable(prefix, errno.into());
        let mut names = Vec::new();
        for entry in Dir::read_from(folder.as_fd()).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            if names.len() >= self.limits.max_entries {
                return Err(tree::too_many_entries(self.limits).into());
            }
            names.push(entry.file_name().to_owned());
        }
        names.sort();
        Ok(names)
    }

    fn failed(&self, path: &str, errno: Errno) -> IngestError {
        match errno {
            // What opening a link that must not be followed and opening a socket say.
            Errno::LOOP | Errno::MLINK | Errno::NXIO => not_regular(path, "a link or socket").into(),
            errno => self.unreadable(path, errno.into()),
        }
    }

    fn unreadable(&self, path: &str, source: io::Error) -> IngestError {
        InputError::Unreadable { path: shown_path(&self.root.join(path)), source }.into()
    }
}

/// Folder or regular file; everything else is rejected.
fn readable_kind(stat: &Stat, path: &str) -> Result<FileType, Rejection> {
    let what = match FileType::from_raw_mode(stat.st_mode) {
        kind @ (FileType::RegularFile | FileType::Directory) => return Ok(kind),
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "a special file",
    };
    Err(not_regular(path, what))
}

fn not_regular(path: &str, what: &str) -> Rejection {
    Rejection::new(RejectReason::NotARegularFile, format!("`{}`: {what}; hand in regular files only", shown(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs as std_fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use tempfile::TempDir;

    fn folder(files: &[(&str, &[u8])]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = root.path().join(path);
            std_fs::create_dir_all(path.parent().unwrap()).unwrap();
            std_fs::write(path, bytes).unwrap();
        }
        root
    }

    fn rejected(root: &TempDir, limits: &Limits, expected: &str) {
        match read(root.path(), "x", limits) {
            Err(IngestError::Rejected(rejection)) => {
                assert_eq!(rejection.code(), expected, "{rejection}")
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn files_are_read_and_generated_ones_left_out() {
        let root = folder(&[
            ("run.sh", b"exec true"),
            ("src/app.py", b"x"),
            (".git/HEAD", b"ref"),
            ("src/__pycache__/app.pyc", b""),
            ("src/old.pyc", b""),
            ("node_modules/a/b", b""),
            (".gitignore", b"*"),
        ]);
        std_fs::set_permissions(root.path().join("run.sh"), std_fs::Permissions::from_mode(0o755)).unwrap();
        symlink("/etc/passwd", root.path().join("node_modules/link")).unwrap();
        symlink("/", root.path().join(".venv")).unwrap();
        let made = read(root.path(), "x", &Limits::default()).unwrap();
        let got: Vec<(&str, bool)> = made.files.iter().map(|f| (f.path.as_str(), f.executable)).collect();
        assert_eq!(got, [(".gitignore", false), ("run.sh", true), ("src/app.py", false)]);
        assert_eq!(made.origin, Origin::Folder);
    }

    #[test]
    fn a_folder_in_a_folder_is_not_unwrapped() {
        let made = read(folder(&[("p/run.sh", b"")]).path(), "x", &Limits::default()).unwrap();
        assert_eq!(made.files[0].path, "p/run.sh");
    }

    #[test]
    fn what_is_not_a_regular_file_is_rejected() {
        let limits = Limits::default();
        let root = folder(&[("run.sh", b"")]);
        symlink("run.sh", root.path().join("inside")).unwrap();
        rejected(&root, &limits, "not-a-regular-file");

        let root = folder(&[]);
        symlink("/etc", root.path().join("folder")).unwrap();
        rejected(&root, &limits, "not-a-regular-file");

        let root = folder(&[]);
        symlink("/no/such", root.path().join("dangling")).unwrap();
        rejected(&root, &limits, "not-a-regular-file");

        let root = folder(&[]);
        fs::mknodat(fs::CWD, root.path().join("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        rejected(&root, &limits, "not-a-regular-file");

        let root = folder(&[]);
        let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
        rejected(&root, &limits, "not-a-regular-file");
    }

    #[test]
    fn an_entry_replaced_after_listing_is_neither_followed_nor_waited_for() {
        let root = folder(&[("a", b"")]);
        let handle = fs::open(root.path(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let limits = Limits::default();
        let mut walk = Walk { root: root.path(), tree: Tree::new(&limits), limits: &limits };
        // What open itself answers, as if the look before had seen a regular file.
        std_fs::remove_file(root.path().join("a")).unwrap();
        symlink("/etc/passwd", root.path().join("a")).unwrap();
        let error = fs::openat(&handle, "a", OFlags::RDONLY | OFlags::NOFOLLOW, Mode::empty()).unwrap_err();
        assert!(matches!(walk.failed("a", error), IngestError::Rejected(_)));
        // And by the whole way.
        assert!(matches!(walk.entry(&handle, c"a", "a".to_owned()), Err(IngestError::Rejected(_))));
        std_fs::remove_file(root.path().join("a")).unwrap();
        fs::mknodat(&handle, "a", FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(matches!(walk.entry(&handle, c"a", "a".to_owned()), Err(IngestError::Rejected(_))));
    }

    #[test]
    fn limits_and_names_hold() {
        let small = Limits {
            max_file_bytes: 4,
            max_total_bytes: 6,
            max_files: 2,
            max_depth: 3,
            max_entries: 5,
            ..Limits::default()
        };
        rejected(&folder(&[("a", b"12345")]), &small, "too-large");
        rejected(&folder(&[("a", b"1234"), ("b", b"123")]), &small, "too-large");
        rejected(&folder(&[("a", b""), ("b", b""), ("c", b"")]), &small, "too-many-files");
        rejected(&folder(&[("a/b/c/d", b"")]), &small, "unsafe-path");
        rejected(&folder(&[("a\nb", b"")]), &small, "unsafe-path");
        rejected(&folder(&[("a\\b", b"")]), &small, "unsafe-path");
        rejected(&folder(&[("a", b""), ("A", b"")]), &small, "case-collision");
        let root = folder(&[]);
        for n in 0..6 {
            std_fs::create_dir(root.path().join(n.to_string())).unwrap();
        }
        rejected(&root, &small, "too-many-files");
        let root = folder(&[]);
        std_fs::write(root.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9")), b"").unwrap();
        rejected(&root, &small, "not-utf8");
        // A file with holes counts by its length, and is not read.
        let root = folder(&[("holes", b"")]);
        let file = File::options().write(true).open(root.path().join("holes")).unwrap();
        file.set_len(1 << 40).unwrap();
        rejected(&root, &Limits::default(), "too-large");
    }

    #[test]
    fn a_folder_that_can_not_be_opened_is_the_operators() {
        let error = read(Path::new("/no/such"), "x", &Limits::default()).unwrap_err();
        assert!(matches!(error, IngestError::Input(InputError::Unreadable { .. })), "{error}");
    }
}
