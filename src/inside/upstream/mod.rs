//! The fake pricing service: the one dependency of ours in the candidate's request path.
//!
//! Candidate code reaches its port, so requests are hostile: bounded heads, bounded
//! connections, a time limit. How it answers is set over a unix socket that lies in
//! the examiner's own file system, where candidate code cannot reach it.

pub mod behaviour;
mod gates;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;

use self::behaviour::{Behaviour, Call, LONGEST, Order, Reply};
use self::gates::Gates;
use super::protocol::Line;

/// Bytes of a request's head.
const HEAD_CAP: u64 = 16 << 10;
const CONNECTIONS: usize = 256;
const CALLS: usize = 20_000;
/// For a request to arrive whole.
const PATIENCE: Duration = Duration::from_secs(10);
/// Behaviours within behaviours.
const DEPTH: usize = 4;

struct Service {
    begin: Instant,
    gates: Gates,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    behaviours: HashMap<String, Behaviour>,
    default: Option<Behaviour>,
    /// How many calls a sku had: for sequences, where the record of calls is bounded.
    counts: HashMap<String, usize>,
    calls: Vec<Call>,
    total: usize,
}

pub(super) async fn serve(port: u16, control: &Path) -> std::io::Result<()> {
    let prices = TcpListener::bind(("127.0.0.1", port)).await?;
    let orders = UnixListener::bind(control)?;
    let service = Arc::new(Service::new());
    Line::Listening.print();
    service.run(prices, orders).await
}

/// How a call ends.
enum Finish {
    /// With these bytes.
    Answer(Vec<u8>),
    /// With these bytes, one at a time.
    Drip(Vec<u8>, Duration),
    /// Without a byte.
    Close,
    /// With some of these bytes.
    Cut(Vec<u8>),
    /// Not at all.
    Hang,
}

/// What a call gets.
struct Treatment {
    wait: Duration,
    gate: Option<String>,
    finish: Finish,
    status: Option<u16>,
    price_cents: Option<i64>,
}

impl Service {
    fn new() -> Self {
        Self { begin: Instant::now(), gates: Gates::default(), state: Mutex::default() }
    }

    async fn run(self: Arc<Self>, prices: TcpListener, orders: UnixListener) -> std::io::Result<()> {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            tokio::select! {
                accepted = prices.accept() => {
                    let (stream, _) = accepted?;
                    // Without a free slot the connection is closed: a flood stays bounded.
                    if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
                        let service = Arc::clone(&self);
                        tokio::spawn(async move {
                            // An error here is the caller's own: it went away or was too slow.
                            service.answer(stream).await.ok();
                            drop(slot);
                        });
                    }
                }
                accepted = orders.accept() => {
                    let (stream, _) = accepted?;
                    let service = Arc::clone(&self);
                    tokio::spawn(async move { service.obey(stream).await });
                }
            }
        }
    }

    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let head = tokio::time::timeout(PATIENCE, read_head(&mut stream)).await;
        let Some((method, target)) = head.map_err(std::io::Error::other)?? else { return Ok(()) };
        let (treatment, number) = self.treat(&method, &target);
        let (mut read, mut write) = stream.split();
        let finish = async {
            tokio::time::sleep(treatment.wait).await;
            if let Some(gate) = &treatment.gate {
                self.gates.pass(gate).await;
            }
            match treatment.finish {
                Finish::Answer(bytes) => write.write_all(&bytes).await?,
                Finish::Drip(bytes, every) => {
                    for byte in bytes {
                        write.write_all(&[byte]).await?;
                        tokio::time::sleep(every).await;
                    }
                }
                Finish::Close => return Ok(()),
                Finish::Cut(bytes) => write.write_all(&bytes[..bytes.len().saturating_sub(5)]).await?,
                Finish::Hang => std::future::pending().await,
            }
            write.shutdown().await
        };
        // A reset is a caller that is gone; one that only stopped sending still wants its answer.
        let gone = async {
            let mut rest = [0; 256];
            loop {
                match read.read(&mut rest).await {
                    Ok(0) => std::future::pending().await,
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        };
        let complete = tokio::select! {
            biased;
            done = finish => done.is_ok(),
            () = gone => false,
            () = tokio::time::sleep(LONGEST) => false,
        };
        let now = self.now();
        if let Some(call) = self.lock().calls.get_mut(number) {
            call.done_ms = Some(now);
            call.gone = !complete;
        }
        Ok(())
    }

    /// What a call gets, and its number; only so many are recorded.
    fn treat(&self, method: &str, target: &str) -> (Treatment, usize) {
        let sku = target.strip_prefix("/v1/price/").and_then(decode_segment);
        let mut state = self.lock();
        let treatment = match &sku {
            Some(sku) if method == "GET" => {
                let count = state.counts.entry(sku.clone()).or_default();
                let nth = *count;
                *count += 1;
                let told = state.behaviours.get(sku).or(state.default.as_ref()).cloned();
                treatment(told.unwrap_or(Behaviour::Price { price_cents: stable_price(sku) }), nth, DEPTH)
            }
            _ => treatment(Behaviour::Status { status: 404 }, 0, DEPTH),
        };
        let number = state.total;
        state.total += 1;
        if number < CALLS {
            let call = Call {
                sku,
                at_ms: self.now(),
                method: method.to_owned(),
                target: target.to_owned(),
                status: treatment.status,
                price_cents: treatment.price_cents,
                done_ms: None,
                gone: false,
            };
            state.calls.push(call);
        }
        (treatment, number)
    }

    async fn obey(&self, stream: UnixStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut reply = serde_json::to_string(&self.execute(&line).await).unwrap_or_default();
            reply.push('\n');
            if write.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn execute(&self, line: &str) -> Reply {
        let done = Reply { ok: true, ..Reply::default() };
        match serde_json::from_str(line) {
            Ok(Order::Set { sku: Some(sku), behaviour }) => drop(self.lock().behaviours.insert(sku, behaviour)),
            Ok(Order::Set { sku: None, behaviour }) => self.lock().default = Some(behaviour),
            Ok(Order::Calls { sku }) => {
                let state = self.lock();
                let calls = state.calls.iter().filter(|call| call.sku.as_ref() == Some(&sku)).cloned().collect();
                return Reply { calls: Some(calls), ..done };
            }
            Ok(Order::Gate { name, count, within_ms }) => {
                self.gates.make(&name, count, within_ms.map(Duration::from_millis));
            }
            Ok(Order::Release { name }) => self.gates.release(&name),
            Ok(Order::Parked { name, at_least, within_ms }) => {
                let (now, max) = self.gates.parked(&name, at_least, Duration::from_millis(within_ms)).await;
                return Reply { parked: Some(now), parked_max: Some(max), ..done };
            }
            Ok(Order::Forget) => {
                let mut state = self.lock();
                state.behaviours.clear();
                state.default = None;
                self.gates.forget();
            }
            Err(error) => return Reply { error: Some(error.to_string()), ..Reply::default() },
        }
        done
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Method and target; `None` where the caller closed before its request was whole.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<Option<(String, String)>> {
    let mut reader = BufReader::new(stream).take(HEAD_CAP);
    let mut first = Vec::new();
    reader.read_until(b'\n', &mut first).await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if line == b"\r\n" || line == b"\n" {
            break;
        }
    }
    let first = String::from_utf8_lossy(&first);
    let mut parts = first.split_whitespace().map(str::to_owned);
    Ok(Some((parts.next().unwrap_or_default(), parts.next().unwrap_or_default())))
}

/// What a behaviour does to the n-th call.
fn treatment(behaviour: Behaviour, nth: usize, depth: usize) -> Treatment {
    let json = "application/json";
    let plain = |finish, status| Treatment { wait: Duration::ZERO, gate: None, finish, status, price_cents: None };
    let priced = |price_cents: i64| {
        let bytes = response(200, json, &format!("{{\"price_cents\":{price_cents}}}"), "");
        Treatment { price_cents: Some(price_cents), ..plain(Finish::Answer(bytes), Some(200)) }
    };
    match behaviour {
        Behaviour::Price { price_cents } => priced(price_cents),
        Behaviour::Status { status } => {
            plain(Finish::Answer(response(status, json, "{\"error\":\"unavailable\"}", "")), Some(status))
        }
        Behaviour::Body { status, content_type, body } => {
            plain(Finish::Answer(response(status, &content_type, &body, "")), Some(status))
        }
        Behaviour::Hold { gate, price_cents } => Treatment { gate: Some(gate), ..priced(price_cents) },
        Behaviour::Hang => plain(Finish::Hang, None),
        Behaviour::Drip { every_ms, price_cents } => {
            let Treatment { finish: Finish::Answer(bytes), .. } = priced(price_cents) else {
                return plain(Finish::Close, None);
            };
            plain(Finish::Drip(bytes, Duration::from_millis(every_ms)), Some(200))
        }
        Behaviour::Close => plain(Finish::Close, None),
        Behaviour::Cut => plain(Finish::Cut(response(200, json, "{\"price_cents\":1234567}", "")), None),
        Behaviour::Redirect { location } => {
            plain(Finish::Answer(response(302, json, "{}", &format!("Location: {location}\r\n"))), Some(302))
        }
        // Deeper than anybody means: nobody is answered.
        Behaviour::Late { .. } | Behaviour::Sequence { .. } if depth == 0 => plain(Finish::Close, None),
        Behaviour::Late { after_ms, then } => {
            let then = treatment(*then, nth, depth - 1);
            Treatment { wait: then.wait + Duration::from_millis(after_ms).min(LONGEST), ..then }
        }
        Behaviour::Sequence { mut then } => {
            let last = then.len().saturating_sub(1);
            if then.is_empty() {
                return plain(Finish::Close, None);
            }
            treatment(then.swap_remove(nth.min(last)), nth, depth - 1)
        }
    }
}

fn response(status: u16, content_type: &str, body: &str, more: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{body}",
        reason(status),
        body.len()
    )
    .into_bytes()
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
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

#[cfg(test)]
mod tests;
