//! Unpacks a tar from standard input that the orchestrator built itself.
//!
//! It trusts the sender, not the bytes: only plain files and folders below the
//! target are written, so that a mistake on our side cannot write elsewhere.

use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path};

pub(super) fn unpack(folder: &Path) -> io::Result<()> {
    unpack_from(io::stdin().lock(), folder)
}

fn unpack_from(reader: impl Read, folder: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::other(format!("{} leaves the folder", path.display())));
        }
        let target = folder.join(&path);
        match entry.header().entry_type() {
            tar::EntryType::Directory => std::fs::create_dir_all(&target)?,
            tar::EntryType::Regular => {
                if let Some(parent) = target.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                let mut file = std::fs::File::create(&target)?;
                io::copy(&mut entry, &mut file)?;
                let mode = if entry.header().mode()? & 0o100 == 0 { 0o644 } else { 0o755 };
                file.set_permissions(std::fs::Permissions::from_mode(mode))?;
            }
            other => {
                return Err(io::Error::other(format!("{} is a {other:?}", path.display())));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar_of(path: &str, kind: tar::EntryType) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(if kind == tar::EntryType::Regular { 2 } else { 0 });
        header.set_mode(0o755);
        // Written by hand: the builder refuses the paths that matter here.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        let mut builder = tar::Builder::new(Vec::new());
        let content: &[u8] = if kind == tar::EntryType::Regular { b"hi" } else { b"" };
        builder.append(&header, content).expect("in memory");
        builder.into_inner().expect("in memory")
    }

    #[test]
    fn files_arrive_with_their_mode() {
        let folder = tempfile::tempdir().expect("tempdir");
        unpack_from(tar_of("a/run.sh", tar::EntryType::Regular).as_slice(), folder.path()).expect("unpacked");
        let path = folder.path().join("a/run.sh");
        assert_eq!(std::fs::read(&path).expect("read"), b"hi");
        assert_eq!(std::fs::metadata(path).expect("stat").permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn nothing_is_written_elsewhere() {
        let folder = tempfile::tempdir().expect("tempdir");
        for (path, kind) in
            [("../x", tar::EntryType::Regular), ("/x", tar::EntryType::Regular), ("x", tar::EntryType::Symlink)]
        {
            assert!(unpack_from(tar_of(path, kind).as_slice(), folder.path()).is_err(), "{path}");
        }
    }
}
