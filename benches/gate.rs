//! How close together the last-byte gate releases 20 requests, and the same gate in Python beside it.
//!
//! The server runs in a process of its own, as candidates' do. Printed are microseconds from before the first release
//! until after the last, over 200 rounds each.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use takehome::probe::gate::{Shot, volley};
use takehome::probe::http::{Bounds, Request};

const SOCKETS: usize = 20;
const ROUNDS: usize = 200;
/// A round with a wider spread is not worth much.
const WIDE: Duration = Duration::from_millis(2);

fn main() {
    if std::env::args().any(|argument| argument == "serve") {
        return serve();
    }
    let program = std::env::current_exe().expect("this program");
    // Scheduled as candidates' servers are.
    let mut server = Command::new("chrt")
        .args(["-b", "0"])
        .arg(program)
        .arg("serve")
        .stdout(Stdio::piped())
        .spawn()
        .expect("a server");
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("its output")).read_line(&mut line).expect("its port");
    let port: u16 = line.trim().parse().expect("a port");

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/gate.py");
    let mut python = Command::new("python3")
        .args([script, &port.to_string(), &SOCKETS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut orders = python.stdin.take().expect("its input");
    let mut spreads = BufReader::new(python.stdout.take().expect("its output")).lines();
    let mut python_round = |readers| {
        writeln!(orders, "{readers}").expect("it reads");
        let line = spreads.next().expect("a line").expect("UTF-8");
        Duration::from_nanos(line.parse().expect("nanoseconds"))
    };

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (mut rust, mut bare, mut threaded) = (Vec::new(), Vec::new(), Vec::new());
    // In turns, so that what else the machine does disturbs all alike.
    for _ in 0..ROUNDS {
        rust.push(runtime.block_on(rust_round(port)));
        bare.push(python_round("none"));
        threaded.push(python_round("threads"));
    }
    println!("{SOCKETS} sockets, {ROUNDS} rounds, microseconds");
    report("Rust", rust);
    report("Python, nobody reads", bare);
    report("Python, threads read", threaded);
    server.kill().and_then(|()| server.wait()).expect("the server ends");
    drop(orders);
    python.wait().expect("python3 ends");
}

async fn rust_round(port: u16) -> Duration {
    let shot = Shot { port, request: Request::new("POST", "/").body("{}") };
    let volley = volley(vec![shot; SOCKETS], &Bounds::default()).await.expect("a volley");
    assert!(!volley.early && volley.exchanges.iter().all(|exchange| exchange.outcome.is_ok()));
    volley.spread
}

fn report(name: &str, mut spreads: Vec<Duration>) {
    spreads.sort_unstable();
    let at = |share: usize| spreads[(spreads.len() * share / 100).min(spreads.len() - 1)].as_micros();
    let wide = spreads.iter().filter(|spread| **spread > WIDE).count();
    println!("{name:20} median {:5}  p99 {:5}  max {:5}  beyond {WIDE:?}: {wide}", at(50), at(99), at(100));
}

/// Answers each complete request, all on one thread as an event loop does, until it is killed.
fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address").port());
        loop {
            let (stream, _) = listener.accept().await.expect("a caller");
            tokio::spawn(answer(stream));
        }
    });
}

async fn answer(mut stream: tokio::net::TcpStream) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"{}") {
        if stream.read_buf(&mut bytes).await.expect("a request") == 0 {
            return;
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").await.expect("a reader");
}
