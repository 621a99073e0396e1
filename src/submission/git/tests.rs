//! Real repositories, made with the installed git in temporary folders.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Instant;

use tempfile::TempDir;

use super::*;
use crate::submission::ingest;

struct Fixture {
    root: TempDir,
}

impl Fixture {
    fn new() -> Fixture {
        let fixture = Fixture { root: tempfile::tempdir().unwrap() };
        fixture.git(&["init", "--quiet", "--initial-branch=main", "."]);
        fixture
    }

    fn path(&self) -> &str {
        self.root.path().to_str().unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_in(self.root.path(), arguments, b"")
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--message=x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Makes `main` a commit of a tree written by hand, for what `git add` refuses.
    fn commit_tree(&self, entries: &[(&str, &[u8], &str)]) -> String {
        let mut tree = Vec::new();
        for (mode, name, id) in entries {
            tree.extend_from_slice(mode.as_bytes());
            tree.push(b' ');
            tree.extend_from_slice(name);
            tree.push(0);
            tree.extend_from_slice(&hex::decode(id).unwrap());
        }
        let tree = git_in(self.root.path(), &["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], &tree);
        let commit = self.git(&["commit-tree", &tree, "-m", "x"]);
        self.git(&["update-ref", "refs/heads/main", &commit]);
        tree
    }

    fn blob(&self, bytes: &[u8]) -> String {
        git_in(self.root.path(), &["hash-object", "-w", "--stdin"], bytes)
    }
}

fn git_in(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    let mut child = std::process::Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgSign=false"])
        .args(["-c", "core.excludesFile=/dev/null", "-c", "core.hooksPath=/dev/null"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .current_dir(folder)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    assert!(child.wait().unwrap().success(), "git {arguments:?}");
    output.trim().to_owned()
}

fn accepted(source: &str, expected: &[(&str, &[u8])]) -> Submission {
    let made = ingest(source, &Limits::default()).unwrap_or_else(|error| panic!("{source}: {error}"));
    let got: Vec<(&str, &[u8])> = made.files.iter().map(|f| (f.path.as_str(), f.bytes.as_slice())).collect();
    assert_eq!(got, expected, "{source}");
    made
}

fn rejected_within(source: &str, limits: &Limits, expected: &str) {
    match ingest(source, limits) {
        Err(IngestError::Rejected(rejection)) => {
            assert_eq!(rejection.code(), expected, "{rejection}")
        }
        other => panic!("{expected}: {other:?}"),
    }
}

fn rejected(source: &str, expected: &str) {
    rejected_within(source, &Limits::default(), expected);
}

#[test]
fn a_commit_is_read_by_path_url_and_revision() {
    let made = Fixture::new();
    made.write("run.sh", b"first");
    let first = made.commit();
    made.git(&["tag", "--annotate", "v1", "-m", "x"]);
    made.git(&["branch", "feature/x#1"]);
    made.write("run.sh", b"second");
    made.write("src/app.py", b"");
    made.write("__pycache__/x.pyc", b"x");
    fs::set_permissions(made.root.path().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let second = made.commit();
    made.write("run.sh", b"not committed");
    let path = made.path();

    let first_files: &[(&str, &[u8])] = &[("run.sh", b"first")];
    let second_files: &[(&str, &[u8])] = &[("run.sh", b"second"), ("src/app.py", b"")];
    for revision in ["v1", "feature/x#1", &first, "main~1", &first[..10]] {
        let read = accepted(&format!("{path}#{revision}"), first_files);
        assert_eq!(read.origin, Origin::Git { revision: first.clone() });
        assert!(!read.files[0].executable);
    }
    for source in
        [format!("{path}#main"), format!("{path}#HEAD"), format!("file://{path}"), format!("file://{path}#main")]
    {
        let read = accepted(&source, second_files);
        assert_eq!(read.origin, Origin::Git { revision: second.clone() });
        assert!(read.files[0].executable);
    }

    // Without a revision a work tree is a folder like any other.
    let folder: &[(&str, &[u8])] = &[("run.sh", b"not committed"), ("src/app.py", b"")];
    assert_eq!(accepted(path, folder).origin, Origin::Folder);

    let bare = tempfile::tempdir().unwrap();
    made.git(&["clone", "--quiet", "--bare", ".", bare.path().join("shop.git").to_str().unwrap()]);
    let read = accepted(bare.path().join("shop.git").to_str().unwrap(), second_files);
    assert_eq!(read.name, "shop");
    assert_eq!(read.origin, Origin::Git { revision: second });
}

#[test]
fn the_digest_is_that_of_the_same_tree_in_a_folder() {
    let made = Fixture::new();
    made.write("run.sh", b"x\n$Id$\n");
    made.write("data/a.csv", b"1");
    // Were anything checked out, these would change it.
    made.write(".gitattributes", b"* text eol=crlf ident export-ignore\n");
    made.commit();
    let folder = ingest(made.path(), &Limits::default()).unwrap();
    let commit = ingest(&format!("{}#main", made.path()), &Limits::default()).unwrap();
    assert_eq!(folder.digest, commit.digest);
}

#[test]
fn links_and_submodules_are_rejected() {
    let made = Fixture::new();
    made.write("run.sh", b"");
    symlink("/etc/passwd", made.root.path().join("link")).unwrap();
    made.commit();
    rejected(&format!("{}#main", made.path()), "not-a-regular-file");

    let made = Fixture::new();
    made.write("run.sh", b"");
    let commit = made.commit();
    made.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},sub")]);
    made.git(&["commit", "--quiet", "--message=x"]);
    rejected(&format!("{}#main", made.path()), "not-a-regular-file");
}

#[test]
fn trees_written_by_hand_are_checked() {
    let made = Fixture::new();
    let blob = made.blob(b"x");
    let source = format!("{}#main", made.path());
    for (entries, expected) in [
        (vec![("100644", &b".."[..], blob.as_str())], "unsafe-path"),
        (vec![("100644", b"../x", &blob)], "unsafe-path"),
        (vec![("100644", b"/etc/x", &blob)], "unsafe-path"),
        (vec![("100644", b"a\\b", &blob)], "unsafe-path"),
        (vec![("100644", b"a\nb", &blob)], "unsafe-path"),
        (vec![("100644", b"a\tb", &blob)], "unsafe-path"),
        (vec![("100644", b"caf\xe9", &blob)], "not-utf8"),
        (vec![("100644", b"A", &blob), ("100644", b"a", &blob)], "case-collision"),
        (vec![("100644", b"a", &blob), ("100644", b"a", &blob)], "hostile-archive"),
    ] {
        made.commit_tree(&entries);
        rejected(&source, expected);
    }
    let long = vec![b'x'; 20_000];
    made.commit_tree(&[("100644", &long, &blob)]);
    rejected(&source, "unsafe-path");
    made.commit_tree(&[("100644", b".git", &blob), ("100644", b"run.sh", &blob)]);
    accepted(&source, &[("run.sh", b"x")]);
}

#[test]
fn sizes_and_counts_are_bounded() {
    let made = Fixture::new();
    let source = format!("{}#main", made.path());
    let limits =
        Limits { max_file_bytes: 10, max_total_bytes: 15, max_files: 2, max_entries: 100, ..Limits::default() };
    made.write("a", &[b'x'; 11]);
    made.commit();
    rejected_within(&source, &limits, "too-large");
    made.write("a", &[b'x'; 8]);
    made.write("b", &[b'x'; 8]);
    made.commit();
    rejected_within(&source, &limits, "too-large");
    made.write("a", b"");
    made.write("b", b"");
    made.write("c", b"");
    made.commit();
    rejected_within(&source, &limits, "too-many-files");

    // A tree of trees that lists 10^9 files out of 10 objects.
    let mut id = made.blob(b"x");
    let mut mode = "100644";
    for _ in 0..9 {
        let names: Vec<String> = (0..10).map(|n| format!("f{n}")).collect();
        let entries: Vec<(&str, &[u8], &str)> = names.iter().map(|n| (mode, n.as_bytes(), id.as_str())).collect();
        id = made.commit_tree(&entries);
        mode = "40000";
    }
    let started = Instant::now();
    rejected_within(&source, &limits, "too-many-files");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_repository_that_is_too_large_is_stopped() {
    let made = Fixture::new();
    let mut noise = vec![0; 3 << 20];
    getrandom::fill(&mut noise).unwrap();
    made.write("noise", &noise);
    made.commit();
    made.git(&["rm", "--quiet", "noise"]);
    made.write("run.sh", b"");
    made.commit();
    let limits = Limits { max_unpacked_bytes: 1 << 20, ..Limits::default() };
    rejected_within(&format!("{}#main", made.path()), &limits, "too-large");
    // Its newest commit alone is small.
    ingest(&format!("file://{}", made.path()), &limits).unwrap();
}

#[test]
fn what_the_operator_got_wrong_is_said() {
    let made = Fixture::new();
    let limits = Limits::default();
    let check = |source: String, expected: &str| match ingest(&source, &limits) {
        Err(IngestError::Input(error)) => {
            assert!(format!("{error:?}").starts_with(expected), "{error:?}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
        other => panic!("{source}: {other:?}"),
    };
    // No commit yet.
    check(format!("file://{}", made.path()), "UnknownRevision");
    made.write("run.sh", b"");
    made.commit();
    check(format!("{}#no-such", made.path()), "UnknownRevision");
    check(format!("{}#{}", made.path(), "0".repeat(40)), "UnknownRevision");
    check(format!("{}#", made.path()), "UnknownRevision");
    check(format!("{}#--all", made.path()), "UnknownRevision");
    check("file:///no/such/repository".to_owned(), "CloneFailed");
    // Nothing listens there.
    check("https://user:secret@127.0.0.1:1/x".to_owned(), "CloneFailed");
    let error = ingest("https://user:secret@127.0.0.1:1/x", &limits).unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn nothing_that_a_local_repository_configures_is_run() {
    let made = Fixture::new();
    made.write("run.sh", b"x");
    made.commit();
    let blob = made.git(&["rev-parse", "HEAD:run.sh"]);
    let mark = made.root.path().join("ran");
    let script = made.root.path().join("script");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\nexec \"$@\"\n", mark.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.gitProxy",
        "core.pager",
        "core.editor",
        "core.alternateRefsCommand",
        "uploadpack.packObjectsHook",
        "credential.helper",
        "diff.external",
        "remote.origin.uploadpack",
        "gpg.program",
    ] {
        made.git(&["config", key, script]);
    }
    made.git(&["config", "protocol.ext.allow", "always"]);
    made.git(&["config", "remote.origin.url", &format!("ext::{script}")]);
    made.git(&["config", "remote.origin.promisor", "true"]);
    made.git(&["config", "extensions.partialClone", "origin"]);
    made.git(&["config", "core.repositoryFormatVersion", "1"]);
    for hook in ["post-checkout", "reference-transaction", "post-upload-pack", "pre-auto-gc"] {
        fs::copy(script, made.root.path().join(".git/hooks").join(hook)).unwrap();
    }
    accepted(&format!("{}#main", made.path()), &[("run.sh", b"x")]);
    assert!(!mark.exists());

    // A blob that is missing would have git fetch it, by running what the repository says.
    let object = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
    fs::remove_file(made.root.path().join(object)).unwrap();
    let error = ingest(&format!("{}#main", made.path()), &Limits::default()).unwrap_err();
    assert!(!mark.exists(), "{error}");
}

#[test]
fn a_host_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let limits = Limits { git_timeout: Duration::from_millis(1500), ..Limits::default() };
    let started = Instant::now();
    let error = ingest(&format!("https://127.0.0.1:{port}/x"), &limits).unwrap_err();
    assert!(matches!(error, IngestError::Input(InputError::GitTimedOut { seconds: 2, .. })), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
}
