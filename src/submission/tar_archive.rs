//! Reads a submission from a `.tar.gz`, as a stream, without unpacking anything.
//!
//! Bounds are on the decompressed stream itself ([`Metered`]), so neither a bomb nor a header that claims to be
//! gigabytes long gets far. Accepted are regular files and folders; links, devices, pipes and sparse files are
//! rejected. Owners, times and all mode bits but the owner's execute are ignored. The archive must end
//! as POSIX says, with a zero block, and nothing but zeros may follow.

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::error::{IngestError, RejectReason, Rejection, shown};
use super::source::read_archive;
use super::tree::{self, ContentError, Tree};
use super::{Limits, Origin, Submission};

/// Bytes of headers, long names and extended headers before one entry.
const MAX_HEADER_BYTES: u64 = 1 << 20;

pub(super) fn read(path: &Path, name: &str, limits: &Limits) -> Result<Submission, IngestError> {
    let bytes = read_archive(path, limits)?;
    Ok(read_bytes(&bytes, name, limits)?)
}

fn read_bytes(bytes: &[u8], name: &str, limits: &Limits) -> Result<Submission, Rejection> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(broken("not a gzip file; make it with `tar czf`"));
    }
    let meter = Rc::new(Meter::new(limits.max_unpacked_bytes));
    let mut archive = Archive::new(Metered { inner: MultiGzDecoder::new(bytes), meter: Rc::clone(&meter) });
    let failed = |error: io::Error| meter.explain(&error, limits);
    let mut tree = Tree::new(limits);
    let mut entries = archive.entries().map_err(failed)?;
    loop {
        meter.header_left.set(Some(MAX_HEADER_BYTES));
        let Some(entry) = entries.next() else { break };
        meter.header_left.set(None);
        take(entry.map_err(failed)?, &mut tree, &meter, limits)?;
    }
    if meter.at_end.get() {
        return Err(broken("no end mark: the archive was cut off; make it again"));
    }
    meter.header_left.set(None);
    drain_padding(archive.into_inner()).map_err(failed)?;
    tree.finish(name, Origin::TarGz, true)
}

/// Takes one entry and reads it to its end.
fn take<R: Read>(
    mut entry: Entry<'_, R>,
    tree: &mut Tree<'_>,
    meter: &Meter,
    limits: &Limits,
) -> Result<(), Rejection> {
    let failed = |error: io::Error| meter.explain(&error, limits);
    let kind = entry.header().entry_type();
    if kind == EntryType::XGlobalHeader {
        // Comments on the archive, as `git archive` writes them.
        tree.count_entry()?;
        return skip(&mut entry).map_err(failed);
    }
    let raw_name = entry.path_bytes().into_owned();
    let Some(path) = tree.enter(&raw_name)? else {
        return match kind {
            // These are read block by block in a way of their own; not worth it for what is left out.
            EntryType::GNUSparse => Err(not_regular(&raw_name, "a sparse file")),
            _ => skip(&mut entry).map_err(failed),
        };
    };
    let what = match kind {
        EntryType::Directory => None,
        EntryType::Regular if has_sparse_map(&mut entry).map_err(failed)? => Some("a sparse file"),
        EntryType::Regular => None,
        EntryType::Symlink => Some("a symbolic link"),
        EntryType::Link => Some("a hard link"),
        EntryType::Fifo => Some("a named pipe"),
        EntryType::Char | EntryType::Block => Some("a device"),
        EntryType::GNUSparse => Some("a sparse file"),
        _ => Some("an entry of an unknown type"),
    };
    if let Some(what) = what {
        return Err(not_regular(&raw_name, what));
    }
    let declared = entry.size();
    if kind == EntryType::Directory || raw_name.ends_with(b"/") {
        if declared > 0 {
            return Err(Rejection::new(
                RejectReason::HostileArchive,
                format!("`{}`: a folder with content; make the archive again", shown(&raw_name)),
            ));
        }
        tree.add_folder(path);
        return Ok(());
    }
    let executable = entry.header().mode().map_err(failed)? & 0o100 != 0;
    match tree.add_file(path, declared, executable, &mut entry) {
        Ok(actual) if actual == declared => Ok(()),
        Ok(_) => Err(broken(&format!("`{}`: the archive ends inside this file; make it again", shown(&raw_name)))),
        Err(ContentError::Rejected(rejection)) => Err(rejection),
        Err(ContentError::Io(error)) => Err(failed(error)),
    }
}

/// PAX keeps the map of a sparse file in extended headers, under a regular type.
fn has_sparse_map<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<bool> {
    let Some(extensions) = entry.pax_extensions()? else {
        return Ok(false);
    };
    // Records that can't be read are passed over: honest archives from macOS have binary values in them.
    Ok(extensions.filter_map(Result::ok).any(|extension| extension.key_bytes().starts_with(b"GNU.sparse.")))
}

fn skip<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<()> {
    let declared = entry.size();
    if io::copy(entry, &mut io::sink())? < declared {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// Reads what follows the end mark, which also checks the checksum of the compressed stream.
fn drain_padding(mut rest: impl Read) -> io::Result<()> {
    let mut buffer = [0; 8192];
    loop {
        match rest.read(&mut buffer)? {
            0 => return Ok(()),
            n if buffer[..n].iter().all(|byte| *byte == 0) => {}
            _ => return Err(io::Error::other("data after the end mark")),
        }
    }
}

fn broken(problem: &str) -> Rejection {
    Rejection::new(RejectReason::BrokenArchive, format!("archive: {problem}"))
}

fn not_regular(raw_name: &[u8], what: &str) -> Rejection {
    Rejection::new(RejectReason::NotARegularFile, format!("`{}`: {what}; hand in regular files only", shown(raw_name)))
}

/// The decompressed stream, stopped when a budget is used up.
struct Metered<R> {
    inner: R,
    meter: Rc<Meter>,
}

struct Meter {
    total_left: Cell<u64>,
    /// Set while headers are read, which the tar reader holds in memory whole.
    header_left: Cell<Option<u64>>,
    stopped: Cell<Option<Stop>>,
    at_end: Cell<bool>,
}

#[derive(Clone, Copy)]
enum Stop {
    Total,
    Header,
}

impl Meter {
    fn new(total: u64) -> Meter {
        Meter {
            total_left: Cell::new(total),
            header_left: Cell::new(None),
            stopped: Cell::new(None),
            at_end: Cell::new(false),
        }
    }

    fn spend(&self, bytes: u64) -> Option<Stop> {
        let Some(total) = self.total_left.get().checked_sub(bytes) else {
            return Some(Stop::Total);
        };
        self.total_left.set(total);
        if let Some(header) = self.header_left.get() {
            let Some(header) = header.checked_sub(bytes) else {
                return Some(Stop::Header);
            };
            self.header_left.set(Some(header));
        }
        None
    }

    /// What an error of the tar reader really means.
    fn explain(&self, error: &io::Error, limits: &Limits) -> Rejection {
        match self.stopped.get() {
            Some(Stop::Total) => Rejection::new(
                RejectReason::TooLarge,
                format!(
                    "archive: more than {} when decompressed; leave out generated files and data",
                    tree::size(limits.max_unpacked_bytes)
                ),
            ),
            Some(Stop::Header) => Rejection::new(
                RejectReason::HostileArchive,
                format!("archive: a header of more than {}; make it with `tar czf`", tree::size(MAX_HEADER_BYTES)),
            ),
            None => broken(&format!("can't be read: {}; make it again", shown(error.to_string()))),
        }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.meter.at_end.set(true);
        }
        if let Some(stop) = self.meter.spend(read as u64) {
            self.meter.stopped.set(Some(stop));
            return Err(io::Error::other("over a limit"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
