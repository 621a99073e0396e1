//! The agent's end of the dialogue with the orchestrator: asks go out as lines, replies come in on standard input.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::protocol::{Ask, Line, REPLY_CAP, Reply};

type Waiting = Arc<Mutex<HashMap<u32, oneshot::Sender<Reply>>>>;

/// Asks for what only the orchestrator can do.
#[derive(Debug)]
pub struct Orchestrator {
    next: AtomicU32,
    waiting: Waiting,
}

/// The orchestrator is gone: nothing that was asked for will be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the orchestrator does not answer")]
pub struct Gone;

impl Orchestrator {
    /// Listens on standard input from now on.
    pub fn on_stdin() -> Self {
        Self::reading(std::io::stdin())
    }

    /// Listens on any source of reply lines.
    pub fn reading(source: impl Read + Send + 'static) -> Self {
        let waiting = Waiting::default();
        let shared = Arc::clone(&waiting);
        // A thread, as a read of standard input cannot be given up.
        std::thread::spawn(move || listen(source, &shared));
        Self { next: AtomicU32::new(1), waiting }
    }

    /// Asks, and waits for the reply: whether what was awaited has happened.
    pub async fn ask(&self, ask: Ask) -> Result<bool, Gone> {
        self.reply(ask).await.map(|reply| reply.happened)
    }

    /// Asks, and waits for the whole reply.
    pub async fn reply(&self, ask: Ask) -> Result<Reply, Gone> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, tell);
        Line::Ask { number, ask }.print();
        told.await.map_err(|_| Gone)
    }
}

fn listen(source: impl Read, waiting: &Waiting) {
    let mut lines = std::io::BufReader::new(source);
    loop {
        let mut line = Vec::new();
        match (&mut lines).take(REPLY_CAP).read_until(b'\n', &mut line) {
            Ok(read) if read > 0 => {}
            _ => break,
        }
        if let Ok(reply) = serde_json::from_slice::<Reply>(&line) {
            let asked = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&reply.number);
            // A probe that was given up does not wait any more.
            asked.map(|tell| tell.send(reply).ok());
        }
    }
    // Whoever still waits is told by the closed channel.
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn replies_find_their_asks_and_an_end_is_told() {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let orchestrator = Orchestrator::reading(reader);
        let reply = |number, happened| {
            let mut line = serde_json::to_vec(&Reply::plain(number, happened)).expect("serializes");
            line.push(b'\n');
            line
        };
        let kill = || Ask::Kill { replicas: vec![0] };
        let (first, second) = (orchestrator.ask(kill()), orchestrator.ask(kill()));
        let answer = async {
            use std::io::Write;
            tokio::task::yield_now().await;
            writer.write_all(b"nonsense\n").expect("writes");
            writer.write_all(&reply(2, false)).expect("writes");
            writer.write_all(&reply(1, true)).expect("writes");
        };
        let (first, second, ()) = tokio::join!(first, second, answer);
        assert_eq!((first, second), (Ok(true), Ok(false)));
        let third = orchestrator.ask(kill());
        let close = async { drop(writer) };
        assert_eq!(tokio::join!(third, close).0, Err(Gone));
    }
}
