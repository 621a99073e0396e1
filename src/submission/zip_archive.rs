//! Reads a submission from a `.zip`, without unpacking anything.
//!
//! Names and kinds come from the central directory, contents from the entries it points to. Before it is parsed, the
//! number of its records is bounded; entries that share bytes, repeat a name or hold more or less than they
//! declare are rejected. Only stored and deflated entries are read; encrypted ones are not.

use std::io::Cursor;
use std::path::Path;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::error::{IngestError, RejectReason, Rejection, shown};
use super::source::read_archive;
use super::tree::{self, ContentError, Tree};
use super::{Limits, Origin, Submission};

/// Starts every record of the central directory (APPNOTE 4.3.12).
const RECORD_SIGNATURE: &[u8] = b"PK\x01\x02";

// Types in the upper half of the external attributes, as Unix systems write them.
const S_IFMT: u32 = 0o170_000;
const S_IFREG: u32 = 0o100_000;
const S_IFDIR: u32 = 0o040_000;
const S_IFLNK: u32 = 0o120_000;

pub(super) fn read(path: &Path, name: &str, limits: &Limits) -> Result<Submission, IngestError> {
    let bytes = read_archive(path, limits)?;
    Ok(read_bytes(&bytes, name, limits)?)
}

fn read_bytes(bytes: &[u8], name: &str, limits: &Limits) -> Result<Submission, Rejection> {
    if !bytes.starts_with(b"PK") {
        return Err(broken("not a zip file; make it again"));
    }
    // The parser holds all records in memory. A stored archive inside this one has records too, hence some slack.
    let records = bytes.windows(RECORD_SIGNATURE.len()).filter(|window| *window == RECORD_SIGNATURE).count();
    if records > limits.max_entries.saturating_mul(2) {
        return Err(tree::too_many_entries(limits));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.has_duplicate_names() {
        return Err(hostile("two entries of one name; keep one"));
    }
    if archive.len() > limits.max_entries {
        return Err(tree::too_many_entries(limits));
    }
    if archive.has_overlapping_entries().map_err(unreadable)? {
        return Err(hostile("entries that share bytes; make it again"));
    }
    let mut tree = Tree::new(limits);
    for index in 0..archive.len() {
        take(&mut archive, index, &mut tree)?;
    }
    tree.finish(name, Origin::Zip, true)
}

fn take(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, tree: &mut Tree<'_>) -> Result<(), Rejection> {
    let entry = archive.by_index_data(index).map_err(unreadable)?;
    // Not decoded as the format says: tools write UTF-8 without saying so, and code page 437 when they say nothing.
    let raw_name = entry.name_raw().to_vec();
    let Some(path) = tree.enter(&raw_name)? else {
        return Ok(());
    };
    let mode = entry.external_attributes() >> 16;
    let marked_folder = raw_name.ends_with(b"/");
    let folder = match mode & S_IFMT {
        0 => marked_folder,
        S_IFREG if !marked_folder => false,
        S_IFDIR => true,
        S_IFREG => return Err(hostile_entry(&raw_name, "both a file and a folder")),
        S_IFLNK => return Err(not_regular(&raw_name, "a symbolic link")),
        _ => return Err(not_regular(&raw_name, "a device, pipe or socket")),
    };
    if folder {
        if entry.size() > 0 {
            return Err(hostile_entry(&raw_name, "a folder with content"));
        }
        tree.add_folder(path);
        return Ok(());
    }
    if entry.encrypted() {
        return Err(broken_entry(&raw_name, "encrypted; make the archive without a password"));
    }
    let method = entry.compression();
    if !matches!(method, CompressionMethod::STORE | CompressionMethod::DEFLATE) {
        return Err(broken_entry(&raw_name, "compressed in a way that is not read; use deflate"));
    }
    let declared = entry.size();
    tree.admit(&path, declared)?;
    let executable = mode & 0o100 != 0;
    let content = archive.by_index(index).map_err(unreadable)?;
    match tree.add_file(path, declared, executable, content) {
        Ok(actual) if actual == declared => Ok(()),
        Ok(_) => Err(hostile_entry(&raw_name, "not as long as declared")),
        Err(ContentError::Rejected(rejection)) => Err(rejection),
        Err(ContentError::Io(error)) => {
            let problem = format!("can't be read: {}; make the archive again", shown(error.to_string()));
            Err(broken_entry(&raw_name, &problem))
        }
    }
}

fn unreadable(error: ZipError) -> Rejection {
    broken(&format!("can't be read: {}; make it again", shown(error.to_string())))
}

fn broken(problem: &str) -> Rejection {
    Rejection::new(RejectReason::BrokenArchive, format!("archive: {problem}"))
}

fn broken_entry(raw_name: &[u8], problem: &str) -> Rejection {
    Rejection::new(RejectReason::BrokenArchive, format!("`{}`: {problem}", shown(raw_name)))
}

fn hostile(problem: &str) -> Rejection {
    Rejection::new(RejectReason::HostileArchive, format!("archive: {problem}"))
}

fn hostile_entry(raw_name: &[u8], problem: &str) -> Rejection {
    Rejection::new(RejectReason::HostileArchive, format!("`{}`: {problem}; make the archive again", shown(raw_name)))
}

fn not_regular(raw_name: &[u8], what: &str) -> Rejection {
    Rejection::new(RejectReason::NotARegularFile, format!("`{}`: {what}; hand in regular files only", shown(raw_name)))
}

#[cfg(test)]
mod tests;
