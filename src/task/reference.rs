//! `reference.toml`: a submission that the grader is proved against, and what must be found in it.
//!
//! A flawed reference is a strong one with an edit: exact text that is replaced, so
//! that one flaw reads as one small change and never drifts from its base.

use super::fields::{Fields, Problem, Problems};

/// A reference, valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// One line for people.
    pub title: String,
    /// Where its files come from.
    pub files: Files,
    /// Changes to its files, in order.
    pub edits: Vec<Edit>,
    /// What must come out.
    pub expected: Expected,
    /// Checks that may not pass as well, as a consequence.
    pub also: Vec<String>,
    /// Observed probes that must not pass.
    pub shows: Vec<String>,
}

/// Where a reference's files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// The `submission` folder beside `reference.toml`.
    Own {
        /// The folder of its `tests/`, relative to the reference's own, where references share them; else empty.
        tests: String,
    },
    /// Those of another reference, by name.
    Base(String),
    /// A folder, relative to the reference's own.
    Folder(String),
}

/// A replacement of text that must occur exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Path in the submission.
    pub file: String,
    /// What is replaced.
    pub find: String,
    /// What it is replaced by.
    pub replace: String,
}

/// What must come out of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// All points.
    Full,
    /// Exactly these checks do not pass.
    Loses(Vec<String>),
    /// At most these points.
    AtMost(u32),
}

impl Reference {
    /// Reads the text of `reference.toml`; `checks` are the rubric's ids, `observed` the probes that decide none.
    pub fn parse(file: &str, text: &str, checks: &[&str], observed: &[&str]) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(file);
        let Some(table) = problems.parse(text) else { return Err(problems.into_found()) };
        let mut fields = Fields::new(table, "", &mut problems);
        fields.format_one();
        let title = fields.string("title");
        let kind = fields.string("kind");
        let base = fields.string_or("base", "");
        let source = fields.string_or("source", "");
        let tests = fields.string_or("tests", "");
        let loses = fields.strings("loses");
        let also = fields.strings("also");
        let shows = fields.strings("shows");
        let max_points = fields.integer_or("max_points", 0..=100, 0);
        let edits = fields.tables("edit", read_edit);
        for (key, ids) in [("loses", &loses), ("also", &also)] {
            for id in ids.iter().filter(|id| !checks.contains(&id.as_str())) {
                fields.note(key, format!("`{id}` is not a check of the rubric"));
            }
        }
        for name in shows.iter().filter(|name| !observed.contains(&name.as_str())) {
            fields.note("shows", format!("`{name}` is not an observed probe"));
        }
        let expected = match kind.as_str() {
            "strong" => Expected::Full,
            "starter" => Expected::AtMost(max_points),
            _ => Expected::Loses(loses.clone()),
        };
        match kind.as_str() {
            "" => {}
            "flawed" if loses.is_empty() && shows.is_empty() => {
                fields.note("loses", "is empty; name the checks that the flaw loses, or in `shows` what it shows");
            }
            "flawed" => {}
            "strong" | "starter" if loses.is_empty() && shows.is_empty() => {}
            "strong" | "starter" => fields.note("loses", "and `shows` are for flawed references only"),
            other => fields.note("kind", format!("is `{other}`; give \"strong\", \"flawed\" or \"starter\"")),
        }
        let given = [!base.is_empty(), !source.is_empty(), !tests.is_empty()];
        if given.into_iter().filter(|given| *given).count() > 1 {
            fields.note("base", "`source` and `tests` exclude each other; give one of them");
        }
        let files = if !base.is_empty() {
            Files::Base(base)
        } else if !source.is_empty() {
            Files::Folder(source)
        } else {
            Files::Own { tests }
        };
        fields.finish();
        problems.into_result(Self { title, files, edits, expected, also, shows })
    }
}

fn read_edit(mut fields: Fields<'_>) -> Edit {
    let edit =
        Edit { file: fields.string("file"), find: fields.string("find"), replace: fields.text_or("replace", "") };
    fields.finish();
    edit
}

impl Edit {
    /// Applies the edit to a file's text; the text must occur exactly once.
    pub fn apply(&self, text: &str) -> Result<String, String> {
        match text.matches(&self.find).count() {
            1 => Ok(text.replacen(&self.find, &self.replace, 1)),
            count => Err(format!("{}: the text of an edit occurs {count} times; it must occur once", self.file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "format = 1\ntitle = \"T\"\nkind = \"flawed\"\nbase = \"strong\"\nloses = [\"a\"]\n\
                        [[edit]]\nfile = \"x.py\"\nfind = \"one\"\nreplace = \"\"\n";

    #[test]
    fn a_flawed_reference() {
        let reference = Reference::parse("reference.toml", GOOD, &["a"], &[]).expect("valid");
        assert_eq!(reference.files, Files::Base("strong".into()));
        assert_eq!(reference.expected, Expected::Loses(vec!["a".into()]));
        assert_eq!(reference.edits[0].apply("one two"), Ok(" two".into()));
        assert!(reference.edits[0].apply("one one").is_err() && reference.edits[0].apply("two").is_err());
    }

    #[test]
    fn mistakes_are_collected() {
        let text = GOOD.replace("[\"a\"]", "[\"b\"]").replace("title = \"T\"", "").replace("find =", "fnd =");
        let problems = Reference::parse("reference.toml", &text, &["a"], &[]).expect_err("mistakes");
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(fields, ["title", "edit[0].find", "edit[0].fnd", "loses"]);
    }

    #[test]
    fn files_come_from_one_place() {
        let strong = "format = 1\ntitle = \"T\"\nkind = \"strong\"\ntests = \"../own-tests\"\n";
        let reference = Reference::parse("reference.toml", strong, &["a"], &[]).expect("valid");
        assert_eq!(reference.files, Files::Own { tests: "../own-tests".into() });
        for other in ["base = \"b\"\n", "source = \"c\"\n"] {
            let problems = Reference::parse("reference.toml", &format!("{strong}{other}"), &["a"], &[]);
            assert_eq!(problems.expect_err("two places")[0].field, "base");
        }
    }
}
