//! Waits until services answer 200 on loopback, from inside their namespace.
//!
//! Polls every 10 ms: the wait is part of every grade, and loopback is cheap.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::protocol::Line;
use crate::limit::Clock;

const INTERVAL: Duration = Duration::from_millis(10);
/// A service that accepts but does not answer must not hold the poll for long.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn wait(targets: &[String], within: Duration) -> Result<(), String> {
    let targets: Vec<Target> = targets.iter().map(|text| Target::parse(text)).collect::<Result<_, _>>()?;
    let begin = Instant::now();
    let clock = Mutex::new(Clock::start());
    let counted = || clock.lock().unwrap_or_else(PoisonError::into_inner).counted();
    let since = || u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    let polls = targets.iter().map(|target| async {
        loop {
            if matches!(tokio::time::timeout(PATIENCE, target.answers()).await, Ok(Ok(true))) {
                Line::Ready { name: target.name.clone(), after_ms: since() }.print();
                return true;
            }
            if counted() >= within {
                return false;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    });
    let ready = futures_util::future::join_all(polls).await;
    let late: Vec<String> =
        targets.iter().zip(&ready).filter(|(_, ready)| !**ready).map(|(target, _)| target.name.clone()).collect();
    if !late.is_empty() {
        Line::NotReady { names: late, after_ms: since() }.print();
    }
    Ok(())
}

struct Target {
    name: String,
    address: String,
    path: String,
}

impl Target {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once("=http://").and_then(|(name, rest)| Some((name, rest.split_once('/')?)));
        let Some((name, (address, path))) = parts else {
            return Err(format!("`{text}` is not NAME=http://HOST:PORT/PATH"));
        };
        Ok(Self { name: name.to_owned(), address: address.to_owned(), path: format!("/{path}") })
    }

    async fn answers(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let request =
            format!("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\nConnection: close\r\n\r\n", self.path, self.address);
        stream.write_all(request.as_bytes()).await?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        Ok(head.starts_with(b"HTTP/1.") && head.ends_with(b" 200"))
    }
}
