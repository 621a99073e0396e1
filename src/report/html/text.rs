//! Text for people: hidden characters shown, JSON laid out, numbers and times in words. Pure.
//!
//! Nothing here escapes for HTML; the templates do.

use std::fmt::Write;

use serde_json::Value;

/// Lines of each of two texts that are compared; more are shown without marks.
const COMPARED: usize = 500;

/// Replaces each character that cannot be seen, or that reorders its neighbours, by its code: `⟨U+202E⟩`.
///
/// Line feeds and tabs stay. Meant for a whole page at once, so that no place of it can be forgotten.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a string does not fail.
            write!(out, "⟨U+{:04X}⟩", u32::from(c)).ok();
        } else {
            out.push(c);
        }
    }
    out
}

/// Controls, and of Unicode's format and default-ignorable characters those that no ordinary text needs
/// (variation selectors of emoji are not among them).
fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' => true,
        '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

/// Lays JSON out over lines, or `None` where the text is no JSON.
///
/// Every token stays as it was sent: order, repeated members, and the digits of numbers are evidence.
/// What fits into `width` columns stays on one line.
pub fn layout_json(text: &str, width: usize) -> Option<String> {
    // `Value` also bounds the depth, unlike a parse that keeps nothing.
    serde_json::from_str::<Value>(text).ok()?;
    let tokens = tokens(text);
    let mut out = String::with_capacity(text.len() * 2);
    lay_out(&tokens, 0, 0, width, &mut out);
    Some(out)
}

/// The tokens of valid JSON.
fn tokens(json: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = json.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            '"' => string_length(rest),
            _ => rest.find([',', '}', ']', ' ', '\t', '\r', '\n']).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Bytes of the string that `json` begins with, with its quotes.
fn string_length(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

/// Lays out one value, all of whose tokens these are; its line is indented so far, and it begins in `column`.
fn lay_out(tokens: &[&str], indent: usize, column: usize, width: usize, out: &mut String) {
    let line = one_line(tokens);
    let is_container = tokens.len() > 2;
    if !is_container || column + line.chars().count() <= width {
        out.push_str(&line);
        return;
    }
    let inside = indent + 2;
    out.push_str(tokens[0]);
    for (index, member) in members(&tokens[1..tokens.len() - 1]).into_iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.extend(std::iter::repeat_n(' ', inside));
        match member {
            [key, ":", value @ ..] => {
                out.push_str(key);
                out.push_str(": ");
                lay_out(value, inside, inside + key.chars().count() + 2, width, out);
            }
            value => lay_out(value, inside, inside, width, out),
        }
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(tokens[tokens.len() - 1]);
}

fn one_line(tokens: &[&str]) -> String {
    let mut line = String::new();
    for token in tokens {
        line.push_str(token);
        if matches!(*token, "," | ":") {
            line.push(' ');
        }
    }
    line
}

/// The members of a container, without the commas between them.
fn members<'t, 'j>(tokens: &'t [&'j str]) -> Vec<&'t [&'j str]> {
    let mut depth = 0_usize;
    tokens
        .split(|token| {
            match *token {
                "{" | "[" => depth += 1,
                "}" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == ","
        })
        .collect()
}

/// A line, and whether the other text lacks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Without its end.
    pub text: String,
    /// Whether it is marked.
    pub differs: bool,
}

impl Line {
    /// The blanks before it.
    pub fn indent(&self) -> &str {
        &self.text[..self.text.len() - self.body().len()]
    }

    /// What follows them.
    pub fn body(&self) -> &str {
        self.text.trim_start()
    }
}

/// Two texts for reading side by side; where both are JSON objects or arrays, the lines that differ are marked.
pub fn compare(expected: &str, observed: &str) -> (Vec<Line>, Vec<Line>) {
    let structured = |text: &str| layout_json(text, 0).filter(|laid_out| laid_out.contains('\n'));
    let plain = |text: &str| -> Vec<Line> {
        let laid_out = layout_json(text, 0);
        let lines = laid_out.as_deref().unwrap_or(text).lines();
        lines.map(|line| Line { text: line.to_owned(), differs: false }).collect()
    };
    let (mut left, mut right) = (plain(expected), plain(observed));
    let small = left.len() <= COMPARED && right.len() <= COMPARED;
    if small && structured(expected).is_some() && structured(observed).is_some() {
        mark(&mut left, &mut right);
    }
    (left, right)
}

/// Marks the lines that are not in the longest common subsequence. A comma at the end says nothing.
fn mark(left: &mut [Line], right: &mut [Line]) {
    let same = |a: &Line, b: &Line| a.text.trim_end_matches(',') == b.text.trim_end_matches(',');
    let mut longest = vec![vec![0_u16; right.len() + 1]; left.len() + 1];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            longest[i][j] = if same(&left[i], &right[j]) {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        if i < left.len() && j < right.len() && same(&left[i], &right[j]) {
            (i, j) = (i + 1, j + 1);
        } else if j == right.len() || (i < left.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            left[i].differs = true;
            i += 1;
        } else {
            right[j].differs = true;
            j += 1;
        }
    }
}

/// Milliseconds for people: `3 ms`, `14.6 s`, `2 min 5 s`.
pub fn duration(ms: f64) -> String {
    let size = ms.abs();
    if size < 999.5 {
        return format!("{ms:.0} ms");
    }
    if size < 59_950.0 {
        return format!("{:.1} s", ms / 1000.0);
    }
    let seconds = (ms / 1000.0).round();
    format!("{:.0} min {:.0} s", (seconds / 60.0).trunc(), (seconds % 60.0).abs())
}

/// An RFC 3339 time for people, to the minute; a text that is none stays as it is.
pub fn date(rfc3339: &str) -> String {
    match rfc3339.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%-d %B %Y, %H:%M UTC").to_string(),
        Err(_) => rfc3339.to_owned(),
    }
}

/// `part` of `whole` in percent with a digit behind the point, between 0 and 100.
pub fn percent(part: f64, whole: f64) -> String {
    let share = if whole > 0.0 { (100.0 * part / whole).clamp(0.0, 100.0) } else { 0.0 };
    format!("{share:.1}%")
}

/// `1 check`, `2 checks`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Splits an address of a replica into its port and what follows; other addresses stay whole.
pub fn split_url(url: &str) -> (&str, &str) {
    let Some(rest) = url.strip_prefix("http://127.0.0.1:") else {
        return ("", url);
    };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (port, path) = rest.split_at(end);
    if path.starts_with('/') { (port, path) } else { ("", url) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown() {
        let cases = [
            ("plain, Grüße, 漢字, 👍🏽\n\tindented", "plain, Grüße, 漢字, 👍🏽\n\tindented"),
            ("\u{1b}[31mred\u{1b}[0m", "⟨U+001B⟩[31mred⟨U+001B⟩[0m"),
            ("user\u{202e}gpj.exe", "user⟨U+202E⟩gpj.exe"),
            ("a\u{200b}b\u{feff}c\u{ad}d", "a⟨U+200B⟩b⟨U+FEFF⟩c⟨U+00AD⟩d"),
            ("line\r\nline\u{85}\u{2028}", "line⟨U+000D⟩\nline⟨U+0085⟩⟨U+2028⟩"),
            ("\u{e0041}", "⟨U+E0041⟩"),
        ];
        for (text, expected) in cases {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn json_is_laid_out_without_changing_a_token() {
        let cases = [
            ("{}", "{}"),
            ("[ ]", "[]"),
            ("1e2", "1e2"),
            (r#"{"b":1.50,"a":[1,2]}"#, r#"{"b": 1.50, "a": [1, 2]}"#),
            (r#"{"a":1,"a":12345678901234567890123}"#, r#"{"a": 1, "a": 12345678901234567890123}"#),
            (
                r#"{"a":{"long":"0123456789, \" { [ ]: \\"},"b":[]}"#,
                "{\n  \"a\": {\n    \"long\": \"0123456789, \\\" { [ ]: \\\\\"\n  },\n  \"b\": []\n}",
            ),
            (
                "[[1,2,3,4,5],[12345678,12345678,123456789,12345678]]",
                "[\n  [1, 2, 3, 4, 5],\n  [\n    12345678,\n    12345678,\n    123456789,\n    12345678\n  ]\n]",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(layout_json(json, 40).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for text in ["", "<html>", "{\"a\": 1", "{\"a\": 1}... (4096 bytes)", "1e999", deep.as_str()] {
            assert_eq!(layout_json(text, 40), None, "{text}");
        }
    }

    fn marked(lines: &[Line]) -> Vec<&str> {
        lines.iter().filter(|line| line.differs).map(|line| line.text.trim()).collect()
    }

    #[test]
    fn differing_members_are_marked() {
        let (left, right) = compare(r#"{"id":"x","stock":5}"#, r#"{"id":"x","stock":6,"version":3}"#);
        assert_eq!(marked(&left), [r#""stock": 5"#]);
        assert_eq!(marked(&right), [r#""stock": 6,"#, r#""version": 3"#]);
        assert_eq!(left.len(), 4);
    }

    #[test]
    fn plain_texts_are_not_marked() {
        for (expected, observed) in [("200", "500"), ("one status of 401, 403", "{\"a\": 1}"), ("", "[1]")] {
            let (left, right) = compare(expected, observed);
            assert!(marked(&left).is_empty() && marked(&right).is_empty(), "{expected} / {observed}");
        }
        let long = format!("[{}1]", "1,".repeat(COMPARED));
        assert!(marked(&compare(&long, "[2]").0).is_empty());
    }

    #[test]
    fn numbers_for_people() {
        let durations =
            [(0.0, "0 ms"), (2.4, "2 ms"), (999.6, "1.0 s"), (14_647.0, "14.6 s"), (125_000.0, "2 min 5 s")];
        for (ms, expected) in durations {
            assert_eq!(duration(ms), expected);
        }
        let shares = [((3.0, 8.0), "37.5%"), ((0.0, 0.0), "0.0%"), ((9.0, 3.0), "100.0%"), ((-1.0, 3.0), "0.0%")];
        for ((part, whole), expected) in shares {
            assert_eq!(percent(part, whole), expected);
        }
        assert_eq!((count(1, "check"), count(0, "check")), ("1 check".to_owned(), "0 checks".to_owned()));
        assert_eq!(date("2026-11-05T04:07:51.140791613Z"), "5 November 2026, 04:07 UTC");
        assert_eq!(date("yesterday"), "yesterday");
    }

    #[test]
    fn only_addresses_of_replicas_are_shortened() {
        let cases = [
            ("http://127.0.0.1:8000/items?limit=5", ("8000", "/items?limit=5")),
            ("http://127.0.0.1:8001.example.com/", ("", "http://127.0.0.1:8001.example.com/")),
            ("http://127.0.0.1:80@example.com/", ("", "http://127.0.0.1:80@example.com/")),
            ("https://example.com/", ("", "https://example.com/")),
        ];
        for (url, expected) in cases {
            assert_eq!(split_url(url), expected);
        }
    }
}
