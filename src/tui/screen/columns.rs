//! Which columns of a list fit, and how wide they are.

use std::borrow::Cow;

use crate::domain::contact::{CompanyField, ContactField};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::schema::Schema;

/// What a column shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    Title,
    Field(FieldKey),
    Updated,
    Created,
}

/// A column with its place in the order of importance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    pub shows: Shows,
    pub label: Cow<'static, str>,
    /// Fewest cells in which it is of use.
    min: u16,
    /// Cells beyond which it gains nothing.
    max: u16,
    pub width: u16,
}

const fn field(key: FieldKey, label: &'static str, min: u16, max: u16) -> Column {
    Column { shows: Shows::Field(key), label: Cow::Borrowed(label), min, max, width: 0 }
}

const fn own(shows: Shows, label: &'static str, min: u16, max: u16) -> Column {
    Column { shows, label: Cow::Borrowed(label), min, max, width: 0 }
}

const TITLE: Column = own(Shows::Title, "Name", 16, 40);
const UPDATED: Column = own(Shows::Updated, "Changed", 10, 10);
const CREATED: Column = own(Shows::Created, "Created", 10, 10);

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

/// The columns that a view names, in its order, the record's name first: a row without it says nothing of whom it is.
/// What the schema does not know, such as a field whose name was mistaken, is left out.
pub fn of_view(kind: RecordKind, names: &[String], schema: &Schema) -> Vec<Column> {
    let usual = if kind == RecordKind::Company { COMPANIES } else { CONTACTS };
    let mut columns = vec![TITLE];
    for name in names {
        let column = match name.as_str() {
            "display_name" | "id" | "revision" => continue,
            "updated_at" => UPDATED,
            "created_at" => CREATED,
            name => {
                let Ok(info) = schema.by_name(kind, name) else { continue };
                let known = usual.iter().find(|(_, column)| column.shows == Shows::Field(info.key));
                match known {
                    Some((_, column)) => column.clone(),
                    None => Column {
                        shows: Shows::Field(info.key),
                        label: Cow::Owned(crate::tui::text::clean(&info.label).into_owned()),
                        min: 8,
                        max: 24,
                        width: 0,
                    },
                }
            }
        };
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// The usual columns that fit into `width` cells, two cells apart, in their order on the screen.
pub fn fitting(kind: RecordKind, width: u16) -> Vec<Column> {
    fit(if kind == RecordKind::Company { COMPANIES } else { CONTACTS }, width)
}

/// The first columns of a view that fit.
pub fn fitting_of(columns: &[Column], width: u16) -> Vec<Column> {
    let ordered: Vec<(u8, Column)> = (0..).zip(columns.iter().cloned()).collect();
    fit(&ordered, width)
}

fn fit(all: &[(u8, Column)], width: u16) -> Vec<Column> {
    const GAP: u16 = 2;
    const TIGHT: usize = 4;
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
        chosen.push((*order, Column { width: column.min, ..column.clone() }));
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
            Shows::Title | Shows::Updated | Shows::Created => None,
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
        let labels =
            |columns: &[Column]| columns.iter().map(|column| column.label.to_string()).collect::<Vec<_>>();
        assert_eq!(labels(&fitting(RecordKind::Contact, 78)), ["Name", "Company", "Job title", "Phone"]);
        let names = ["created_at", "phones", "display_name", "reason", "shoes", "phones"].map(str::to_owned);
        let view = of_view(RecordKind::Contact, &names, &Schema::new(&[]));
        assert_eq!(labels(&view), ["Name", "Created", "Phone", "Reason"]);
        for width in 5..250 {
            let columns = fitting_of(&view, width);
            assert_eq!(columns[0].shows, Shows::Title);
            let total: u16 =
                columns.iter().map(|column| column.width).sum::<u16>() + 2 * (columns.len() as u16 - 1);
            assert!(total <= width.max(16), "{width}: {total}");
        }
        assert_eq!(fitting_of(&view, 120).len(), 4);
    }
}
