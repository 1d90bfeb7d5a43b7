//! The objects of a JSON file, one at a time: an array of them, one a line, one after another, or `{"items":[…]}`.

use std::io::{self, Read};

use crate::interchange::charset::{SAMPLE, fill};
use crate::interchange::{MAX_RECORD, RowError};

/// An object as bytes, and the line on which it begins.
pub(super) type Found = Result<(u64, Vec<u8>), RowError>;

/// Reads objects without parsing what is in them.
pub(super) struct Objects<R> {
    input: R,
    raw: Box<[u8]>,
    from: usize,
    to: usize,
    line: u64,
    /// Inside `{"items":[`, whose end is the end of the objects.
    wrapped: bool,
    /// Inside an array around the objects; there is at most one.
    listed: bool,
    ended: bool,
}

impl<R: Read> Objects<R> {
    pub(super) fn new(input: R) -> Objects<R> {
        let raw = vec![0; SAMPLE].into_boxed_slice();
        Objects { input, raw, from: 0, to: 0, line: 1, wrapped: false, listed: false, ended: false }
    }

    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        if self.from == self.to {
            self.from = 0;
            self.to = fill(&mut self.input, &mut self.raw)?;
        }
        let byte = self.raw.get(self.from..self.to).and_then(<[u8]>::first).copied();
        self.from += usize::from(byte.is_some());
        self.line += u64::from(byte == Some(b'\n'));
        Ok(byte)
    }

    /// The next object and the line on which it begins; `None` at the end.
    pub(super) fn next_object(&mut self) -> io::Result<Option<Found>> {
        while !self.ended {
            let Some(byte) = self.next_byte()? else { break };
            match byte {
                b'{' => {
                    let row = self.line;
                    match self.object(row)? {
                        Some(found) => return Ok(Some(found)),
                        None => continue,
                    }
                }
                b']' => {
                    self.ended = self.wrapped;
                    self.listed = false;
                }
                b'[' if self.listed => {
                    (self.ended, self.listed) = (true, false);
                    let error = "here should stand an object of JSON, not another list";
                    return Ok(Some(Err(RowError::new(self.line, error))));
                }
                b'[' => self.listed = true,
                b',' | 0x1e => {}
                byte if byte.is_ascii_whitespace() => {}
                _ => {
                    let row = self.line;
                    self.skip_line()?;
                    return Ok(Some(Err(RowError::new(row, "here should stand an object of JSON"))));
                }
            }
        }
        self.ended = true;
        if std::mem::take(&mut self.listed) {
            return Ok(Some(Err(RowError::new(self.line, "the file ends in the middle of a list"))));
        }
        Ok(None)
    }

    fn skip_line(&mut self) -> io::Result<()> {
        while let Some(byte) = self.next_byte()? {
            match byte {
                b'\n' => break,
                // The end of the list may be in what is skipped; it is not missed then.
                b']' => self.listed = false,
                _ => {}
            }
        }
        Ok(())
    }

    /// The rest of an object. `Ok(None)`: it was the wrapper around the objects.
    fn object(&mut self, row: u64) -> io::Result<Option<Found>> {
        let mut object = vec![b'{'];
        let (mut depth, mut string, mut escaped, mut too_long) = (1usize, false, false, false);
        while let Some(byte) = self.next_byte()? {
            if object.len() < MAX_RECORD {
                object.push(byte)
            } else {
                too_long = true
            }
            if string {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => string = false,
                    // JSON has no line breaks in strings (RFC 8259, 7): the object was cut off here.
                    b'\n' => return Ok(Some(Err(RowError::new(row, "the object is cut off inside a text")))),
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => string = true,
                b'[' if depth == 1 && !self.wrapped && is_wrapper(&object) => {
                    self.wrapped = true;
                    self.listed = true;
                    return Ok(None);
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(Some(match too_long {
                    true => {
                        Err(RowError::new(row, format!("the object is longer than {} MiB", MAX_RECORD >> 20)))
                    }
                    false => Ok((row, object)),
                }));
            }
        }
        self.ended = true;
        Ok(Some(Err(RowError::new(row, "the file ends in the middle of an object"))))
    }
}

fn is_wrapper(start: &[u8]) -> bool {
    if start.len() > 64 {
        return false;
    }
    let bare: Vec<u8> = start.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    bare == b"{\"items\":[" || bare == b"{\"contacts\":["
}
