//! Tests of the pricing service through both of its sockets, with the prober's own clients.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::behaviour::{Behaviour, Call};
use super::state::stable_price;
use super::*;
use crate::probe::http::{Answer, Bounds, NoAnswer, Request, call};
use crate::probe::pricing::{Parked, Pricing};

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

struct Running {
    port: u16,
    pricing: Pricing,
    _folder: tempfile::TempDir,
}

impl Running {
    async fn start(limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("control");
        let prices = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = prices.local_addr().expect("an address").port();
        let orders = UnixListener::bind(&socket).expect("a socket");
        tokio::spawn(run(prices, orders, limits));
        Self { port, pricing: Pricing { socket }, _folder: folder }
    }

    async fn get(&self, target: &str) -> Result<Answer, NoAnswer> {
        call(self.port, Request::new("GET", target), &Bounds { within: LONG, ..Bounds::default() }).await.outcome
    }

    fn ask(&self, sku: &str) -> tokio::task::JoinHandle<Result<Answer, NoAnswer>> {
        let (port, request) = (self.port, Request::new("GET", format!("/v1/price/{sku}")));
        tokio::spawn(async move { call(port, request, &Bounds { within: LONG, ..Bounds::default() }).await.outcome })
    }

    async fn set(&self, sku: &str, behaviour: Behaviour) {
        self.pricing.behaviour(Some(sku), behaviour).await.expect("obeyed");
    }

    async fn costs(&self, sku: &str, cents: i64) {
        let answer = self.get(&format!("/v1/price/{sku}")).await.expect("an answer");
        assert_eq!((answer.status, answer.json()), (200, Some(serde_json::json!({ "price_cents": cents }))));
    }

    /// The calls for a sku, once the last one has what it should have.
    async fn calls(&self, sku: &str, last: impl Fn(&Call) -> bool) -> Vec<Call> {
        let asking = async {
            loop {
                let calls = self.pricing.calls(sku).await.expect("obeyed");
                if calls.last().is_some_and(&last) {
                    return calls;
                }
            }
        };
        tokio::time::timeout(LONG, asking).await.expect("the calls come to what they should be")
    }

    async fn line(&self, line: &str) -> String {
        let mut stream = UnixStream::connect(&self.pricing.socket).await.expect("a socket");
        stream.write_all(line.as_bytes()).await.expect("written");
        stream.shutdown().await.expect("shut down");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("a reply");
        reply
    }
}

fn price(price_cents: i64) -> Behaviour {
    Behaviour::Price { price_cents }
}

fn hold(gate: &str) -> Behaviour {
    Behaviour::Hold { gate: gate.to_owned(), price_cents: 5 }
}

#[tokio::test]
async fn prices_follow_the_orders() {
    let service = Running::start(LIMITS).await;
    service.costs("%C3%A9%20%2F", stable_price("é /")).await;
    service.pricing.price(None, 7).await.expect("obeyed");
    service.pricing.status(Some("a"), 503).await.expect("obeyed");
    service.costs("b", 7).await;
    assert_eq!(service.get("/v1/price/a").await.expect("an answer").status, 503);
    for target in ["/v1/price/a/b", "/v1/price/%FF", "/v1/price/", "/", &format!("/v1/price/{}", "x".repeat(2000))] {
        assert_eq!(service.get(target).await.expect("an answer").status, 404, "{target}");
    }
    service.set("a", Behaviour::Body { status: 200, content_type: "text/html".to_owned(), body: "é".to_owned() }).await;
    let answer = service.get("/v1/price/a").await.expect("an answer");
    assert_eq!((answer.body.as_slice(), answer.header("content-type")), ("é".as_bytes(), Some("text/html")));
    let calls = service.pricing.calls("a").await.expect("obeyed");
    let seen: Vec<_> = calls.iter().map(|call| (call.status, call.price_cents, call.gone)).collect();
    assert_eq!(seen, [(Some(503), None, false), (Some(200), None, false)]);
    assert!(calls.iter().all(|call| call.done_ms.is_some() && call.parked_ms.is_none()));
    assert_eq!((calls[0].method.as_str(), calls[0].target.as_str()), ("GET", "/v1/price/a"));
}

#[tokio::test]
async fn the_lines_are_these() {
    let service = Running::start(LIMITS).await;
    let set = |behaviour: &str| format!("{{\"op\":\"set\",\"sku\":\"a\",\"behaviour\":{behaviour}}}\n");
    for behaviour in [
        r#"{"kind":"price","price_cents":5}"#,
        r#"{"kind":"body","status":200,"content_type":"a/b","body":"x"}"#,
        r#"{"kind":"hold","gate":"g","price_cents":5}"#,
        r#"{"kind":"late","after_ms":30000,"then":{"kind":"price","price_cents":5}}"#,
        r#"{"kind":"hang"}"#,
        r#"{"kind":"drip","every_ms":1,"price_cents":5}"#,
        r#"{"kind":"close"}"#,
        r#"{"kind":"cut"}"#,
        r#"{"kind":"redirect","location":"http://x/"}"#,
        r#"{"kind":"sequence","then":[{"kind":"cut"},{"kind":"status","status":503}]}"#,
    ] {
        assert_eq!(service.line(&set(behaviour)).await, "{\"ok\":true}\n", "{behaviour}");
    }
    for behaviour in [
        r#"{"kind":"late","after_ms":30001,"then":{"kind":"price","price_cents":5}}"#,
        r#"{"kind":"sequence","then":[]}"#,
        r#"{"kind":"sequence","then":[{"kind":"sequence","then":[{"kind":"cut"}]}]}"#,
        r#"{"kind":"sequence","then":[{"kind":"drip","every_ms":40000,"price_cents":5}]}"#,
        r#"{"kind":"redirect","location":"x\r\nSet-Cookie: y"}"#,
        r#"{"kind":"unknown"}"#,
        r#"{"kind":"price","price_cents":5,"more":1}"#,
    ] {
        let reply = service.line(&set(behaviour)).await;
        assert!(reply.starts_with(r#"{"ok":false,"error":""#), "{behaviour}: {reply}");
    }
    let orders = "{\"op\":\"set\",\"sku\":null,\"behaviour\":{\"kind\":\"status\",\"status\":503}}\n\
                  {\"op\":\"gate\",\"name\":\"g\",\"count\":2,\"within_ms\":9}\n{\"op\":\"gate\",\"name\":\"g\"}\n\
                  {\"op\":\"parked\",\"name\":\"g\"}\n{\"op\":\"release\",\"name\":\"g\"}\n\
                  {\"op\":\"parked\",\"name\":\"g\",\"at_least\":3,\"within_ms\":20000}\n{\"op\":\"forget\"}\n\
                  {\"op\":\"calls\",\"sku\":\"a\"}\n";
    let parked = r#"{"ok":true,"parked":0,"parked_max":0}"#;
    let ok = r#"{"ok":true}"#;
    let expected = [ok, ok, ok, parked, ok, parked, ok, r#"{"ok":true,"calls":[]}"#];
    assert_eq!(service.line(orders).await.lines().collect::<Vec<_>>(), expected);
    assert!(service.line("{\"op\":\"release\",\"name\":\"g\"}\n").await.contains("there is no gate `g`"));
    assert!(service.line("{\n").await.starts_with(r#"{"ok":false,"error":""#));
}

#[tokio::test]
async fn faults_are_made() {
    let service = Running::start(LIMITS).await;
    for behaviour in [Behaviour::Close, Behaviour::Cut] {
        service.set("a", behaviour).await;
        assert!(matches!(service.get("/v1/price/a").await, Err(NoAnswer::Closed(_))));
    }
    service.set("a", Behaviour::Redirect { location: "http://127.0.0.1:1/x".to_owned() }).await;
    let answer = service.get("/v1/price/a").await.expect("an answer");
    assert_eq!((answer.status, answer.header("location")), (302, Some("http://127.0.0.1:1/x")));
    service.set("a", Behaviour::Drip { every_ms: 1, price_cents: 5 }).await;
    service.costs("a", 5).await;
    let begin = std::time::Instant::now();
    service.set("a", Behaviour::Late { after_ms: 100, then: Box::new(Behaviour::Price { price_cents: 6 }) }).await;
    service.costs("a", 6).await;
    assert!(begin.elapsed() >= Duration::from_millis(100));
    let calls = service.calls("a", |call| call.done_ms.is_some()).await;
    let seen: Vec<_> = calls.iter().map(|call| (call.status, call.price_cents)).collect();
    assert_eq!(seen, [(None, None), (Some(200), None), (Some(302), None), (Some(200), Some(5)), (Some(200), Some(6))]);
    assert!(calls.iter().all(|call| call.done_ms.is_some() && !call.gone));
}

#[tokio::test]
async fn a_sequence_goes_on_to_its_last() {
    let service = Running::start(LIMITS).await;
    let then = vec![Behaviour::Status { status: 503 }, price(1), price(2)];
    service.set("a", Behaviour::Sequence { then: then.clone() }).await;
    for round in 0..2 {
        assert_eq!(service.get("/v1/price/a").await.expect("an answer").status, 503, "{round}");
        for cents in [1, 2, 2] {
            service.costs("a", cents).await;
        }
        service.set("a", Behaviour::Sequence { then: then.clone() }).await;
    }
}

#[tokio::test]
async fn calls_are_parked_until_released() {
    let service = Running::start(LIMITS).await;
    service.pricing.gate("g", None, None).await.expect("obeyed");
    service.set("a", hold("g")).await;
    let calls = [service.ask("a"), service.ask("a"), service.ask("a")];
    assert_eq!(service.pricing.parked("g", 3, LONG).await, Ok(Parked { now: 3, max: 3 }));
    for call in service.pricing.calls("a").await.expect("obeyed") {
        assert!(call.parked_ms >= Some(call.at_ms) && call.done_ms.is_none() && call.status.is_none());
    }
    service.pricing.release("g").await.expect("obeyed");
    for call in calls {
        assert_eq!(call.await.expect("no panic").expect("an answer").body, b"{\"price_cents\":5}");
    }
    assert_eq!(service.pricing.parked("g", 3, LONG).await, Ok(Parked { now: 0, max: 3 }));
    service.costs("a", 5).await;
    let calls = service.pricing.calls("a").await.expect("obeyed");
    assert!(calls[..3].iter().all(|call| call.done_ms >= call.parked_ms && call.price_cents == Some(5)));
    assert_eq!(calls[3].parked_ms, None, "an open gate parks nobody");
}

#[tokio::test]
async fn gates_open_by_themselves_or_when_replaced_or_forgotten() {
    let service = Running::start(LIMITS).await;
    service.set("a", hold("g")).await;
    for (count, within) in [(Some(2), None), (None, Some(Duration::from_millis(50))), (Some(9), Some(Duration::ZERO))] {
        service.pricing.gate("g", count, within).await.expect("obeyed");
        let other = service.ask("a");
        service.costs("a", 5).await;
        other.await.expect("no panic").expect("an answer");
    }
    for replaced in [true, false] {
        service.pricing.gate("g", None, None).await.expect("obeyed");
        let call = service.ask("a");
        assert_eq!(service.pricing.parked("g", 1, LONG).await, Ok(Parked { now: 1, max: 1 }));
        if replaced {
            service.pricing.gate("g", None, None).await.expect("obeyed");
        } else {
            service.pricing.forget().await.expect("obeyed");
        }
        call.await.expect("no panic").expect("an answer");
    }
    assert!(service.pricing.release("g").await.is_err());
    service.costs("a", stable_price("a")).await;
    assert_eq!(service.pricing.calls("a").await.expect("obeyed").len(), 9);
}

#[tokio::test]
async fn a_caller_that_goes_is_not_parked_any_more() {
    let service = Running::start(LIMITS).await;
    for (behaviour, parked) in [
        (hold("g"), true),
        (Behaviour::Hang, false),
        (Behaviour::Late { after_ms: 30_000, then: Box::new(Behaviour::Hang) }, false),
    ] {
        service.set("a", behaviour).await;
        let mut stream = TcpStream::connect(("127.0.0.1", service.port)).await.expect("a connection");
        stream.write_all(b"GET /v1/price/a HTTP/1.1\r\n\r\nmore that nobody reads").await.expect("written");
        if parked {
            service.pricing.parked("g", 1, LONG).await.expect("obeyed");
        }
        service.calls("a", |call| call.done_ms.is_none()).await;
        drop(stream);
        let calls = service.calls("a", |call| call.gone).await;
        assert!(calls.last().is_some_and(|call| call.done_ms.is_some() && call.status.is_none()));
    }
    assert_eq!(service.pricing.parked("g", 0, LONG).await, Ok(Parked { now: 0, max: 1 }));
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let limits = Limits { head: LONG, wait: Duration::from_millis(100) };
    let service = Running::start(limits).await;
    for behaviour in [hold("g"), Behaviour::Hang, Behaviour::Drip { every_ms: 30_000, price_cents: 5 }] {
        service.set("a", behaviour).await;
        assert!(matches!(service.get("/v1/price/a").await, Err(NoAnswer::Closed(_))));
        let calls = service.calls("a", |call| call.done_ms.is_some()).await;
        assert!(calls.last().is_some_and(|call| !call.gone));
    }
    assert_eq!(service.pricing.parked("g", 0, LONG).await, Ok(Parked { now: 0, max: 1 }));
}

#[tokio::test]
async fn heads_are_bounded() {
    let service = Running::start(Limits { head: Duration::from_millis(200), wait: LONG }).await;
    let connect = || TcpStream::connect(("127.0.0.1", service.port));
    let mut slow = connect().await.expect("a connection");
    let mut large = connect().await.expect("a connection");
    let (mut read, mut write) = slow.split();
    let drip = async {
        // Until the service has closed.
        while write.write_all(b"GET").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut rest = Vec::new();
    tokio::select! {
        () = drip => {}
        // A reset ends it as well.
        _ = read.read_to_end(&mut rest) => {}
    }
    assert_eq!(rest, b"");
    let line = [b'x'; 1 << 16];
    while large.write_all(&line).await.is_ok() {}
    service.costs("a", stable_price("a")).await;
}

#[tokio::test]
async fn a_flood_of_connections_is_closed() {
    let service = Running::start(LIMITS).await;
    service.set("a", Behaviour::Hang).await;
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(("127.0.0.1", service.port)).await.expect("a connection");
        stream.write_all(b"GET /v1/price/a HTTP/1.1\r\n\r\n").await.expect("written");
        streams.push(stream);
    }
    let begin = std::time::Instant::now();
    while service.pricing.calls("a").await.expect("obeyed").len() < CONNECTIONS {
        assert!(begin.elapsed() < LONG);
    }
    for _ in 0..100 {
        let mut stream = TcpStream::connect(("127.0.0.1", service.port)).await.expect("a connection");
        let read = stream.read(&mut [0; 1]).await;
        assert!(!matches!(read, Ok(1..)), "one too many was served");
    }
    assert_eq!(service.pricing.calls("a").await.expect("obeyed").len(), CONNECTIONS);
    drop(streams);
    service.calls("a", |call| call.gone).await;
    service.pricing.price(Some("a"), 3).await.expect("obeyed");
    // Slots are free again as soon as the connections have ended.
    while service.get("/v1/price/a").await.is_err() {
        assert!(begin.elapsed() < LONG);
    }
    service.costs("a", 3).await;
}
