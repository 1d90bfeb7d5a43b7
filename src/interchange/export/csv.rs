//! CSV as RFC 4180 describes it, safe to open in a spreadsheet.

use std::io::{self, Write};

use super::ExportRecord;
use crate::domain::contact::ContactField;
use crate::domain::value::Value;
use crate::interchange::notation;

/// The header under which a record's own id stands. It is not imported: `id` in a file of another program is theirs.
const OWN_ID: &str = "callbook_id";

/// Writes contacts as rows.
pub struct CsvExport<W: Write> {
    out: csv::Writer<W>,
    columns: Vec<String>,
}

/// All columns that an import reads again.
pub fn columns(custom: &[&str]) -> Vec<String> {
    let fields =
        ContactField::ALL.iter().filter(|field| leaves(**field)).map(|field| field.spec().name.to_owned());
    let custom = custom.iter().map(|name| format!("custom.{name}"));
    fields.chain(custom).chain(["notes".to_owned()]).collect()
}

/// Whether a field stands in files.
fn leaves(field: ContactField) -> bool {
    match field {
        ContactField::form_of_address
        | ContactField::name_prefix
        | ContactField::given_name
        | ContactField::middle_name
        | ContactField::family_name
        | ContactField::name_suffix
        | ContactField::company
        | ContactField::job_title
        | ContactField::department
        | ContactField::phones
        | ContactField::emails
        | ContactField::addresses
        | ContactField::websites
        | ContactField::country
        | ContactField::language
        | ContactField::owner
        | ContactField::team
        | ContactField::tags
        | ContactField::basis
        | ContactField::reason
        | ContactField::source
        | ContactField::supplier
        | ContactField::obtained_on
        | ContactField::verified_on
        | ContactField::external_id => true,
        // What is deleted or merged is not exported.
        ContactField::deleted_at
        | ContactField::merged_into
        | ContactField::restricted_at
        | ContactField::restricted_for
        | ContactField::restricted_until
        | ContactField::restricted_terms
        | ContactField::restriction_lifted => false,
    }
}

impl<W: Write> CsvExport<W> {
    pub fn new(out: W, columns: &[String]) -> io::Result<CsvExport<W>> {
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        let header = |name: &String| if name == "id" { OWN_ID.to_owned() } else { name.clone() };
        out.write_record(columns.iter().map(header).map(|name| notation::neutralise(&name).into_owned()))?;
        Ok(CsvExport { out, columns: columns.to_vec() })
    }

    pub fn write(&mut self, record: &ExportRecord<'_>) -> io::Result<()> {
        for column in &self.columns {
            let cell = match column.as_str() {
                "id" => record.id.to_string(),
                "revision" => record.revision.to_string(),
                "created_at" => record.created_at.to_string(),
                "updated_at" => record.updated_at.to_string(),
                "display_name" => record.display_name.to_owned(),
                "notes" => notation::write_notes(record.notes),
                name => cell(record, name),
            };
            self.out.write_field(notation::neutralise(&cell).as_bytes())?;
        }
        Ok(self.out.write_record(None::<&[u8]>)?)
    }

    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

fn cell(record: &ExportRecord<'_>, name: &str) -> String {
    let Some((field, cell)) = record.fields.iter().find(|(field, _)| field.name == name) else {
        return String::new();
    };
    if field.spec.and_then(|spec| ContactField::of(spec.key)).is_some_and(|field| !leaves(field)) {
        return String::new();
    }
    match cell.value {
        None => String::new(),
        Some(Value::Addresses(items)) => notation::write_items(
            items.iter().map(|item| (item.label.as_str(), notation::address_text(&item.value))),
        ),
        Some(value) => match value.items() {
            Some(items) => {
                notation::write_items(items.iter().map(|item| (item.label.as_str(), item.value.clone())))
            }
            None => value.named(cell.text),
        },
    }
}
