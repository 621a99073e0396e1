//! One call for a price, from whoever: reads its head and behaves as it was ordered.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep_until, timeout};

use super::behaviour::Behaviour;
use super::state::{Service, Ticket};

/// Bytes of a request's head.
const HEAD_CAP: u64 = 16 << 10;
const JSON: &str = "application/json";

pub(super) async fn answer(mut stream: TcpStream, service: &Service) {
    let (read, write) = stream.split();
    let mut reader = BufReader::new(read);
    // Whoever is slow or sends no head gets no answer, and is no call.
    let Ok(Ok(Some((method, target)))) = timeout(service.limits.head, read_head(&mut reader)).await else { return };
    let (ticket, behaviour) = service.state().begin(&method, &target);
    let until = Instant::now() + service.limits.wait;
    let mut call = OpenCall { service, ticket, reader, write, until };
    match call.behave(behaviour).await {
        Ok(()) | Err(Ended::TooLong) => service.state().done(ticket),
        Err(Ended::Gone) => service.state().gone(ticket),
    }
    // Fails only where the connection is closed already.
    call.write.shutdown().await.ok();
}

/// Method and target; `None` when the head does not come to an end.
async fn read_head(reader: &mut BufReader<ReadHalf<'_>>) -> std::io::Result<Option<(String, String)>> {
    let mut reader = reader.take(HEAD_CAP);
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

/// Why a call ends without its whole answer.
enum Ended {
    Gone,
    TooLong,
}

impl From<std::io::Error> for Ended {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

struct OpenCall<'a> {
    service: &'a Service,
    ticket: Ticket,
    reader: BufReader<ReadHalf<'a>>,
    write: WriteHalf<'a>,
    until: Instant,
}

impl OpenCall<'_> {
    async fn behave(&mut self, behaviour: Behaviour) -> Result<(), Ended> {
        match behaviour {
            Behaviour::Price { price_cents } => self.price(price_cents).await,
            Behaviour::Status { status } => {
                self.send(status, None, &response(status, &json(), "{\"error\":\"unavailable\"}")).await
            }
            Behaviour::Body { status, content_type, body } => {
                let header = format!("Content-Type: {content_type}");
                self.send(status, None, &response(status, &header, &body)).await
            }
            Behaviour::Hold { gate, price_cents } => {
                // A gate that was forgotten in between holds nobody.
                let gate = self.service.state().find(&gate);
                if let Some(gate) = gate.filter(|gate| !gate.is_open()) {
                    self.service.state().parked(self.ticket);
                    self.wait(gate.pass()).await?;
                }
                self.price(price_cents).await
            }
            Behaviour::Late { after_ms, then } => {
                self.wait(tokio::time::sleep(Duration::from_millis(after_ms))).await?;
                Box::pin(self.behave(*then)).await
            }
            Behaviour::Hang => self.wait(std::future::pending()).await,
            Behaviour::Drip { every_ms, price_cents } => self.drip(every_ms, price_cents).await,
            Behaviour::Close => Ok(()),
            Behaviour::Cut => {
                let whole = response(200, &json(), &priced(100));
                self.send(200, None, &whole[..whole.len() - priced(100).len() / 2]).await
            }
            Behaviour::Redirect { location } => {
                self.send(302, None, &response(302, &format!("Location: {location}"), "")).await
            }
            // A sequence was resolved when the call began.
            Behaviour::Sequence { .. } => Ok(()),
        }
    }

    async fn price(&mut self, price_cents: i64) -> Result<(), Ended> {
        self.send(200, Some(price_cents), &response(200, &json(), &priced(price_cents))).await
    }

    async fn send(&mut self, status: u16, price_cents: Option<i64>, bytes: &[u8]) -> Result<(), Ended> {
        // Before the bytes: whoever has the answer finds the call done.
        self.service.state().answered(self.ticket, status, price_cents);
        self.service.state().done(self.ticket);
        self.write(bytes).await
    }

    async fn drip(&mut self, every_ms: u64, price_cents: i64) -> Result<(), Ended> {
        let bytes = response(200, &json(), &priced(price_cents));
        let Some((last, bytes)) = bytes.split_last() else { return Ok(()) };
        self.service.state().answered(self.ticket, 200, Some(price_cents));
        for byte in bytes {
            self.write(&[*byte]).await?;
            self.wait(tokio::time::sleep(Duration::from_millis(every_ms))).await?;
        }
        self.service.state().done(self.ticket);
        self.write(&[*last]).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let writing = self.write.write_all(bytes);
        Ok(timeout(self.service.limits.head, writing).await.map_err(|_| Ended::TooLong)??)
    }

    /// Waits, unless the caller goes or has waited for too long. A caller that only closes its own direction counts as gone.
    async fn wait(&mut self, what: impl Future<Output = ()>) -> Result<(), Ended> {
        tokio::select! {
            () = what => Ok(()),
            () = gone(&mut self.reader) => Err(Ended::Gone),
            () = sleep_until(self.until) => Err(Ended::TooLong),
        }
    }
}

/// Returns when the caller has closed; what else it sends is dropped.
async fn gone(reader: &mut BufReader<ReadHalf<'_>>) {
    let mut buffer = [0; 1024];
    while matches!(reader.read(&mut buffer).await, Ok(1..)) {}
}

fn json() -> String {
    format!("Content-Type: {JSON}")
}

fn priced(price_cents: i64) -> String {
    format!("{{\"price_cents\":{price_cents}}}")
}

fn response(status: u16, header: &str, body: &str) -> Vec<u8> {
    let reason = match status {
        200 => "OK",
        302 => "Found",
        404 => "Not Found",
        503 => "Service Unavailable",
        _ => "Status",
    };
    let length = body.len();
    format!("HTTP/1.1 {status} {reason}\r\n{header}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}
