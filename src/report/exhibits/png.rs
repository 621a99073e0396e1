//! Whether Base64 is a PNG as our suites write it: 8 bits, no interlacing, nothing in it but pixels. Pure.
//!
//! A viewer decodes a picture with more code than any other part of a page. So the file must have no chunk that could
//! hold anything else, right checksums, and exactly the bytes that its size asks for.

use std::io::Read;

use base64::Engine as _;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Bytes of one file.
const BYTES: usize = 512 << 10;
/// Pixels of each side.
const SIDE: u32 = 2_000;

/// Width and height, or why it is not to be shown.
pub fn size(base64: &str) -> Result<(u32, u32), &'static str> {
    if base64.len() > BYTES / 3 * 4 + 4 {
        return Err("it is too large");
    }
    let engine = base64::engine::general_purpose::STANDARD;
    let file = engine.decode(base64).map_err(|_| "it is not in Base64")?;
    let mut rest = file.strip_prefix(SIGNATURE).ok_or("it is no PNG")?;
    let header = header(take(&mut rest, b"IHDR").ok_or("it has no header")?)?;
    let palette = take(&mut rest, b"PLTE");
    let colours = palette.map(|palette| (palette.len() / 3, palette.len() % 3));
    match (header.colour, colours) {
        (3, Some((1..=256, 0))) | (0 | 2, None) => {}
        _ => return Err("its palette does not fit"),
    }
    let mut packed = Vec::new();
    while let Some(part) = take(&mut rest, b"IDAT") {
        packed.extend_from_slice(part);
    }
    if take(&mut rest, b"IEND") != Some(&[]) || !rest.is_empty() {
        return Err("it holds something else than pixels");
    }
    let wanted = (header.width as usize * header.bytes + 1) * header.height as usize;
    let mut pixels = Vec::new();
    let unpacked = flate2::read::ZlibDecoder::new(packed.as_slice()).take(wanted as u64 + 1).read_to_end(&mut pixels);
    match unpacked {
        Ok(count) if count == wanted => Ok((header.width, header.height)),
        _ => Err("its pixels do not fit its size"),
    }
}

struct Header {
    width: u32,
    height: u32,
    colour: u8,
    bytes: usize,
}

fn header(body: &[u8]) -> Result<Header, &'static str> {
    let [a, b, c, d, e, f, g, h, 8, colour @ (0 | 2 | 3), 0, 0, 0] = *body else {
        return Err("it is of a kind that our suites do not write");
    };
    let (width, height) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    if !(1..=SIDE).contains(&width) || !(1..=SIDE).contains(&height) {
        return Err("it has too many pixels, or none");
    }
    Ok(Header { width, height, colour, bytes: if colour == 2 { 3 } else { 1 } })
}

/// The body of the next chunk if it is of this kind and its checksum is right.
fn take<'a>(rest: &mut &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*length) as usize;
    let body = after.strip_prefix(kind)?.get(..length)?;
    let (checksum, next) = after.get(4 + length..)?.split_first_chunk::<4>()?;
    let mut crc = flate2::Crc::new();
    crc.update(&after[..4 + length]);
    if crc.sum() != u32::from_be_bytes(*checksum) {
        return None;
    }
    *rest = next;
    Some(body)
}
