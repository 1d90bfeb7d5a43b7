//! Which columns of a list fit, and how wide they are.

use crate::domain::contact::{CompanyField, ContactField};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;

/// What a column shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    Title,
    Field(FieldKey),
    Updated,
}

/// A column with its place in the order of importance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    pub shows: Shows,
    pub label: &'static str,
    /// Fewest cells in which it is of use.
    min: u16,
    /// Cells beyond which it gains nothing.
    max: u16,
    pub width: u16,
}

const fn field(key: FieldKey, label: &'static str, min: u16, max: u16) -> Column {
    Column { shows: Shows::Field(key), label, min, max, width: 0 }
}

const TITLE: Column = Column { shows: Shows::Title, label: "Name", min: 16, max: 40, width: 0 };
const UPDATED: Column = Column { shows: Shows::Updated, label: "Changed", min: 10, max: 10, width: 0 };

/// The columns of contacts, the most important first; with them, their order on the screen.
const CONTACTS: &[(u8, Column)] = &[
    (0, TITLE),
    (1, field(ContactField::company.key(), "Company", 12, 32)),
    (3, field(ContactField::phones.key(), "Phone", 16, 24)),
    (2, field(ContactField::job_title.key(), "Job title", 12, 28)),
    (4, field(ContactField::emails.key(), "E-mail", 18, 34)),
    (7, field(ContactField::tags.key(), "Tags", 10, 26)),
    (6, field(ContactField::owner.key(), "Owner", 8, 14)),
    (5, field(ContactField::country.key(), "Country", 7, 12)),
    (8, UPDATED),
];

const COMPANIES: &[(u8, Column)] = &[
    (0, TITLE),
    (1, field(CompanyField::industry.key(), "Industry", 12, 24)),
    (2, field(CompanyField::phones.key(), "Phone", 16, 24)),
    (5, field(CompanyField::country.key(), "Country", 7, 12)),
    (3, field(CompanyField::websites.key(), "Website", 18, 34)),
    (7, field(CompanyField::tags.key(), "Tags", 10, 26)),
    (6, field(CompanyField::owner.key(), "Owner", 8, 14)),
    (8, UPDATED),
];

/// The columns that fit into `width` cells, two cells apart, in their order on the screen.
pub fn fitting(kind: RecordKind, width: u16) -> Vec<Column> {
    const GAP: u16 = 2;
    const TIGHT: usize = 4;
    let all = if kind == RecordKind::Company { COMPANIES } else { CONTACTS };
    let mut chosen: Vec<(u8, Column)> = Vec::new();
    let mut used: u16 = 0;
    let mut comfortable: u16 = 0;
    for (order, column) in all {
        let more = column.min + if chosen.is_empty() { 0 } else { GAP };
        // The first few may be tight; a further one comes only where those before it can be read.
        let before = if chosen.len() < TIGHT { used } else { comfortable };
        if !chosen.is_empty() && before + more > width {
            break;
        }
        used += more;
        comfortable += more + (column.max - column.min) / 2;
        chosen.push((*order, Column { width: column.min, ..*column }));
    }
    // What is left goes round, one cell at a time, so that no column is full while another is cut.
    let mut left = width.saturating_sub(used);
    while left > 0 {
        let mut grown = false;
        for (_, column) in &mut chosen {
            if left > 0 && column.width < column.max {
                column.width += 1;
                left -= 1;
                grown = true;
            }
        }
        if !grown {
            break;
        }
    }
    if let [(_, only)] = chosen.as_mut_slice() {
        only.width = width;
    }
    chosen.sort_by_key(|(order, _)| *order);
    chosen.into_iter().map(|(_, column)| column).collect()
}

/// The fields to ask for.
pub fn keys(columns: &[Column]) -> Vec<FieldKey> {
    let mut keys: Vec<FieldKey> = columns
        .iter()
        .filter_map(|column| match column.shows {
            Shows::Field(key) => Some(key),
            Shows::Title | Shows::Updated => None,
        })
        .collect();
    if keys.is_empty() {
        // No columns at all would mean every field.
        keys.push(ContactField::company.key());
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_and_the_name_is_always_there() {
        for kind in [RecordKind::Contact, RecordKind::Company] {
            for width in 5..250 {
                let columns = fitting(kind, width);
                assert_eq!(columns[0].shows, Shows::Title);
                let total: u16 =
                    columns.iter().map(|column| column.width).sum::<u16>() + 2 * (columns.len() as u16 - 1);
                assert!(total <= width.max(16), "{kind} {width}: {total}");
            }
        }
        let at_80: Vec<&str> = fitting(RecordKind::Contact, 78).iter().map(|column| column.label).collect();
        assert_eq!(at_80, ["Name", "Company", "Job title", "Phone"]);
    }
}
