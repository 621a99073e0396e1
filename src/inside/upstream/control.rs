//! The control channel: obeys orders, in their order on each connection.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::behaviour::{Order, Reply, WAIT_MS};
use super::state::Service;

pub(super) async fn obey(stream: UnixStream, service: &Service) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let reply = match serde_json::from_str(&line) {
            Ok(order) => execute(order, service).await.unwrap_or_else(refusal),
            Err(error) => refusal(error.to_string()),
        };
        let mut reply = serde_json::to_string(&reply).unwrap_or_default();
        reply.push('\n');
        if write.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn refusal(error: String) -> Reply {
    Reply { error: Some(error), ..Reply::default() }
}

async fn execute(order: Order, service: &Service) -> Result<Reply, String> {
    let mut reply = Reply { ok: true, ..Reply::default() };
    match order {
        Order::Set { sku, behaviour } => {
            if let Some(problem) = behaviour.problem() {
                return Err(problem);
            }
            service.state().set(sku, behaviour);
        }
        Order::Calls { sku } => reply.calls = Some(service.state().calls(&sku)),
        Order::Gate { name, count, within_ms } => {
            service.state().gate(name, count, within_ms.map(Duration::from_millis));
        }
        Order::Release { name } => find(service, &name)?.open(),
        Order::Parked { name, at_least, within_ms } => {
            let gate = find(service, &name)?;
            let seen = gate.parked(at_least, Duration::from_millis(within_ms.min(WAIT_MS))).await;
            reply.parked = Some(seen.parked);
            reply.parked_max = Some(seen.parked_max);
        }
        Order::Forget => service.state().forget(),
    }
    Ok(reply)
}

fn find(service: &Service, name: &str) -> Result<std::sync::Arc<super::hold::Gate>, String> {
    service.state().find(name).ok_or_else(|| format!("there is no gate `{name}`"))
}
