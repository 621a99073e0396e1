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
    let stream = match timeout_at(deadline, connect(port)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return unsent(port, request, error),
        Err(_) => return unsent(port, request, NoAnswer::NotSent("no connection in time".to_owned())),
    };
    let bytes = request.bytes(port);
    let sending = send(&stream, &bytes);
    let receiving = timeout_at(deadline, receive(&stream, Parser::new(&request.method, bounds)));
    tokio::pin!(sending, receiving);
    let mut sent = Err("it was not read to its end".to_owned());
    // Some servers answer before they have read everything, and some never read: neither half waits for the other.
    let received = tokio::select! {
        biased;
        result = &mut sending => {
            sent = result.map_err(|error| error.to_string());
            receiving.await
        }
        received = &mut receiving => received,
    };
    conclude(port, request, sent, received.ok())
}

fn unsent(port: u16, request: Request, error: NoAnswer) -> Exchange {
    let now = Instant::now();
    Exchange { port, request, sent: now, done: now, outcome: Err(error) }
}

/// What sending (the moment, or why it failed) and receiving (`None`: not in time) come to together.
pub(crate) fn conclude(
    port: u16,
    request: Request,
    sent: Result<Instant, String>,
    received: Option<Received>,
) -> Exchange {
    let (done, outcome) = match received {
        Some(received) => (received.done, received.outcome),
        None => (Instant::now(), Err(NoAnswer::TimedOut)),
    };
    match (sent, outcome) {
        (Ok(sent), outcome) => Exchange { port, request, sent, done: done.max(sent), outcome },
        // An incomplete request that has no answer has no effect either.
        (Err(why), Err(NoAnswer::TimedOut | NoAnswer::Closed(_))) => {
            Exchange { port, request, sent: done, done, outcome: Err(NoAnswer::NotSent(why)) }
        }
        (Err(_), outcome) => Exchange { port, request, sent: done, done, outcome },
    }
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
