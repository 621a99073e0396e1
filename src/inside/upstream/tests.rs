//! The service over real sockets: prices, faults, gates, and callers that misbehave.

use super::*;

/// A running service: its port, and its control.
async fn service() -> (u16, crate::probe::pricing::Pricing, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("control");
    let prices = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
    let port = prices.local_addr().expect("an address").port();
    let orders = UnixListener::bind(&socket).expect("binds");
    tokio::spawn(Arc::new(Service::new()).run(prices, orders));
    (port, crate::probe::pricing::Pricing { socket }, folder)
}

/// Everything that comes for a request; what a closed connection gives is what came before.
async fn get(port: u16, target: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connects");
    let head = format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("writes");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn prices_and_faults_are_what_was_ordered() {
    let (port, pricing, _folder) = service().await;
    let price = format!("{{\"price_cents\":{}}}", stable_price("é /"));
    assert!(get(port, "/v1/price/%C3%A9%20%2F").await.ends_with(&price));
    for (n, (behaviour, expected)) in [
        (Behaviour::Status { status: 503 }, "HTTP/1.1 503 "),
        (Behaviour::Drip { every_ms: 0, price_cents: 5 }, "{\"price_cents\":5}"),
        (Behaviour::Late { after_ms: 1, then: Box::new(Behaviour::Price { price_cents: -3 }) }, "{\"price_cents\":-3}"),
        (Behaviour::Redirect { location: "http://x/".into() }, "Location: http://x/\r\n"),
    ]
    .into_iter()
    .enumerate()
    {
        let sku = format!("a{n}");
        pricing.behaviour(Some(&sku), behaviour).await.expect("is obeyed");
        let answer = get(port, &format!("/v1/price/{sku}")).await;
        assert!(answer.contains(expected), "{answer}");
    }
    for behaviour in [Behaviour::Close, Behaviour::Sequence { then: vec![] }] {
        pricing.behaviour(Some("b"), behaviour).await.expect("is obeyed");
        assert_eq!(get(port, "/v1/price/b").await, "");
    }
    pricing.behaviour(Some("c"), Behaviour::Cut).await.expect("is obeyed");
    let cut = get(port, "/v1/price/c").await;
    assert!(cut.contains("Content-Length: 23") && !cut.ends_with('}'), "{cut}");
    assert!(get(port, "/v1/price/a/b").await.starts_with("HTTP/1.1 404 "));
    assert!(get(port, "/v1/price/%FF").await.starts_with("HTTP/1.1 404 "));
    let calls = pricing.calls("b").await.expect("answers");
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.target == "/v1/price/b" && call.status.is_none() && !call.gone));
}

#[tokio::test]
async fn a_sequence_goes_on_with_each_call() {
    let (port, pricing, _folder) = service().await;
    let then = vec![Behaviour::Status { status: 503 }, Behaviour::Price { price_cents: 7 }];
    pricing.behaviour(Some("s"), Behaviour::Sequence { then }).await.expect("is obeyed");
    assert!(get(port, "/v1/price/s").await.starts_with("HTTP/1.1 503 "));
    for _ in 0..2 {
        assert!(get(port, "/v1/price/s").await.ends_with("{\"price_cents\":7}"));
    }
}

#[tokio::test]
async fn calls_wait_at_a_gate_until_it_is_released() {
    let (port, pricing, _folder) = service().await;
    pricing.gate("g", None, None).await.expect("is obeyed");
    let held = Behaviour::Hold { gate: "g".into(), price_cents: 9 };
    pricing.behaviour(None, held).await.expect("is obeyed");
    let callers =
        futures_util::future::join_all((0..3).map(|n| async move { get(port, &format!("/v1/price/{n}")).await }));
    let opener = async {
        let parked = pricing.parked("g", 3, Duration::from_secs(5)).await.expect("answers");
        assert_eq!((parked.now, parked.max), (3, 3));
        assert_eq!(pricing.calls("1").await.expect("answers")[0].done_ms, None);
        pricing.release("g").await.expect("is obeyed");
    };
    let (answers, ()) = tokio::join!(callers, opener);
    assert!(answers.iter().all(|answer| answer.ends_with("{\"price_cents\":9}")), "{answers:?}");
    assert!(pricing.calls("1").await.expect("answers")[0].done_ms.is_some());
}

#[tokio::test]
async fn a_flood_of_connections_and_heads_without_end_leave_it_in_control() {
    let (port, pricing, _folder) = service().await;
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS + 40 {
        open.push(TcpStream::connect(("127.0.0.1", port)).await.expect("connects"));
    }
    // Beyond the slots a connection is closed at once.
    let mut last = open.pop().expect("a connection");
    let mut nothing = Vec::new();
    last.read_to_end(&mut nothing).await.ok();
    assert!(nothing.is_empty());
    pricing.behaviour(Some("x"), Behaviour::Price { price_cents: 1 }).await.expect("the control answers");
    drop(open);
    // A head beyond its bound is an end, not an answer.
    let mut stream = loop {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connects");
        if get(port, "/v1/price/x").await.ends_with("{\"price_cents\":1}") {
            break stream;
        }
    };
    let endless = vec![b'a'; HEAD_CAP as usize * 2];
    stream.write_all(&endless).await.ok();
    let mut nothing = Vec::new();
    stream.read_to_end(&mut nothing).await.ok();
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn nonsense_on_the_control_channel_is_refused() {
    let (_, pricing, _folder) = service().await;
    let mut stream = BufReader::new(UnixStream::connect(&pricing.socket).await.expect("connects"));
    stream.write_all(b"{\n{\"op\":\"forget\"}\n").await.expect("writes");
    let mut lines = stream.lines();
    assert!(lines.next_line().await.expect("reads").expect("a line").starts_with("{\"ok\":false,\"error\":"));
    assert_eq!(lines.next_line().await.expect("reads").expect("a line"), "{\"ok\":true}");
}
