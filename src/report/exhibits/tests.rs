//! What suites record, whole, broken and hostile; and which images are shown.

use base64::Engine as _;
use serde_json::json;

use super::png;
use super::*;
use crate::report::tests::HOSTILE;

/// A PNG of two pixels as `takehome_suite.picture` writes it.
pub(crate) fn tiny() -> Vec<u8> {
    let header = [0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0];
    file(&[(b"IHDR", &header), (b"IDAT", &packed(&[0, 255, 0, 0, 0, 0, 255])), (b"IEND", &[])])
}

fn packed(pixels: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(pixels).expect("writes to memory");
    writer.finish().expect("writes to memory")
}

fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, body) in chunks {
        let mut crc = flate2::Crc::new();
        crc.update(&kind[..]);
        crc.update(body);
        file.extend_from_slice(&(body.len() as u32).to_be_bytes());
        file.extend_from_slice(&kind[..]);
        file.extend_from_slice(body);
        file.extend_from_slice(&crc.sum().to_be_bytes());
    }
    file
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// One exhibit of each kind, as a suite records them.
pub(crate) fn recorded(text: &str) -> Value {
    json!([
        {
            "place": "glance", "kind": "table", "title": text, "note": text, "more": 2,
            "columns": [{"title": text, "number": false}, {"title": "Lost", "number": true}],
            "rows": [[{"text": text, "mark": ""}, {"text": text, "mark": "bad"}], [{"text": text, "mark": "differs"}]],
        },
        {"place": "glance", "kind": "text", "title": text, "note": text, "text": text},
        {
            "place": "run", "kind": "series", "title": text, "note": text,
            "x": {"title": text, "log": true}, "y": {"title": text, "log": false},
            "lines": [
                {"name": text, "dashed": false, "points": [[1, 2], [10, 20, 15, 25]]},
                {"name": text, "dashed": true, "points": [[100, 3]]},
            ],
        },
        {"place": "run", "kind": "image", "title": text, "note": text, "alt": text, "png": base64(&tiny())},
    ])
}

fn one(value: Value) -> Exhibit {
    of_a_test(&json!([value]).to_string()).pop().expect("one exhibit")
}

fn note(exhibit: &Exhibit) -> &str {
    match exhibit {
        Exhibit::Text(text) if text.text.is_empty() => &text.note,
        other => panic!("{other:?} is shown"),
    }
}

#[test]
fn each_kind_is_read_and_has_its_place() {
    let shown = of_a_run([recorded("t").to_string().as_str()]);
    let [Exhibit::Table(table), Exhibit::Text(text)] = &shown.glance[..] else { panic!("{shown:?}") };
    assert_eq!((table.rows[0][1].mark, table.rows[1][0].mark, table.more), (Mark::Bad, Mark::Differs, 2));
    assert_eq!(table.rows[1][1], Cell { text: String::new(), mark: Mark::None }, "a missing cell is empty");
    assert_eq!(text.text, "t");
    let [Exhibit::Series(series), Exhibit::Image(image)] = &shown.further[..] else { panic!("{shown:?}") };
    assert_eq!(series.lines[0].points, [vec![1.0, 2.0], vec![10.0, 20.0, 15.0, 25.0]]);
    assert_eq!((image.width, image.height), (2, 1));
}

#[test]
fn what_is_no_exhibit_says_so_or_is_empty() {
    assert!(of_a_test("").is_empty() && of_a_test("[]").is_empty());
    for broken in ["{", "{}", "7", "\"x\"", &format!("{}1{}", "[".repeat(500), "]".repeat(500))] {
        assert_eq!(note(&of_a_test(broken)[0]), "They cannot be read, so they are not shown.", "{broken:.9}");
    }
    assert!(of_a_test(&format!("[\"{}\"]", "x".repeat(CAP))).len() == 1);
    for odd in [json!(null), json!(7), json!({"kind": "script"}), json!({"kind": ["table"]}), json!({"title": 7})] {
        assert_eq!(note(&one(odd)), "");
    }
    let Exhibit::Table(table) = one(json!({"kind": "table", "rows": [[1], "x", {"a": 1}], "more": -1})) else {
        panic!("is a table")
    };
    assert_eq!((table.columns.len(), table.rows.len(), table.more), (0, 3, 0));
}

#[test]
fn everything_is_counted_and_cut() {
    let long = "ä".repeat(100_000);
    let cells = vec![json!({"text": long}); 100];
    let columns = vec![json!({"title": long, "number": "yes"}); 100];
    let value = json!({"kind": "table", "title": long, "note": long, "columns": columns, "rows": vec![cells; 100]});
    let Exhibit::Table(table) = exhibit(&value, &mut 0) else { panic!("is a table") };
    assert_eq!((table.columns.len(), table.rows.len(), table.more), (COLUMNS, ROWS, 40));
    assert!(table.rows.iter().all(|row| row.len() == COLUMNS));
    let lengths = [table.title.chars().count(), table.note.chars().count(), table.rows[0][0].text.chars().count()];
    assert_eq!(lengths, [TITLE, NOTE, CELL]);
    assert!(table.title.ends_with('…') && !table.columns[0].number);

    let line = json!({"name": long, "points": vec![json!([1, 2]); 10_000]});
    let value = json!({"kind": "series", "lines": vec![line; 100]});
    let Exhibit::Series(series) = exhibit(&value, &mut 0) else { panic!("is a series") };
    assert_eq!((series.lines.len(), series.lines[0].points.len()), (LINES, POINTS));

    let Exhibit::Text(text) = exhibit(&json!({"kind": "text", "text": long}), &mut 0) else { panic!("is a text") };
    assert_eq!(text.text.chars().count(), TEXT);
    let many = vec![json!({"kind": "text", "text": "t"}); 1000];
    assert_eq!(of_a_test(&json!(many).to_string()).len(), OF_A_TEST);
    let texts = [json!(many).to_string(), json!(many).to_string()];
    assert_eq!(of_a_run(texts.iter().map(String::as_str)).further.len(), OF_A_RUN);
}

#[test]
fn points_without_a_place_are_left_out() {
    let points =
        json!([[0, 1], [1, 1], [-1, 1], [1e300, 1], [1], [1, 2, 3], [1, 2, 3, 4, 5], ["1", 2], [1, null], 7, []]);
    let series = |log: bool| {
        let value = json!({"kind": "series", "x": {"log": log}, "y": {}, "lines": [{"points": points}]});
        let Exhibit::Series(series) = one(value) else { panic!("is a series") };
        series.lines.into_iter().next().expect("has a line").points
    };
    assert_eq!(series(true), [vec![1.0, 1.0]]);
    assert_eq!(series(false), [vec![0.0, 1.0], vec![1.0, 1.0], vec![-1.0, 1.0]]);
    let Exhibit::Series(empty) = one(json!({"kind": "series", "lines": [{"points": [[null]]}]})) else {
        panic!("is a series")
    };
    assert!(empty.lines.is_empty());
}

#[test]
fn only_images_of_our_own_writing_are_shown() {
    let header =
        |width: u32, height: u32, rest: [u8; 5]| [&width.to_be_bytes()[..], &height.to_be_bytes(), &rest].concat();
    let rgb = [8, 2, 0, 0, 0];
    let two = header(2, 1, rgb);
    let pixels = packed(&[0, 255, 0, 0, 0, 0, 255]);
    let end: (&[u8; 4], &[u8]) = (b"IEND", &[]);
    assert_eq!(png::size(&base64(&tiny())), Ok((2, 1)));
    let halves = pixels.split_at(5);
    let parts = file(&[(b"IHDR", &two), (b"IDAT", halves.0), (b"IDAT", halves.1), end]);
    assert_eq!(png::size(&base64(&parts)), Ok((2, 1)));
    let palette = packed(&[0, 0, 1]);
    let indexed = |colours: &[u8]| {
        let header = header(2, 1, [8, 3, 0, 0, 0]);
        file(&[(b"IHDR", &header), (b"PLTE", colours), (b"IDAT", &palette), end])
    };
    assert_eq!(png::size(&base64(&indexed(&[1, 2, 3, 4, 5, 6]))), Ok((2, 1)));

    let mut flipped = tiny();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let bomb = packed(&vec![0; 50_000_000]);
    let refused = [
        b"<svg onload=alert(1)>".to_vec(),
        b"\x89PNG\r\n\x1a\n".to_vec(),
        tiny()[..40].to_vec(),
        [tiny(), b"<script>".to_vec()].concat(),
        flipped,
        indexed(&[1, 2]),
        indexed(&[]),
        file(&[(b"IDAT", &pixels), (b"IHDR", &two), end]),
        file(&[(b"IHDR", &two), end]),
        file(&[(b"IHDR", &two), (b"IDAT", &pixels)]),
        file(&[(b"IHDR", &two), (b"tEXt", b"Comment\0x"), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &two), (b"IDAT", &pixels), (b"iCCP", b"x\0\0x"), end]),
        file(&[(b"IHDR", &two), (b"IDAT", &pixels), (b"IDAT", b""), end, end]),
        file(&[(b"IHDR", &two), (b"IHDR", &two), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &two[..12]), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &header(0, 1, rgb)), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &header(2, u32::MAX, rgb)), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &header(2, 2, rgb)), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &header(1, 1, rgb)), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &header(2, 1, [8, 6, 0, 0, 0])), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &header(2, 1, [16, 2, 0, 0, 0])), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &header(2, 1, [8, 2, 0, 0, 1])), (b"IDAT", &pixels), end]),
        file(&[(b"IHDR", &two), (b"IDAT", &bomb), end]),
        vec![0; 1 << 20],
    ];
    for (index, bytes) in refused.iter().enumerate() {
        assert!(png::size(&base64(bytes)).is_err(), "{index}");
    }
    assert!(png::size("").is_err() && png::size("%%%").is_err());
    let shown = one(json!({"kind": "image", "title": "Plot", "png": "AAAA"}));
    assert_eq!(note(&shown), "The image is not shown: it is no PNG.");
}

#[test]
fn images_together_have_a_bound() {
    let png = base64(&tiny());
    let image = json!({"kind": "image", "png": png});
    let mut room = png.len() * 2 + 1;
    assert!(matches!(exhibit(&image, &mut room), Exhibit::Image(_)));
    assert!(matches!(exhibit(&image, &mut room), Exhibit::Image(_)));
    assert_eq!(note(&exhibit(&image, &mut room)), "The image is not shown: it is too large to be shown.");
}

#[test]
fn hostile_text_stays_text() {
    let shown = of_a_run([recorded(HOSTILE).to_string().as_str()]);
    let Exhibit::Table(table) = &shown.glance[0] else { panic!("{shown:?}") };
    assert_eq!(table.rows[0][0].text, HOSTILE.chars().take(CELL).collect::<String>());
}
