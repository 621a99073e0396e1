//! Tests of the gate against small servers in this process, whose clock is the same.

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, mpsc};

use super::super::http::Answer;
use super::*;

type Stream = tokio::net::TcpStream;

/// Serves every connection by its number.
async fn server<F: Future<Output = ()> + Send>(serve: impl Fn(usize, Stream) -> F + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let serve = Arc::new(serve);
        for number in 0.. {
            let (stream, _) = listener.accept().await.expect("a caller");
            let serve = Arc::clone(&serve);
            tokio::spawn(async move { serve(number, stream).await });
        }
    });
    port
}

/// Reads a request whose last byte is `!`.
async fn request(stream: &mut Stream) -> String {
    let mut bytes = Vec::new();
    while bytes.last() != Some(&b'!') {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

async fn answer(stream: &mut Stream, body: &str) {
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    // The caller may be gone, which is then part of the test.
    stream.write_all(text.as_bytes()).await.ok();
}

fn shots(port: u16, count: usize) -> Vec<Shot> {
    let request = |number| Request::new("POST", "/").body(format!("{number}!"));
    (0..count).map(|number| Shot { port, request: request(number) }).collect()
}

fn bodies(volley: &Volley) -> Vec<String> {
    let body = |exchange: &Exchange| {
        let body = exchange.outcome.as_ref().map(|answer| answer.body.clone());
        body.map_or_else(|error| error.to_string(), |body| String::from_utf8(body).expect("UTF-8"))
    };
    volley.exchanges.iter().map(body).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_are_in_flight_at_once() {
    let barrier = Arc::new(Barrier::new(20));
    let (seen, mut moments) = mpsc::unbounded_channel();
    let port = server(move |_, mut stream| {
        let (barrier, seen) = (Arc::clone(&barrier), seen.clone());
        async move {
            let request = request(&mut stream).await;
            seen.send(Instant::now()).expect("the test listens");
            barrier.wait().await;
            answer(&mut stream, request.rsplit("\r\n\r\n").next().expect("a body")).await;
        }
    })
    .await;
    let volley = volley(shots(port, 20), &Bounds::default()).await.expect("a volley");
    assert_eq!(bodies(&volley), (0..20).map(|number| format!("{number}!")).collect::<Vec<_>>());
    assert_eq!((volley.early, volley.overlap), (false, 20));
    let first = volley.exchanges.iter().map(|exchange| exchange.sent).min().expect("some");
    let last = volley.exchanges.iter().map(|exchange| exchange.sent).max().expect("some");
    assert!(last - first <= volley.spread && volley.spread < HOLD);
    assert!(volley.exchanges.iter().all(|exchange| exchange.sent <= exchange.done));
    for _ in 0..20 {
        assert!(moments.recv().await.expect("a moment") >= first, "a request was complete before the release");
    }
}

#[tokio::test]
async fn servers_that_do_not_wait_are_seen() {
    let port = server(async |_, mut stream: Stream| match stream.read_u8().await.expect("a byte") {
        b'C' => {}
        method => {
            if method == b'A' {
                answer(&mut stream, "x").await;
            }
            stream.read_to_end(&mut Vec::new()).await.ok();
        }
    })
    .await;
    let mut held = Vec::new();
    for method in ["ANSWER", "CLOSE", "WAIT"] {
        let shot = Shot { port, request: Request::new(method, "/") };
        let stream = connect(port).await.expect("a connection");
        let tail = fill(&shot, &stream).await.expect("sent");
        held.push((stream.into_std().expect("a socket"), tail));
    }
    while peek(&held[0].0) != Ok(true) || peek(&held[1].0).is_ok() {
        tokio::task::yield_now().await;
    }
    let fired = release_all(&held, Instant::now()).expect("in time");
    let seen: Vec<_> = fired.iter().map(|fired| (fired.early, fired.sent.is_ok())).collect();
    assert_eq!(seen, [(true, true), (false, false), (false, true)]);
    let long_ago = Instant::now().checked_sub(HOLD * 2).expect("the clock is older");
    assert!(matches!(release_all(&held, long_ago), Err(NoAnswer::NotSent(_))));
}

#[test]
fn a_volley_is_put_together() {
    let start = Instant::now();
    let at = |milliseconds| start + Duration::from_millis(milliseconds);
    let fired = |before, after| Fired { before: at(before), after: at(after), sent: Ok(at(before)), early: false };
    let received = |done| {
        let answer = Answer { status: 200, headers: Vec::new(), body: Vec::new() };
        Some(Received { done: at(done), outcome: Ok(answer) })
    };
    let closed = Fired { sent: Err("closed".to_owned()), ..fired(0, 9) };
    let put = |fired: Vec<Fired>, received| gather(shots(1, fired.len()), fired, received);

    let volley = put(vec![fired(1, 2), closed, fired(3, 5)], vec![received(7), None, received(6)]);
    assert_eq!((volley.spread, volley.early, volley.overlap), (Duration::from_millis(4), false, 2));
    assert_eq!(volley.exchanges[1].outcome, Err(NoAnswer::NotSent("closed".to_owned())));
    assert_eq!((volley.exchanges[2].sent, volley.exchanges[2].done), (at(3), at(6)));

    let volley = put(vec![fired(1, 2), Fired { early: true, ..fired(3, 4) }], vec![None, received(2)]);
    assert!(volley.early && volley.exchanges[1].sent <= volley.exchanges[1].done);
    assert_eq!(put(Vec::new(), Vec::new()).overlap, 0);
}

#[tokio::test]
async fn silence_is_bounded() {
    let port = server(async |_, mut stream: Stream| {
        stream.read_to_end(&mut Vec::new()).await.ok();
    })
    .await;
    let bounds = Bounds { within: Duration::from_millis(300), ..Bounds::default() };
    let volley = volley(shots(port, 2), &bounds).await.expect("a volley");
    assert!(volley.exchanges.iter().all(|exchange| exchange.outcome == Err(NoAnswer::TimedOut)));
    assert_eq!((volley.early, volley.overlap), (false, 0));
}

#[tokio::test]
async fn without_a_connection_there_is_no_volley() {
    let port =
        TcpListener::bind("127.0.0.1:0").await.and_then(|listener| listener.local_addr()).expect("a port").port();
    assert!(matches!(volley(shots(port, 2), &Bounds::default()).await, Err(NoAnswer::NotSent(_))));
    let shot = shots(port, 1).remove(0);
    assert!(matches!(arm(shot).await, Err(NoAnswer::NotSent(_))));
}

/// A server that tells what it got until the connection ended.
async fn listener() -> (u16, mpsc::UnboundedReceiver<Vec<u8>>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let port = server(move |_, mut stream| {
        let sender = sender.clone();
        async move {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).await.ok();
            sender.send(bytes).expect("the test listens");
        }
    })
    .await;
    (port, receiver)
}

#[tokio::test]
async fn a_dropped_volley_releases_nothing() {
    let (port, mut got) = listener().await;
    let shot = shots(port, 1).remove(0);
    let stream = connect(port).await.expect("a connection");
    let tail = fill(&shot, &stream).await.expect("sent");
    let held = vec![(stream.into_std().expect("a socket"), tail)];
    assert!(release(held, Instant::now()).now_or_never().is_none(), "it settles longer");
    assert!(got.recv().await.expect("a request").ends_with(b"\r\n\r\n"));
}

#[tokio::test]
async fn without_content_the_last_line_end_is_held() {
    let (port, mut got) = listener().await;
    let shot = Shot { port, request: Request::new("GET", "/") };
    drop(arm(shot).await.expect("armed"));
    assert!(got.recv().await.expect("a request").ends_with(b"Connection: close\r\n"));
}

#[tokio::test]
async fn an_armed_request_waits_for_its_release() {
    let (told, mut tells) = mpsc::unbounded_channel();
    let port = server(move |_, mut stream| {
        let told = told.clone();
        async move {
            told.send(request(&mut stream).await).expect("the test listens");
            answer(&mut stream, "x").await;
        }
    })
    .await;
    let armed = arm(shots(port, 1).remove(0)).await.expect("armed");
    assert!(tells.try_recv().is_err());
    let begin = Instant::now();
    let exchange = armed.release(&Bounds::default()).await;
    assert!(begin <= exchange.sent && exchange.sent <= exchange.done);
    assert_eq!(exchange.outcome.expect("an answer").body, b"x");
    assert!(tells.recv().await.expect("a request").ends_with("0!"));
}

#[tokio::test]
async fn a_request_is_not_held_for_long() {
    let (port, mut got) = listener().await;
    let armed = arm(shots(port, 1).remove(0)).await.expect("armed");
    let bytes = got.recv().await.expect("it was closed by itself");
    assert!(bytes.ends_with(b"\r\n\r\n"));
    assert!(matches!(armed.release(&Bounds::default()).await.outcome, Err(NoAnswer::NotSent(_))));
    drop(arm(shots(port, 1).remove(0)).await.expect("armed"));
    assert!(got.recv().await.expect("it was closed").ends_with(b"\r\n\r\n"));
}

#[tokio::test]
async fn an_armed_request_that_was_answered_is_not_sent() {
    let (told, mut tells) = mpsc::unbounded_channel();
    let port = server(move |_, mut stream| {
        let told = told.clone();
        async move {
            stream.read_u8().await.expect("a byte");
            answer(&mut stream, "x").await;
            told.send(()).expect("the test listens");
            stream.read_to_end(&mut Vec::new()).await.ok();
        }
    })
    .await;
    let armed = arm(shots(port, 1).remove(0)).await.expect("armed");
    tells.recv().await.expect("an answer");
    assert!(matches!(armed.release(&Bounds::default()).await.outcome, Err(NoAnswer::NotSent(_))));
}

#[test]
fn overlap_counts_what_is_open_at_once() {
    let start = Instant::now();
    let at = |milliseconds| start + Duration::from_millis(milliseconds);
    assert_eq!(overlap(&[]), 0);
    assert_eq!(overlap(&[(at(0), at(1)), (at(1), at(2))]), 1);
    assert_eq!(overlap(&[(at(0), at(5)), (at(1), at(2)), (at(3), at(9)), (at(4), at(6))]), 3);
}
