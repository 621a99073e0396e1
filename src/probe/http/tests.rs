//! Tests of the client against servers that do what no server should, bounded in time and bytes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const HASTY: fn() -> Bounds = || Bounds { within: Duration::from_millis(300), ..Bounds::default() };

/// A server for one connection; what it returns is what it could write.
async fn server<F: Future<Output = usize> + Send>(
    serve: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (u16, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let task = async move || serve(listener.accept().await.expect("a caller").0).await;
    (port, tokio::spawn(task()))
}

/// Reads the head of a request.
async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.expect("a byte"));
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// Writes until the caller goes; how many bytes it took.
async fn flood(stream: &mut TcpStream, start: &str, unit: &str) -> usize {
    let mut count = 0;
    let mut part = start.to_owned() + &unit.repeat(4096 / unit.len());
    while stream.write_all(part.as_bytes()).await.is_ok() {
        count += part.len();
        part = unit.repeat(4096 / unit.len());
    }
    count
}

/// The outcome of a GET, which must end soon after its bound.
async fn get(port: u16, bounds: &Bounds) -> Result<Answer, NoAnswer> {
    let begin = Instant::now();
    let exchange = call(port, Request::new("GET", "/"), bounds).await;
    assert!(begin.elapsed() < bounds.within + Duration::from_secs(2));
    assert!(exchange.sent <= exchange.done);
    exchange.outcome
}

#[test]
fn requests_are_exact() {
    let get = Request::new("GET", "/a?b").header("X-A", "b");
    assert_eq!(get.bytes(80), b"GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:80\r\nConnection: close\r\nX-A: b\r\n\r\n");
    let post = Request::new("POST", "/").body("{}");
    let expected = "POST / HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Length: 2\r\nConnection: close\r\n\
                    Content-Type: application/json\r\n\r\n{}";
    assert_eq!(String::from_utf8(post.bytes(80)).expect("UTF-8"), expected);
    let empty = Request::new("PUT", "/").header("host", "h").header("CONNECTION", "x");
    assert_eq!(empty.bytes(80), b"PUT / HTTP/1.1\r\nContent-Length: 0\r\nhost: h\r\nCONNECTION: x\r\n\r\n");
    let lies = Request::new("POST", "/").header("Content-Length", "9").header("Content-Type", "t/x").body("a");
    let text = String::from_utf8(lies.bytes(80)).expect("UTF-8");
    assert!(text.contains("Content-Length: 9\r\nContent-Type: t/x\r\n\r\na") && !text.contains("json"), "{text}");
}

#[tokio::test]
async fn an_answer_comes_through() {
    let (port, server) = server(async |mut stream| {
        let head = head(&mut stream).await;
        assert!(head.starts_with("POST /x HTTP/1.1\r\n"), "{head}");
        let mut body = [0; 100_000];
        stream.read_exact(&mut body).await.expect("the content");
        stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 1\r\n\r\n1").await.expect("a reader");
        1
    })
    .await;
    let exchange = call(port, Request::new("POST", "/x").body(vec![b'1'; 100_000]), &Bounds::default()).await;
    let answer = exchange.outcome.expect("an answer");
    assert_eq!((answer.status, answer.header("location"), answer.json()), (302, Some("/y"), Some(1.into())));
    server.await.expect("no panic");
}

#[tokio::test]
async fn refused_is_not_sent() {
    let port =
        TcpListener::bind("127.0.0.1:0").await.and_then(|listener| listener.local_addr()).expect("a port").port();
    assert!(matches!(get(port, &HASTY()).await, Err(NoAnswer::NotSent(_))));
}

#[tokio::test]
async fn silence_times_out() {
    let (port, server) = server(async |mut stream| stream.read_to_end(&mut Vec::new()).await.unwrap_or(1)).await;
    assert_eq!(get(port, &HASTY()).await, Err(NoAnswer::TimedOut));
    server.await.expect("the connection was closed");
}

#[tokio::test]
async fn a_slow_drip_times_out() {
    let (port, server) = server(async |mut stream| {
        let mut count = 0;
        let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".iter().chain(std::iter::repeat(&b'x'));
        while let Some(byte) = bytes.next()
            && stream.write_u8(*byte).await.is_ok()
        {
            count += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        count
    })
    .await;
    assert_eq!(get(port, &HASTY()).await, Err(NoAnswer::TimedOut));
    assert!(server.await.expect("it ends") < 1000);
}

#[tokio::test]
async fn floods_are_cut_off() {
    let cases = [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;x\r\nx\r\n"),
        ("HTTP/1.1 200 OK\r\n", "A: b\r\n"),
        ("HTTP/1.1 200 OK\r\nA: ", "b"),
        ("HTTP/1.1 200 OK\r\n\r\n", "x"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", "x"),
        ("", "x"),
    ];
    for (start, unit) in cases {
        let (port, server) = server(async move |mut stream| flood(&mut stream, start, unit).await).await;
        assert_eq!(get(port, &Bounds::default()).await, Err(NoAnswer::TooLarge), "{start}{unit}");
        // What was written lies in the bounds and in the system's buffers.
        let count = server.await.expect("it ends");
        assert!(count < 32 << 20, "{count} bytes were taken of {start}{unit}");
    }
}

#[tokio::test]
async fn interim_answers_do_not_go_on_for_ever() {
    let unit = "HTTP/1.1 100 Continue\r\n\r\n";
    let (port, server) = server(async move |mut stream| flood(&mut stream, "", unit).await).await;
    assert!(matches!(get(port, &Bounds::default()).await, Err(NoAnswer::Malformed(_))));
    server.await.expect("it ends");
}

#[tokio::test]
async fn a_reset_is_closed_or_not_sent() {
    let (port, server) = server(async |stream| {
        // Closing with unread bytes sends a reset.
        stream.readable().await.expect("a request");
        0
    })
    .await;
    let result = get(port, &HASTY()).await;
    assert!(matches!(result, Err(NoAnswer::Closed(_) | NoAnswer::NotSent(_))), "{result:?}");
    server.await.expect("it ends");
}

#[tokio::test]
async fn an_end_within_the_answer_is_closed() {
    let (port, server) = server(async |mut stream| {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx").await.expect("a reader");
        0
    })
    .await;
    assert!(matches!(get(port, &HASTY()).await, Err(NoAnswer::Closed(_))));
    server.await.expect("it ends");
}

#[tokio::test]
async fn what_was_not_read_was_not_sent() {
    let (port, server) = server(async |mut stream| {
        head(&mut stream).await;
        std::future::pending().await
    })
    .await;
    let exchange = call(port, Request::new("POST", "/").body(vec![b'1'; 64 << 20]), &HASTY()).await;
    assert!(matches!(exchange.outcome, Err(NoAnswer::NotSent(_))), "{:?}", exchange.outcome);
    assert_eq!(exchange.sent, exchange.done);
    server.abort();
}

#[tokio::test]
async fn an_answer_before_the_whole_request_counts() {
    let (port, server) = server(async |mut stream| {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await.expect("a reader");
        stream.read_to_end(&mut Vec::new()).await.unwrap_or(0)
    })
    .await;
    let exchange = call(port, Request::new("POST", "/").body(vec![b'1'; 64 << 20]), &Bounds::default()).await;
    assert_eq!(exchange.outcome.expect("an answer").status, 413);
    server.await.expect("it ends");
}
