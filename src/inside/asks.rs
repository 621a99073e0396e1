//! Lets the hidden suite ask the orchestrator: a unix socket in the examiner's own file system, a JSON line each way.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::orchestrator::Orchestrator;
use super::protocol::Ask;

/// Bytes of a question.
const QUESTION_CAP: u64 = 64 << 10;

/// Serves questions until it is dropped.
pub(super) async fn serve(socket: &Path) -> std::io::Result<()> {
    // A phase before may have left it.
    super::suite::remove_if_there(socket)?;
    let listener = UnixListener::bind(socket)?;
    let orchestrator = Arc::new(Orchestrator::on_stdin());
    loop {
        let (stream, _) = listener.accept().await?;
        let orchestrator = Arc::clone(&orchestrator);
        tokio::spawn(async move { answer(stream, &orchestrator).await });
    }
}

async fn answer(stream: UnixStream, orchestrator: &Orchestrator) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut question = Vec::new();
    BufReader::new(read).take(QUESTION_CAP).read_until(b'\n', &mut question).await?;
    let reply = match serde_json::from_slice::<Ask>(&question) {
        Ok(ask) => orchestrator.reply(ask).await.map_err(std::io::Error::other)?,
        // The suite sees a closed connection, and reports a fault of its own.
        Err(error) => return Err(error.into()),
    };
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    write.write_all(&line).await
}
