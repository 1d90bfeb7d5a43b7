//! Invented people as a CSV file, the way CRMs export them, for tests and benches.

use std::io::{self, Write};

use crate::demo::people::{People, Person};
use crate::demo::request::note;
use crate::demo::rng::Rng;

/// The columns, with the headers that English CRMs write.
pub const COLUMNS: [&str; 14] = [
    "first_name",
    "last_name",
    "company",
    "title",
    "street",
    "zip",
    "city",
    "country",
    "phone",
    "mobile",
    "email",
    "website",
    "tags",
    "notes",
];

/// One row, its cells in the order of [`COLUMNS`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CsvRow(pub [String; 14]);

/// The first `n` people of a seed.
pub fn rows(seed: u64, n: u64) -> impl Iterator<Item = CsvRow> {
    let mut people = People::new(seed, n);
    let mut rng = Rng::new(seed, u64::MAX);
    (0..n).map(move |_| row(&people.person(), &mut rng))
}

fn row(person: &Person, rng: &mut Rng) -> CsvRow {
    // Exports mix notations: at home, abroad, and as the telephone system stores it.
    let phone = match (&person.line, rng.below(4)) {
        (None, _) => String::new(),
        (Some(line), 0) => line.international(),
        (Some(line), _) => line.national(),
    };
    let mobile = person.mobile.as_ref().map(|mobile| mobile.international()).unwrap_or_default();
    let notes = if rng.percent(20) { note(person, "note", rng) } else { String::new() };
    CsvRow([
        person.given.clone(),
        person.family.clone(),
        person.company.name.clone(),
        person.job_title.to_owned(),
        person.place.street.clone(),
        person.place.postal_code.clone(),
        person.place.town.to_owned(),
        person.land.code().to_owned(),
        phone,
        mobile,
        person.email.clone(),
        format!("https://www.{}", person.company.host),
        person.tags.join(", "),
        notes,
    ])
}

/// Writes a header and `n` rows (RFC 4180, UTF-8).
pub fn write_csv(out: &mut impl Write, n: u64, seed: u64) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(COLUMNS)?;
    for row in rows(seed, n) {
        writer.write_record(&row.0)?;
    }
    writer.flush()
}
