//! `requirements.txt`: what a submission needs beyond its runtime. Pure.
//!
//! Lines are `NAME==VERSION`, with extras, markers and hashes allowed, and `-r FILE`
//! for another file of the submission. Options that change where packages come from
//! are refused: the runner decides that.

use std::collections::{BTreeMap, BTreeSet};

use super::Submission;

/// `-r` may nest this deep.
const DEPTH: usize = 4;

/// What a submission asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirements {
    /// Lines for the installer; empty when the runtime has everything.
    pub missing: Vec<String>,
}

/// What a runtime has before anything is installed.
#[derive(Debug, Clone, Copy)]
pub struct Preinstalled<'a> {
    /// Locked requirements.
    pub lock: &'a str,
    /// Distributions that it has in one version that nothing replaces.
    pub fixed: &'a [&'a str],
    /// Distributions, and those that stand for them.
    pub instead: &'a [(&'a str, &'a str)],
}

/// Reads the requirements of a submission and leaves out what its runtime has.
/// An error is a sentence that names the file and the line.
pub fn requirements(submission: &Submission, runtime: &Preinstalled<'_>) -> Result<Requirements, String> {
    let preinstalled = pins_of_lock(runtime.lock);
    let mut lines = Vec::new();
    if submission.file("requirements.txt").is_some() {
        read(submission, "requirements.txt", DEPTH, &mut lines)?;
    }
    lines.retain(|line| !runtime.fixed.contains(&Requirement::of(line).name.as_str()));
    for line in &mut lines {
        let Requirement { name, version, .. } = Requirement::of(line);
        if let Some((_, other)) = runtime.instead.iter().find(|(asked, _)| *asked == name) {
            *line = version.map_or_else(|| (*other).to_owned(), |version| format!("{other}=={version}"));
        }
    }
    let is_met = |line: &String| {
        let Requirement { name, extras, version } = Requirement::of(line);
        preinstalled
            .get(&name)
            .is_some_and(|have| (version.is_none() || version == have.version) && extras.is_subset(&have.extras))
    };
    // All or nothing: a changed pin may need other versions of what is there.
    let missing = if lines.iter().all(is_met) { Vec::new() } else { lines };
    Ok(Requirements { missing })
}

fn read(submission: &Submission, file: &str, depth: usize, lines: &mut Vec<String>) -> Result<(), String> {
    let source = submission.file(file).ok_or_else(|| format!("{file}: is named by -r, but is not there"))?;
    let text = std::str::from_utf8(&source.bytes).map_err(|_| format!("{file}: is not UTF-8"))?;
    let joined = text.trim_start_matches('\u{feff}').replace("\\\r\n", " ").replace("\\\n", " ");
    for (index, raw) in joined.lines().enumerate() {
        let line = raw.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| {
            let shown: String = line.chars().take(80).flat_map(char::escape_default).collect();
            format!("{file}: line {}: `{shown}` {why}", index + 1)
        };
        if let Some(other) = line.strip_prefix("-r ").or_else(|| line.strip_prefix("--requirement ")) {
            if depth == 0 {
                return Err(wrong("nests too deep"));
            }
            let folder = file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            read(submission, &format!("{folder}{}", other.trim().trim_start_matches("./")), depth - 1, lines)?;
        } else if line.starts_with('-') {
            return Err(wrong("is an option; only NAME==VERSION and -r FILE are read"));
        } else if !line.starts_with(|c: char| c.is_ascii_alphanumeric()) || line.contains("://") || line.contains(" @ ")
        {
            return Err(wrong("is not NAME==VERSION"));
        } else {
            lines.push(line.to_owned());
        }
    }
    Ok(())
}

fn pins_of_lock(lock: &str) -> BTreeMap<String, Requirement> {
    let pins = lock.lines().filter(|line| !line.starts_with([' ', '#']));
    let pins = pins.map(|line| Requirement::of(line.trim_end_matches('\\')));
    pins.filter(|pin| pin.version.is_some()).map(|pin| (pin.name.clone(), pin)).collect()
}

/// A line of requirements.
struct Requirement {
    /// Normalized (PEP 503).
    name: String,
    /// Normalized; what they bring is further distributions.
    extras: BTreeSet<String>,
    /// Of an exact pin.
    version: Option<String>,
}

impl Requirement {
    fn of(line: &str) -> Self {
        let line = line.split(';').next().unwrap_or_default();
        let line = line.split(" --hash").next().unwrap_or_default().trim();
        let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let extras = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let extras = extras.map(|(extras, _)| extras).unwrap_or_default();
        Self {
            name: normalized(name),
            extras: extras.split(',').map(|extra| normalized(extra.trim())).filter(|extra| !extra.is_empty()).collect(),
            version: line.split_once("==").map(|(_, version)| version.trim().to_owned()),
        }
    }
}

fn normalized(name: &str) -> String {
    let mut normalized = String::new();
    for c in name.chars() {
        let c = if "._".contains(c) { '-' } else { c.to_ascii_lowercase() };
        if c != '-' || !normalized.ends_with('-') {
            normalized.push(c);
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::submission::{Origin, SourceFile};

    const LOCK: &str = "flask==3.1.3 \\\n    --hash=sha256:00\nflask-sqlalchemy==3.1.1 \\\n    --hash=sha256:01\n\
                        uvicorn[standard]==0.54.0 \\\n    --hash=sha256:02\n";

    const RUNTIME: Preinstalled<'_> =
        Preinstalled { lock: LOCK, fixed: &["torch"], instead: &[("flask-sqlalchemy-lite", "flask-sqlalchemy")] };

    fn check(text: &str, expected: Result<&[&str], &str>) {
        let file = |path: &str, text: &str| SourceFile { path: path.into(), bytes: text.into(), executable: false };
        let files =
            vec![file("requirements.txt", text), file("more/base.txt", "-r ../x\n"), file("b.txt", "six==1.16.0\n")];
        let submission = Submission::from_files("s", Origin::Folder, files).expect("valid");
        let got = requirements(&submission, &RUNTIME).map(|r| r.missing);
        let expected = expected.map(|lines| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>());
        assert_eq!(got, expected.map_err(str::to_owned));
    }

    #[test]
    fn what_the_runtime_has_is_not_installed() {
        check("Flask==3.1.3\nFlask_SQLAlchemy==3.1.1  # orm\n\n# end\n", Ok(&[]));
        check("flask\n", Ok(&[]));
        check("flask==3.1.3 --hash=sha256:00 \\\n  --hash=sha256:02\n", Ok(&[]));
        check("flask==3.0.0\n", Ok(&["flask==3.0.0"]));
        check("flask==3.1.3\nsix==1.16.0\n", Ok(&["flask==3.1.3", "six==1.16.0"]));
        check("-r b.txt\n", Ok(&["six==1.16.0"]));
    }

    #[test]
    fn extras_are_further_packages() {
        check("uvicorn==0.54.0\nuvicorn[standard]==0.54.0\nUvicorn [ Standard ]==0.54.0\n", Ok(&[]));
        check("uvicorn[other, standard]==0.54.0\n", Ok(&["uvicorn[other, standard]==0.54.0"]));
        check("flask[async]==3.1.3\n", Ok(&["flask[async]==3.1.3"]));
    }

    #[test]
    fn what_stands_for_another_distribution_counts_as_it() {
        check("torch==2.9.0\nflask==3.1.3\n", Ok(&[]));
        check("Flask_SQLAlchemy-Lite==3.1.1\n", Ok(&[]));
        check("torch==2.9.0\nflask-sqlalchemy-lite==3.0.0\n", Ok(&["flask-sqlalchemy==3.0.0"]));
    }

    #[test]
    fn other_sources_are_refused() {
        check(
            "--index-url x\n",
            Err("requirements.txt: line 1: `--index-url x` is an option; only NAME==VERSION and -r FILE are read"),
        );
        check("\nx @ file:///etc\n", Err("requirements.txt: line 2: `x @ file:///etc` is not NAME==VERSION"));
        check("-r more/base.txt\n", Err("more/../x: is named by -r, but is not there"));
    }
}
