//! How a probe ends, and the proof that it leaves: exchanges, a timeline, the arithmetic that contradicts.
//!
//! A proof is bounded, and plain text: it holds bytes that untrusted code chose.

use std::time::Instant;

use serde_json::{Value, json};

use super::http::{Exchange, NoAnswer};
use super::protocol::Outcome;

/// Exchanges of a proof that are shown whole.
const EXCHANGES: usize = 8;
/// Bars of a timeline.
const BARS: usize = 24;
/// Characters of a body.
const BODY: usize = 1 << 10;
const TEXT: usize = 300;
const SHOWN_HEADERS: [&str; 8] = [
    "authorization",
    "content-type",
    "etag",
    "idempotency-key",
    "if-match",
    "location",
    "retry-after",
    "www-authenticate",
];
/// Members of JSON bodies that are not shown.
const SECRET_MEMBERS: [&str; 2] = ["password", "access_token"];

/// A probe passes, or says why not.
pub type Verdict = Result<(), Box<Ending>>;

/// Why a probe did not pass.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Never `Passed`.
    pub outcome: Outcome,
    /// One sentence for an interviewer.
    pub message: String,
    /// What was promised.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// The lines that contradict, in order.
    pub arithmetic: Vec<String>,
    /// Requests that show it.
    pub exchanges: Vec<Exchange>,
    /// All requests of the round, for the picture.
    pub timeline: Vec<Exchange>,
    /// Moments of the picture.
    pub moments: Vec<(Instant, String)>,
}

impl Ending {
    fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
            expected: String::new(),
            observed: String::new(),
            arithmetic: Vec::new(),
            exchanges: Vec::new(),
            timeline: Vec::new(),
            moments: Vec::new(),
        }
    }

    /// A proven violation.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Outcome::Failed, message)
    }

    /// What must not break holds, but the contract or liveness is broken.
    pub fn partial(message: impl Into<String>) -> Self {
        Self::new(Outcome::Partial, message)
    }

    /// Something that the probe builds on is broken.
    pub fn not_assessable(message: impl Into<String>) -> Self {
        Self::new(Outcome::NotAssessable, format!("Not assessable: {}", message.into()))
    }

    /// Our own condition was not met.
    pub fn inconclusive(message: impl Into<String>) -> Self {
        Self::new(Outcome::Inconclusive, format!("Inconclusive: {}", message.into()))
    }

    /// What was promised.
    pub fn expected(mut self, text: impl Into<String>) -> Self {
        self.expected = text.into();
        self
    }

    /// What was seen.
    pub fn observed(mut self, text: impl Into<String>) -> Self {
        self.observed = text.into();
        self
    }

    /// Adds a line of arithmetic.
    pub fn line(mut self, text: impl Into<String>) -> Self {
        self.arithmetic.push(text.into());
        self
    }

    /// Adds requests that are shown whole, and in the picture.
    pub fn with<'a>(mut self, exchanges: impl IntoIterator<Item = &'a Exchange>) -> Self {
        self.exchanges.extend(exchanges.into_iter().cloned());
        self
    }

    /// Adds requests that are shown in the picture only.
    pub fn among<'a>(mut self, exchanges: impl IntoIterator<Item = &'a Exchange>) -> Self {
        self.timeline.extend(exchanges.into_iter().cloned());
        self
    }

    /// Marks a moment in the picture.
    pub fn moment(mut self, at: Instant, what: impl Into<String>) -> Self {
        self.moments.push((at, what.into()));
        self
    }

    /// The end of a probe.
    pub fn end<T>(self) -> Result<T, Box<Self>> {
        Err(Box::new(self))
    }

    /// The proof as the report reads it. `ports` are the replicas'.
    pub fn proof(&self, ports: &[u16]) -> Value {
        let mut all: Vec<&Exchange> = self.timeline.iter().chain(&self.exchanges).collect();
        all.sort_by_key(|exchange| exchange.sent);
        // Shown whole and in the picture: once is enough.
        all.dedup_by_key(|exchange| (exchange.sent, exchange.done));
        let first = all.iter().map(|exchange| exchange.sent).chain(self.moments.iter().map(|(at, _)| *at)).min();
        let since = |at: Instant| first.map_or(0.0, |first| millis(at.saturating_duration_since(first)));
        let lane = |port: u16| match ports.iter().position(|known| *known == port) {
            Some(index) => char::from(b'A' + u8::try_from(index % 26).unwrap_or_default()).to_string(),
            None => port.to_string(),
        };
        let mut timeline: Vec<Value> = all
            .iter()
            .take(BARS)
            .map(|exchange| {
                json!({
                    "lane": lane(exchange.port),
                    "label": clean(&label(&exchange.request), 80),
                    "answer": answer_word(exchange),
                    "at_ms": since(exchange.sent),
                    "took_ms": millis(exchange.done.saturating_duration_since(exchange.sent)),
                })
            })
            .collect();
        if all.len() > BARS {
            let more = format!("and {} more requests", all.len() - BARS);
            let last = all[BARS - 1];
            let at = since(last.sent);
            timeline.push(json!({ "lane": "…", "label": more, "answer": "", "at_ms": at, "took_ms": 0.0 }));
        }
        timeline.extend(self.moments.iter().take(BARS).map(|(at, what)| {
            json!({ "lane": "", "label": clean(what, 80), "answer": "", "at_ms": since(*at), "took_ms": 0.0 })
        }));
        let exchanges: Vec<Value> =
            self.exchanges.iter().take(EXCHANGES).map(|exchange| shown(exchange, since(exchange.sent))).collect();
        json!({
            "expected": clean(&self.expected, TEXT * 2),
            "observed": clean(&self.observed, TEXT * 2),
            "arithmetic": self.arithmetic.iter().take(24).map(|line| clean(line, TEXT)).collect::<Vec<_>>(),
            "timeline": timeline,
            "exchanges": exchanges,
        })
    }
}

/// Method, path with long ids shortened, and a short body.
fn label(request: &super::http::Request) -> String {
    let shortened = |segment: &str| match segment.char_indices().nth(8) {
        Some((end, _)) if segment.len() > 16 => format!("{}…", &segment[..end]),
        _ => segment.to_owned(),
    };
    let path: Vec<String> = request.target.split('/').map(shortened).collect();
    let mut label = format!("{} {}", request.method, path.join("/"));
    if (1..=24).contains(&request.body.len()) {
        label.push(' ');
        label.push_str(&String::from_utf8_lossy(&request.body));
    }
    label
}

/// Milliseconds, to a microsecond.
pub fn millis(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// What came back, in a word.
pub fn answer_word(exchange: &Exchange) -> String {
    match &exchange.outcome {
        Ok(answer) => answer.status.to_string(),
        Err(why) => no_answer(why).to_owned(),
    }
}

/// Why nothing came back, in a word.
pub const fn no_answer(why: &NoAnswer) -> &'static str {
    match why {
        NoAnswer::NotSent(_) => "not sent",
        NoAnswer::TimedOut => "no answer in time",
        NoAnswer::Closed(_) => "closed",
        NoAnswer::Malformed(_) => "not HTTP",
        NoAnswer::TooLarge => "too large",
    }
}

fn shown(exchange: &Exchange, at_ms: f64) -> Value {
    let request = &exchange.request;
    let mut value = json!({
        "at_ms": at_ms,
        "took_ms": millis(exchange.done.saturating_duration_since(exchange.sent)),
        "method": clean(&request.method, 16),
        "url": clean(&format!("http://127.0.0.1:{}{}", exchange.port, request.target), TEXT),
        "request_headers": headers(&request.headers),
        "request_body": body(&request.body),
    });
    match &exchange.outcome {
        Ok(answer) => {
            value["status"] = json!(answer.status);
            value["response_headers"] = headers(&answer.headers);
            value["response_body"] = json!(body(&answer.body));
        }
        Err(NoAnswer::NotSent(why) | NoAnswer::Closed(why) | NoAnswer::Malformed(why)) => {
            value["error"] = json!(clean(why, TEXT));
        }
        Err(_) => value["error"] = json!(answer_word(exchange)),
    }
    value
}

fn headers(all: &[(String, String)]) -> Value {
    let shown = all.iter().filter(|(name, _)| SHOWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()));
    let pairs = shown.map(|(name, value)| {
        let value = if name.eq_ignore_ascii_case("authorization") { shortened(value) } else { value.clone() };
        json!([clean(name, 64), clean(&value, TEXT)])
    });
    Value::Array(pairs.take(16).collect())
}

fn body(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(mut members)) => {
            for name in SECRET_MEMBERS {
                if let Some(Value::String(secret)) = members.get_mut(name) {
                    *secret = shortened(secret);
                }
            }
            clean(&Value::Object(members).to_string(), BODY)
        }
        _ => clean(&text, BODY),
    }
}

fn shortened(secret: &str) -> String {
    let start: String = secret.chars().take(12).collect();
    if start.len() < secret.len() { format!("{start}...") } else { start }
}

/// Printable, at most `most` characters.
fn clean(text: &str, most: usize) -> String {
    // Besides controls: what is invisible or turns the direction of text.
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    let mut cleaned: String = text.chars().take(most).map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        cleaned.push_str("...");
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown_and_what_shows_is_kept() {
        assert_eq!(clean("a\u{202e}b\u{200b}c\nd…é", 20), "a\u{fffd}b\u{fffd}c\u{fffd}d…é");
        assert_eq!(clean("abc", 2), "ab...");
    }

    #[test]
    fn a_label_is_short() {
        let request = super::super::http::Request::new("POST", "/items/0123456789abcdef0/adjust")
            .body(b"{\"delta\": 1}".to_vec());
        assert_eq!(label(&request), "POST /items/01234567…/adjust {\"delta\": 1}");
    }
}
