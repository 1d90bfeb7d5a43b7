//! Bytes of any usual charset as UTF-8, streamed.
//!
//! A byte order mark decides; else the pattern of NUL bytes shows UTF-16; else the text is taken as it comes as long as
//! it is ASCII, and the first bytes beyond ASCII decide, with what follows them in view: UTF-8 where they form it,
//! otherwise the legacy charset that chardetng finds most likely. So a file whose first umlaut stands after megabytes
//! of ASCII is still read right, and nothing is read twice.
//!
//! Bytes that the charset does not know become U+FFFD, and NUL bytes stay: readers of records reject the record in
//! which they meet either, since what stood there is not known (Art. 5(1)(d) GDPR: data must be accurate).

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much is looked at to decide on a charset, a format, a dialect; in bytes.
pub const SAMPLE: usize = 64 * 1024;

/// What is known about a file while it is read: how far, and in which charset.
#[derive(Debug, Default)]
pub struct Tracker {
    bytes: AtomicU64,
    charset: OnceLock<&'static Encoding>,
}

impl Tracker {
    /// Bytes taken from the file so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The name of the charset; `ASCII` as long as nothing else was seen.
    pub fn charset(&self) -> &'static str {
        self.charset.get().map_or("ASCII", |encoding| encoding.name())
    }

    pub(crate) fn decide(&self, encoding: &'static Encoding) {
        let _ = self.charset.set(encoding);
    }
}

/// A reader that counts what passes.
pub(crate) struct Counted<R> {
    pub(crate) inner: R,
    pub(crate) tracker: Arc<Tracker>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.tracker.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Fills `buf` as far as the reader gives bytes.
pub(crate) fn fill(reader: &mut impl Read, buf: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The charset that a byte order mark or a pattern of NUL bytes gives away, and the length of the mark.
pub fn by_mark(head: &[u8]) -> Option<(&'static Encoding, usize)> {
    if let Some(found) = Encoding::for_bom(head) {
        return Some(found);
    }
    let pairs = head.get(..head.len().min(1024))?.chunks_exact(2);
    let count = pairs.len();
    let (mut high, mut low) = (0, 0);
    for pair in pairs {
        high += usize::from(pair.first() == Some(&0));
        low += usize::from(pair.get(1) == Some(&0));
    }
    // ASCII in UTF-16 has a NUL in every pair; a text in another script still has its separators in ASCII.
    if count >= 4 && low * 3 > count && high * 20 < count {
        return Some((UTF_16LE, 0));
    }
    if count >= 4 && high * 3 > count && low * 20 < count {
        return Some((UTF_16BE, 0));
    }
    None
}

/// The charset of a text whose first bytes beyond ASCII stand in `sample`.
///
/// Hardly any text in a legacy charset happens to contain well-formed UTF-8 sequences, so a few broken bytes do not
/// turn a UTF-8 file into another charset: they stay broken, and only their rows suffer.
pub fn guess(sample: &[u8]) -> &'static Encoding {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    // A character cut off where the sample ends is no error.
    if sample.utf8_chunks().last().is_some_and(|last| {
        let rest = last.invalid();
        !rest.is_empty() && std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_none())
    }) {
        bad = bad.saturating_sub(1);
        good += usize::from(bad == 0);
    }
    if bad == 0 || good > 2 * bad {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    // The hint decides only what the bytes leave open, and then for Western Europe, where the product is at home.
    detector.guess(Some(b"de"), chardetng::Utf8Detection::Deny)
}

enum State {
    /// Nothing but ASCII so far.
    Ascii,
    Known(Box<Decoder>),
}

/// The text of a file as UTF-8.
pub struct Decoded<R> {
    inner: R,
    tracker: Arc<Tracker>,
    state: State,
    /// Bytes as they are in the file: `raw[raw_from..raw_to]` are not decoded yet.
    raw: Box<[u8]>,
    raw_from: usize,
    raw_to: usize,
    ended: bool,
    text: Box<[u8]>,
    text_from: usize,
    text_to: usize,
    finished: bool,
}

impl<R: Read> Decoded<R> {
    /// Starts reading. `charset` overrules what the bytes say, except a byte order mark.
    pub fn new(
        inner: R,
        charset: Option<&'static Encoding>,
        tracker: Arc<Tracker>,
    ) -> io::Result<Decoded<R>> {
        let mut decoded = Decoded {
            inner,
            tracker,
            state: State::Ascii,
            raw: vec![0; SAMPLE].into_boxed_slice(),
            raw_from: 0,
            raw_to: 0,
            ended: false,
            // Twice the raw bytes: windows-1252 to UTF-8 may triple single bytes, then a chunk takes two rounds.
            text: vec![0; 2 * SAMPLE].into_boxed_slice(),
            text_from: 0,
            text_to: 0,
            finished: false,
        };
        decoded.refill()?;
        let head = decoded.raw.get(..decoded.raw_to).unwrap_or_default();
        let marked = match charset {
            Some(charset) => Some((charset, Encoding::for_bom(head).map_or(0, |(_, length)| length))),
            None => by_mark(head),
        };
        if let Some((encoding, mark)) = marked {
            decoded.raw_from = mark;
            decoded.know(encoding);
        }
        Ok(decoded)
    }

    fn know(&mut self, encoding: &'static Encoding) {
        self.tracker.decide(encoding);
        self.state = State::Known(Box::new(encoding.new_decoder_without_bom_handling()));
    }

    /// Moves what is not decoded to the front and fills up.
    fn refill(&mut self) -> io::Result<()> {
        self.raw.copy_within(self.raw_from..self.raw_to, 0);
        self.raw_to -= self.raw_from;
        self.raw_from = 0;
        if !self.ended {
            let room = self.raw.get_mut(self.raw_to..).unwrap_or_default();
            let wanted = room.len();
            let read = fill(&mut self.inner, room)?;
            self.raw_to += read;
            self.ended = read < wanted;
        }
        Ok(())
    }

    /// Decodes the next piece into `text`.
    fn decode(&mut self) -> io::Result<()> {
        self.text_from = 0;
        self.text_to = 0;
        while self.text_to == 0 && !self.finished {
            if self.raw_from == self.raw_to {
                self.refill()?;
            }
            let raw = self.raw.get(self.raw_from..self.raw_to).unwrap_or_default();
            match &mut self.state {
                State::Ascii => {
                    let plain = Encoding::ascii_valid_up_to(raw);
                    if plain == 0 && raw.is_empty() {
                        self.finished = true;
                    } else if plain == 0 {
                        self.refill()?;
                        let sample = self.raw.get(..self.raw_to).unwrap_or_default();
                        let encoding = guess(sample);
                        self.know(encoding);
                    } else if let (Some(text), Some(raw)) = (self.text.get_mut(..plain), raw.get(..plain)) {
                        text.copy_from_slice(raw);
                        self.text_to = plain;
                        self.raw_from += plain;
                    }
                }
                State::Known(decoder) => {
                    let (result, read, written, _) = decoder.decode_to_utf8(raw, &mut self.text, self.ended);
                    self.raw_from += read;
                    self.text_to = written;
                    self.finished = self.ended
                        && self.raw_from == self.raw_to
                        && result == encoding_rs::CoderResult::InputEmpty;
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.text_from == self.text_to {
            self.decode()?;
        }
        let text = self.text.get(self.text_from..self.text_to).unwrap_or_default();
        let length = text.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..length), text.get(..length)) {
            to.copy_from_slice(from);
        }
        self.text_from += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::{Decoded, SAMPLE, Tracker};

    /// A reader that hands out a few bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let length = self.1.min(buf.len()).min(self.0.len());
            buf[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn decode(bytes: &[u8]) -> (String, &'static str) {
        let tracker = Arc::new(Tracker::default());
        let mut text = String::new();
        Decoded::new(Drip(bytes, 7), None, Arc::clone(&tracker)).unwrap().read_to_string(&mut text).unwrap();
        (text, tracker.charset())
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn marks_and_patterns() {
        let text = "Name;Ort\r\nJürgen Größe;Łódź\r\n";
        assert_eq!(decode(text.as_bytes()), (text.to_owned(), "UTF-8"));
        assert_eq!(decode(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), (text.to_owned(), "UTF-8"));
        for big in [false, true] {
            let name = if big { "UTF-16BE" } else { "UTF-16LE" };
            assert_eq!(decode(&utf16(text, big)), (text.to_owned(), name), "without a mark");
            assert_eq!(decode(&utf16(&format!("\u{feff}{text}"), big)), (text.to_owned(), name));
        }
        assert_eq!(decode(b"plain,text\n"), ("plain,text\n".to_owned(), "ASCII"));
        assert_eq!(decode(b""), (String::new(), "ASCII"));
        assert_eq!(decode(b"\xef\xbb\xbf").0, "");
    }

    #[test]
    fn western_legacy_text_even_when_its_first_umlaut_comes_late() {
        assert_eq!(
            decode(b"Vorname;Name\nJ\xfcrgen;Gr\xf6\xdfe\n"),
            ("Vorname;Name\nJürgen;Größe\n".to_owned(), "windows-1252")
        );
        let mut late = vec![b'a'; 3 * SAMPLE];
        late.extend_from_slice(b" Fran\xe7ois \x80 5");
        let (text, charset) = decode(&late);
        assert!(text.ends_with("a François € 5"));
        assert_eq!(charset, "windows-1252");
    }

    #[test]
    fn one_broken_byte_does_not_change_the_charset_of_a_utf8_file() {
        let (text, charset) = decode("Jürgen Größe\nAndré \u{20ac}\nX\u{0}Y\n".as_bytes());
        assert_eq!((text.contains('\0'), charset), (true, "UTF-8"));
        let mut bytes = "Jürgen Größe\nZoë €\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"M\xfcller\n");
        let (text, charset) = decode(&bytes);
        assert_eq!((text.as_str(), charset), ("Jürgen Größe\nZoë €\nM\u{fffd}ller\n", "UTF-8"));
    }

    #[test]
    fn characters_cut_at_the_edge_of_a_buffer_survive() {
        for shift in 0..4 {
            let text = "x".repeat(SAMPLE - shift) + &"ü€𝄞".repeat(50_000);
            assert_eq!(decode(text.as_bytes()).0, text);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_out_as_utf8(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            decode(&bytes);
        }

        #[test]
        fn utf8_is_kept(text in "\\PC{0,80}") {
            // Short texts of nothing but rare characters may look like UTF-16; a file has separators and line breaks.
            let text = format!("given,family\r\n{text}\r\n");
            prop_assert_eq!(decode(text.as_bytes()).0, text);
        }
    }
}
