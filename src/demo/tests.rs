//! The story played against a store that only remembers what it was asked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

use super::people::People;
use super::tables::Land;
use super::{Act, COLUMNS, CsvRow, SEED, SeededIds, play, rows, users, write_csv};
use crate::api::{
    Added, Bulk, BulkReport, Deed, Edited, Error, ImportReport, MergeReport, Outcome, Recorded, Request,
    Response, RowOutcome, Undone,
};
use crate::domain::country::Country;
use crate::domain::custom::CustomField;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::{Entity, RecordKind, specs_of};
use crate::domain::field::{Edit as Who, FieldKey};
use crate::domain::forbidden;
use crate::domain::id::ContactId;
use crate::domain::reach::{Email, Phone};
use crate::domain::time::Timestamp;
use crate::domain::user::Role;
use crate::domain::value::{Kind, Value};
use crate::env::Ids;

const TODAY: &str = "2026-11-22T09:30:00Z";
const DAY: i64 = 86_400_000;

fn today() -> Timestamp {
    Timestamp::parse_as_of(TODAY).unwrap()
}

/// Answers as a store would, and keeps the acts.
#[derive(Default)]
struct Told {
    acts: Vec<Act>,
    /// The country of each contact, and whether it is there.
    contacts: HashMap<Uuid, (String, bool)>,
    companies: HashSet<String>,
    company_ids: HashSet<Uuid>,
}

fn text(fields: &[FieldEdit], name: &str) -> String {
    match fields.iter().find(|edit| edit.field == name).map(|edit| &edit.input) {
        Some(Input::Text(text)) => text.clone(),
        Some(Input::Value(value)) => value.to_string(),
        _ => String::new(),
    }
}

impl Told {
    fn of(n: usize) -> Told {
        let ids = SeededIds::new(SEED);
        let mut told = Told::default();
        play(n, today(), &mut |act| told.answer(act, &ids)).unwrap();
        told
    }

    fn answer(&mut self, act: &Act, ids: &SeededIds) -> Result<Response, Error> {
        self.acts.push(act.clone());
        Ok(match &act.request {
            Request::Add(add) => {
                let id = ids.next();
                match add.kind {
                    RecordKind::Contact => self.new_contact(id, &add.fields),
                    RecordKind::Company => {
                        assert!(self.companies.insert(text(&add.fields, "name")), "one company, added twice");
                        self.company_ids.insert(id);
                    }
                    RecordKind::Note => {
                        let about = add.about.unwrap().0;
                        assert!(self.contacts[&about].1, "a note about somebody who is gone");
                    }
                    _ => {}
                }
                Response::Add(Added { id, revision: 1, similar: Vec::new(), warnings: Vec::new() })
            }
            Request::Import(import) => {
                let created = |row: u64, id| RowOutcome {
                    row,
                    outcome: Outcome::Created,
                    id: Some(ContactId(id)),
                    reason: String::new(),
                };
                let mut report = ImportReport::default();
                for row in &import.rows {
                    let id = ids.next();
                    self.companies.insert(text(&row.fields, "company"));
                    self.new_contact(id, &row.fields);
                    report.rows.push(created(row.row, id));
                }
                Response::Import(report)
            }
            Request::Edit(edit) => {
                assert!(self.contacts[&edit.id].1, "an edit of somebody who is gone");
                assert!(!edit.fields.is_empty());
                self.check_employer(&edit.fields);
                Response::Edit(Edited { revision: 2, changed: vec![FieldKey(1)], warnings: Vec::new() })
            }
            Request::Delete(delete) => {
                assert!(std::mem::replace(&mut self.contacts.get_mut(&delete.id).unwrap().1, false));
                Response::Delete(Edited { revision: 2, changed: Vec::new(), warnings: Vec::new() })
            }
            Request::Restore(restore) => {
                assert!(!std::mem::replace(&mut self.contacts.get_mut(&restore.id).unwrap().1, true));
                Response::Restore(Edited { revision: 3, changed: Vec::new(), warnings: Vec::new() })
            }
            Request::Merge(merge) => {
                assert!(self.contacts[&merge.keep.0].1);
                assert!(std::mem::replace(&mut self.contacts.get_mut(&merge.other.0).unwrap().1, false));
                Response::Merge(MergeReport {
                    kept: merge.keep,
                    revision: 3,
                    changes: Vec::new(),
                    differing: Vec::new(),
                    notes_moved: 0,
                    tasks_moved: 0,
                    places_moved: 0,
                    calls: 0,
                    requests: 0,
                    refusals: Vec::new(),
                })
            }
            Request::ConsentRecord(record) => {
                assert!(self.contacts[&record.contact.0].1, "somebody who is gone said something");
                assert!(!record.said.is_empty());
                Response::ConsentRecord(Recorded::default())
            }
            Request::CallListMake(make) => Response::CallListMake(crate::api::work::CallListView {
                id: ids.next(),
                name: make.name.clone(),
                purpose: make.purpose.clone(),
                query: make.query.clone(),
                team: make.team.clone(),
                owner: String::new(),
                created_at: act.at,
                closed_at: None,
                size: 1,
                left_out: Vec::new(),
                states: Vec::new(),
                done_by: Vec::new(),
            }),
            Request::Bulk(_) => Response::Bulk(BulkReport::default()),
            Request::Undo(_) => Response::Undo(Undone { what: String::new(), records: Vec::new() }),
            other => panic!("the story has no {}", other.name()),
        })
    }

    fn new_contact(&mut self, id: Uuid, fields: &[FieldEdit]) {
        self.check_employer(fields);
        assert!(self.contacts.insert(id, (text(fields, "country"), true)).is_none());
    }

    fn check_employer(&self, fields: &[FieldEdit]) {
        let employer = text(fields, "company");
        let there = employer.is_empty()
            || self.companies.contains(&employer)
            || employer.parse().is_ok_and(|id: Uuid| self.company_ids.contains(&id));
        assert!(there, "{employer} is not there yet");
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for act in &self.acts {
            (act.at, act.user, serde_json::to_string(&act.request).unwrap()).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Every edit of every act, with the kind of record it is for.
    fn edits(&self) -> impl Iterator<Item = (RecordKind, &FieldEdit)> {
        self.acts.iter().flat_map(|act| {
            let (kind, fields): (RecordKind, Vec<&FieldEdit>) = match &act.request {
                Request::Add(add) => (add.kind, add.fields.iter().collect()),
                Request::Edit(edit) => (edit.kind, edit.fields.iter().collect()),
                Request::Bulk(Bulk { kind, deed: Deed::Edit(fields), .. }) => {
                    (*kind, fields.iter().collect())
                }
                Request::Import(import) => {
                    (RecordKind::Contact, import.rows.iter().flat_map(|row| &row.fields).collect())
                }
                _ => (RecordKind::Contact, Vec::new()),
            };
            fields.into_iter().map(move |field| (kind, field))
        })
    }
}

#[test]
fn the_same_story_every_time() {
    assert_eq!(Told::of(500).hash(), Told::of(500).hash());
    assert_ne!(Told::of(500).hash(), Told::of(501).hash());
}

#[test]
fn any_number_of_contacts() {
    for n in [0, 1, 2, 19, 20, 60, 300, 320] {
        assert_eq!(Told::of(n).contacts.len(), n);
    }
}

#[test]
fn two_years_with_everything_in_them() {
    let told = Told::of(3_000);
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut months = HashSet::new();
    let mut actors = HashSet::new();
    let mut last = Timestamp::from_millis(i64::MIN);
    for act in &told.acts {
        *names.entry(act.request.name()).or_default() += 1;
        assert!(act.at >= last && act.at <= today());
        last = act.at;
        months.insert((today().millis() - act.at.millis()) / (30 * DAY));
        actors.insert(act.user);
    }
    assert_eq!(told.contacts.len(), 3_000);
    let undos = names["Undo"];
    assert_eq!(names["Edit"], 1_000 + undos);
    assert!(undos >= 2 && names["Merge"] >= 1 && names["Bulk"] >= 1, "{names:?}");
    assert!(names["Delete"] > names["Restore"] && names["Restore"] >= 3, "{names:?}");
    assert!((0..24).all(|month| months.contains(&month)), "{months:?}");
    assert!(today().millis() - last.millis() < DAY, "nothing happened today");
    // Everybody works but the data protection officer, who looks.
    let workers: HashSet<usize> =
        users().iter().enumerate().filter(|(_, user)| user.role != Role::Dpo).map(|(at, _)| at).collect();
    assert_eq!(actors, workers);
    assert_eq!(
        names.keys().copied().collect::<Vec<_>>(),
        [
            "Add",
            "Bulk",
            "CallListMake",
            "ConsentRecord",
            "Delete",
            "Edit",
            "Import",
            "Merge",
            "Restore",
            "Undo"
        ]
    );
}

#[test]
fn people_stay_with_the_team_of_their_country() {
    let told = Told::of(400);
    for act in &told.acts {
        if let Request::Add(add) = &act.request
            && add.kind == RecordKind::Contact
        {
            let team = text(&add.fields, "team");
            let owner = text(&add.fields, "owner");
            let owner = users().into_iter().find(|user| user.name == owner).unwrap();
            assert_eq!(owner.team, team);
            assert_eq!(users()[act.user].team, team);
        }
    }
}

#[test]
fn every_value_passes_the_rules_of_its_field() {
    let told = Told::of(2_000);
    let customs = super::request::custom_fields();
    let mut bases = HashSet::new();
    for (kind, edit) in told.edits() {
        if let Some(name) = edit.field.strip_prefix("custom.") {
            assert!(customs.iter().any(|field| text(field, "name") == name), "{name}");
            continue;
        }
        let spec = specs_of(kind).iter().find(|spec| spec.name == edit.field).unwrap();
        assert_eq!(spec.edit, Who::Free);
        match &edit.input {
            // Companies and users go by name; the service looks them up.
            Input::Text(_) if matches!(spec.kind, Kind::Company | Kind::User) => {}
            input => {
                let value = input.clone().resolve(spec.kind, None, None);
                let value = value.unwrap_or_else(|error| panic!("{}: {error}", spec.name));
                if spec.kind == Kind::Basis {
                    bases.insert(value.unwrap().to_string());
                } else if let Some(Value::Text(text)) = value
                    && spec.kind != Kind::LongText
                {
                    assert!(text.len() < 200);
                }
            }
        }
    }
    assert_eq!(
        bases,
        ["consent", "contract", "legal_obligation", "legitimate_interests"].map(String::from).into()
    );
}

#[test]
fn nothing_forbidden_is_said() {
    let told = Told::of(2_000);
    for (kind, edit) in told.edits() {
        let (Input::Text(said), false) = (&edit.input, edit.field == "company") else { continue };
        let names = matches!(edit.field.as_str(), "given_name" | "family_name" | "middle_name");
        if !names {
            assert_eq!(forbidden::in_text(said), [], "{kind} {}: {said}", edit.field);
        }
    }
    for tongue in [Land::De, Land::Nl, Land::Fr, Land::Gb].map(|land| land.tongue(0)) {
        for kind in ["call", "email", "meeting", "note"] {
            for note in tongue.words().get(&format!("note.{kind}")) {
                assert_eq!(forbidden::in_text(note), [], "{note}");
            }
        }
    }
    for field in super::request::custom_fields() {
        for name in ["name", "label"] {
            assert_eq!(forbidden::by_name(&text(&field, name)), None);
        }
        let mut custom = CustomField::default();
        for edit in &field {
            let spec = CustomField::spec(&edit.field).unwrap();
            custom.set(spec.key, edit.input.clone().resolve(spec.kind, None, None).unwrap()).unwrap();
        }
        assert!(custom.kind.0.is_some() && custom.on.0.is_some() && custom.category.0.is_some());
        assert!(!custom.purpose.is_empty() && !custom.justification.is_empty());
    }
}

#[test]
fn countries_are_shared_out() {
    let told = Told::of(5_000);
    for land in Land::ALL {
        let count = told.contacts.values().filter(|(country, _)| country == land.code()).count() as u64;
        assert!(count.abs_diff(50 * land.share()) < 120, "{land:?}: {count}");
    }
}

#[test]
fn rows_parse_and_mails_come_once() {
    let mut emails = HashSet::new();
    let mut scripts = 0;
    for (at, CsvRow(cells)) in rows(3, 5_000).enumerate() {
        let cell = |name: &str| &cells[COLUMNS.iter().position(|column| *column == name).unwrap()];
        let country: Country = cell("country").parse().unwrap();
        for name in ["phone", "mobile"] {
            if at < 2_000 && !cell(name).is_empty() {
                Phone::parse(cell(name), Some(country)).unwrap();
            }
        }
        let email = Email::parse(cell("email")).unwrap();
        let domain = email.as_str().rsplit('@').next().unwrap();
        assert!(domain.ends_with(".example") || domain.starts_with("example."), "{email}");
        assert!(email.as_str().is_ascii() && emails.insert(email.folded()), "{email}");
        Kind::Links.parse(cell("website"), None).unwrap();
        Kind::Tags.parse(cell("tags"), None).unwrap();
        for name in ["first_name", "last_name", "company", "title", "street", "zip", "city"] {
            assert!(!cell(name).is_empty(), "{name} {at}");
        }
        scripts += usize::from(cell("first_name").chars().any(|c| u32::from(c) > 0x0370));
        assert_eq!(forbidden::in_text(cell("notes")), []);
    }
    assert!(scripts >= 12, "{scripts}");
    assert!(COLUMNS.iter().all(|column| forbidden::by_name(column).is_none()));
}

#[test]
fn the_names_that_strain_a_screen_are_early() {
    let mut people = People::new(SEED, 300);
    let names: Vec<String> =
        (0..300).map(|_| people.person()).map(|p| format!("{} {}", p.given, p.family)).collect();
    let has = |test: &dyn Fn(&str) -> bool| names.iter().any(|name| test(name));
    assert!(has(&|name| name.contains('\u{200c}')), "zero-width");
    assert!(has(&|name| name.chars().any(|c| ('א'..='ת').contains(&c))), "Hebrew");
    assert!(has(&|name| name.chars().any(|c| ('\u{0620}'..='\u{064a}').contains(&c))), "Arabic");
    assert!(has(&|name| name.contains('青')), "wide");
    assert!(has(&|name| name.len() > 80), "long");
    assert!(names.iter().all(|name| !name.chars().any(char::is_control)));
}

#[test]
fn names_do_not_repeat_by_chance() {
    let mut people = People::new(SEED, 20_000);
    let mut seen = HashSet::new();
    let repeated = (0..20_000)
        .map(|_| people.person())
        .filter(|person| !seen.insert(format!("{} {}", person.given, person.family)))
        .count();
    assert!(repeated < 20, "{repeated}");
}

#[test]
fn a_file_can_be_read_again() {
    let mut file = Vec::new();
    write_csv(&mut file, 200, 9).unwrap();
    let mut again = Vec::new();
    write_csv(&mut again, 200, 9).unwrap();
    assert_eq!(file, again);
    let mut reader = csv::Reader::from_reader(file.as_slice());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    let read: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect();
    assert_eq!(read, rows(9, 200).map(|row| row.0.to_vec()).collect::<Vec<_>>());
    assert!(read.iter().any(|row| row[13].contains('\n')), "no note has lines");
}

#[test]
fn the_users_fit_their_fields() {
    let all = users();
    assert_eq!(all[0].role, Role::Owner);
    assert_eq!(all.iter().map(|user| user.name).collect::<HashSet<_>>().len(), all.len());
    assert_eq!(all.iter().map(|user| user.team).collect::<HashSet<_>>().len(), 2);
    for user in all {
        assert!(Kind::Language.parse(user.language, None).unwrap().is_some());
    }
}

/// A clock that stands.
struct At(Timestamp);

impl crate::env::Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

/// Who acts, and what the rules allow, depends on the day it is told; it must be a story on all of them.
#[test]
fn the_story_is_allowed_on_any_day_by_the_rules_that_hold() {
    let days: u64 = std::env::var("CALLBOOK_DEMO_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(6);
    for day in 0..days {
        let now = Timestamp::from_millis(today().millis() + day as i64 * (DAY + 3_723_000));
        let env = crate::env::Env { clock: std::sync::Arc::new(At(now)), ..crate::env::Env::system() };
        let contacts = [200, 60, 20][day as usize % 3];
        let told = super::start(contacts, &env);
        assert!(told.is_ok(), "{contacts} people on {now}: {:?}", told.err());
    }
}
