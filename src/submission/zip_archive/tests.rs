//! Archives made by hand, record by record, so that each can lie in one way.

use super::*;
use std::io::Write;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// One entry written by hand, so that it can lie.
#[derive(Clone)]
struct Made {
    name: Vec<u8>,
    stored: Vec<u8>,
    declared: u32,
    crc: u32,
    method: u16,
    flags: u16,
    mode: u32,
    /// Where the directory says that the entry is; `None`: where it really is.
    offset: Option<u32>,
}

fn file(name: &str, content: &[u8]) -> Made {
    Made {
        name: name.as_bytes().to_vec(),
        stored: content.to_vec(),
        declared: content.len() as u32,
        crc: crc32(content),
        method: 0,
        flags: 0,
        mode: 0o100_644,
        offset: None,
    }
}

fn special(name: &str, mode: u32) -> Made {
    Made { mode, ..file(name, b"") }
}

fn deflated(name: &str, content: &[u8]) -> Made {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    Made { stored: encoder.finish().unwrap(), method: 8, ..file(name, content) }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Local headers and contents, then the directory and its end (APPNOTE 4.3.7, 4.3.12, 4.3.16).
fn archive(entries: &[Made]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for made in entries {
        let offset = made.offset.unwrap_or(bytes.len() as u32);
        let mut common = Vec::new();
        for field in [20, made.flags, made.method, 0, 0x21] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        for field in [made.crc, made.stored.len() as u32, made.declared] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        common.extend_from_slice(&(made.name.len() as u16).to_le_bytes());
        common.extend_from_slice(&[0; 2]);

        directory.extend_from_slice(RECORD_SIGNATURE);
        directory.extend_from_slice(&[20, 3]);
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&(made.mode << 16).to_le_bytes());
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(&made.name);

        if made.offset.is_none() {
            bytes.extend_from_slice(b"PK\x03\x04");
            bytes.extend_from_slice(&common);
            bytes.extend_from_slice(&made.name);
            bytes.extend_from_slice(&made.stored);
        }
    }
    let start = bytes.len() as u32;
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        bytes.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    }
    bytes.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&start.to_le_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes
}

fn accepted(bytes: &[u8], expected: &[(&str, usize)]) -> Submission {
    let made = read_bytes(bytes, "x", &Limits::default()).unwrap();
    let got: Vec<(&str, usize)> = made.files.iter().map(|f| (f.path.as_str(), f.bytes.len())).collect();
    assert_eq!(got, expected);
    made
}

fn rejected_bytes(bytes: &[u8], limits: &Limits, expected: &str) {
    let rejection = read_bytes(bytes, "x", limits).expect_err(expected);
    assert_eq!(rejection.code(), expected, "{rejection}");
    assert!(!rejection.message.contains('\n'), "{rejection}");
}

fn rejected(entries: &[Made], expected: &str) {
    rejected_bytes(&archive(entries), &Limits::default(), expected);
}

#[test]
fn files_are_read() {
    let run = Made { mode: 0o100_755, ..deflated("run.sh", b"exec true\n") };
    let made = accepted(
        &archive(&[run, special("src/", 0o040_755), file("src/app.py", b"x"), file("src/é.txt", b"")]),
        &[("run.sh", 10), ("src/app.py", 1), ("src/é.txt", 0)],
    );
    assert!(made.files[0].executable);
    assert!(!made.files[1].executable);
    accepted(&archive(&[]), &[]);
    // Made where there are no modes.
    accepted(&archive(&[special("d/", 0), special("d/a", 0), special("b", 0)]), &[("b", 0), ("d/a", 0)]);
}

#[test]
fn a_hosting_sites_archive_is_unwrapped() {
    accepted(
        &archive(&[
            special("shop-main/", 0o040_755),
            file("shop-main/run.sh", b"1"),
            file("__MACOSX/shop-main/._run.sh", b"mac"),
            special("shop-main/.venv/bin/python", 0o120_777),
            file("shop-main/__pycache__/x.pyc", b"x"),
        ]),
        &[("run.sh", 1)],
    );
}

#[test]
fn what_the_crate_writes_is_read_zip64_included() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().large_file(true).unix_permissions(0o755);
    writer.start_file("run.sh", options).unwrap();
    writer.write_all(b"exec true\n").unwrap();
    writer.add_directory("src", SimpleFileOptions::default()).unwrap();
    writer.start_file("src/app.py", SimpleFileOptions::default()).unwrap();
    writer.write_all(&[b'x'; 100_000]).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    accepted(&bytes, &[("run.sh", 10), ("src/app.py", 100_000)]);
}

#[test]
fn names_are_checked() {
    for name in ["../x", "/etc/passwd", "a/../../x", "a\\b", "C:/x", "a\nb", "a\0b", "a//b", ""] {
        rejected(&[file(name, b"")], "unsafe-path");
    }
    rejected(&[special("../d/", 0o040_755)], "unsafe-path");
    rejected(&[Made { name: b"caf\x82".to_vec(), ..file("", b"") }], "not-utf8");
    rejected(&[file("a", b"1"), file("a", b"2")], "hostile-archive");
    rejected(&[file("a", b"1"), file("./a", b"2")], "hostile-archive");
    rejected(&[file("a", b""), file("a/b", b"")], "hostile-archive");
    rejected(&[special("a/", 0o040_755), file("a", b"")], "hostile-archive");
    rejected(&[file("README", b""), file("Readme", b"")], "case-collision");
}

#[test]
fn only_regular_files_and_folders_are_accepted() {
    for mode in [0o120_777, 0o010_644, 0o020_644, 0o060_644, 0o140_644] {
        rejected(&[special("x", mode)], "not-a-regular-file");
    }
    rejected(&[special("x/", 0o120_777)], "not-a-regular-file");
    rejected(&[special("x/", 0o100_644)], "hostile-archive");
    rejected(&[file("x/", b"content")], "hostile-archive");
    rejected(&[Made { mode: 0o040_755, ..file("x", b"content") }], "hostile-archive");
    rejected(&[Made { mode: 0, ..file("x/", b"content") }], "hostile-archive");
}

#[test]
fn entries_that_lie_are_rejected() {
    let content = vec![b'x'; 5000];
    for entry in [file("a", &content), deflated("a", &content)] {
        for declared in [0, 1, 4999, 5001, 70_000] {
            let made = Made { declared, ..entry.clone() };
            let rejection = read_bytes(&archive(&[made]), "x", &Limits::default()).unwrap_err();
            assert!(matches!(rejection.code(), "hostile-archive" | "broken-archive"), "{rejection}");
        }
        rejected(&[Made { declared: 17 << 20, ..entry.clone() }], "too-large");
        rejected(&[Made { crc: 1, ..entry.clone() }], "broken-archive");
    }
    // Two names for the same bytes, and one inside another.
    rejected(&[file("a", b"123"), Made { offset: Some(0), ..file("b", b"123") }], "hostile-archive");
    let inner = archive(&[file("b", b"123")]);
    rejected(&[file("a", &inner), Made { offset: Some(31), ..file("b", b"123") }], "hostile-archive");
}

#[test]
fn what_is_not_read_is_said() {
    rejected(&[Made { flags: 1, ..file("a", &[0; 40]) }], "broken-archive");
    rejected(&[Made { method: 12, ..file("a", b"x") }], "broken-archive");
    rejected(&[Made { method: 99, ..file("a", b"x") }], "broken-archive");
    // Left out: neither is looked at.
    accepted(&archive(&[Made { flags: 1, ..file(".git/a", b"x") }, Made { method: 12, ..file(".idea/a", b"x") }]), &[]);
}

#[test]
fn bombs_are_stopped() {
    let limits =
        Limits { max_file_bytes: 1000, max_total_bytes: 1500, max_files: 3, max_entries: 5, ..Limits::default() };
    let check = |entries: &[Made], expected| rejected_bytes(&archive(entries), &limits, expected);
    let zeros = vec![0; 2 << 20];
    check(&[deflated("a", &zeros)], "too-large");
    check(&[deflated("a", &zeros[..800]), deflated("b", &zeros[..800])], "too-large");
    // Says 10 bytes, would be 2 MiB.
    let liar = Made { declared: 10, ..deflated("a", &zeros) };
    let rejection = read_bytes(&archive(&[liar]), "x", &limits).unwrap_err();
    assert!(matches!(rejection.code(), "hostile-archive" | "broken-archive"), "{rejection}");
    check(&(0..4).map(|n| file(&n.to_string(), b"")).collect::<Vec<_>>(), "too-many-files");
    check(&(0..6).map(|n| special(&format!("{n}/"), 0)).collect::<Vec<_>>(), "too-many-files");
    check(&(0..6).map(|n| file(&format!(".git/{n}"), b"")).collect::<Vec<_>>(), "too-many-files");
    check(&(0..20).map(|n| file(&n.to_string(), b"")).collect::<Vec<_>>(), "too-many-files");
}

#[test]
fn damaged_archives_are_rejected() {
    let limits = Limits::default();
    let whole = archive(&[deflated("a", b"some content"), file("b", b"2")]);
    for end in 0..whole.len() {
        rejected_bytes(&whole[..end], &limits, "broken-archive");
    }
    rejected_bytes(&[0x1f, 0x8b, 8, 0], &limits, "broken-archive");
    rejected_bytes(&[b"PK".as_slice(), &[0; 100]].concat(), &limits, "broken-archive");
    // The directory points past the end.
    rejected(&[Made { offset: Some(1 << 20), ..file("a", b"x") }], "broken-archive");
    // No input may panic, whatever single byte is wrong.
    for at in 0..whole.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            let _ = read_bytes(&damaged, "x", &limits);
        }
    }
}
