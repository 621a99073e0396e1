//! Who may know whom: the architecture's rules as a test on the sources.

use std::path::{Path, PathBuf};

use crate::support::root;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// Each source below `src`, by its path there, without its tests and comments.
fn each(check: impl Fn(&str, &str)) {
    let mut found = Vec::new();
    sources(&root().join("src"), &mut found);
    assert!(found.len() > 30);
    for path in found {
        let name = path.strip_prefix(root().join("src")).expect("below src").display().to_string();
        if name.ends_with("/tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        check(&name, &lines.join("\n"));
    }
}

fn only_in(needle: &'static str, allowed: &'static [&'static str]) {
    each(|name, code| {
        if code.contains(needle) {
            assert!(allowed.iter().any(|place| name.starts_with(place)), "{name} knows {needle}");
        }
    });
}

#[test]
fn one_place_a_foreign_library() {
    only_in("bollard::", &["sandbox/docker/"]);
    only_in("indicatif::", &["progress.rs"]);
    only_in("junit_parser::", &["junit.rs"]);
    only_in("clap::", &["cli.rs", "main.rs"]);
    only_in("askama::", &["report/html"]);
    only_in("toml::", &["task/fields.rs"]);
    only_in("zip::", &["submission/zip_archive.rs"]);
}

#[test]
fn the_pure_stages_touch_nothing() {
    const PURE: [&str; 9] = [
        "task/fields",
        "task/manifest",
        "task/rubric",
        "task/suite",
        "task/reference",
        "run/plan",
        "junit",
        "judge",
        "score",
    ];
    each(|name, code| {
        if PURE.iter().any(|pure| name.starts_with(pure)) || name.starts_with("report/") {
            for impure in ["tokio", "std::fs", "std::env", "Instant::now", "SystemTime", "std::process", "getrandom"] {
                assert!(!code.contains(impure), "{name} uses {impure}");
            }
        }
    });
}

#[test]
fn stages_do_not_look_back_or_ahead() {
    let never = |from: &'static str, what: &'static [&'static str]| {
        each(move |name, code| {
            if name.starts_with(from) {
                for other in what {
                    assert!(!code.contains(other), "{name} knows {other}");
                }
            }
        });
    };
    never("report/", &["crate::evidence", "crate::sandbox", "crate::run::"]);
    never("judge", &["crate::sandbox", "crate::run::", "crate::report"]);
    never("score", &["crate::evidence", "crate::sandbox", "log"]);
    never("run/", &["crate::score", "crate::report", "crate::judge", "points"]);
    each(|name, code| {
        if !name.starts_with("commands") && !name.starts_with("main") {
            assert!(!code.contains("crate::commands"), "{name} knows commands");
            assert!(!code.contains("crate::cli") || name.starts_with("cli"), "{name} knows cli");
        }
    });
}

#[test]
fn only_commands_print() {
    only_in("println!(", &["commands/", "progress.rs", "main.rs"]);
    only_in("say!(", &["commands/"]);
    only_in("eprint!(", &["commands/", "progress.rs", "main.rs"]);
    only_in(".unwrap()", &[]);
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut found = Vec::new();
    sources(&root().join("src"), &mut found);
    for path in found {
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        assert!(text.starts_with("//! "), "{} does not open with //!", path.display());
    }
}
