//! HTTP/1.1 answers from bytes as they come, bounded and pure.
//!
//! Strict where a lenient reading would be a guess (framing), lenient where nothing hangs on it (a bare line feed,
//! extensions of chunks). The result is the same however the bytes are split.

use super::{Answer, Bounds, NoAnswer};

/// Interim (1xx) answers before the real one.
const INTERIM: u32 = 8;
/// Hexadecimal digits of a chunk's size; 16 are all that 64 bits hold.
const SIZE_DIGITS: usize = 16;

/// Reads one answer. Holds at most what [`Bounds`] allows.
#[derive(Debug)]
pub struct Parser {
    bounds: Bounds,
    /// Answers to HEAD have no content.
    bodyless: bool,
    state: State,
    /// The line so far, without its line feed.
    line: Vec<u8>,
    /// Bytes that count as head.
    spent: usize,
    interim: u32,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Status,
    Headers,
    /// Bytes that are missing.
    Sized(usize),
    ChunkSize,
    /// Bytes of the chunk that are missing.
    Chunk(usize),
    ChunkEnd,
    Trailers,
    UntilClose,
    Complete,
}

impl Parser {
    /// A parser for the answer to a request with this method.
    pub fn new(method: &str, bounds: &Bounds) -> Self {
        Self {
            bounds: bounds.clone(),
            bodyless: method.eq_ignore_ascii_case("HEAD"),
            state: State::Status,
            line: Vec::new(),
            spent: 0,
            interim: 0,
            status: 0,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Takes what came; `Some` as soon as the result is known. Feed nothing after that.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Option<Result<Answer, NoAnswer>> {
        while !bytes.is_empty() {
            match self.step(&mut bytes) {
                Ok(()) if self.state == State::Complete => return Some(Ok(self.answer())),
                Ok(()) => {}
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }

    /// The connection ended in good order: complete for an answer that ends there, else closed too early.
    pub fn end(mut self) -> Result<Answer, NoAnswer> {
        match self.state {
            State::UntilClose | State::Complete => Ok(self.answer()),
            State::Status if self.spent == 0 && self.line.is_empty() => {
                Err(NoAnswer::Closed("it ended without an answer".to_owned()))
            }
            _ => Err(NoAnswer::Closed("it ended within the answer".to_owned())),
        }
    }

    fn answer(&mut self) -> Answer {
        Answer { status: self.status, headers: std::mem::take(&mut self.headers), body: std::mem::take(&mut self.body) }
    }

    fn step(&mut self, bytes: &mut &[u8]) -> Result<(), NoAnswer> {
        match self.state {
            State::Status | State::Headers | State::ChunkSize | State::Trailers => {
                if let Some(line) = self.take_line(bytes)? {
                    self.on_line(&line)?;
                }
            }
            State::ChunkEnd => match take(bytes, 1) {
                b"\r" if self.line.is_empty() => self.line.push(b'\r'),
                b"\n" => {
                    self.line.clear();
                    self.state = State::ChunkSize;
                }
                _ => return Err(malformed("a chunk is longer than its size")),
            },
            State::Sized(missing) => {
                let part = take(bytes, missing);
                self.body.extend_from_slice(part);
                self.state = match missing - part.len() {
                    0 => State::Complete,
                    missing => State::Sized(missing),
                };
            }
            State::Chunk(missing) => {
                let part = take(bytes, missing);
                self.body.extend_from_slice(part);
                self.state = match missing - part.len() {
                    0 => State::ChunkEnd,
                    missing => State::Chunk(missing),
                };
            }
            State::UntilClose => {
                // One byte more than fits is enough to know that it does not.
                let part = take(bytes, self.bounds.body - self.body.len() + 1);
                self.body.extend_from_slice(part);
                if self.body.len() > self.bounds.body {
                    return Err(NoAnswer::TooLarge);
                }
            }
            State::Complete => *bytes = &[],
        }
        Ok(())
    }

    /// The next line without its ending, once it is whole.
    fn take_line(&mut self, bytes: &mut &[u8]) -> Result<Option<Vec<u8>>, NoAnswer> {
        let room = self.bounds.head.saturating_sub(self.spent + self.line.len());
        let end = bytes.iter().take(room).position(|&byte| byte == b'\n');
        let part = take(bytes, end.map_or(room, |end| end + 1));
        self.line.extend_from_slice(part);
        if end.is_none() {
            // Something is left exactly when there was no room for it.
            return if bytes.is_empty() { Ok(None) } else { Err(NoAnswer::TooLarge) };
        }
        let mut line = std::mem::take(&mut self.line);
        let whole = line.len();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        self.spent += match self.state {
            // Sizes are framing, not head: many small chunks are fine.
            State::ChunkSize => line.len() - digits(&line),
            _ => whole,
        };
        if line.iter().any(|byte| matches!(byte, b'\0' | b'\r')) {
            return Err(malformed("a control character in the head"));
        }
        Ok(Some(line))
    }

    fn on_line(&mut self, line: &[u8]) -> Result<(), NoAnswer> {
        match self.state {
            State::Status => {
                self.status = status(line)?;
                self.state = State::Headers;
            }
            State::Headers if line.is_empty() => self.state = self.after_head()?,
            State::Headers => {
                if self.headers.len() >= self.bounds.headers {
                    return Err(NoAnswer::TooLarge);
                }
                self.headers.push(header(line)?);
            }
            State::ChunkSize => {
                let size = chunk_size(line)?;
                let room = self.bounds.body - self.body.len();
                self.state = match usize::try_from(size) {
                    Ok(0) => State::Trailers,
                    Ok(size) if size <= room => State::Chunk(size),
                    _ => return Err(NoAnswer::TooLarge),
                };
            }
            // What trailers say is of no use here.
            State::Trailers if line.is_empty() => self.state = State::Complete,
            _ => {}
        }
        Ok(())
    }

    /// How the content is framed, by RFC 9112, section 6.3.
    fn after_head(&mut self) -> Result<State, NoAnswer> {
        match self.status {
            101 => return Err(malformed("it changes a protocol that was not to be changed")),
            100..=199 => {
                self.interim += 1;
                if self.interim > INTERIM {
                    return Err(malformed("too many interim answers"));
                }
                self.headers.clear();
                return Ok(State::Status);
            }
            204 | 304 => return Ok(State::Complete),
            _ if self.bodyless => return Ok(State::Complete),
            _ => {}
        }
        let mut codings = self.values("Transfer-Encoding");
        if let Some(coding) = codings.next() {
            return if coding.eq_ignore_ascii_case("chunked") && codings.next().is_none() {
                Ok(State::ChunkSize)
            } else {
                Err(malformed("a transfer coding other than chunked"))
            };
        }
        match self.length()? {
            None => Ok(State::UntilClose),
            Some(0) => Ok(State::Complete),
            Some(length) => match usize::try_from(length) {
                Ok(length) if length <= self.bounds.body => Ok(State::Sized(length)),
                _ => Err(NoAnswer::TooLarge),
            },
        }
    }

    /// `Content-Length`; repeated is fine as long as it is the same.
    fn length(&self) -> Result<Option<u64>, NoAnswer> {
        let mut length = None;
        for value in self.values("Content-Length") {
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(malformed("Content-Length is no number"));
            }
            // Digits that do not fit are too many bytes in any case.
            let value = value.parse().unwrap_or(u64::MAX);
            if length.is_some_and(|length| length != value) {
                return Err(malformed("Content-Length contradicts itself"));
            }
            length = Some(value);
        }
        Ok(length)
    }

    /// The members of a header that is a list.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(given, _)| given.eq_ignore_ascii_case(name));
        named.flat_map(|(_, value)| value.split(',').map(|part| part.trim_matches([' ', '\t'])))
    }
}

fn malformed(what: &str) -> NoAnswer {
    NoAnswer::Malformed(what.to_owned())
}

/// Up to so many bytes, taken off the front.
fn take<'a>(bytes: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (part, rest) = bytes.split_at(most.min(bytes.len()));
    *bytes = rest;
    part
}

fn status(line: &[u8]) -> Result<u16, NoAnswer> {
    let parts = line.strip_prefix(b"HTTP/1.").and_then(|rest| rest.split_first_chunk::<5>());
    match parts {
        Some(([minor, b' ', code @ ..], rest))
            if minor.is_ascii_digit()
                && code.iter().all(u8::is_ascii_digit)
                && code[0] != b'0'
                && matches!(rest.first(), None | Some(b' ')) =>
        {
            Ok(code.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
        }
        _ => Err(malformed("the status line is none")),
    }
}

fn header(line: &[u8]) -> Result<(String, String), NoAnswer> {
    let colon = line.iter().position(|&byte| byte == b':').ok_or_else(|| malformed("a header without a colon"))?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    // White space in front is a folded line, which is obsolete, and behind the name a way to hide it.
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if name.is_empty() || !name.iter().all(token) {
        return Err(malformed("the name of a header is none"));
    }
    let value = String::from_utf8_lossy(value);
    Ok((String::from_utf8_lossy(name).into_owned(), value.trim_matches([' ', '\t']).to_owned()))
}

fn digits(line: &[u8]) -> usize {
    line.iter().take(SIZE_DIGITS).take_while(|byte| byte.is_ascii_hexdigit()).count()
}

fn chunk_size(line: &[u8]) -> Result<u64, NoAnswer> {
    let (size, rest) = line.split_at(digits(line));
    let rest = rest.trim_ascii_start();
    if !(rest.is_empty() || rest.starts_with(b";")) {
        return Err(malformed("the size of a chunk is none"));
    }
    let size = std::str::from_utf8(size).ok().and_then(|size| u64::from_str_radix(size, 16).ok());
    size.ok_or_else(|| malformed("the size of a chunk is none"))
}

#[cfg(test)]
mod tests;
