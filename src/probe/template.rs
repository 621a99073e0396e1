//! Operations → requests, and answers → values. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::http::{Answer, Exchange, NoAnswer, Request};
use crate::task::Operation;

/// Named texts that fill templates.
pub type Values = BTreeMap<String, String>;

/// What an exchange says about its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A success that the API promises.
    Ok,
    /// A refusal that the API promises: nothing has changed.
    Refused,
    /// A 5xx: the effect may or may not exist.
    Broken,
    /// No answer: the effect may or may not exist.
    Unknown,
    /// The request never went out whole.
    NotSent,
    /// A status that the API does not promise here; it is no success.
    Odd,
}

impl Seen {
    /// Whether the effect may exist without having been acknowledged.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Broken | Self::Unknown)
    }
}

/// The request of an operation; later values win.
pub fn request(operation: &Operation, values: &[&Values]) -> Request {
    let get = |name: &str| values.iter().rev().find_map(|values| values.get(name)).cloned().unwrap_or_default();
    // What clients really send: nothing in a request tells that it comes from a grader.
    let mut request = Request::new(&operation.method, fill(&operation.path, |name| percent(&get(name))))
        .header("Accept", "*/*")
        .header("User-Agent", "python-requests/2.32.3");
    for (name, template) in &operation.headers {
        let value = fill(template, get);
        request = request.header(name, value.replace(['\r', '\n'], " "));
    }
    if !operation.body.is_empty() {
        request = request.body(fill(&operation.body, |name| escaped(&get(name))).into_bytes());
    }
    request
}

/// What an exchange of an operation says.
pub fn seen(operation: &Operation, exchange: &Exchange) -> Seen {
    match &exchange.outcome {
        Ok(answer) if operation.ok.contains(&answer.status) => Seen::Ok,
        Ok(answer) if operation.refused.contains(&answer.status) => Seen::Refused,
        Ok(answer) if answer.status >= 500 => Seen::Broken,
        Ok(_) => Seen::Odd,
        Err(NoAnswer::NotSent(_)) => Seen::NotSent,
        Err(_) => Seen::Unknown,
    }
}

/// The values that a successful answer gives; those that it lacks are left out.
pub fn given(operation: &Operation, answer: &Answer) -> Values {
    let body = answer.json();
    operation
        .gives
        .iter()
        .filter_map(|(name, place)| {
            let value = match place.strip_prefix("header:") {
                Some(header) => answer.header(header)?.to_owned(),
                None => plain(body.as_ref()?.pointer(place)?)?,
            };
            Some((name.clone(), value))
        })
        .collect()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Replaces each `{{name}}`.
fn fill(template: &str, get: impl Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        match after.split_once("}}") {
            Some((name, after)) => {
                filled.push_str(&get(name));
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled + rest
}

/// As it stands inside a JSON string; digits stay as they are.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation() -> Operation {
        Operation {
            method: "POST".into(),
            path: "/items/{{item}}?q={{q}}".into(),
            body: r#"{"name": "{{name}}", "by": {{delta}}}"#.into(),
            headers: vec![("Authorization".into(), "Bearer {{token}}".into())],
            ok: vec![201],
            refused: vec![409],
            gives: vec![
                ("id".into(), "/id".into()),
                ("stock".into(), "/a/0".into()),
                ("etag".into(), "header:etag".into()),
            ],
        }
    }

    #[test]
    fn templates_are_filled_where_they_stand() {
        let base = Values::from([("token".into(), "t\r\nX: y".into()), ("delta".into(), "-1".into())]);
        let more = Values::from([
            ("item".into(), "a/b".into()),
            ("name".into(), "say \"é\"\n".into()),
            ("q".into(), "{{delta}}".into()),
        ]);
        let request = request(&operation(), &[&base, &more]);
        assert_eq!(request.target, "/items/a%2Fb?q=%7B%7Bdelta%7D%7D");
        assert_eq!(String::from_utf8_lossy(&request.body), r#"{"name": "say \"é\"\n", "by": -1}"#);
        assert!(request.headers.iter().any(|(name, value)| name == "Authorization" && value == "Bearer t  X: y"));
    }

    #[test]
    fn values_are_taken_from_body_and_headers() {
        let answer = Answer {
            status: 201,
            headers: vec![("ETag".into(), "\"3\"".into())],
            body: br#"{"id": "x", "a": [7]}"#.to_vec(),
        };
        let values = given(&operation(), &answer);
        assert_eq!(values["id"], "x");
        assert_eq!(values["stock"], "7");
        assert_eq!(values["etag"], "\"3\"");
    }
}
