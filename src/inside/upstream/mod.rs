//! The fake pricing service: the one dependency of ours in the candidate's request path.
//!
//! Candidate code reaches its port, so calls are hostile: heads, connections, records and time are bounded. How it
//! answers is set over a unix socket that lies in the examiner's own file system, where candidate code cannot reach it.

mod answer;
pub mod behaviour;
mod control;
mod hold;
mod state;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;

use super::protocol::Line;
use state::Service;

const CONNECTIONS: usize = 256;
/// After a connection that the system could not hand over, so that a lack of descriptors is no busy loop.
const BREATH: Duration = Duration::from_millis(10);

/// Bounds of time for callers.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// For a whole head, and again for taking the answer.
    head: Duration,
    /// For everything that a call may wait for.
    wait: Duration,
}

const LIMITS: Limits = Limits { head: Duration::from_secs(10), wait: Duration::from_millis(behaviour::WAIT_MS) };

pub(super) async fn serve(port: u16, control: &Path) -> std::io::Result<()> {
    let prices = TcpListener::bind(("127.0.0.1", port)).await?;
    let orders = UnixListener::bind(control)?;
    Line::Listening.print();
    run(prices, orders, LIMITS).await;
    Ok(())
}

/// Serves both sockets for ever.
async fn run(prices: TcpListener, orders: UnixListener, limits: Limits) {
    let service = Arc::new(Service::new(limits));
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let calls = async {
        loop {
            let Ok((stream, _)) = prices.accept().await else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            // Without a free slot the connection is closed: a flood stays bounded.
            if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
                let service = Arc::clone(&service);
                tokio::spawn(async move {
                    answer::answer(stream, &service).await;
                    drop(slot);
                });
            }
        }
    };
    let commands = async {
        loop {
            let Ok((stream, _)) = orders.accept().await else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            let service = Arc::clone(&service);
            tokio::spawn(async move { control::obey(stream, &service).await });
        }
    };
    tokio::join!(calls, commands);
}

#[cfg(test)]
mod tests;
