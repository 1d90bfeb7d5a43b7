//! The files of an answer that programs read.

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::PackError;
use super::words::{Words, calm};
use crate::domain::contact::ContactField;
use crate::domain::disclosure::redact::Redacted;
use crate::domain::disclosure::{Changed, Disclosure, Held, HeldField, Person, Told, Trace};
use crate::domain::entity::{Entity, Fields, RecordKind, specs_of};
use crate::domain::text::is_invisible;
use crate::domain::value::Value;
use crate::interchange::export::{ExportCell, ExportField, ExportRecord, jscontact, json::value_json, vcard};
use crate::interchange::{dpv, notation};

/// JSON for a file: whatever would act on a terminal or hide in an editor is escaped.
pub(super) fn pretty(json: &Json) -> Result<Vec<u8>, PackError> {
    let text = serde_json::to_string_pretty(json)?;
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && (c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}')) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    Ok(out.into_bytes())
}

fn told(told: &Told) -> Json {
    match &told.value {
        Some(value) => value_json(value, &told.text),
        None => json!({ "role": told.text }),
    }
}

/// A field with its origin (R34).
fn field(field: &HeldField) -> Json {
    json!({
        "value": told(&field.told),
        "category": field.category,
        "since": field.since.to_string(),
        "entered_by": field.by,
    })
}

fn record(held: &Held) -> Json {
    let mut out = Map::new();
    out.insert("kind".to_owned(), json!(held.kind.word()));
    out.insert("id".to_owned(), json!(held.id));
    out.insert("revision".to_owned(), json!(held.revision));
    out.insert("created_at".to_owned(), json!(held.created_at.to_string()));
    out.insert("updated_at".to_owned(), json!(held.updated_at.to_string()));
    if held.deleted {
        out.insert("deleted".to_owned(), json!(true));
    }
    if held.secret {
        out.insert("secret_left_out".to_owned(), json!(true));
    }
    let fields: Map<String, Json> = held.fields.iter().map(|one| (one.name.clone(), field(one))).collect();
    out.insert("fields".to_owned(), Json::Object(fields));
    Json::Object(out)
}

/// Fields of a record that is about nobody, by name.
fn plain(kind: RecordKind, fields: &Fields, without: &[&str]) -> Json {
    let named = specs_of(kind).iter().filter(|spec| !without.contains(&spec.name)).filter_map(|spec| {
        let value = fields.get(&spec.key)?;
        Some((spec.name.to_owned(), value_json(value, &value.to_string())))
    });
    Json::Object(named.collect())
}

fn trace(trace: &Trace) -> Json {
    match trace {
        Trace::Suppressed { class, hit } => json!({
            "found": "suppression", "of": class, "scope": hit.scope, "reason": hit.reason, "since": hit.since.to_string(),
        }),
        Trace::Screened { check } => json!({
            "found": "do_not_call_list", "list": check.list, "country": check.country, "dated": check.dated, "listed": check.listed,
        }),
        Trace::Proof { fields } => {
            json!({ "found": "kept_proof", "fields": plain(RecordKind::KeptProof, fields, &["marks"]) })
        }
        Trace::Certificate { fields } => {
            json!({ "found": "certificate", "fields": plain(RecordKind::Certificate, fields, &["decided_by", "copies"]) })
        }
    }
}

/// Everything, for programs.
pub(super) fn answer(disclosure: &Disclosure, redacted: &[Redacted]) -> Result<Json, PackError> {
    let Disclosure {
        made_at,
        store: _,
        controller,
        case,
        asked,
        person,
        traces,
        purposes,
        recipients,
        rules,
        warnings: _,
    } = disclosure;
    let mut out = Map::new();
    let mut put = |name: &str, value: Json| {
        out.insert(name.to_owned(), value);
    };
    put("format", json!("callbook-answer"));
    put("version", json!(1));
    put("made_at", json!(made_at.to_string()));
    put("controller", json!(controller));
    if let Some(case) = case {
        put("case", json!(case));
    }
    put("held", json!(person.is_some()));
    if !asked.name.is_empty() || !asked.identifiers.is_empty() {
        let identifiers: Vec<Json> =
            asked.identifiers.iter().map(|(class, text)| json!({ "kind": class, "value": text })).collect();
        put("searched_for", json!({ "name": asked.name, "identifiers": identifiers }));
    }
    if let Some(person) = person {
        put(
            "person",
            json!({ "id": person.id, "name": person.name, "language": person.language, "country": person.country }),
        );
        put("records", Json::Array(person.records.iter().map(record).collect()));
        let history: Vec<Json> = person
            .history
            .iter()
            .map(|entry| {
                let change = |change: &Changed| {
                    let side = |one: &Option<Told>| one.as_ref().map_or(Json::Null, told);
                    json!({ "field": change.name, "before": side(&change.old), "after": side(&change.new) })
                };
                json!({
                    "at": entry.at.to_string(), "by": entry.by, "action": entry.action, "kind": entry.kind.word(),
                    "record": entry.record, "revision": entry.revision,
                    "changes": entry.changes.iter().map(change).collect::<Vec<_>>(),
                })
            })
            .collect();
        put("history", Json::Array(history));
        let looks = person.looks.iter().map(|look| {
            let mut one = json!({ "at": look.at.to_string(), "by": look.by, "how": look.kind });
            if let Some(object) = one.as_object_mut() {
                if !look.purpose.is_empty() {
                    object.insert("purpose".to_owned(), json!(look.purpose));
                }
                if let Some(as_of) = look.as_of {
                    object.insert("as_of".to_owned(), json!(as_of.to_string()));
                }
            }
            one
        });
        put("consulted", Json::Array(looks.collect()));
        put("consulted_kept_months", json!(person.looks_kept));
        let handed = person.handed.iter().map(|one| {
            json!({
                "at": one.at.to_string(), "purpose": one.purpose, "channel": one.channel,
                "recipient": one.recipient, "fields": one.fields,
            })
        });
        put("handed_out", Json::Array(handed.collect()));
        let unsaved = person
            .unsaved
            .iter()
            .map(|one| json!({ "at": one.at.to_string(), "by": one.by, "kind": one.kind.word() }));
        put("begun_and_not_saved", Json::Array(unsaved.collect()));
        put("texts_shown", json!(person.shown));
        let left_out = redacted.iter().map(|one| {
            json!({
                "kind": one.kind.word(), "record": one.record, "field": one.name, "what": one.found, "why": one.why,
                "reason": one.reason, "times": one.times,
            })
        });
        put("left_out", Json::Array(left_out.collect()));
    }
    put("traces", Json::Array(traces.iter().map(trace).collect()));
    let purposes = purposes.iter().map(|told| {
        let standings = told.standings.iter().map(|(channel, standing)| {
            json!({
                "channel": channel, "state": standing.state, "since": standing.since.to_string(),
                "until": standing.until.map(|until| until.to_string()), "basis": standing.basis,
            })
        });
        let standings: Vec<Json> = standings.collect();
        json!({ "version": told.revision, "fields": plain(RecordKind::Purpose, &told.fields, &[]), "holds": standings })
    });
    put("purposes", Json::Array(purposes.collect()));
    let all = |kind: RecordKind, records: &[Fields], without: &[&str]| -> Json {
        Json::Array(records.iter().map(|fields| plain(kind, fields, without)).collect())
    };
    put(
        "recipients",
        all(
            RecordKind::Recipient,
            recipients,
            &["agreement", "agreed_on", "checklist", "contact", "retired"],
        ),
    );
    put("retention_rules", all(RecordKind::RetentionRule, rules, &["retired"]));
    put("automated_decisions", json!("none"));
    put(
        "rights",
        json!([
            "access",
            "rectification",
            "erasure",
            "restriction",
            "portability",
            "objection",
            "withdrawal",
            "complaint"
        ]),
    );
    Ok(Json::Object(out))
}

/// The person's own record as exporters take it, with those fields that are chosen. Who answers for the person stays out:
/// employees are not named.
pub(super) struct Card<'p> {
    held: &'p Held,
    name: &'p str,
    fields: Vec<(ExportField<'p>, ExportCell<'p>)>,
    notes: Vec<&'p str>,
}

impl<'p> Card<'p> {
    pub fn new(person: &'p Person, notes: bool, wanted: impl Fn(&HeldField) -> bool) -> Option<Card<'p>> {
        let held = person.records.iter().find(|held| held.id == person.id)?;
        let fields = held.fields.iter().filter(|one| one.told.value.is_some() && wanted(one)).map(|one| {
            let spec = ContactField::of(one.key).map(ContactField::spec);
            let field = ExportField { name: &one.name, label: &one.label, spec };
            (field, ExportCell { value: one.told.value.as_ref(), text: &one.told.text })
        });
        let text = crate::domain::contact::NoteField::text.key();
        let notes =
            person.records.iter().filter(|held| notes && held.kind == RecordKind::Note && !held.deleted);
        Some(Card {
            held,
            name: &person.name,
            fields: fields.collect(),
            notes: notes.map(|held| held.text(text)).collect(),
        })
    }

    fn record(&self) -> ExportRecord<'_> {
        ExportRecord {
            id: self.held.id,
            revision: self.held.revision,
            created_at: self.held.created_at,
            updated_at: self.held.updated_at,
            display_name: self.name,
            fields: &self.fields,
            notes: &self.notes,
        }
    }

    pub fn jscontact(&self) -> Json {
        jscontact::card(&self.record())
    }

    pub fn vcard(&self) -> Vec<u8> {
        let text = vcard::card(&self.record());
        text.chars()
            .filter(|c| !c.is_control() || matches!(c, '\r' | '\n' | '\t'))
            .collect::<String>()
            .into_bytes()
    }
}

/// What the person said about the use of the data, as one graph.
pub(super) fn consents(person: &Person) -> Result<Json, PackError> {
    let mut graph = Vec::new();
    let mut context = dpv::context();
    for one in &person.receipts {
        let mut receipt = dpv::receipt(one)?;
        if let Some(object) = receipt.as_object_mut()
            && let Some(own) = object.shift_remove("@context")
        {
            context = own;
        }
        graph.push(receipt);
    }
    Ok(json!({ "@context": context, "@graph": graph }))
}

/// A table as RFC 4180 has it, which no spreadsheet runs and nothing in acts on a terminal.
pub(super) fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, PackError> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(head)?;
    for row in rows {
        for cell in row {
            out.write_field(notation::neutralise(&calm(&cell)).as_bytes())?;
        }
        out.write_record(None::<&[u8]>)?;
    }
    out.into_inner().map_err(|error| PackError::Failed(error.to_string()))
}

/// The changes, one row for each field.
pub(super) fn history(person: &Person, words: Words) -> Result<Vec<u8>, PackError> {
    let mut rows = Vec::new();
    for entry in &person.history {
        let begin = |field: &str| {
            let words =
                [entry.at.to_string(), words.role(&entry.by), words.get(&format!("action.{}", entry.action))];
            let place = [
                entry.kind.word().to_owned(),
                entry.record.to_string(),
                entry.revision.to_string(),
                field.to_owned(),
            ];
            words.into_iter().chain(place).collect::<Vec<_>>()
        };
        for change in &entry.changes {
            let side = |one: &Option<Told>| one.as_ref().map(|one| words.told(one)).unwrap_or_default();
            let mut row = begin(&change.name);
            row.extend([side(&change.old), side(&change.new)]);
            rows.push(row);
        }
        if entry.changes.is_empty() {
            let mut row = begin("");
            row.extend([String::new(), String::new()]);
            rows.push(row);
        }
    }
    table(&["at", "by", "action", "kind", "record", "revision", "field", "before", "after"], rows.into_iter())
}

/// Who consulted the data, one row for each look.
pub(super) fn access(person: &Person, words: Words) -> Result<Vec<u8>, PackError> {
    let rows = person.looks.iter().map(|look| {
        let as_of = look.as_of.map(|at| at.to_string()).unwrap_or_default();
        vec![
            look.at.to_string(),
            words.role(&look.by),
            words.get(&format!("read.{}", look.kind)),
            look.purpose.clone(),
            as_of,
        ]
    });
    table(&["at", "by", "how", "purpose", "as_of"], rows)
}

/// The text of a field of a record that is about nobody.
pub(super) fn text_of<T: Entity>(fields: &Fields, name: &str) -> String {
    let value = T::spec(name).and_then(|spec| fields.get(&spec.key));
    value.map(ToString::to_string).unwrap_or_default()
}

/// The same as it is told.
pub(super) fn told_of<T: Entity>(fields: &Fields, name: &str) -> Option<Told> {
    let value: Value = fields.get(&T::spec(name)?.key)?.clone();
    let text = value.to_string();
    Some(Told { value: Some(value), text })
}

/// The identifier of something in a file.
pub(super) fn urn(id: Uuid) -> String {
    format!("urn:uuid:{id}")
}
