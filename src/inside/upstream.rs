//! The fake pricing service: the one dependency of ours in the candidate's request path.
//!
//! Candidate code reaches its port, so requests are hostile: bounded heads, bounded
//! connections, a time limit. How it answers is set over a unix socket that lies in
//! the examiner's own file system, where candidate code cannot reach it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;

use super::protocol::Line;

/// Bytes of a request's head.
const HEAD_CAP: u64 = 16 << 10;
const CONNECTIONS: usize = 256;
const CALLS: usize = 20_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// How calls for a sku are answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Behaviour {
    /// 200 with a price.
    Price { price_cents: i64 },
    /// A status without a price.
    Status { status: u16 },
    /// Exactly this answer.
    Body { status: u16, content_type: String, body: String },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    /// `None` sets what every other sku gets.
    Set { sku: Option<String>, behaviour: Behaviour },
    /// The calls for a sku.
    Calls { sku: String },
}

#[derive(Debug, Serialize)]
struct Reply<'a> {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<Vec<&'a Call>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A call that was answered.
#[derive(Debug, Serialize)]
struct Call {
    #[serde(skip)]
    sku: Option<String>,
    at_ms: u64,
    method: String,
    target: String,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_cents: Option<i64>,
}

struct State {
    begin: Instant,
    behaviours: HashMap<String, Behaviour>,
    default: Option<Behaviour>,
    calls: Vec<Call>,
}

type Shared = Arc<Mutex<State>>;

pub(super) async fn serve(port: u16, control: &Path) -> std::io::Result<()> {
    let prices = TcpListener::bind(("127.0.0.1", port)).await?;
    let orders = UnixListener::bind(control)?;
    let state: Shared = Arc::new(Mutex::new(State {
        begin: Instant::now(),
        behaviours: HashMap::new(),
        default: None,
        calls: Vec::new(),
    }));
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    Line::Listening.print();
    loop {
        tokio::select! {
            accepted = prices.accept() => {
                let (stream, _) = accepted?;
                // Without a free slot the connection is closed: a flood stays bounded.
                if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
                    let state = Arc::clone(&state);
                    tokio::spawn(async move {
                        // An error here is the caller's own: it went away or was too slow.
                        tokio::time::timeout(PATIENCE, answer(stream, &state)).await.ok();
                        drop(slot);
                    });
                }
            }
            accepted = orders.accept() => {
                let (stream, _) = accepted?;
                let state = Arc::clone(&state);
                tokio::spawn(async move { obey(stream, &state).await });
            }
        }
    }
}

async fn answer(mut stream: TcpStream, state: &Shared) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut reader = BufReader::new(read).take(HEAD_CAP);
    let mut first = Vec::new();
    reader.read_until(b'\n', &mut first).await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        if line == b"\r\n" || line == b"\n" {
            break;
        }
    }
    let first = String::from_utf8_lossy(&first);
    let mut parts = first.split_whitespace();
    let (method, target) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let response = respond(&mut lock(state), method, target);
    write.write_all(&response).await?;
    write.shutdown().await
}

fn respond(state: &mut State, method: &str, target: &str) -> Vec<u8> {
    let sku = target.strip_prefix("/v1/price/").and_then(decode_segment);
    let behaviour = match &sku {
        Some(sku) if method == "GET" => state
            .behaviours
            .get(sku)
            .or(state.default.as_ref())
            .cloned()
            .unwrap_or(Behaviour::Price { price_cents: stable_price(sku) }),
        _ => Behaviour::Status { status: 404 },
    };
    let json = "application/json".to_owned();
    let (status, content_type, body, price_cents) = match behaviour {
        Behaviour::Price { price_cents } => {
            (200, json, format!("{{\"price_cents\":{price_cents}}}"), Some(price_cents))
        }
        Behaviour::Status { status } => (status, json, "{\"error\":\"unavailable\"}".to_owned(), None),
        Behaviour::Body { status, content_type, body } => (status, content_type, body, None),
    };
    if state.calls.len() < CALLS {
        let at_ms = u64::try_from(state.begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        state.calls.push(Call {
            sku,
            at_ms,
            method: method.to_owned(),
            target: target.to_owned(),
            status,
            price_cents,
        });
    }
    format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        reason(status),
        body.len()
    )
    .into_bytes()
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        404 => "Not Found",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

/// One path segment, percent-decoded as UTF-8; `None` for anything else.
fn decode_segment(text: &str) -> Option<String> {
    if text.is_empty() || text.contains(['/', '?', '#']) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| char::from(b?).to_digit(16);
            let value = digit(rest.next())? * 16 + digit(rest.next())?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The price of a sku that nobody set: 100 to 9999 cents, the same every time (FNV-1a).
fn stable_price(sku: &str) -> i64 {
    let hash = sku
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    100 + i64::try_from(hash % 9900).unwrap_or_default()
}

async fn obey(stream: UnixStream, state: &Shared) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut reply = execute(&line, &mut lock(state));
        reply.push('\n');
        if write.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn execute(line: &str, state: &mut State) -> String {
    let reply = match serde_json::from_str(line) {
        Ok(Order::Set { sku, behaviour }) => {
            match sku {
                Some(sku) => drop(state.behaviours.insert(sku, behaviour)),
                None => state.default = Some(behaviour),
            }
            Reply { ok: true, calls: None, error: None }
        }
        Ok(Order::Calls { sku }) => {
            let calls = state.calls.iter().filter(|call| call.sku.as_ref() == Some(&sku)).collect();
            Reply { ok: true, calls: Some(calls), error: None }
        }
        Err(error) => Reply { ok: false, calls: None, error: Some(error.to_string()) },
    };
    serde_json::to_string(&reply).unwrap_or_default()
}

fn lock(state: &Shared) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State { begin: Instant::now(), behaviours: HashMap::new(), default: None, calls: Vec::new() }
    }

    #[track_caller]
    fn check(state: &mut State, target: &str, expected: &str) {
        let response = String::from_utf8(respond(state, "GET", target)).expect("UTF-8");
        assert!(response.contains(expected), "{response}");
    }

    #[test]
    fn prices_follow_the_orders() {
        let mut state = state();
        let price = format!("{{\"price_cents\":{}}}", stable_price("é /"));
        check(&mut state, "/v1/price/%C3%A9%20%2F", &price);
        let set = r#"{"op":"set","sku":"a","behaviour":{"kind":"status","status":503}}"#;
        assert_eq!(execute(set, &mut state), r#"{"ok":true}"#);
        check(&mut state, "/v1/price/a", "HTTP/1.1 503 ");
        check(&mut state, "/v1/price/a/b", "HTTP/1.1 404 ");
        check(&mut state, "/v1/price/%FF", "HTTP/1.1 404 ");
        let calls = execute(r#"{"op":"calls","sku":"a"}"#, &mut state);
        assert!(calls.contains(r#""target":"/v1/price/a","status":503"#), "{calls}");
        assert!(execute("{", &mut state).starts_with(r#"{"ok":false,"error":"#));
    }
}
