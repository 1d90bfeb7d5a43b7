//! Contacts as files for other programs.
//!
//! What is written is what the caller was given: a masked value has no value here, only text, and is left out of every
//! format, so that no file says less than the truth and no import takes a mask for data.

pub mod csv;
pub mod jscontact;
pub mod json;
pub mod vcard;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use uuid::Uuid;

use crate::domain::contact::ContactField;
use crate::domain::field::FieldSpec;
use crate::domain::time::Timestamp;
use crate::domain::value::Value;

/// A field of a record to be exported.
#[derive(Clone, Copy, Debug)]
pub struct ExportField<'a> {
    /// The name of the field, `custom.NAME` for a custom one.
    pub name: &'a str,
    pub label: &'a str,
    /// The description of a built-in field; `None` for a custom one.
    pub spec: Option<&'static FieldSpec>,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub struct ExportCell<'a> {
    /// `None` when masked.
    pub value: Option<&'a Value>,
    /// As people read it: names in place of ids, masks.
    pub text: &'a str,
}

/// A contact to be exported. Fields that are empty are absent.
#[derive(Clone, Copy, Debug)]
pub struct ExportRecord<'a> {
    pub id: Uuid,
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub display_name: &'a str,
    pub fields: &'a [(ExportField<'a>, ExportCell<'a>)],
    /// Notes that go along; empty where notes do not leave.
    pub notes: &'a [&'a str],
}

impl<'a> ExportRecord<'a> {
    /// The values of built-in fields that are there and not masked.
    fn built_in(&self) -> impl Iterator<Item = (ContactField, &'a Value, &'a str)> + use<'a> {
        self.fields
            .iter()
            .filter_map(|(field, cell)| Some((ContactField::of(field.spec?.key)?, cell.value?, cell.text)))
    }

    /// The values of custom fields that are there and not masked, by name without `custom.`.
    fn custom(&self) -> impl Iterator<Item = (&'a str, &'a Value, &'a str)> + use<'a> {
        self.fields.iter().filter(|(field, _)| field.spec.is_none()).filter_map(|(field, cell)| {
            Some((field.name.strip_prefix("custom.").unwrap_or(field.name), cell.value?, cell.text))
        })
    }
}

/// What to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportFormat {
    Csv,
    VCard,
    JsContact,
    Json,
    NdJson,
}

/// Writes records one by one, so that an export takes the memory of one.
pub enum Exporter<W: Write> {
    Csv(csv::CsvExport<W>),
    VCard(W),
    JsContact(json::Items<W>),
    Json(json::Items<W>),
    NdJson(W),
}

impl<W: Write> Exporter<W> {
    /// `columns` are those of a CSV file: names of fields, `custom.NAME`, `id`, `revision`, `created_at`, `updated_at`,
    /// `display_name`, `notes`.
    pub fn new(format: ExportFormat, out: W, columns: &[String]) -> io::Result<Exporter<W>> {
        Ok(match format {
            ExportFormat::Csv => Exporter::Csv(csv::CsvExport::new(out, columns)?),
            ExportFormat::VCard => Exporter::VCard(out),
            ExportFormat::JsContact => Exporter::JsContact(json::Items::plain(out)?),
            ExportFormat::Json => Exporter::Json(json::Items::wrapped(out)?),
            ExportFormat::NdJson => Exporter::NdJson(out),
        })
    }

    pub fn write(&mut self, record: &ExportRecord<'_>) -> io::Result<()> {
        match self {
            Exporter::Csv(csv) => csv.write(record),
            Exporter::VCard(out) => out.write_all(vcard::card(record).as_bytes()),
            Exporter::JsContact(items) => items.write(&jscontact::card(record)),
            Exporter::Json(items) => items.write(&json::contact(record)),
            Exporter::NdJson(out) => {
                serde_json::to_writer(&mut *out, &json::contact(record))?;
                out.write_all(b"\n")
            }
        }
    }

    /// Completes the file; without this it is not whole. `withheld`: why and how many records were left out.
    pub fn finish(self, withheld: &[(String, u64)]) -> io::Result<W> {
        let mut out = match self {
            Exporter::Csv(csv) => csv.finish()?,
            Exporter::VCard(out) | Exporter::NdJson(out) => out,
            Exporter::JsContact(items) | Exporter::Json(items) => items.finish(withheld)?,
        };
        out.flush()?;
        Ok(out)
    }
}
