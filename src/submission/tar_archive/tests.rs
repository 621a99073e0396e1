//! Archives made by hand, entry by entry, so that each can be wrong in one way.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One entry with the name as it is, which the crate's builder would refuse for the interesting ones.
fn entry(name: &[u8], kind: u8, size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(EntryType::new(kind));
    header.set_mode(0o755);
    header.set_size(size);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    entry(name.as_bytes(), b'0', content.len() as u64, content)
}

fn pax(key: &str, value: &str) -> Vec<u8> {
    let mut length = key.len() + value.len() + 3;
    while format!("{length} {key}={value}\n").len() != length {
        length += 1;
    }
    let record = format!("{length} {key}={value}\n");
    entry(b"pax", b'x', record.len() as u64, record.as_bytes())
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn accepted(tar: &[u8], expected: &[(&str, usize)]) {
    let made = read_bytes(&gzip(tar), "x", &Limits::default()).unwrap();
    let got: Vec<(&str, usize)> = made.files.iter().map(|f| (f.path.as_str(), f.bytes.len())).collect();
    assert_eq!(got, expected);
}

fn rejected_bytes(bytes: &[u8], limits: &Limits, expected: &str) {
    let rejection = read_bytes(bytes, "x", limits).expect_err(expected);
    assert_eq!(rejection.code(), expected, "{rejection}");
    assert!(!rejection.message.contains('\n'), "{rejection}");
}

fn rejected(entries: &[Vec<u8>], expected: &str) {
    rejected_bytes(&gzip(&archive(entries)), &Limits::default(), expected);
}

#[test]
fn files_are_read() {
    accepted(
        &archive(&[
            entry(b"./", b'5', 0, b""),
            file("./run.sh", b"abc"),
            entry(b"./src/", b'5', 0, b""),
            file("./src/a.py", b""),
        ]),
        &[("run.sh", 3), ("src/a.py", 0)],
    );
    accepted(&archive(&[]), &[]);
    // Old archives: no type, folders marked by a slash.
    accepted(&archive(&[entry(b"d/", 0, 0, b""), entry(b"d/x", 0, 1, b"1"), file("y", b"")]), &[("d/x", 1), ("y", 0)]);
}

#[test]
fn a_hosting_sites_archive_is_unwrapped() {
    accepted(
        &archive(&[
            entry(b"pax_global_header", b'g', 13, b"13 comment=x\n"),
            entry(b"shop-main/", b'5', 0, b""),
            file("shop-main/run.sh", b"1"),
            file("._shop-main", b"mac"),
            file("shop-main/.DS_Store", b"mac"),
        ]),
        &[("run.sh", 1)],
    );
}

#[test]
fn long_names_are_read() {
    let long = format!("src/{}.py", "x".repeat(150));
    accepted(&archive(&[pax("path", &long), file("short", b"1"), file("y", b"")]), &[(&long, 1), ("y", 0)]);
    let gnu = entry(b"././@LongLink", b'L', long.len() as u64 + 1, format!("{long}\0").as_bytes());
    accepted(&archive(&[gnu, file("short", b"1"), file("y", b"")]), &[(&long, 1), ("y", 0)]);
    rejected(&[pax("path", "../x"), file("short", b"")], "unsafe-path");
    rejected(&[pax("path", "a\0b"), file("short", b"")], "unsafe-path");
    rejected(&[pax("path", &"x".repeat(256)), file("short", b"")], "unsafe-path");
}

#[test]
fn our_own_tar_is_read_back() {
    let limits = Limits::default();
    let long = format!("{}/{}", "a".repeat(99), "b".repeat(120));
    let first = read_bytes(&gzip(&archive(&[file("run.sh", b"1"), pax("path", &long), file("x", b"2")])), "x", &limits)
        .unwrap();
    let again = read_bytes(&gzip(&first.to_tar()), "x", &limits).unwrap();
    assert_eq!(first, again);
}

#[test]
fn names_are_checked() {
    for name in ["../x", "/etc/passwd", "a/../../x", "a\\b", "C:/x", "a\nb", "a//b"] {
        rejected(&[file(name, b"")], "unsafe-path");
    }
    rejected(&[entry(b"../d/", b'5', 0, b"")], "unsafe-path");
    rejected(&[entry(b"caf\xe9", b'0', 0, b"")], "not-utf8");
    rejected(&[file("a", b"1"), file("a", b"2")], "hostile-archive");
    rejected(&[file("a", b"1"), file("./a", b"1")], "hostile-archive");
    rejected(&[file("a", b""), file("a/b", b"")], "hostile-archive");
    rejected(&[entry(b"a/", b'5', 0, b""), file("a", b"")], "hostile-archive");
    rejected(&[file("README", b""), file("Readme", b"")], "case-collision");
}

#[test]
fn only_regular_files_and_folders_are_accepted() {
    for kind in *b"1234678SV" {
        rejected(&[entry(b"x", kind, 0, b"")], if kind == b'S' { "broken-archive" } else { "not-a-regular-file" });
    }
    rejected(&[pax("GNU.sparse.major", "1"), file("x", b"")], "not-a-regular-file");
    rejected(&[entry(b"d/", b'5', 3, b"abc")], "hostile-archive");
    rejected(&[entry(b"d/", b'0', 3, b"abc")], "hostile-archive");
    // Left out: a link in a virtual environment is no one's business.
    accepted(&archive(&[entry(b".venv/bin/python", b'2', 0, b""), file("y", b"")]), &[("y", 0)]);
}

#[test]
fn sparse_files_are_rejected() {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..1].copy_from_slice(b"s");
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(512);
    {
        let gnu = header.as_gnu_mut().unwrap();
        gnu.set_real_size(1 << 40);
        gnu.sparse[0].set_offset((1 << 40) - 512);
        gnu.sparse[0].set_length(512);
    }
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.resize(1024, 1);
    rejected(&[bytes], "not-a-regular-file");
}

#[test]
fn bombs_are_stopped_on_the_stream() {
    let limits = Limits {
        max_unpacked_bytes: 1 << 20,
        max_file_bytes: 1000,
        max_total_bytes: 1500,
        max_files: 3,
        max_entries: 5,
        ..Limits::default()
    };
    let zeros = vec![0; 2 << 20];
    let check = |entries: &[Vec<u8>], expected| rejected_bytes(&gzip(&archive(entries)), &limits, expected);
    check(&[file("a", &zeros)], "too-large");
    check(&[file("a", &zeros[..1001])], "too-large");
    check(&[file("a", &zeros[..800]), file("b", &zeros[..800])], "too-large");
    check(&[file(".venv/a", &zeros)], "too-large");
    check(&[entry(b"g", b'g', 2 << 20, &zeros)], "too-large");
    check(&[entry(b"a", b'0', 1 << 60, &zeros)], "too-large");
    check(&(0..4).map(|n| file(&n.to_string(), b"")).collect::<Vec<_>>(), "too-many-files");
    check(&(0..6).map(|n| entry(n.to_string().as_bytes(), b'5', 0, b"")).collect::<Vec<_>>(), "too-many-files");
    check(&(0..6).map(|_| file(".git/x", b"")).collect::<Vec<_>>(), "too-many-files");
    // Zeros after the end mark are padding, until there are too many.
    rejected_bytes(&gzip(&zeros), &limits, "too-large");
    // Extended headers are held in memory by the tar reader.
    let huge = vec![b'x'; 3 << 20];
    for kind in *b"xLK" {
        rejected(&[entry(b"h", kind, huge.len() as u64, &huge), file("a", b"")], "hostile-archive");
    }
}

#[test]
fn several_gzip_members_are_one_stream() {
    let tar = archive(&[file("a", b"1"), file("b", b"2")]);
    let (first, second) = tar.split_at(700);
    let made = read_bytes(&[gzip(first), gzip(second)].concat(), "x", &Limits::default()).unwrap();
    assert_eq!(made.files.len(), 2);
    // Two archives one after the other: the second would be invisible.
    let both = [gzip(&tar), gzip(&tar)].concat();
    rejected_bytes(&both, &Limits::default(), "broken-archive");
}

#[test]
fn damaged_archives_are_rejected() {
    let limits = Limits::default();
    let noise: Vec<u8> = (0..3000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let tar = archive(&[file("a", &noise), file("b", b"2")]);
    let whole = gzip(&tar);
    for end in [0, 1, 2, 9, 10, 30, whole.len() / 2, whole.len() - 9, whole.len() - 8, whole.len() - 1] {
        rejected_bytes(&whole[..end], &limits, "broken-archive");
    }
    // Cut before it was compressed.
    for end in [100, 512, 700, 512 + 3072, 512 + 3072 + 512, tar.len() - 1024] {
        rejected_bytes(&gzip(&tar[..end]), &limits, "broken-archive");
    }
    let mut flipped = whole.clone();
    let crc = flipped.len() - 8;
    flipped[crc] ^= 1;
    rejected_bytes(&flipped, &limits, "broken-archive");
    rejected_bytes(&[whole, b"trailing".to_vec()].concat(), &limits, "broken-archive");
    rejected_bytes(b"PK\x03\x04 not gzip", &limits, "broken-archive");
    rejected_bytes(&gzip(b"not a tar at all, but longer than nothing"), &limits, "broken-archive");
    rejected_bytes(&gzip(&[b'x'; 2048]), &limits, "broken-archive");
    // No input may panic, whatever single byte of a header is wrong.
    for at in 0..512 {
        for value in [0, 1, b'7', 0x7f, 0x80, 0xff] {
            let mut damaged = tar.clone();
            damaged[at] = value;
            // With a checksum that is right again, so that the field itself is read.
            let mut header = tar::Header::from_byte_slice(&damaged[..512]).clone();
            header.set_cksum();
            damaged[..512].copy_from_slice(header.as_bytes());
            let _ = read_bytes(&gzip(&damaged), "x", &limits);
        }
    }
}
