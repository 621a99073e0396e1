//! Sends a request and receives its answer, with the moments of both.

use std::io::{Error, ErrorKind};
use std::net::Ipv4Addr;
use std::time::Instant;

use tokio::net::TcpStream;
use tokio::time::timeout_at;

use super::parse::Parser;
use super::{Answer, Bounds, Exchange, NoAnswer, Request};

/// Bytes that are read at once.
const READ: usize = 16 << 10;

/// One request on a connection of its own.
pub async fn call(port: u16, request: Request, bounds: &Bounds) -> Exchange {
    let deadline = tokio::time::Instant::now() + bounds.within;
    let (sent, done, outcome) = match timeout_at(deadline, connect(port)).await {
        Ok(Ok(stream)) => exchange(&stream, &request, port, bounds, deadline).await,
        Ok(Err(error)) => (None, Instant::now(), Err(error)),
        Err(_) => (None, Instant::now(), Err(NoAnswer::NotSent("no connection in time".to_owned()))),
    };
    Exchange { port, request, sent: sent.unwrap_or(done).min(done), done, outcome }
}

type Ending = (Option<Instant>, Instant, Result<Answer, NoAnswer>);

async fn exchange(
    stream: &TcpStream,
    request: &Request,
    port: u16,
    bounds: &Bounds,
    deadline: tokio::time::Instant,
) -> Ending {
    let bytes = request.bytes(port);
    let sending = send(stream, &bytes);
    let receiving = timeout_at(deadline, receive(stream, Parser::new(&request.method, bounds)));
    tokio::pin!(sending, receiving);
    let mut sent = None;
    // Some servers answer before they have read everything, and some never read: neither half waits for the other.
    let received = tokio::select! {
        biased;
        result = &mut sending => {
            sent = Some(result);
            receiving.await
        }
        received = &mut receiving => received,
    };
    let (done, outcome) = match received {
        Ok(received) => (received.done, received.outcome),
        Err(_) => (Instant::now(), Err(NoAnswer::TimedOut)),
    };
    let outcome = match (sent, outcome) {
        (Some(Ok(sent)), outcome) => return (Some(sent), done, outcome),
        // An incomplete request that has no answer has no effect either.
        (Some(Err(error)), Err(NoAnswer::TimedOut | NoAnswer::Closed(_))) => Err(NoAnswer::NotSent(error.to_string())),
        (None, Err(NoAnswer::TimedOut)) => Err(NoAnswer::NotSent("it was not read in time".to_owned())),
        (None, Err(NoAnswer::Closed(why))) => Err(NoAnswer::NotSent(why)),
        (_, outcome) => outcome,
    };
    (None, done, outcome)
}

/// A fresh connection to a loopback port, without delay of small writes.
pub(crate) async fn connect(port: u16) -> Result<TcpStream, NoAnswer> {
    let connect = async {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    connect.await.map_err(|error: Error| NoAnswer::NotSent(error.to_string()))
}

/// Sends all bytes; the moment just before the last of them was handed over.
pub(crate) async fn send(stream: &TcpStream, mut bytes: &[u8]) -> std::io::Result<Instant> {
    loop {
        stream.writable().await?;
        let sent = Instant::now();
        match stream.try_write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) if count == bytes.len() => return Ok(sent),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// What [`receive`] got.
pub(crate) struct Received {
    /// When the last byte was read, or the connection was closed.
    pub(crate) done: Instant,
    pub(crate) outcome: Result<Answer, NoAnswer>,
}

/// Reads until the answer is complete or cannot become so. Has no limit of time.
pub(crate) async fn receive(stream: &TcpStream, mut parser: Parser) -> Received {
    let mut buffer = vec![0; READ];
    loop {
        let read = match stream.readable().await {
            Ok(()) => stream.try_read(&mut buffer),
            Err(error) => Err(error),
        };
        let done = Instant::now();
        match read {
            Ok(0) => return Received { done, outcome: parser.end() },
            Ok(count) => {
                if let Some(outcome) = parser.feed(&buffer[..count]) {
                    return Received { done, outcome };
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Received { done, outcome: Err(NoAnswer::Closed(error.to_string())) },
        }
    }
}
