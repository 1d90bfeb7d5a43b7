//! Proposing which words of an answer tell of third persons, by what memory knows of the others.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use uuid::Uuid;

use crate::domain::contact::ContactField;
use crate::domain::disclosure::redact::{Act, Found, Mark, Why, texts};
use crate::domain::disclosure::{Disclosure, Person, scan};
use crate::domain::entity::RecordKind;
use crate::domain::fold;
use crate::domain::value::Value;
use crate::service::world::World;

/// The others in a store, seen from one person.
struct Others<'w> {
    world: &'w World,
    own: Vec<Uuid>,
    employees: OnceLock<BTreeSet<String>>,
}

impl Others<'_> {
    fn has_another(&self, ids: &[Uuid]) -> bool {
        ids.iter().any(|id| !self.own.contains(id))
    }
}

impl scan::Others for Others<'_> {
    fn person(&self, folded: &str) -> bool {
        self.has_another(&self.world.contacts.by_name(folded))
    }

    fn employee(&self, folded: &str) -> bool {
        let employees = self.employees.get_or_init(|| {
            let users = self.world.users.values();
            // A login of one word is a word like any other.
            users.map(|user| fold::fold(&user.full_name)).filter(|name| name.contains(' ')).collect()
        });
        employees.contains(folded)
    }

    fn phone(&self, e164: &str) -> bool {
        self.has_another(&self.world.contacts.by_phone(e164))
    }
}

/// What is the person's own, in the records that are the person, and what is the controller's.
fn own_of(world: &World, person: &Person) -> scan::Own {
    let mut own = scan::Own { country: person.country.or(world.settings.country), ..scan::Own::default() };
    let names = [
        ContactField::name_prefix,
        ContactField::given_name,
        ContactField::middle_name,
        ContactField::family_name,
        ContactField::name_suffix,
    ];
    let mut take = |value: &Value| match value {
        Value::Phones(items) => own.phones.extend(items.iter().map(|item| item.value.e164().to_owned())),
        Value::Emails(items) => own.emails.extend(items.iter().map(|item| item.value.folded())),
        _ => {}
    };
    let is_own = |kind: RecordKind| kind == RecordKind::Contact;
    let mut called = Vec::new();
    for held in person.records.iter().filter(|held| is_own(held.kind)) {
        held.fields.iter().filter_map(|field| field.told.value.as_ref()).for_each(&mut take);
        called.extend(names.iter().map(|name| held.text(name.key())));
    }
    // Former names, numbers and addresses of the person are the person's too.
    for change in person.history.iter().filter(|entry| is_own(entry.kind)).flat_map(|entry| &entry.changes) {
        let former = change.old.iter().chain(&change.new);
        if names.iter().any(|name| name.key() == change.key) {
            called.extend(former.clone().map(|told| told.text.as_str()));
        }
        former.filter_map(|told| told.value.as_ref()).for_each(&mut take);
    }
    called.into_iter().for_each(|name| own.name(name));
    let settings = &world.settings;
    for text in [&settings.contact, &settings.dpo_contact] {
        let words = text.split([' ', ',', ';', '<', '>', '\n']).filter(|word| word.contains('@'));
        own.emails.extend(words.map(fold::email));
    }
    own
}

/// Puts what is found on the answer.
pub(super) fn mark(world: &World, disclosure: &mut Disclosure) {
    let Some(person) = &mut disclosure.person else { return };
    let own = own_of(world, person);
    let same = person.records.iter().filter(|held| held.kind == RecordKind::Contact).map(|held| held.id);
    let others = Others { world, own: same.collect(), employees: OnceLock::new() };
    let (mut marks, mut looked): (Vec<Mark>, usize) = (Vec::new(), 0);
    let mut seen = BTreeSet::new();
    let mut unread = 0_u64;
    for free in texts(person) {
        // Most of the history says what the record still says.
        if !seen.insert((free.record, free.field, free.text)) {
            continue;
        }
        looked = looked.saturating_add(free.text.len());
        let mut put = |text: &str, found: Found, why: Why| {
            let there = |one: &Mark| one.record == free.record && one.field == free.field && one.text == text;
            if !marks.iter().any(there) {
                let (kind, record, field, name) = (free.kind, free.record, free.field, free.name.to_owned());
                let (act, reason) = (Act::Redact, String::new());
                marks.push(Mark {
                    kind,
                    record,
                    field,
                    name,
                    text: text.to_owned(),
                    found,
                    why,
                    act,
                    reason,
                });
            }
        };
        if looked > scan::MOST {
            unread += 1;
            put(free.text, Found::Text, Why::NotReviewed);
            continue;
        }
        for (range, found, why) in scan::others(free.text, &own, &others) {
            put(free.text.get(range).unwrap_or_default(), found, why);
        }
    }
    if unread > 0 {
        disclosure.warnings.push(format!(
            "{unread} texts are more than is looked through for other persons: they are left out whole, unless a review keeps them (--review FILE)"
        ));
    }
    person.marks = marks;
}
