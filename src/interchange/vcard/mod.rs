//! vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), as phones, mail programs and address books write them.
//!
//! Read property by property, since in old cards each may have a charset of its own, and since a photo of some megabytes
//! is to be passed over and not kept.

mod card;
mod lines;
mod property;

use std::io::Read;

use encoding_rs::Encoding;

use crate::interchange::charset;
use crate::interchange::{Dropped, Incoming, MAX_FIELD, MAX_RECORD, RowError, Tally};
use card::Card;
pub(crate) use card::{CUSTOM, PREFIX, PRODID, is_ours, tel};
use property::Property;

/// The charset of a single line that is not UTF-8.
fn guess_line(line: &[u8]) -> &'static Encoding {
    charset::guess(line)
}

/// The people in a vCard file, card by card.
pub struct VCardImport<R> {
    lines: lines::Lines<R>,
    fallback: Option<&'static Encoding>,
    row: u64,
    /// The next card has begun already: the one before it had no end.
    begun: bool,
    tally: Tally,
    failed: Option<std::io::Error>,
    ended: bool,
}

impl<R: Read> VCardImport<R> {
    /// `fallback` is the charset of bytes that are not UTF-8 in properties that name none; else it is guessed.
    pub fn new(reader: R, fallback: Option<&'static Encoding>) -> VCardImport<R> {
        VCardImport {
            lines: lines::Lines::new(reader),
            fallback,
            row: 0,
            begun: false,
            tally: Tally::default(),
            failed: None,
            ended: false,
        }
    }

    /// What was in the cards read so far and is not taken.
    pub fn dropped(&self) -> Vec<Dropped> {
        self.tally.list()
    }

    /// The error that ended reading, if one did.
    pub fn failure(&self) -> Option<&std::io::Error> {
        self.failed.as_ref()
    }

    fn read_line(&mut self, line: &mut lines::Line) -> bool {
        match self.lines.read(line) {
            Ok(more) => more,
            Err(error) => {
                self.failed = Some(error);
                false
            }
        }
    }

    fn read_card(&mut self) -> Option<Result<Incoming, RowError>> {
        let mut line = lines::Line::default();
        while !self.begun {
            if !self.read_line(&mut line) {
                return None;
            }
            let start = line.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line.bytes);
            self.begun = is_mark(start, "BEGIN");
        }
        self.begun = false;
        self.row += 1;
        let row = self.row;
        let mut card = Card::default();
        let mut problem: Option<String> = None;
        let (mut size, mut nested, mut agent) = (0usize, 0usize, false);
        loop {
            if !self.read_line(&mut line) {
                let reason = problem.unwrap_or_else(|| "the file ends in the middle of the card".to_owned());
                return Some(Err(RowError::new(row, reason)));
            }
            if is_mark(&line.bytes, "BEGIN") {
                if agent || nested > 0 {
                    nested += 1;
                    agent = false;
                    continue;
                }
                self.begun = true;
                return Some(Err(RowError::new(row, "the card has no end; the next one begins inside it")));
            }
            if is_mark(&line.bytes, "END") {
                if nested == 0 {
                    break;
                }
                nested -= 1;
                continue;
            }
            if nested > 0 {
                continue;
            }
            let Some(property) = Property::parse(&line.bytes, self.fallback) else { continue };
            agent = property.name == "AGENT";
            if let Some(reason) = card::not_taken(&property) {
                self.tally.count(row, &property.name, reason);
                continue;
            }
            size += line.bytes.len();
            if line.cut {
                problem.get_or_insert_with(|| {
                    format!("`{}` is longer than {} MiB", property.name, MAX_FIELD >> 20)
                });
            } else if size > MAX_RECORD {
                problem.get_or_insert_with(|| format!("the card is longer than {} MiB", MAX_RECORD >> 20));
            } else if property.value.contains(['\0', '\u{fffd}']) {
                problem.get_or_insert_with(|| {
                    format!("`{}` holds a character that its charset does not know; what stood there is not known", property.name)
                });
            }
            if problem.is_none() {
                card.add(property);
            }
        }
        if let Some(problem) = problem {
            return Some(Err(RowError::new(row, problem)));
        }
        let tally = &mut self.tally;
        let read = card.read(row, &mut |field, reason| tally.count(row, field, reason));
        Some(read.map_err(|reason| RowError::new(row, reason)))
    }
}

impl<R: Read> Iterator for VCardImport<R> {
    type Item = Result<Incoming, RowError>;

    fn next(&mut self) -> Option<Result<Incoming, RowError>> {
        if self.ended {
            return None;
        }
        let card = self.read_card();
        self.ended = card.is_none() || self.failed.is_some();
        card
    }
}

/// Whether a line begins or ends a card: `BEGIN:vCard`, in any case, with spaces around.
pub(crate) fn is_mark(line: &[u8], word: &str) -> bool {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
    let (name, value) = line.split_at(colon);
    let name = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    name.trim_ascii().eq_ignore_ascii_case(word.as_bytes())
        && value.get(1..).unwrap_or_default().trim_ascii().eq_ignore_ascii_case(b"VCARD")
}
