//! The last-byte gate: many requests, complete but for their end, released at once.
//!
//! Each has a connection of its own and is sent but for its last two bytes (the final line end where there is no content).
//! After [`SETTLE`] one thread of the system writes the last bytes but one, then the last, each in a tight loop. The first
//! round wakes the servers; what takes their bytes while they are awake is quicker by half. What a round is worth is for
//! the caller to judge by [`Volley`]; a round that is not worth much is repeated there.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};

use super::http::parse::Parser;
use super::http::{Bounds, Exchange, NoAnswer, Received, Request, conclude, connect, receive, send};

/// Before the last bytes: servers have accepted and read what there is.
pub const SETTLE: Duration = Duration::from_millis(40);
/// The longest that a request is held, since a held request occupies a worker of some servers. What could not be released
/// by then never is.
pub const HOLD: Duration = Duration::from_millis(250);
/// For all connections of a volley, and again for its bytes but the last.
const CONNECT: Duration = Duration::from_secs(2);
const FILL: Duration = Duration::from_millis(150);
/// A byte for which the system has no room that long is given up.
const BLOCKED: Duration = Duration::from_millis(5);

/// A request for the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shot {
    /// Loopback port.
    pub port: u16,
    /// What is asked.
    pub request: Request,
}

/// What became of requests that were released at once.
#[derive(Debug, Clone)]
pub struct Volley {
    /// In the order of the shots.
    pub exchanges: Vec<Exchange>,
    /// From before the first release until after the last.
    pub spread: Duration,
    /// To some shot a byte came before its release: its server did not wait for the whole request.
    pub early: bool,
    /// Most answered requests in flight at once, from release to the end of the answer. It says that they could
    /// overlap, not that the server worked on them at the same time.
    pub overlap: usize,
}

/// Releases all shots at once and waits for their answers, each at most `bounds.within` from the start of connecting.
///
/// # Errors
/// [`NoAnswer::NotSent`] when a connection could not be made or the release came too late; then none was released.
pub async fn volley(shots: Vec<Shot>, bounds: &Bounds) -> Result<Volley, NoAnswer> {
    let deadline = tokio::time::Instant::now() + bounds.within;
    let streams = in_time(CONNECT, try_join_all(shots.iter().map(|shot| connect(shot.port)))).await?;
    let since = Instant::now();
    let tails = try_join_all(shots.iter().zip(&streams).map(|(shot, stream)| fill(shot, stream)));
    let tails = in_time(FILL, tails).await?;
    let streams: Result<Vec<_>, _> = streams.into_iter().map(|stream| stream.into_std()).collect();
    let held = streams.map_err(not_sent)?.into_iter().zip(tails).collect();
    let (fired, streams) = release(held, since).await?;
    // Only now does the runtime hear of answers: woken before, it takes the processor from the release. An answer that
    // is there already is seen a little late, which makes its exchange look longer, never shorter.
    let mut readers = JoinSet::new();
    for (index, (shot, stream)) in shots.iter().zip(streams).enumerate() {
        let reader = tokio::net::TcpStream::from_std(stream);
        let parser = Parser::new(&shot.request.method, bounds);
        readers.spawn(async move {
            let reader = reader.ok()?;
            let received = timeout_at(deadline, receive(&reader, parser)).await.ok()?;
            Some((index, received))
        });
    }
    let mut received: Vec<_> = shots.iter().map(|_| None).collect();
    while let Some(joined) = readers.join_next().await {
        // What a reader does not bring counts as not in time.
        if let Ok(Some((index, result))) = joined {
            received[index] = Some(result);
        }
    }
    Ok(gather(shots, fired, received))
}

/// Puts together what went out and what came back, both in the order of the shots.
fn gather(shots: Vec<Shot>, fired: Vec<Fired>, received: Vec<Option<Received>>) -> Volley {
    let mut early = false;
    let mut flights = Vec::new();
    let mut exchanges = Vec::with_capacity(shots.len());
    let out = || fired.iter().filter(|fired| fired.sent.is_ok());
    let first = out().map(|fired| fired.before).min();
    let last = out().map(|fired| fired.after).max();
    let spread = first.zip(last).map(|(first, last)| last - first).unwrap_or_default();
    for ((shot, fired), received) in shots.into_iter().zip(fired).zip(received) {
        early |= fired.early;
        let exchange = conclude(shot.port, shot.request, fired.sent, received);
        if exchange.outcome.is_ok() {
            flights.push((fired.after, exchange.done));
        }
        exchanges.push(exchange);
    }
    Volley { exchanges, spread, early, overlap: overlap(&flights) }
}

/// Makes one request ready: connected, sent but for its last two bytes, and held.
///
/// # Errors
/// [`NoAnswer::NotSent`] when that failed.
pub async fn arm(shot: Shot) -> Result<Armed, NoAnswer> {
    let stream = in_time(CONNECT, connect(shot.port)).await?;
    let since = Instant::now();
    let tail = in_time(FILL, fill(&shot, &stream)).await?;
    let (writer, reader) = halves(stream)?;
    let writer = Arc::new(writer);
    let mut guard = JoinSet::new();
    let watched = Arc::clone(&writer);
    guard.spawn(async move {
        tokio::time::sleep_until((since + HOLD).into()).await;
        // Fails only for a connection that is closed already.
        watched.shutdown(std::net::Shutdown::Both).ok();
    });
    Ok(Armed { shot, writer, reader, tail, guard })
}

/// A held request. It is closed unsent when it is dropped, or not released within [`HOLD`].
#[derive(Debug)]
pub struct Armed {
    shot: Shot,
    writer: Arc<TcpStream>,
    reader: tokio::net::TcpStream,
    tail: Vec<u8>,
    guard: JoinSet<()>,
}

impl Armed {
    /// Writes the last bytes at once, on this thread, and waits for the answer at most `bounds.within` from now. A server
    /// that has answered or closed already does not get it: [`NoAnswer::NotSent`].
    pub async fn release(mut self, bounds: &Bounds) -> Exchange {
        let sent = match peek(&self.writer) {
            Ok(true) => Err("it was answered before it was complete".to_owned()),
            Ok(false) => write_all(&self.writer, &self.tail),
            Err(error) => Err(error),
        };
        self.guard.abort_all();
        let received = match sent {
            Ok(_) => {
                let parser = Parser::new(&self.shot.request.method, bounds);
                timeout(bounds.within, receive(&self.reader, parser)).await.ok()
            }
            Err(_) => None,
        };
        conclude(self.shot.port, self.shot.request, sent, received)
    }
}

async fn in_time<T>(within: Duration, step: impl Future<Output = Result<T, NoAnswer>>) -> Result<T, NoAnswer> {
    timeout(within, step).await.unwrap_or_else(|_| Err(not_sent("the gate could not be loaded in time")))
}

fn not_sent(why: impl ToString) -> NoAnswer {
    NoAnswer::NotSent(why.to_string())
}

/// Sends everything but the last two bytes, which are returned.
async fn fill(shot: &Shot, stream: &tokio::net::TcpStream) -> Result<Vec<u8>, NoAnswer> {
    let mut bytes = shot.request.bytes(shot.port);
    let tail = bytes.split_off(bytes.len().saturating_sub(2));
    send(stream, &bytes).await.map_err(not_sent)?;
    Ok(tail)
}

/// The same connection twice: to write without the runtime, and to read with it. Neither blocks.
fn halves(stream: tokio::net::TcpStream) -> Result<(TcpStream, tokio::net::TcpStream), NoAnswer> {
    let halves = || {
        let writer = stream.into_std()?;
        let reader = tokio::net::TcpStream::from_std(writer.try_clone()?)?;
        Ok((writer, reader))
    };
    halves().map_err(|error: std::io::Error| not_sent(error))
}

/// How the last byte of a shot went out.
struct Fired {
    before: Instant,
    after: Instant,
    sent: Result<Instant, String>,
    early: bool,
}

type Held = Vec<(TcpStream, Vec<u8>)>;

/// Releases from a thread of its own, [`SETTLE`] from now. Dropped before that, it releases nothing.
async fn release(held: Held, since: Instant) -> Result<(Vec<Fired>, Vec<TcpStream>), NoAnswer> {
    let settled = Instant::now() + SETTLE;
    let (report, fired) = oneshot::channel();
    let gate = move || {
        std::thread::sleep(settled.saturating_duration_since(Instant::now()));
        if report.is_closed() {
            return;
        }
        let fired = release_all(&held, since);
        let streams = held.into_iter().map(|(stream, _)| stream).collect();
        // Whoever waits may be gone by now; the answers are then nobody's.
        report.send(fired.map(|fired| (fired, streams))).ok();
    };
    std::thread::Builder::new().name("gate".to_owned()).spawn(gate).map_err(not_sent)?;
    fired.await.unwrap_or_else(|_| Err(not_sent("the gate broke")))
}

fn release_all(held: &[(TcpStream, Vec<u8>)], since: Instant) -> Result<Vec<Fired>, NoAnswer> {
    let mut fired = Vec::with_capacity(held.len());
    if since.elapsed() > HOLD {
        return Err(not_sent("the machine is too busy to release in time"));
    }
    // All looks come before all bytes: nothing but writing lies between the first release and the last.
    let peeked: Vec<_> = held.iter().map(|(stream, _)| peek(stream)).collect();
    let woken = held.iter().zip(peeked).map(|((stream, tail), peeked)| {
        let before = tail.len().saturating_sub(1);
        (peeked == Ok(true), peeked.and_then(|_| write_all(stream, &tail[..before])).map(|_| &tail[before..]))
    });
    // Collected, so that every server is awake before the first release.
    let woken: Vec<_> = woken.collect();
    for ((stream, _), (early, last)) in held.iter().zip(woken) {
        let before = Instant::now();
        let sent = last.and_then(|last| write_all(stream, last));
        fired.push(Fired { before, after: Instant::now(), sent, early });
    }
    Ok(fired)
}

/// Whether a byte is there to read; an error when the other side has closed.
fn peek(stream: &TcpStream) -> Result<bool, String> {
    match stream.peek(&mut [0]) {
        Ok(0) => Err("the held request was closed".to_owned()),
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

/// Writes some bytes; the moment before the last of them went out.
fn write_all(mut stream: &TcpStream, mut bytes: &[u8]) -> Result<Instant, String> {
    let begin = Instant::now();
    let mut before = begin;
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err("the connection takes no byte".to_owned()),
            Ok(written) => {
                bytes = &bytes[written..];
                continue;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && begin.elapsed() < BLOCKED => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.to_string()),
        }
        std::thread::yield_now();
        before = Instant::now();
    }
    Ok(before)
}

/// The most intervals that have a moment in common; one that ends when another begins has not.
fn overlap(intervals: &[(Instant, Instant)]) -> usize {
    let begins = intervals.iter().map(|(begin, _)| begin);
    let at_once = |moment: &Instant| intervals.iter().filter(|(begin, end)| begin <= moment && moment < end).count();
    begins.map(at_once).max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
