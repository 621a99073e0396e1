//! JUnit bytes → case records, bounded. The only file that knows junit-parser.
//!
//! It reads; it decides nothing. A file is of our own pytest, but what is in it was
//! shaped by answers of candidate code, so it is capped and its text is cleaned.

use std::io::Cursor;

/// Bytes of one file.
const FILE_CAP: usize = 16 << 20;
/// Cases of one file.
const CASES_CAP: usize = 5_000;
/// Bytes of a message.
const MESSAGE_CAP: usize = 2 << 10;
/// Bytes of a proof.
const PROOF_CAP: usize = 48 << 10;
/// Bytes of what a test wants shown, and of what a suite does.
const EXHIBITS_CAP: usize = 3 << 20;

/// One test that reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The node id, as in the rubric.
    pub id: String,
    /// What pytest says.
    pub status: Status,
    /// What the suite says more precisely, where it does.
    pub outcome: Option<String>,
    /// One sentence; empty for a pass.
    pub message: String,
    /// The proof, JSON; empty where there is none.
    pub proof: String,
    /// What it wants shown, JSON; empty where there is nothing.
    pub exhibits: String,
}

/// What pytest says of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It passed.
    Passed,
    /// Its body failed.
    Failed,
    /// Something around it failed.
    Errored,
    /// It was skipped.
    Skipped,
}

/// Why a file has no records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JunitError {
    /// There is none.
    #[error("the suite left no JUnit file")]
    Missing,
    /// Larger than a suite of ours writes.
    #[error("the JUnit file has {0} bytes, more than {FILE_CAP}")]
    TooLarge(usize),
    /// More cases than a suite of ours has.
    #[error("the JUnit file has {0} cases, more than {CASES_CAP}")]
    TooMany(usize),
    /// Not XML, or not JUnit.
    #[error("the JUnit file is broken: {0}")]
    Broken(String),
}

/// Reads the cases of one file.
pub fn parse(bytes: &[u8]) -> Result<Vec<Case>, JunitError> {
    let suites = read_file(bytes)?;
    let cases: Vec<&junit_parser::TestCase> = suites.suites.iter().flat_map(|suite| &suite.cases).collect();
    if cases.len() > CASES_CAP {
        return Err(JunitError::TooMany(cases.len()));
    }
    Ok(cases.into_iter().map(read).collect())
}

/// What the suite as a whole wants shown: JSON texts. A broken file has none; that it is broken is found elsewhere.
pub fn exhibits(bytes: &[u8]) -> Vec<String> {
    let suites = read_file(bytes).map(|file| file.suites).unwrap_or_default();
    suites.iter().map(|suite| shown(&suite.properties)).filter(|text| !text.is_empty()).collect()
}

fn read_file(bytes: &[u8]) -> Result<junit_parser::TestSuites, JunitError> {
    if bytes.is_empty() {
        return Err(JunitError::Missing);
    }
    if bytes.len() > FILE_CAP {
        return Err(JunitError::TooLarge(bytes.len()));
    }
    junit_parser::from_reader(Cursor::new(bytes)).map_err(|error| JunitError::Broken(error.to_string()))
}

fn shown(properties: &junit_parser::Properties) -> String {
    properties.hashmap.get("exhibits").filter(|text| text.len() <= EXHIBITS_CAP).cloned().unwrap_or_default()
}

fn read(case: &junit_parser::TestCase) -> Case {
    let property = |name: &str| case.properties.hashmap.get(name).cloned().unwrap_or_default();
    let (status, said) = match &case.status {
        junit_parser::TestStatus::Success => (Status::Passed, String::new()),
        junit_parser::TestStatus::Failure(failure) => (Status::Failed, failure.message.clone()),
        junit_parser::TestStatus::Error(error) => (Status::Errored, error.message.clone()),
        junit_parser::TestStatus::Skipped(skipped) => (Status::Skipped, skipped.message.clone()),
    };
    let message = property("message");
    let proof = property("proof");
    Case {
        id: Some(property("nodeid")).filter(|id| !id.is_empty()).unwrap_or_else(|| case.name.clone()),
        status,
        outcome: Some(property("outcome")).filter(|outcome| !outcome.is_empty()),
        message: clean(if message.is_empty() { &said } else { &message }, MESSAGE_CAP),
        proof: if proof.len() <= PROOF_CAP { proof } else { String::new() },
        exhibits: shown(&case.properties),
    }
}

/// One line without control characters, at most `cap` bytes.
fn clean(text: &str, cap: usize) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() > cap {
        let end = (0..=cap).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
        line.truncate(end);
        line.push('…');
    }
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" tests="2">
<testcase classname="test_a" name="test_x" time="0.1"><properties><property name="nodeid" value="test_a.py::test_x"/>
<property name="outcome" value="partial"/><property name="message" value="it&#10;answers 200"/><property name="proof" value="{}"/></properties>
<failure message="E">text</failure></testcase>
<testcase classname="test_a" name="test_y" time="0.1"/></testsuite></testsuites>"#;

    const SHOWN: &str = r#"<testsuites><testsuite name="pytest"><properties><property name="exhibits" value="[1]"/></properties>
<testcase classname="t" name="x"><properties><property name="exhibits" value="[{&quot;a&quot;: &quot;\u202e&lt;&quot;}]"/></properties></testcase>
</testsuite></testsuites>"#;

    #[test]
    fn exhibits_are_those_of_tests_or_of_the_suite() {
        assert_eq!(exhibits(SHOWN.as_bytes()), ["[1]"]);
        assert_eq!(parse(SHOWN.as_bytes()).expect("well-formed")[0].exhibits, r#"[{"a": "\u202e<"}]"#);
        let nothing = Vec::<String>::new();
        assert_eq!(
            (exhibits(FILE.as_bytes()), exhibits(b"<"), exhibits(b"")),
            (nothing.clone(), nothing.clone(), nothing)
        );
        let large = SHOWN.replace("[1]", &"1".repeat(EXHIBITS_CAP + 1));
        assert!(exhibits(large.as_bytes()).is_empty());
    }

    #[test]
    fn cases_carry_what_the_suite_says() {
        let cases = parse(FILE.as_bytes()).expect("well-formed");
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].id, "test_a.py::test_x");
        assert_eq!(cases[0].status, Status::Failed);
        assert_eq!(cases[0].outcome.as_deref(), Some("partial"));
        assert_eq!(cases[0].message, "it answers 200");
        assert_eq!(cases[1].id, "test_a::test_y");
        assert_eq!(cases[1].status, Status::Passed);
    }

    #[test]
    fn broken_files_are_errors() {
        assert_eq!(parse(b""), Err(JunitError::Missing));
        assert_eq!(parse(&vec![b' '; FILE_CAP + 1]), Err(JunitError::TooLarge(FILE_CAP + 1)));
        assert!(matches!(parse(&FILE.as_bytes()[..300]), Err(JunitError::Broken(_))));
        let entity = "<!DOCTYPE x [<!ENTITY a \"b\">]><testsuites><testsuite name=\"&a;\"/></testsuites>";
        assert!(matches!(parse(entity.as_bytes()), Err(JunitError::Broken(_))));
        let many = format!("<testsuite>{}</testsuite>", "<testcase name=\"t\"/>".repeat(CASES_CAP + 1));
        assert_eq!(parse(many.as_bytes()), Err(JunitError::TooMany(CASES_CAP + 1)));
    }
}
