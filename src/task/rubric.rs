//! `rubric.toml`: the closed denominator.
//!
//! It lists every criterion, every check and every test that a check is decided
//! by. Points are integers; the criteria sum to 100 and the checks of a criterion
//! to its points, so a score never depends on what happened to run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fields::{Fields, Problem, Problems, is_kebab};

/// A rubric, valid: points add up, ids and tests are unique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rubric {
    /// In the order of the file, which is the order of the report.
    pub criteria: Vec<Criterion>,
}

/// A group of checks, as an interviewer thinks of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Kebab id, unique in the rubric.
    pub id: String,
    /// One line for people; shown to candidates too.
    pub title: String,
    /// The criterion's share of the 100 points.
    pub points: u32,
    /// A failed critical check caps the criterion at this share of its points.
    pub cap_percent: u32,
    /// What is scored.
    pub checks: Vec<Check>,
}

/// One scored line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Kebab id, unique in the rubric.
    pub id: String,
    /// One line for the interviewer.
    pub title: String,
    /// Points that a pass earns.
    pub points: u32,
    /// A failure caps the whole criterion.
    pub critical: bool,
    /// How an interviewer reads a loss.
    pub bucket: Bucket,
    /// The tests that decide it, by node id; all of them are expected to report.
    pub tests: Vec<String>,
    /// What to ask in the review call.
    pub hint: String,
}

/// Must-have or nice-to-have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bucket {
    /// A missing skill that would force a redesign.
    Must,
    /// A habit that counts, never decisive alone.
    Nice,
}

impl Rubric {
    /// The sum that the criteria of every rubric have.
    pub const TOTAL: u32 = 100;

    /// All checks, each with its criterion, in order.
    pub fn checks(&self) -> impl Iterator<Item = (&Criterion, &Check)> {
        self.criteria.iter().flat_map(|criterion| criterion.checks.iter().map(move |check| (criterion, check)))
    }

    /// Reads the text of `rubric.toml` of `task`; `file` is its name in messages.
    pub fn parse(file: &str, text: &str, task: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(file);
        let Some(table) = problems.parse(text) else {
            return problems.into_result(Self { criteria: Vec::new() });
        };
        let mut fields = Fields::new(table, "", &mut problems);
        fields.format_one();
        let named = fields.string("task");
        if !named.is_empty() && named != task {
            fields.note("task", format!("is `{named}`, but the folder belongs to `{task}`"));
        }
        let criteria = fields.tables("criterion", read_criterion);
        fields.finish();
        check_sums(&criteria, &mut problems);
        check_unique(&criteria, &mut problems);
        problems.into_result(Self { criteria })
    }
}

fn read_criterion(mut fields: Fields<'_>) -> Criterion {
    let criterion = Criterion {
        id: read_id(&mut fields),
        title: fields.string("title"),
        points: fields.integer("points", 1..=Rubric::TOTAL),
        cap_percent: fields.integer_or("cap_percent", 0..=100, 40),
        checks: fields.tables("check", read_check),
    };
    fields.finish();
    criterion
}

fn read_check(mut fields: Fields<'_>) -> Check {
    let bucket = match fields.string_or("bucket", "must").as_str() {
        "must" => Bucket::Must,
        "nice" => Bucket::Nice,
        other => {
            fields.note("bucket", format!("is `{other}`; give \"must\" or \"nice\""));
            Bucket::Must
        }
    };
    let check = Check {
        id: read_id(&mut fields),
        title: fields.string("title"),
        points: fields.integer("points", 1..=Rubric::TOTAL),
        critical: fields.boolean_or("critical", false),
        bucket,
        tests: fields.strings("tests"),
        hint: fields.string("hint"),
    };
    if check.tests.is_empty() {
        fields.note("tests", "is empty; a check without tests can only fail");
    }
    fields.finish();
    check
}

fn read_id(fields: &mut Fields<'_>) -> String {
    let id = fields.string("id");
    if !id.is_empty() && !is_kebab(&id) {
        fields.note("id", format!("`{id}` is not kebab case (a-z, 0-9 and -)"));
    }
    id
}

fn check_sums(criteria: &[Criterion], problems: &mut Problems) {
    let total: u32 = criteria.iter().map(|c| c.points).sum();
    if total != Rubric::TOTAL {
        problems.note("criterion", format!("points sum to {total}; make them sum to {}", Rubric::TOTAL));
    }
    for (index, criterion) in criteria.iter().enumerate() {
        let sum: u32 = criterion.checks.iter().map(|c| c.points).sum();
        if sum != criterion.points {
            problems.note(
                format!("criterion[{index}].points"),
                format!("`{}` has {} points, but its checks sum to {sum}", criterion.id, criterion.points),
            );
        }
    }
}

fn check_unique(criteria: &[Criterion], problems: &mut Problems) {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let mut tests: BTreeMap<&str, &str> = BTreeMap::new();
    for (c, criterion) in criteria.iter().enumerate() {
        let path = format!("criterion[{c}]");
        if let Some(first) = ids.insert(&criterion.id, path.clone()) {
            problems.note(format!("{path}.id"), format!("`{}` is already the id of {first}", criterion.id));
        }
        for (k, check) in criterion.checks.iter().enumerate() {
            let path = format!("{path}.check[{k}]");
            if let Some(first) = ids.insert(&check.id, path.clone()) {
                problems.note(format!("{path}.id"), format!("`{}` is already the id of {first}", check.id));
            }
            for test in &check.tests {
                if let Some(first) = tests.insert(test, &check.id) {
                    problems.note(format!("{path}.tests"), format!("`{test}` already decides `{first}`"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
format = 1
task = "t"
[[criterion]]
id = "auth"
title = "Authentication"
points = 100
[[criterion.check]]
id = "login"
title = "Login works"
points = 60
critical = true
tests = ["test_auth.py::test_login"]
hint = "Ask how tokens expire."
[[criterion.check]]
id = "logout"
title = "Logout works"
points = 40
bucket = "nice"
tests = ["test_auth.py::test_logout"]
hint = "Ask who may log out."
"#;

    fn check(edit: impl Fn(&str) -> String, expected: &[&str]) {
        let problems = match Rubric::parse("rubric.toml", &edit(GOOD), "t") {
            Ok(_) => Vec::new(),
            Err(problems) => problems,
        };
        let shown: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.field, p.message)).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_valid_rubric() {
        check(str::to_owned, &[]);
        let rubric = Rubric::parse("rubric.toml", GOOD, "t").expect("valid");
        assert_eq!(rubric.checks().count(), 2);
        assert_eq!(rubric.criteria[0].cap_percent, 40);
    }

    #[test]
    fn points_must_add_up() {
        check(
            |t| t.replace("points = 100", "points = 90"),
            &[
                "criterion: points sum to 90; make them sum to 100",
                "criterion[0].points: `auth` has 90 points, but its checks sum to 100",
            ],
        );
    }

    #[test]
    fn ids_and_tests_are_unique() {
        check(
            |t| t.replace("\"logout\"", "\"login\"").replace("::test_logout", "::test_login"),
            &[
                "criterion[0].check[1].id: `login` is already the id of criterion[0].check[0]",
                "criterion[0].check[1].tests: `test_auth.py::test_login` already decides `login`",
            ],
        );
    }

    #[test]
    fn unknown_fields_and_wrong_kinds() {
        check(
            |t| t.replace("critical = true", "critical = \"yes\"\nweight = 3").replace("task = \"t\"", "task = \"u\""),
            &[
                "task: is `u`, but the folder belongs to `t`",
                "criterion[0].check[0].critical: is of type string; give true or false",
                "criterion[0].check[0].weight: is not a known field; remove it or correct its spelling",
            ],
        );
    }
}
