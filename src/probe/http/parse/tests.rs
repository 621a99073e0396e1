//! Tests of the parser: a corpus of nasty answers, and properties over all splits.

use proptest::prelude::*;

use super::*;

const SMALL: fn() -> Bounds = || Bounds { body: 64, head: 256, headers: 4, ..Bounds::default() };

fn run<'a>(method: &str, bounds: &Bounds, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Answer, NoAnswer> {
    let mut parser = Parser::new(method, bounds);
    for piece in pieces {
        if let Some(result) = parser.feed(piece) {
            return result;
        }
        assert!(parser.body.len() <= bounds.body && parser.line.len() <= bounds.head && parser.spent <= bounds.head);
    }
    parser.end()
}

fn whole(bytes: impl AsRef<[u8]>) -> Result<Answer, NoAnswer> {
    run("GET", &Bounds::default(), [bytes.as_ref()])
}

fn splits(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([0, bytes.len()]).collect();
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
}

#[track_caller]
fn reads(bytes: impl AsRef<[u8]>, status: u16, body: &[u8]) {
    let answer = whole(bytes).expect("an answer");
    assert_eq!((answer.status, answer.body.as_slice()), (status, body));
}

#[track_caller]
fn is_malformed(bytes: impl AsRef<[u8]>) {
    let result = whole(bytes);
    assert!(matches!(result, Err(NoAnswer::Malformed(_))), "{result:?}");
}

#[track_caller]
fn is_too_large(bytes: impl AsRef<[u8]>) {
    assert_eq!(whole(bytes), Err(NoAnswer::TooLarge));
}

#[track_caller]
fn is_closed(bytes: impl AsRef<[u8]>) {
    let result = whole(bytes);
    assert!(matches!(result, Err(NoAnswer::Closed(_))), "{result:?}");
}

#[test]
fn framings() {
    reads("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", 200, b"hi");
    reads("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b"");
    reads("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nCONTENT-LENGTH:2\r\n\r\nhi", 200, b"hi");
    reads("HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end");
    reads("HTTP/1.0 404\n\n", 404, b"");
    reads("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, b"");
    reads("HTTP/1.1 304 Not Modified\r\n\r\nx", 304, b"");
    reads(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 1\r\n\r\nx",
        201,
        b"x",
    );
    reads(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1;a=b\r\nx\r\n002 \r\nyz\r\n0\r\nT: v\r\n\r\n",
        200,
        b"xyz",
    );
    let head = run("HEAD", &SMALL(), [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n".as_slice()]);
    assert_eq!(head.expect("an answer").body, b"");
}

#[test]
fn headers_are_found() {
    let answer = whole(b"HTTP/1.1 302 F\r\nLocation: \t/a b \r\nX:\r\nx: 2\r\nBad: \xFF\xFE\r\n\r\n{\"a\":1}")
        .expect("an answer");
    assert_eq!(answer.header("LOCATION"), Some("/a b"));
    assert_eq!(answer.header("x"), Some(""));
    assert_eq!(answer.header("bad"), Some("\u{FFFD}\u{FFFD}"));
    assert_eq!(answer.header("none"), None);
    assert_eq!(answer.json(), Some(serde_json::json!({"a": 1})));
    let deep = Answer { body: "[".repeat(100_000).into_bytes(), ..answer };
    assert_eq!(deep.json(), None);
}

#[test]
fn what_is_no_answer() {
    for line in [
        "HTTP/1.1 0 OK",
        "HTTP/1.1 99 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 1000 OK",
        "HTTP/1.1 -20 OK",
        "HTTP/1.1 2e2 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1 ٢٠٠ OK",
        "HTTP/2 200 OK",
        "HTTP/1.x 200 OK",
        "http/1.1 200 OK",
        " HTTP/1.1 200 OK",
        "",
        "\r",
        "HTTP/1.1",
        "HTTP/1.1 200\tOK",
        "SSH-2.0-OpenSSH_9.6",
        "HTTP/1.1 200 O\0K",
        "HTTP/1.1 200 O\rK",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n",
        "\u{FEFF}HTTP/1.1 200 OK",
    ] {
        is_malformed(format!("{line}\r\n\r\n"));
    }
    for header in [
        " folded: yes",
        "A: b\r\n folded",
        "A: b\r\n\tfolded",
        "no colon",
        ": empty",
        "with space : x",
        "A\0: b",
        "A: \0b",
        "A: a\rb",
        "é: x",
        "Content-Length: -1",
        "Content-Length: +1",
        "Content-Length: 0x10",
        "Content-Length: ",
        "Content-Length: 1 1",
        "Content-Length: 1,",
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 1, 2",
        "Content-Length: 1.0",
        "Content-Length: ١",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding:",
    ] {
        is_malformed(format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\nx"));
    }
    for chunk in [
        "-1\r\nx",
        "+1\r\nx",
        "0x1\r\nx",
        "g\r\nx",
        "\r\nx",
        ";a=b\r\nx",
        "1 1\r\nx",
        "1\r\nxy\r\n",
        "1\r\nx\r\r\n",
        "00000000000000001\r\nx\r\n",
        "10000000000000000\r\nx",
        "FFFFFFFFFFFFFFFFF\r\nx",
        "1\0\r\nx",
    ] {
        is_malformed(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"));
    }
    is_malformed("HTTP/1.1 100 Continue\r\n\r\n".repeat(9));
}

#[test]
fn what_is_too_large() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    is_too_large("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    is_too_large("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\n");
    is_too_large(format!("{chunked}FFFFFFFFFFFFFFFF\r\nx"));
    is_too_large(format!("{chunked}{}", "400\r\n".to_owned() + &"x".repeat(1024) + "\r\n") + "fff00\r\n");
    is_too_large(format!("{chunked}{}", format!("1000\r\n{}\r\n", "x".repeat(0x1000)).repeat(300)));
    is_too_large(format!("{chunked}{}", "1;extension=value\r\nx\r\n".repeat(5000)));
    is_too_large(format!("{chunked}0\r\n{}", "T: railer\r\n".repeat(10_000)));
    is_too_large(format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(129)));
    is_too_large(format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(1_000_000)));
    is_too_large(format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(65 << 10)));
    is_too_large("HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat((1 << 20) + 1));
    is_too_large("x".repeat(1 << 20));
    // Exactly at the bounds is within them.
    reads("HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(1 << 20), 200, "x".repeat(1 << 20).as_bytes());
    reads(format!("{chunked}{}0\r\n\r\n", "1\r\nx\r\n".repeat(1 << 20)), 200, "x".repeat(1 << 20).as_bytes());
    reads(format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(128)), 200, b"");
}

#[test]
fn what_ends_too_early() {
    let full = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    for end in 0..full.len() {
        is_closed(&full[..end]);
    }
    is_closed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi");
    is_closed("HTTP/1.1 200 OK\r\nA: b\r\n");
    is_closed("HTTP/1.1 100 Continue\r\n\r\n");
}

/// Pieces that get a random text far into the parser.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 204 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 ",
        "Content-Length: 5\r\n",
        "Content-Length: ",
        "Transfer-Encoding: chunked\r\n",
        "\r\n",
        "\n",
        "\r",
        "0\r\n",
        "5\r\nhello\r\n",
        "5;x=y\r\n",
        "ffffffffffffffff\r\n",
        "A: b\r\n",
        " ",
    ]);
    prop_oneof![
        4 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

fn valid() -> impl Strategy<Value = (Answer, Vec<u8>)> {
    let headers = prop::collection::vec(("X-[a-z]{1,8}", "[!-~]([ -~]{0,10}[!-~])?"), 0..5);
    let body = prop::collection::vec(any::<u8>(), 0..200);
    let sizes = prop::collection::vec((1_usize..50, "(;[a-z]{1,5}(=[a-z]{1,5})?)?"), 1..20);
    (200_u16..600, headers, body, 0..3, sizes, any::<bool>()).prop_map(
        |(status, mut headers, mut body, framing, sizes, interim)| {
            if matches!(status, 204 | 304) {
                body.clear();
            }
            match framing {
                0 => headers.push(("Content-Length".to_owned(), body.len().to_string())),
                1 => headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned())),
                _ => {}
            }
            let mut bytes = if interim { b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n".to_vec() } else { Vec::new() };
            bytes.extend(format!("HTTP/1.1 {status} Reason\r\n").bytes());
            bytes.extend(headers.iter().flat_map(|(name, value)| format!("{name}: {value}\r\n").into_bytes()));
            bytes.extend(b"\r\n");
            if framing == 1 {
                let mut rest = body.as_slice();
                for (size, extension) in sizes.iter().cycle() {
                    let (part, left) = rest.split_at(rest.len().min(*size));
                    bytes.extend(format!("{:x}{extension}\r\n", part.len()).bytes());
                    if part.is_empty() {
                        bytes.extend(b"Trailer: x\r\n\r\n");
                        break;
                    }
                    bytes.extend(part);
                    bytes.extend(b"\r\n");
                    rest = left;
                }
            } else {
                bytes.extend(&body);
            }
            (Answer { status, headers, body }, bytes)
        },
    )
}

proptest! {
    #[test]
    fn splitting_changes_nothing(
        fragments in prop::collection::vec(fragment(), 0..30),
        start in prop::bool::weighted(0.8),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
        method in prop::sample::select(vec!["GET", "HEAD"]),
    ) {
        let mut bytes = if start { b"HTTP/1.1 200 OK\r\n".to_vec() } else { Vec::new() };
        bytes.extend(fragments.concat());
        for bounds in [SMALL(), Bounds::default()] {
            let whole = run(method, &bounds, [bytes.as_slice()]);
            prop_assert_eq!(&run(method, &bounds, bytes.chunks(1)), &whole);
            prop_assert_eq!(&run(method, &bounds, splits(&bytes, &cuts).iter().map(Vec::as_slice)), &whole);
        }
    }

    #[test]
    fn valid_answers_come_through((answer, bytes) in valid(), cuts in prop::collection::vec(any::<usize>(), 0..20)) {
        let parsed = run("GET", &Bounds::default(), splits(&bytes, &cuts).iter().map(Vec::as_slice));
        prop_assert_eq!(parsed, Ok(answer));
    }
}
