//! Reads a submission from a commit of a git repository, without a work tree.
//!
//! The repository is cloned bare into a scratch folder, then its tree is listed and its blobs are read: nothing is
//! checked out, so no attribute, filter, hook or link of the repository takes effect, and submodules are not
//! fetched. `command` runs git hardened and within the time that is left. Blobs are taken as stored: large
//! files kept by LFS stay the pointers that they are.

mod command;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout};
use std::time::Duration;

use super::error::{IngestError, InputError, RejectReason, Rejection, shown};
use super::source::Remote;
use super::tree::{ContentError, Tree};
use super::{Limits, Origin, Submission};
use command::{Ended, Git, Running};

/// The clone, in the scratch folder that git is started in.
const COPY: &str = "copy";

/// One line of `ls-tree`: mode, type, id and size take less than this, the path has its own limit.
const MAX_LISTING_LINE: u64 = 16 << 10;

pub(super) fn read(
    remote: &Remote,
    revision: Option<&str>,
    name: &str,
    limits: &Limits,
) -> Result<Submission, IngestError> {
    let repository = Repository {
        git: Git::new(remote.transport, limits)
            .map_err(|source| InputError::Scratch { repository: remote.shown.clone(), source })?,
        remote,
        limits,
    };
    repository.clone_bare(revision.is_some())?;
    let commit = repository.resolve(revision.unwrap_or("HEAD"))?;
    let mut tree = Tree::new(limits);
    let listed = repository.list(&commit, &mut tree)?;
    repository.contents(listed, &mut tree)?;
    Ok(tree.finish(name, Origin::Git { revision: commit }, false)?)
}

struct Repository<'a> {
    git: Git,
    remote: &'a Remote,
    limits: &'a Limits,
}

/// A regular file of the commit's tree.
struct Blob {
    path: String,
    id: String,
    bytes: u64,
    executable: bool,
}

impl Repository<'_> {
    /// All branches and tags if a revision is to be found among them, else only the newest commit.
    fn clone_bare(&self, whole: bool) -> Result<(), IngestError> {
        let depth: &[&str] = if whole { &[] } else { &["--depth=1", "--single-branch", "--no-tags"] };
        // `--no-local`: the objects are sent, checked and packed anew, not linked from a folder that is not ours.
        let fixed = ["clone", "--quiet", "--bare", "--no-local", "--template="];
        let end = ["--", &self.remote.address, COPY];
        let arguments = [&fixed[..], depth, &end[..]].concat();
        match self.git.run(&arguments) {
            Ok(output) if output.success => Ok(()),
            Ok(output) => Err(InputError::CloneFailed {
                repository: self.remote.shown.clone(),
                message: self.last_words(&output.stderr),
            }
            .into()),
            Err(ended) => Err(self.ended(ended)),
        }
    }

    /// The full id of the commit that `revision` names.
    fn resolve(&self, revision: &str) -> Result<String, IngestError> {
        let commit = format!("{revision}^{{commit}}");
        let output = self
            .git
            .run(&self.in_copy(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]))
            .map_err(|ended| self.ended(ended))?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.success && is_object_id(&id) {
            return Ok(id);
        }
        Err(InputError::UnknownRevision { repository: self.remote.shown.clone(), revision: shown(revision) }.into())
    }

    /// The blobs to read. The listing is read as a stream, because a small repository can list without end.
    fn list(&self, commit: &str, tree: &mut Tree<'_>) -> Result<Vec<Blob>, IngestError> {
        let arguments = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit];
        let (mut running, stdout) = self.start(&arguments)?;
        let mut stdout = BufReader::new(stdout);
        let mut blobs = Vec::new();
        loop {
            let mut line = Vec::new();
            let read = stdout.by_ref().take(MAX_LISTING_LINE).read_until(0, &mut line);
            if read.is_err() || line.pop() != Some(0) {
                if line.len() as u64 >= MAX_LISTING_LINE - 1 {
                    return Err(Rejection::new(
                        RejectReason::UnsafePath,
                        format!("`{}`: path is too long; use shorter names", shown(&line)),
                    )
                    .into());
                }
                break;
            }
            if let Some(blob) = listed(&line, tree)? {
                blobs.push(blob);
                if blobs.len() > self.limits.max_files {
                    return Err(too_many_files(self.limits).into());
                }
            }
        }
        let output = running.finish().map_err(|ended| self.ended(ended))?;
        if output.success { Ok(blobs) } else { Err(damaged(&self.last_words(&output.stderr)).into()) }
    }

    fn contents(&self, blobs: Vec<Blob>, tree: &mut Tree<'_>) -> Result<(), IngestError> {
        let (mut running, stdout) = self.start(&["cat-file", "--batch"])?;
        let mut stdout = BufReader::new(stdout);
        let Some(mut stdin) = running.take_stdin() else {
            return Err(damaged("git takes no input").into());
        };
        for blob in blobs {
            tree.admit(&blob.path, blob.bytes)?;
            match content(blob, &mut stdin, &mut stdout, tree) {
                Ok(()) => {}
                Err(ContentError::Rejected(rejection)) => return Err(rejection.into()),
                Err(ContentError::Io(error)) => {
                    // git ended early; how it did says more than the broken pipe.
                    drop(stdin);
                    let output = running.stop().map_err(|ended| self.ended(ended))?;
                    let words = self.last_words(&output.stderr);
                    let words = if words.is_empty() { error.to_string() } else { words };
                    return Err(damaged(&words).into());
                }
            }
        }
        drop(stdin);
        running.finish().map_err(|ended| self.ended(ended))?;
        Ok(())
    }

    fn start(&self, arguments: &[&str]) -> Result<(Running, ChildStdout), IngestError> {
        let mut running = self.git.start(&self.in_copy(arguments)).map_err(|ended| self.ended(ended))?;
        match running.take_stdout() {
            Some(stdout) => Ok((running, stdout)),
            None => Err(damaged("git gives no output").into()),
        }
    }

    fn in_copy<'b>(&self, arguments: &[&'b str]) -> Vec<&'b str> {
        [&["--git-dir", COPY][..], arguments].concat()
    }

    fn ended(&self, ended: Ended) -> IngestError {
        let repository = self.remote.shown.clone();
        match ended {
            Ended::NotInstalled => InputError::GitNotInstalled { repository }.into(),
            Ended::TimedOut => {
                InputError::GitTimedOut { repository, seconds: rounded_up(self.limits.git_timeout) }.into()
            }
            Ended::TooLarge => Rejection::new(
                RejectReason::TooLarge,
                format!(
                    "repository of more than {}; leave generated files and data out of its history",
                    super::tree::size(self.limits.max_unpacked_bytes)
                ),
            )
            .into(),
            Ended::Io(source) => InputError::Scratch { repository, source }.into(),
        }
    }

    /// What git and what it ran said up to the last error, on one line, without credentials.
    fn last_words(&self, stderr: &[u8]) -> String {
        let address = &self.remote.address;
        let text = String::from_utf8_lossy(stderr).replace(address, &super::source::without_credentials(address));
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let is_error = |line: &&str| line.starts_with("fatal: ") || line.starts_with("error: ");
        let end = lines.iter().rposition(is_error).unwrap_or(lines.len());
        let words: Vec<&str> =
            lines.iter().take(end + 1).map(|line| line.strip_prefix("fatal: ").unwrap_or(line)).collect();
        shown(words.join("; "))
    }
}

/// `MODE SP TYPE SP ID SP+ SIZE TAB PATH`, see git-ls-tree(1). `None`: leave it out.
fn listed(line: &[u8], tree: &mut Tree<'_>) -> Result<Option<Blob>, Rejection> {
    let unreadable = || damaged("a tree that can't be listed");
    let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(unreadable)?;
    let raw_path = &line[tab + 1..];
    let Some(path) = tree.enter(raw_path)? else {
        return Ok(None);
    };
    let fields = std::str::from_utf8(&line[..tab]).map_err(|_| unreadable())?;
    let mut fields = fields.split_ascii_whitespace();
    let mut next = || fields.next().ok_or_else(unreadable);
    let (mode, _kind, id, bytes) = (next()?, next()?, next()?, next()?);
    let executable = match mode {
        // 100664 is what very old versions of git wrote.
        "100644" | "100664" => false,
        "100755" => true,
        "120000" => return Err(not_regular(&path, "a symbolic link")),
        "160000" => return Err(not_regular(&path, "a submodule")),
        _ => return Err(not_regular(&path, "an entry of an unknown type")),
    };
    let bytes = bytes.parse().map_err(|_| damaged(&format!("`{}` is missing", shown(&path))))?;
    if !is_object_id(id) {
        return Err(unreadable());
    }
    tree.admit(&path, bytes)?;
    Ok(Some(Blob { path, id: id.to_owned(), bytes, executable }))
}

/// Asks for one blob and takes the answer: `ID SP blob SP SIZE LF CONTENT LF`, see git-cat-file(1).
fn content(
    blob: Blob,
    stdin: &mut ChildStdin,
    stdout: &mut BufReader<ChildStdout>,
    tree: &mut Tree<'_>,
) -> Result<(), ContentError> {
    writeln!(stdin, "{}", blob.id).map_err(ContentError::Io)?;
    let mut header = Vec::new();
    stdout.by_ref().take(256).read_until(b'\n', &mut header).map_err(ContentError::Io)?;
    if header.is_empty() {
        return Err(ContentError::Io(io::ErrorKind::UnexpectedEof.into()));
    }
    let expected = format!("{} blob {}\n", blob.id, blob.bytes);
    if header != expected.as_bytes() {
        return Err(damaged(&format!("`{}` can't be read", shown(&blob.path))).into());
    }
    let declared = blob.bytes;
    let read = tree.add_file(blob.path, declared, blob.executable, stdout.by_ref().take(declared))?;
    let mut end = [0];
    stdout.read_exact(&mut end).map_err(ContentError::Io)?;
    if read != declared || end != *b"\n" {
        return Err(ContentError::Io(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(())
}

fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn rounded_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

fn damaged(problem: &str) -> Rejection {
    Rejection::new(RejectReason::BrokenArchive, format!("repository: {problem}; check it with `git fsck`"))
}

fn not_regular(path: &str, what: &str) -> Rejection {
    Rejection::new(RejectReason::NotARegularFile, format!("`{}`: {what}; hand in regular files only", shown(path)))
}

fn too_many_files(limits: &Limits) -> Rejection {
    Rejection::new(
        RejectReason::TooManyFiles,
        format!("more than {} files; leave out generated ones", limits.max_files),
    )
}

#[cfg(test)]
mod tests;
