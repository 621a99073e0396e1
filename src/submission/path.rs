//! Which names a submission may hold, and which are left out as generated.
//!
//! Accepted are relative UTF-8 paths that mean the same everywhere: no `..`, `.` or empty part, no leading `/` or
//! drive letter, no backslash, no control or direction-changing character. Trailing dots and spaces, `:` inside a
//! name and the device names of Windows are accepted: submissions only ever run on Linux.

use unicode_normalization::UnicodeNormalization;

use super::Limits;
use super::error::{RejectReason, Rejection, shown};

/// Names that are left out wherever they occur in a path, with all below them: version control, virtual
/// environments, caches and editors. What is in there is not looked at, links included.
pub const SKIPPED_DIRECTORIES: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    "__pycache__",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    "node_modules",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".idea",
    ".vscode",
    "__MACOSX",
];

/// Names of files that are left out.
pub const SKIPPED_FILES: &[&str] = &[".DS_Store"];

/// Beginnings of names of files that are left out: macOS writes `._name` beside `name` into archives.
pub const SKIPPED_FILE_PREFIXES: &[&str] = &["._"];

/// Endings of names of files that are left out.
pub const SKIPPED_FILE_SUFFIXES: &[&str] = &[".pyc"];

/// What an entry's name in a source comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The root itself, as `./` in a tar.
    Root,
    /// Generated: leave it out.
    Skipped,
    /// A safe path.
    Path(String),
}

/// Reads an entry's name as archives and git write it. One leading `./` and one trailing `/` are taken off.
pub(super) fn read_name(raw: &[u8], limits: &Limits) -> Result<Named, Rejection> {
    let trimmed = raw.strip_prefix(b"./").unwrap_or(raw);
    let trimmed = trimmed.strip_suffix(b"/").unwrap_or(trimmed);
    if (trimmed.is_empty() || trimmed == b".") && matches!(raw, b"." | b"./" | b"./.") {
        return Ok(Named::Root);
    }
    let mut end = 0;
    for part in trimmed.split(|byte| *byte == b'/') {
        end += part.len();
        if is_skipped(part, end == trimmed.len()) {
            // The way to it must be safe all the same; what is below it is not our business.
            check(decode(&trimmed[..end])?, &unlimited(limits))?;
            return Ok(Named::Skipped);
        }
        end += 1;
    }
    let path = decode(trimmed)?;
    check(path, limits)?;
    Ok(Named::Path(path.to_owned()))
}

/// Whether `path` is one that a submission may hold.
pub(super) fn check(path: &str, limits: &Limits) -> Result<(), Rejection> {
    let unsafe_path =
        |problem: &str| Err(Rejection::new(RejectReason::UnsafePath, format!("`{}`: {problem}", shown(path))));
    if path.len() > limits.max_path_bytes {
        let problem = format!("path of {} bytes; {} are allowed, use shorter names", path.len(), limits.max_path_bytes);
        return unsafe_path(&problem);
    }
    if path.is_empty() {
        return unsafe_path("empty path; every file needs a name");
    }
    if path.starts_with('/') {
        return unsafe_path("absolute path; paths must be relative to the submission");
    }
    if path.contains('\\') {
        return unsafe_path("backslash in a path; separate folders by `/`");
    }
    let bytes = path.as_bytes();
    if bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' {
        return unsafe_path("path with a drive letter; paths must be relative to the submission");
    }
    if path.chars().any(|c| c.is_control() || changes_direction(c)) {
        return unsafe_path("control character in a path; rename the file");
    }
    for part in path.split('/') {
        match part {
            "" => return unsafe_path("empty part in a path; separate folders by one `/`"),
            "." => return unsafe_path("`.` inside a path; leave it out"),
            ".." => return unsafe_path("`..` in a path; paths must stay in the submission"),
            _ => {}
        }
    }
    let depth = path.split('/').count();
    if depth > limits.max_depth {
        let problem = format!("path of {depth} parts; {} are allowed, use fewer folders", limits.max_depth);
        return unsafe_path(&problem);
    }
    Ok(())
}

/// The name as a file system sees it that ignores case and Unicode form. Two names with the same key collide.
pub(super) fn collision_key(name: &str) -> String {
    // By way of upper case, so that ß and ss, ς and σ meet, as they do under full case folding.
    name.nfd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

fn decode(raw: &[u8]) -> Result<&str, Rejection> {
    std::str::from_utf8(raw).map_err(|_| {
        Rejection::new(RejectReason::NotUtf8, format!("`{}`: name is not UTF-8; rename the file", shown(raw)))
    })
}

fn is_skipped(part: &[u8], last: bool) -> bool {
    let is = |name: &&str| name.as_bytes() == part;
    SKIPPED_DIRECTORIES.iter().any(is)
        || last
            && (SKIPPED_FILES.iter().any(is)
                || SKIPPED_FILE_PREFIXES.iter().any(|prefix| part.starts_with(prefix.as_bytes()))
                || SKIPPED_FILE_SUFFIXES.iter().any(|suffix| part.ends_with(suffix.as_bytes())))
}

/// Line separators, direction marks, embeddings, overrides and isolates (Unicode UAX #9). Zero-width joiners are
/// not among them: Persian names and emoji need them.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn unlimited(limits: &Limits) -> Limits {
    Limits { max_path_bytes: usize::MAX, max_depth: usize::MAX, ..limits.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(raw: &[u8], expected: Named) {
        assert_eq!(read_name(raw, &Limits::default()), Ok(expected), "{}", shown(raw));
    }

    fn rejected(raw: &[u8], reason: RejectReason) {
        let error = read_name(raw, &Limits::default()).expect_err(&shown(raw));
        assert_eq!(error.reason, reason, "{error}");
        assert!(!error.message.contains('\n'), "{error}");
        assert!(error.message.len() < 600, "{error}");
    }

    #[test]
    fn safe_names_are_kept_as_they_are() {
        for name in ["run.sh", "src/app.py", "a b", "日本.txt", "12:30.log", "con", "a.", "...", "~", ".env", "venvs/x"]
        {
            accepted(name.as_bytes(), Named::Path(name.to_owned()));
        }
        accepted(b"./run.sh", Named::Path("run.sh".to_owned()));
        accepted(b"src/", Named::Path("src".to_owned()));
        for root in [&b"."[..], b"./", b"./."] {
            accepted(root, Named::Root);
        }
    }

    #[test]
    fn names_that_leave_or_mean_something_else_are_rejected() {
        for name in [
            &b"../x"[..],
            b"a/../x",
            b"a/..",
            b"..",
            b"./..",
            b"../",
            b"/etc/passwd",
            b"/",
            b"//x",
            b"",
            b"a//b",
            b"a/./b",
            b"././a",
            b".//x",
            b"C:\\x",
            b"C:/x",
            b"c:x",
            b"a\\b",
            b"..\\x",
            b"a\0b",
            b"a\nb",
            b"a\x1bb",
            b"a\x7fb",
            b"a//",
            "a\u{202e}txt.exe".as_bytes(),
            "a\u{85}b".as_bytes(),
            "a\u{2028}b".as_bytes(),
        ] {
            rejected(name, RejectReason::UnsafePath);
        }
        rejected("x".repeat(256).as_bytes(), RejectReason::UnsafePath);
        rejected(
            "a/".repeat(24).as_bytes().iter().chain(b"b").copied().collect::<Vec<u8>>().as_slice(),
            RejectReason::UnsafePath,
        );
        rejected(b"caf\xe9.py", RejectReason::NotUtf8);
        rejected(b"\xff/x", RejectReason::NotUtf8);
    }

    #[test]
    fn generated_names_are_left_out_at_any_depth() {
        for name in [
            &b".git"[..],
            b".git/",
            b".git/config",
            b"a/__pycache__/x.pyc",
            b"a/b.pyc",
            b"./.venv/lib",
            b"node_modules",
            b".DS_Store",
            b"src/.DS_Store",
            b"__MACOSX/._run.sh",
            b"._run.sh",
            b"venv/../../../etc",
            b".venv/\xff\n",
        ] {
            accepted(name, Named::Skipped);
        }
        accepted(format!("node_modules/{}", "x/".repeat(300)).as_bytes(), Named::Skipped);
        rejected(b"../.git/x", RejectReason::UnsafePath);
        rejected(b"/.git/x", RejectReason::UnsafePath);
        rejected(b"\xff/.git", RejectReason::NotUtf8);
        accepted(b".gitignore", Named::Path(".gitignore".to_owned()));
        accepted(b".DS_Store/x", Named::Path(".DS_Store/x".to_owned()));
        accepted(b"pyc", Named::Path("pyc".to_owned()));
    }

    #[test]
    fn names_collide_when_a_file_system_would_mix_them_up() {
        let check = |left: &str, right: &str, collide: bool| {
            assert_eq!(collision_key(left) == collision_key(right), collide, "{left} {right}");
        };
        check("README", "readme", true);
        check("é", "e\u{301}", true);
        check("É", "e\u{301}", true);
        check("straße", "STRASSE", true);
        check("ΟΔΟΣ", "οδος", true);
        check("a", "b", false);
        check("e", "é", false);
        check("a_b", "a-b", false);
    }
}
