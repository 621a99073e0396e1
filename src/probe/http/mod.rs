//! A raw HTTP/1.1 client for loopback: every byte that goes out is known, and so is its moment.
//!
//! The servers are candidates' and may be hostile. Memory and time are bounded by [`Bounds`]
//! whatever they send; every ending is a value. Redirects are answers like any other.

mod exchange;
pub mod parse;

use std::time::{Duration, Instant};

pub use exchange::call;
pub(super) use exchange::{Received, conclude, connect, receive, send};

/// A request, sent as it stands: nothing in it is checked or escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, as in `GET`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers beside those that [`Request::bytes`] adds.
    pub headers: Vec<(String, String)>,
    /// The content; empty for none.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers or content.
    pub fn new(method: impl Into<String>, target: impl Into<String>) -> Self {
        Self { method: method.into(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the content and, unless it was given, `Content-Type: application/json`.
    #[must_use]
    pub fn body(mut self, json: impl Into<Vec<u8>>) -> Self {
        self.body = json.into();
        if self.given("Content-Type") { self } else { self.header("Content-Type", "application/json") }
    }

    /// The bytes on the wire: `Host`, an exact `Content-Length` where there is content or the method announces some,
    /// `Connection: close`, then the given headers. A given header replaces the one that would be added.
    pub fn bytes(&self, port: u16) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let mut line = |name: &str, value: &str| head.extend([name, ": ", value, "\r\n"]);
        if !self.given("Host") {
            line("Host", &format!("127.0.0.1:{port}"));
        }
        let announces = !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        if announces && !self.given("Content-Length") && !self.given("Transfer-Encoding") {
            line("Content-Length", &self.body.len().to_string());
        }
        if !self.given("Connection") {
            line("Connection", "close");
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    fn given(&self, name: &str) -> bool {
        find(&self.headers, name).is_some()
    }
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 100 to 999, never 1xx.
    pub status: u16,
    /// In their order; values trimmed, what is no UTF-8 replaced.
    pub headers: Vec<(String, String)>,
    /// The content without its framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The content as JSON, whatever `Content-Type` says; nested too deeply is `None` as well.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Why there is no answer. Every reason but [`NoAnswer::NotSent`] leaves open whether the request took effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// No connection, or it failed before the last byte went out: the effect cannot exist.
    #[error("the request was not sent: {0}")]
    NotSent(String),
    /// The time ran out.
    #[error("no complete answer in time")]
    TimedOut,
    /// Reset, or ended before the answer was complete.
    #[error("the connection was closed: {0}")]
    Closed(String),
    /// What came is not HTTP/1.1.
    #[error("the answer is malformed: {0}")]
    Malformed(String),
    /// The answer goes beyond the bounds.
    #[error("the answer is too large")]
    TooLarge,
}

/// One request and what became of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The loopback port that was asked.
    pub port: u16,
    /// What was asked.
    pub request: Request,
    /// Taken just before the last byte was handed to the system, so no effect is earlier; equal to `done` when it never was.
    pub sent: Instant,
    /// The answer was complete, or it was given up. Never before `sent`.
    pub done: Instant,
    /// The answer.
    pub outcome: Result<Answer, NoAnswer>,
}

/// What an answer may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// The whole exchange, from the start of connecting.
    pub within: Duration,
    /// Bytes of content.
    pub body: usize,
    /// Bytes of all heads together, of interim answers, chunk extensions and trailers as well.
    pub head: usize,
    /// Header lines of the answer.
    pub headers: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { within: Duration::from_secs(10), body: 1 << 20, head: 64 << 10, headers: 128 }
    }
}

#[cfg(test)]
mod tests;
