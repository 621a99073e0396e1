//! A reader of TOML tables that collects every mistake instead of stopping at the first.
//!
//! Each accessor takes one key out of the table, notes a problem where the value
//! is missing or of the wrong kind, and returns a stand-in so that reading goes
//! on. `finish` reports the keys that nobody asked for.

use std::fmt;
use std::time::Duration;

use toml::{Table, Value};

use crate::units;

/// One mistake in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user would name it.
    pub file: String,
    /// The field's path, such as `criterion[2].points`; empty for the whole file.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(f, "{}: {}: {}", self.file, self.field, self.message)
        }
    }
}

/// Collects the problems of one file.
#[derive(Debug)]
pub struct Problems {
    file: String,
    found: Vec<Problem>,
}

impl Problems {
    /// No problems yet in `file`.
    pub fn new(file: impl Into<String>) -> Self {
        Self { file: file.into(), found: Vec::new() }
    }

    /// Notes one problem.
    pub fn note(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.found.push(Problem { file: self.file.clone(), field: field.into(), message: message.into() });
    }

    /// The value, or everything that was noted.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.found.is_empty() { Ok(value) } else { Err(self.found) }
    }

    /// Everything that was noted.
    pub fn into_found(self) -> Vec<Problem> {
        self.found
    }

    /// Parses TOML text; a syntax error is the file's only problem.
    pub fn parse(&mut self, text: &str) -> Option<Table> {
        match text.parse::<Table>() {
            Ok(table) => Some(table),
            Err(error) => {
                let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                let message = error.message().lines().next().unwrap_or("not TOML").to_owned();
                self.note("", format!("line {line}: {message}"));
                None
            }
        }
    }
}

/// One table being read.
pub struct Fields<'p> {
    table: Table,
    path: String,
    problems: &'p mut Problems,
}

impl<'p> Fields<'p> {
    /// Reads `table`, whose own path is `path` (empty for the file's root).
    pub fn new(table: Table, path: impl Into<String>, problems: &'p mut Problems) -> Self {
        Self { table, path: path.into(), problems }
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes a problem of `key`.
    pub fn note(&mut self, key: &str, message: impl Into<String>) {
        let field = self.at(key);
        self.problems.note(field, message);
    }

    fn required(&mut self, key: &str, kind: &str) -> Option<Value> {
        let value = self.table.remove(key);
        if value.is_none() {
            self.note(key, format!("is missing; give {kind}"));
        }
        value
    }

    fn convert<T>(&mut self, key: &str, value: Value, kind: &str, get: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let got = get(&value);
        if got.is_none() {
            self.note(key, format!("is of type {}; give {kind}", value.type_str()));
        }
        got
    }

    /// A required, non-empty string.
    pub fn string(&mut self, key: &str) -> String {
        const KIND: &str = "a non-empty string";
        let Some(value) = self.required(key, KIND) else {
            return String::new();
        };
        self.convert(key, value, KIND, |v| v.as_str().filter(|s| !s.trim().is_empty()).map(str::to_owned))
            .unwrap_or_default()
    }

    /// An optional string.
    pub fn string_or(&mut self, key: &str, default: &str) -> String {
        if self.table.contains_key(key) { self.string(key) } else { default.to_owned() }
    }

    /// An optional string that may be empty.
    pub fn text_or(&mut self, key: &str, default: &str) -> String {
        match self.table.remove(key) {
            None => default.to_owned(),
            Some(value) => self.convert(key, value, "a string", |v| v.as_str().map(str::to_owned)).unwrap_or_default(),
        }
    }

    /// A required whole number within `range`.
    pub fn integer(&mut self, key: &str, range: std::ops::RangeInclusive<u32>) -> u32 {
        let kind = format!("a whole number from {} to {}", range.start(), range.end());
        let Some(value) = self.required(key, &kind) else {
            return *range.start();
        };
        let Some(number) = self.convert(key, value, &kind, Value::as_integer) else {
            return *range.start();
        };
        match u32::try_from(number).ok().filter(|n| range.contains(n)) {
            Some(number) => number,
            None => {
                self.note(key, format!("is {number}; give {kind}"));
                *range.start()
            }
        }
    }

    /// An optional whole number within `range`.
    pub fn integer_or(&mut self, key: &str, range: std::ops::RangeInclusive<u32>, default: u32) -> u32 {
        if self.table.contains_key(key) { self.integer(key, range) } else { default }
    }

    /// An optional boolean.
    pub fn boolean_or(&mut self, key: &str, default: bool) -> bool {
        match self.table.remove(key) {
            None => default,
            Some(value) => self.convert(key, value, "true or false", Value::as_bool).unwrap_or(default),
        }
    }

    /// A required duration such as `"30s"`.
    pub fn duration(&mut self, key: &str) -> Duration {
        self.parsed(key, units::parse_duration)
    }

    /// A required size such as `"512MiB"`, in bytes.
    pub fn size(&mut self, key: &str) -> u64 {
        self.parsed(key, units::parse_size)
    }

    fn parsed<T: Default>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let text = self.string(key);
        if text.is_empty() {
            return T::default();
        }
        parse(&text).unwrap_or_else(|message| {
            self.note(key, message);
            T::default()
        })
    }

    /// An optional list of strings.
    pub fn strings(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.table.remove(key) else {
            return Vec::new();
        };
        self.convert(key, value, "a list of strings", |v| {
            v.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
        .unwrap_or_default()
    }

    /// An optional table of strings, in order of the keys.
    pub fn string_table(&mut self, key: &str) -> Vec<(String, String)> {
        let Some(value) = self.table.remove(key) else {
            return Vec::new();
        };
        self.convert(key, value, "a table of strings", |v| {
            v.as_table()?.iter().map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
        })
        .unwrap_or_default()
    }

    /// A sub-table, read by `read`; `None` when the key is absent.
    pub fn table<T>(&mut self, key: &str, read: impl FnOnce(Fields<'_>) -> T) -> Option<T> {
        let path = self.at(key);
        match self.table.remove(key)? {
            Value::Table(table) => Some(read(Fields::new(table, path, self.problems))),
            other => {
                self.note(key, format!("is of type {}; give a table", other.type_str()));
                None
            }
        }
    }

    /// An array of tables, each read by `read`.
    pub fn tables<T>(&mut self, key: &str, mut read: impl FnMut(Fields<'_>) -> T) -> Vec<T> {
        let Some(value) = self.table.remove(key) else {
            return Vec::new();
        };
        let Value::Array(items) = value else {
            self.note(key, format!("is of type {}; give [[{key}]] tables", value.type_str()));
            return Vec::new();
        };
        let mut out = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let path = self.at(&format!("{key}[{index}]"));
            match item {
                Value::Table(table) => out.push(read(Fields::new(table, path, self.problems))),
                other => self.problems.note(path, format!("is of type {}; give a table", other.type_str())),
            }
        }
        out
    }

    /// Requires `format = 1`.
    pub fn format_one(&mut self) {
        let format = self.integer("format", 1..=u32::MAX);
        if format != 1 {
            self.note("format", format!("is {format}; this version reads format 1"));
        }
    }

    /// Ends the reading: what is left in the table is unknown.
    pub fn finish(mut self) {
        for key in std::mem::take(&mut self.table).keys() {
            let field = self.at(key);
            self.problems.note(field, "is not a known field; remove it or correct its spelling");
        }
    }
}

/// True for `a-z 0-9 -`, starting with a letter: slugs and ids.
pub fn is_kebab(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
