//! Oracles against a counter service in this process that misbehaves in known ways.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::task::Probes;

/// What the service does with every fifth change.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Makes it, and closes the connection instead of answering.
    LosesTheAnswer,
    /// Answers, and does not make it.
    LosesTheChange,
    /// Answers 500, and does not make it.
    Breaks,
    /// Answers 500, and makes it.
    BreaksAndMakesIt,
}

#[derive(Default)]
struct Shop {
    stocks: HashMap<String, i64>,
    changes: usize,
}

const OPERATIONS: &str = r#"
format = 1
timeout = "60s"
[[operation]]
name = "create"
method = "PUT"
path = "/{{sku}}?{{stock}}"
ok = ["201"]
gives = { item = "/key" }
[[operation]]
name = "read"
method = "GET"
path = "/{{item}}"
ok = ["200"]
gives = { stock = "/stock" }
[[operation]]
name = "add"
method = "POST"
path = "/{{item}}?{{delta}}"
ok = ["200"]
refused = ["409"]
[[probe]]
name = "bumps"
kind = "counter"
rounds = 3
clients = 8
steps = 2
"#;

/// One request, answered as the fault wants.
async fn serve(mut stream: TcpStream, shop: &Mutex<Shop>, fault: Fault) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (key, number) = target[1..].split_once('?').unwrap_or((&target[1..], "0"));
    let number: i64 = number.parse().unwrap_or_default();
    let (status, body) = {
        let mut shop = shop.lock().expect("no panic before");
        match method {
            "GET" if key == "ok" => (200, "{}".to_owned()),
            "GET" => (200, format!("{{\"stock\":{}}}", shop.stocks[key])),
            "PUT" => {
                shop.stocks.insert(key.to_owned(), number);
                (201, format!("{{\"key\":\"{key}\"}}"))
            }
            _ => {
                shop.changes += 1;
                let strikes = shop.changes.is_multiple_of(5) && fault != Fault::None;
                let makes = !strikes || matches!(fault, Fault::LosesTheAnswer | Fault::BreaksAndMakesIt);
                let now = shop.stocks[key] + number;
                if now < 0 {
                    (409, "{}".to_owned())
                } else {
                    if makes {
                        shop.stocks.insert(key.to_owned(), now);
                    }
                    match fault {
                        Fault::LosesTheAnswer if strikes => return Ok(()),
                        Fault::Breaks | Fault::BreaksAndMakesIt if strikes => (500, "{}".to_owned()),
                        _ => (200, "{}".to_owned()),
                    }
                }
            }
        }
    };
    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await
}

/// How the counter probe comes out on a service with a fault.
async fn probed(fault: Fault) -> (Outcome, String) {
    let shop = Arc::new(Mutex::new(Shop::default()));
    let mut ports = Vec::new();
    for _ in 0..2 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
        ports.push(listener.local_addr().expect("an address").port());
        let shop = Arc::clone(&shop);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shop = Arc::clone(&shop);
                tokio::spawn(async move { serve(stream, &shop, fault).await });
            }
        });
    }
    let setup = Setup {
        seed: 1,
        ports,
        health: "/ok".into(),
        ready_within_ms: 1000,
        stop_within_ms: 1000,
        pricing_port: 0,
        pricing_control: String::new(),
        probes: Probes::parse("probes.toml", OPERATIONS).expect("valid"),
    };
    let lab = Lab::new(setup, Orchestrator::reading(std::io::empty()));
    let bench = Bench::new(&lab, &lab.setup.probes.probes[0]);
    match experiment(&lab, &bench).await {
        Ok(_) => (Outcome::Passed, String::new()),
        Err(ending) => (ending.outcome, ending.message),
    }
}

#[tokio::test]
async fn only_a_change_that_was_acknowledged_can_be_lost() {
    // On a machine on which no gate closes in time, not seeing a race means nothing.
    let honest = probed(Fault::None).await;
    assert!(matches!(honest.0, Outcome::Passed | Outcome::Inconclusive), "{honest:?}");
    let (outcome, message) = probed(Fault::LosesTheChange).await;
    assert_eq!(outcome, Outcome::Failed);
    assert!(message.starts_with("Concurrent additions are lost"), "{message}");
    // Without an answer, or with a 5xx, the change may exist or not: both are in the interval, and impolite.
    for fault in [Fault::LosesTheAnswer, Fault::Breaks, Fault::BreaksAndMakesIt] {
        let (outcome, message) = probed(fault).await;
        assert_eq!(outcome, Outcome::Partial, "{fault:?}: {message}");
        assert!(message.contains("nothing was lost"), "{message}");
    }
}
