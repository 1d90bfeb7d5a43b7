//! The lines of a vCard file: unfolded, each with a bounded length.

use std::io::{self, Read};

use crate::interchange::MAX_FIELD;
use crate::interchange::charset::{SAMPLE, fill};

/// Physical lines of any ending. Of one that is too long only the beginning is kept.
struct Physical<R> {
    input: R,
    raw: Box<[u8]>,
    from: usize,
    to: usize,
    ended: bool,
}

impl<R: Read> Physical<R> {
    fn refill(&mut self) -> io::Result<bool> {
        if self.from == self.to && !self.ended {
            self.from = 0;
            self.to = fill(&mut self.input, &mut self.raw)?;
            self.ended = self.to < self.raw.len();
        }
        Ok(self.from < self.to)
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        self.refill()?;
        Ok(self.raw.get(self.from..self.to).and_then(<[u8]>::first).copied())
    }

    /// Appends the rest of the line to `line`, up to `most` bytes in all. `Ok(false)`: the file has ended.
    fn read_into(&mut self, line: &mut Vec<u8>, most: usize, cut: &mut bool) -> io::Result<bool> {
        let mut any = false;
        while self.refill()? {
            any = true;
            let rest = self.raw.get(self.from..self.to).unwrap_or_default();
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let piece = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let room = most.saturating_sub(line.len()).min(piece.len());
            *cut |= room < piece.len();
            line.extend_from_slice(piece.get(..room).unwrap_or_default());
            self.from += piece.len();
            if end.is_some() {
                let carriage_return = self.peek()? == Some(b'\r');
                self.from += 1;
                if carriage_return && self.peek()? == Some(b'\n') {
                    self.from += 1;
                }
                return Ok(true);
            }
        }
        Ok(any)
    }
}

/// One line of a card, as bytes, since each may be in a charset of its own.
#[derive(Default)]
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    /// The line was longer than a field may be; its end is missing.
    pub(super) cut: bool,
}

/// The unfolded lines of a vCard file (RFC 6350, 3.2; soft line breaks of quoted-printable too).
pub(super) struct Lines<R> {
    physical: Physical<R>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Lines<R> {
        let raw = vec![0; SAMPLE].into_boxed_slice();
        Lines { physical: Physical { input, raw, from: 0, to: 0, ended: false } }
    }

    /// Reads the next line into `line`. `Ok(false)`: there is none.
    pub(super) fn read(&mut self, line: &mut Line) -> io::Result<bool> {
        line.bytes.clear();
        line.cut = false;
        if !self.physical.read_into(&mut line.bytes, MAX_FIELD, &mut line.cut)? {
            return Ok(false);
        }
        let soft = is_quoted_printable(&line.bytes);
        loop {
            if soft && line.bytes.last() == Some(&b'=') && self.continues_softly()? {
                line.bytes.pop();
                if !self.physical.read_into(&mut line.bytes, MAX_FIELD, &mut line.cut)? {
                    return Ok(true);
                }
                continue;
            }
            match self.physical.peek()? {
                Some(b' ' | b'\t') => {
                    self.physical.from += 1;
                    self.physical.read_into(&mut line.bytes, MAX_FIELD, &mut line.cut)?;
                }
                _ => return Ok(true),
            }
        }
    }

    /// Whether what follows a soft break is its continuation, and not the end of a card that was cut there.
    fn continues_softly(&mut self) -> io::Result<bool> {
        self.physical.refill()?;
        let rest = self.physical.raw.get(self.physical.from..self.physical.to).unwrap_or_default();
        Ok(!rest.get(..4).is_some_and(|next| next.eq_ignore_ascii_case(b"END:")))
    }
}

/// Whether the part of a line before its value says that the value is quoted-printable.
fn is_quoted_printable(line: &[u8]) -> bool {
    let head = line.split(|byte| *byte == b':').next().unwrap_or_default();
    head.split(|byte| matches!(byte, b';' | b'=' | b','))
        .any(|word| word.eq_ignore_ascii_case(b"QUOTED-PRINTABLE") || word.eq_ignore_ascii_case(b"Q"))
}
