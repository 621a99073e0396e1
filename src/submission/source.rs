//! What the operator's `SUBMISSION` argument names: a folder, an archive or a git repository.
//!
//! Looks at the file system only as far as needed to tell; reads nothing of the submission. Links in the path that
//! the operator gives are followed; those inside a submission never are. Also opens the archive, bounded.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::error::{IngestError, InputError, RejectReason, Rejection, shown};
use super::{Limits, tree};

/// A source of a known kind, with the name that people know it by.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    Folder { path: PathBuf, name: String },
    Zip { path: PathBuf, name: String },
    TarGz { path: PathBuf, name: String },
    Git { remote: Remote, revision: Option<String>, name: String },
}

/// Where git fetches from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remote {
    /// What git is given. An absolute path if it is one.
    pub(super) address: String,
    /// The one transport that git may use: `file`, `https` or `ssh`.
    pub(super) transport: &'static str,
    /// For messages: escaped, without credentials.
    pub(super) shown: String,
}

const TAR_GZ_ENDINGS: [&str; 2] = [".tar.gz", ".tgz"];
const ZIP_ENDING: &str = ".zip";

pub(super) fn classify(source: &str) -> Result<Source, InputError> {
    if source.starts_with('-') {
        return Err(refused(source, "starts with `-`; write `./` before a path"));
    }
    let remote = |transport| classify_remote(source, transport);
    for (scheme, transport) in [("https://", "https"), ("ssh://", "ssh"), ("file://", "file")] {
        if starts_with_ignoring_case(source, scheme) {
            return remote(transport);
        }
    }
    if exists(Path::new(source))? {
        return classify_path(source, None);
    }
    // A `#` may be part of a folder's name as well as of a revision's: the first that leaves a path wins.
    for (at, _) in source.match_indices('#') {
        if at > 0 && exists(Path::new(&source[..at]))? {
            return classify_path(&source[..at], Some(&source[at + 1..]));
        }
    }
    if source.contains("://") || source.contains("::") {
        return Err(refused(source, "this kind of address is not used"));
    }
    if is_scp_like(source) {
        return remote("ssh");
    }
    Err(InputError::Missing { path: shown(source) })
}

/// Opens and reads an archive whole, at most [`Limits::max_archive_bytes`]. A FIFO or device is not waited for.
pub(super) fn read_archive(path: &Path, limits: &Limits) -> Result<Vec<u8>, IngestError> {
    let unreadable = |source| InputError::Unreadable { path: shown_path(path), source };
    let file =
        File::options().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(InputError::UnknownKind { path: shown_path(path), problem: "not a regular file" }.into());
    }
    let mut bytes = Vec::new();
    file.take(limits.max_archive_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limits.max_archive_bytes {
        return Err(Rejection::new(
            RejectReason::TooLarge,
            format!(
                "archive of more than {}; leave out generated files and data",
                tree::size(limits.max_archive_bytes)
            ),
        )
        .into());
    }
    Ok(bytes)
}

/// A path for messages.
pub(super) fn shown_path(path: &Path) -> String {
    shown(path.as_os_str().as_encoded_bytes())
}

fn classify_path(given: &str, revision: Option<&str>) -> Result<Source, InputError> {
    let path = PathBuf::from(given);
    let metadata = fs::metadata(&path).map_err(|source| InputError::Unreadable { path: shown(given), source })?;
    let unknown = |problem| Err(InputError::UnknownKind { path: shown(given), problem });
    if metadata.is_dir() {
        if revision.is_some() || is_bare_repository(&path) {
            if !is_bare_repository(&path) && fs::symlink_metadata(path.join(".git")).is_err() {
                return unknown("a revision is asked for, but this is not the top of a git repository");
            }
            return local_git(&path, given, revision);
        }
        let name = name_of(&path);
        return Ok(Source::Folder { path, name });
    }
    if !metadata.is_file() {
        return unknown("neither a file nor a folder");
    }
    if revision.is_some() {
        return unknown("a revision is asked for, but this is a file");
    }
    let name = name_of(&path);
    if let Some(stem) = without_ending(&name, ZIP_ENDING) {
        return Ok(Source::Zip { path, name: stem });
    }
    match TAR_GZ_ENDINGS.iter().find_map(|ending| without_ending(&name, ending)) {
        Some(stem) => Ok(Source::TarGz { path, name: stem }),
        None => unknown("not a kind of file that can be read"),
    }
}

fn local_git(path: &Path, given: &str, revision: Option<&str>) -> Result<Source, InputError> {
    let unreadable = |source| InputError::Unreadable { path: shown(given), source };
    let absolute = fs::canonicalize(path).map_err(unreadable)?;
    let Some(address) = absolute.to_str() else {
        return Err(InputError::UnknownKind {
            path: shown(given),
            problem: "a git repository in a folder whose name is not UTF-8",
        });
    };
    let remote = Remote { address: address.to_owned(), transport: "file", shown: shown(given) };
    Ok(Source::Git {
        revision: checked_revision(&remote, revision)?,
        remote,
        name: repository_name(&name_of(&absolute)),
    })
}

fn classify_remote(source: &str, transport: &'static str) -> Result<Source, InputError> {
    let (address, revision) = match source.split_once('#') {
        Some((address, revision)) => (address, Some(revision)),
        None => (source, None),
    };
    if address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(refused(source, "has a space or control character"));
    }
    let after_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = after_scheme.split('/').next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if host.starts_with('-') || after_scheme.starts_with('-') {
        return Err(refused(source, "has a host that starts with `-`"));
    }
    let remote = Remote { address: address.to_owned(), transport, shown: shown(without_credentials(address)) };
    let last = address.trim_end_matches('/').rsplit(['/', ':']).next();
    Ok(Source::Git {
        revision: checked_revision(&remote, revision)?,
        name: repository_name(last.unwrap_or_default()),
        remote,
    })
}

/// A revision that can't be mistaken for an option or for more than one argument.
fn checked_revision(remote: &Remote, revision: Option<&str>) -> Result<Option<String>, InputError> {
    match revision {
        Some(revision)
            if revision.is_empty()
                || revision.starts_with('-')
                || revision.chars().any(|c| c.is_control() || c.is_whitespace()) =>
        {
            Err(InputError::UnknownRevision { repository: remote.shown.clone(), revision: shown(revision) })
        }
        revision => Ok(revision.map(str::to_owned)),
    }
}

/// `https://user:secret@host/…` as `https://host/…`. The user of an ssh address is no secret.
pub(super) fn without_credentials(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) if !scheme.eq_ignore_ascii_case("ssh") || rest.contains(':') => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        _ => address.to_owned(),
    }
}

fn refused(source: &str, problem: &'static str) -> InputError {
    InputError::RefusedAddress { address: shown(without_credentials(source)), problem }
}

fn exists(path: &Path) -> Result<bool, InputError> {
    match path.try_exists() {
        Ok(exists) => Ok(exists),
        // No such path can exist: an address with a NUL, a part of a file, too long.
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => Ok(false),
        Err(source) => Err(InputError::Unreadable { path: shown_path(path), source }),
    }
}

fn is_bare_repository(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

/// `user@host:path`, as git and ssh write it.
fn is_scp_like(source: &str) -> bool {
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    source
        .split_once(':')
        .and_then(|(login, path)| Some((login.split_once('@')?, path)))
        .is_some_and(|((user, host), path)| plain(user) && plain(host) && !path.is_empty())
}

/// The last part of a path, by way of the file system when it is `.` or ends with `..`.
fn name_of(path: &Path) -> String {
    let resolved = match path.file_name() {
        Some(_) => path.to_owned(),
        None => fs::canonicalize(path).unwrap_or_default(),
    };
    let name = resolved.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn repository_name(last: &str) -> String {
    last.strip_suffix(".git").unwrap_or(last).to_owned()
}

fn without_ending(name: &str, ending: &str) -> Option<String> {
    let split = name.len().checked_sub(ending.len())?;
    let stem = name.get(..split)?;
    name[split..].eq_ignore_ascii_case(ending).then(|| stem.to_owned())
}

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests;
