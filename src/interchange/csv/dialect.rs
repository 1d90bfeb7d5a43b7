//! How a table is written: which characters separate, quote and end, and whether it has headers.

use std::io::Cursor;

use super::record::Records;
use crate::interchange::mapping;

/// How a CSV file is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
    /// The character that takes the next one literally, as MySQL writes it.
    pub escape: Option<u8>,
    /// Lines end with a carriage return alone, as on old Macs.
    pub cr_only: bool,
    /// The first record holds the headers.
    pub headers: bool,
    /// The first line says which delimiter is used: `sep=;`, as Excel writes it.
    pub sep_line: bool,
}

impl Default for Dialect {
    /// RFC 4180 with headers.
    fn default() -> Dialect {
        Dialect { delimiter: b',', quote: b'"', escape: None, cr_only: false, headers: true, sep_line: false }
    }
}

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that are looked at.
const LOOKED_AT: usize = 100;

/// The delimiter in a line `sep=;`, and the length of the line with its end.
pub(super) fn sep_line(sample: &[u8]) -> Option<(u8, usize)> {
    let quoted = sample.first() == Some(&b'"');
    let rest = sample.get(usize::from(quoted)..)?;
    let (word, rest) = rest.split_at_checked(4)?;
    if !word.eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    let (delimiter, rest) = rest.split_first()?;
    let rest = if quoted { rest.strip_prefix(b"\"")? } else { rest };
    let end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => return None,
    };
    let length = sample.len() - rest.len() + end;
    (delimiter.is_ascii() && !delimiter.is_ascii_alphanumeric()).then_some((*delimiter, length))
}

/// Finds out how a table is written from its beginning. `complete`: the sample is the whole file.
pub fn detect(sample: &[u8], complete: bool, delimiter: Option<u8>, headers: Option<bool>) -> Dialect {
    let mut dialect = Dialect::default();
    let mut body = sample;
    let mut wanted = delimiter;
    if let Some((delimiter, length)) = sep_line(sample) {
        dialect.sep_line = true;
        body = sample.get(length..).unwrap_or_default();
        wanted = wanted.or(Some(delimiter));
    }
    dialect.cr_only = !body.contains(&b'\n') && body.contains(&b'\r');
    let candidates = wanted.map_or_else(|| DELIMITERS.to_vec(), |one| vec![one]);
    let mut best: Option<(f64, Dialect, Vec<Vec<String>>)> = None;
    for delimiter in candidates {
        let mut candidate = Dialect { delimiter, ..dialect.clone() };
        candidate.quote = quote(body, delimiter);
        candidate.escape = escape(body, &candidate);
        let records = sample_records(body, complete, &candidate);
        let score = score(&records);
        if best.as_ref().is_none_or(|(most, _, _)| score > *most) {
            best = Some((score, candidate, records));
        }
    }
    let Some((_, mut dialect, records)) = best else { return dialect };
    let first: &[String] = records.first().map_or(&[], Vec::as_slice);
    dialect.headers = headers.unwrap_or_else(|| mapping::looks_like_headers(first));
    dialect
}

/// How well a delimiter explains the sample: records as wide as the first one, and many columns.
fn score(records: &[Vec<String>]) -> f64 {
    let Some(width) = records.first().map(Vec::len).filter(|width| *width > 1) else { return 0.0 };
    let alike = records.iter().filter(|record| record.len() == width).count();
    let share = alike as f64 / records.len() as f64;
    share * share * (width as f64).ln_1p()
}

/// The first records under a dialect; the last one is left out where the sample may cut it off.
pub(super) fn sample_records(body: &[u8], complete: bool, dialect: &Dialect) -> Vec<Vec<String>> {
    let mut records = Records::new(Cursor::new(body), dialect, 0);
    let mut found = Vec::new();
    while found.len() < LOOKED_AT
        && let Ok(Some(row)) = records.next_record()
    {
        if row.problem.is_none() {
            found.push(
                (0..records.width()).map(|at| records.cell(at).unwrap_or_default().to_owned()).collect(),
            );
        }
    }
    if !complete && found.len() > 1 && found.len() < LOOKED_AT {
        found.pop();
    }
    found
}

/// The apostrophe quotes where the file begins with one, fields begin and end with it, and none with the quotation mark.
fn quote(body: &[u8], delimiter: u8) -> u8 {
    let edges = |quote: u8| {
        let opens = body
            .windows(2)
            .filter(|w| matches!(w, [a, b] if (*a == delimiter || *a == b'\n') && *b == quote));
        let closes = body.windows(2).filter(
            |w| matches!(w, [a, b] if *a == quote && (*b == delimiter || *b == b'\n' || *b == b'\r')),
        );
        opens.count().min(closes.count())
    };
    if body.first() == Some(&b'\'') && edges(b'"') == 0 && edges(b'\'') > 1 { b'\'' } else { b'"' }
}

/// A backslash escapes where it stands before a quote that ends no field.
fn escape(body: &[u8], dialect: &Dialect) -> Option<u8> {
    let ends = |byte: u8| byte == dialect.delimiter || matches!(byte, b'\r' | b'\n') || byte == dialect.quote;
    body.windows(3)
        .any(|w| matches!(w, [b'\\', quote, next] if *quote == dialect.quote && !ends(*next)))
        .then_some(b'\\')
}

#[cfg(test)]
mod tests {
    use super::{Dialect, detect};

    fn of(text: &str) -> Dialect {
        detect(text.as_bytes(), true, None, None)
    }

    #[test]
    fn delimiters() {
        for (text, delimiter) in [
            ("given,family\nAnna,Schmidt\n", b','),
            ("Vorname;Name;Betrag\nAnna;Schmidt;1,5\nBo;Muster;2,25\n", b';'),
            ("Vorname\tName\nAnna\tSchmidt, geb. X\n", b'\t'),
            ("a|b|c\n1,2|3|4\n", b'|'),
            ("email\na@example.com\n", b','),
            ("Name;Notiz\n\"Schmidt; Anna\";\"a,b,c\nd,e,f\"\n", b';'),
            ("sep=|\r\ngiven,family|x\r\n1|2\r\n", b'|'),
            ("\"sep=;\"\na;b\n", b';'),
        ] {
            assert_eq!(of(text).delimiter, delimiter, "{text}");
        }
    }

    #[test]
    fn quotes_escapes_and_ends() {
        assert_eq!(of("'given','family'\n'Anna','Schmidt'\n'Bo','Muster'\n").quote, b'\'');
        assert_eq!(of("given,family\nAnna,'t Hart\nBo,'s Gravenhage\n").quote, b'"');
        assert_eq!(of("given,note\nAnna,\"says \\\"yes\\\" often\"\n").escape, Some(b'\\'));
        assert_eq!(of("given,note\nAnna,\"C:\\\"\n").escape, None);
        assert!(of("given,family\rAnna,Schmidt\r").cr_only);
        assert!(!of("given,family\r\nAnna,Schmidt\n").cr_only);
    }

    #[test]
    fn headers_or_none() {
        assert!(of("given,family\nAnna,Schmidt\n").headers);
        assert!(!of("Anna,anna@example.com\nBo,bo@example.com\n").headers);
        assert!(!of("Anna,+49 30 901820\nBo,+49 30 901821\n").headers);
        assert!(of("Foo,Bar\nAnna,Schmidt\n").headers);
        assert_eq!(of("").delimiter, b',');
    }
}
