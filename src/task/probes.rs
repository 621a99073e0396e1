//! `probes.toml`: which probes examine a submission, and how they speak to its API. Hidden.
//!
//! Operations are templates: `{{name}}` is replaced by a value that the probe gives or that an earlier answer
//! gave. The kinds of probes are code (`probe::kind`); an author chooses and sizes them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fields::{Fields, Problem, Problems, is_kebab};
use crate::probe::kind::Kind;

/// The prefix of a probe's id among the tests of a rubric.
pub const PREFIX: &str = "probe::";

/// The plan of all probes, valid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Probes {
    /// Wall time after which the probes that are left do not run.
    pub timeout: Duration,
    /// How to speak to the API, by name.
    pub operations: BTreeMap<String, Operation>,
    /// In running order.
    pub probes: Vec<Probe>,
}

/// One request of the API, as a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// HTTP method.
    pub method: String,
    /// Path and query, a template.
    pub path: String,
    /// JSON text, a template; empty for none.
    pub body: String,
    /// Headers, templates.
    pub headers: Vec<(String, String)>,
    /// The statuses of a success.
    pub ok: Vec<u16>,
    /// The statuses of a refusal that the API promises for it.
    pub refused: Vec<u16>,
    /// Values that an answer gives: a JSON pointer such as `/id`, or `header:NAME`.
    pub gives: Vec<(String, String)>,
}

/// One probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Kebab name, unique; `probe::NAME` in the rubric.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// Shown, but decides no check.
    pub observe: bool,
    /// Its settings, all of them.
    pub settings: BTreeMap<String, u32>,
    /// The operation of each role.
    pub operations: BTreeMap<String, String>,
}

impl Probe {
    /// Its id among the tests of a rubric.
    pub fn test(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }
}

impl Probes {
    /// Reads the text of `probes.toml`.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(file);
        let Some(table) = problems.parse(text) else { return Err(problems.into_found()) };
        let mut fields = Fields::new(table, "", &mut problems);
        fields.format_one();
        let timeout = fields.duration("timeout");
        let operations: Vec<(String, Operation)> = fields.tables("operation", read_operation);
        let probes = fields.tables("probe", read_probe);
        fields.finish();
        let mut named = BTreeMap::new();
        for (index, (name, operation)) in operations.into_iter().enumerate() {
            if named.insert(name.clone(), operation).is_some() {
                problems.note(format!("operation[{index}].name"), format!("`{name}` is already taken"));
            }
        }
        for (index, probe) in probes.iter().enumerate() {
            if probes[..index].iter().any(|other| other.name == probe.name) {
                problems.note(format!("probe[{index}].name"), format!("`{}` is already taken", probe.name));
            }
            for (role, operation) in probe.operations.iter().filter(|(_, name)| !named.contains_key(*name)) {
                let message = format!("needs `{role}`, but there is no operation `{operation}`");
                problems.note(format!("probe[{index}].kind"), message);
            }
        }
        problems.into_result(Self { timeout, operations: named, probes })
    }

    /// The same plan with only the probes that `keep` says.
    pub fn only(&self, keep: impl Fn(&Probe) -> bool) -> Self {
        let probes = self.probes.iter().filter(|probe| keep(probe)).cloned().collect();
        Self { probes, ..self.clone() }
    }
}

fn read_operation(mut fields: Fields<'_>) -> (String, Operation) {
    let name = read_name(&mut fields);
    let statuses = |fields: &mut Fields<'_>, key: &str| -> Vec<u16> {
        let given = fields.strings(key);
        let read: Vec<u16> = given.iter().filter_map(|text| text.parse().ok()).collect();
        if read.len() != given.len() || read.iter().any(|status| !(100..600).contains(status)) {
            fields.note(key, "holds something else than statuses such as \"201\"");
        }
        read
    };
    let operation = Operation {
        method: fields.string("method"),
        path: fields.string("path"),
        body: fields.text_or("body", ""),
        headers: fields.string_table("headers"),
        ok: statuses(&mut fields, "ok"),
        refused: statuses(&mut fields, "refused"),
        gives: fields.string_table("gives"),
    };
    if operation.ok.is_empty() {
        fields.note("ok", "is empty; give the statuses of a success");
    }
    if !operation.path.is_empty() && !operation.path.starts_with('/') {
        fields.note("path", "does not begin with /");
    }
    for (value, place) in &operation.gives {
        if !place.starts_with('/') && !place.starts_with("header:") {
            fields.note(
                "gives",
                format!("`{value}` is `{place}`; give a JSON pointer such as \"/id\", or \"header:NAME\""),
            );
        }
    }
    fields.finish();
    (name, operation)
}

fn read_probe(mut fields: Fields<'_>) -> Probe {
    let name = read_name(&mut fields);
    let text = fields.string("kind");
    let kind = Kind::ALL.iter().copied().find(|kind| kind.code() == text);
    if kind.is_none() && !text.is_empty() {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        fields.note("kind", format!("is `{text}`; give one of {}", known.join(", ")));
    }
    let kind = kind.unwrap_or(Kind::Counter);
    let observe = fields.boolean_or("observe", false);
    let settings = kind
        .settings()
        .iter()
        .map(|setting| {
            let bounds = setting.bounds.0..=setting.bounds.1;
            (setting.name.to_owned(), fields.integer_or(setting.name, bounds, setting.default))
        })
        .collect();
    let renamed: BTreeMap<String, String> = fields.string_table("operations").into_iter().collect();
    for role in renamed.keys().filter(|role| !kind.needs().contains(&role.as_str())) {
        fields.note(
            "operations",
            format!("`{role}` is no role of `{}`; its roles are {}", kind.code(), kind.needs().join(", ")),
        );
    }
    let operations = kind
        .needs()
        .iter()
        .map(|role| ((*role).to_owned(), renamed.get(*role).cloned().unwrap_or_else(|| (*role).to_owned())))
        .collect();
    fields.finish();
    Probe { name, kind, observe, settings, operations }
}

fn read_name(fields: &mut Fields<'_>) -> String {
    let name = fields.string("name");
    if !name.is_empty() && !is_kebab(&name) {
        fields.note("name", format!("`{name}` is not kebab case (a-z, 0-9 and -)"));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
format = 1
timeout = "60s"
[[operation]]
name = "create"
method = "POST"
path = "/things"
body = '{"name": "{{name}}", "stock": {{stock}}}'
headers = { Authorization = "Bearer {{token}}" }
ok = ["201"]
gives = { item = "/id" }
[[operation]]
name = "read"
method = "GET"
path = "/things/{{item}}"
ok = ["200"]
gives = { stock = "/stock" }
[[operation]]
name = "bump"
method = "POST"
path = "/things/{{item}}/bump"
body = '{"by": {{delta}}}'
ok = ["200"]
refused = ["409"]
[[probe]]
name = "bump-race"
kind = "counter"
rounds = 7
operations = { add = "bump" }
"#;

    #[test]
    fn a_valid_plan() {
        let probes = Probes::parse("probes.toml", GOOD).expect("valid");
        assert_eq!(probes.timeout, Duration::from_secs(60));
        assert_eq!(probes.probes[0].settings["rounds"], 7);
        assert_eq!(probes.probes[0].settings["clients"], 20);
        assert_eq!(probes.probes[0].operations["add"], "bump");
        assert_eq!(probes.probes[0].test(), "probe::bump-race");
        assert!(probes.only(|probe| probe.name == "other").probes.is_empty());
    }

    #[test]
    fn mistakes_are_collected() {
        let text = GOOD
            .replace("rounds = 7", "rounds = 0\nround = 3")
            .replace("add = \"bump\"", "take = \"bump\"")
            .replace("\"/id\"", "\"id\"")
            .replace("\"409\"", "\"conflict\"");
        let problems = Probes::parse("probes.toml", &text).expect_err("mistakes");
        let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "operation[0].gives",
                "operation[2].refused",
                "probe[0].rounds",
                "probe[0].operations",
                "probe[0].round",
                "probe[0].kind"
            ]
        );
    }
}
