//! What stands in the letter, section by section.

use super::data::{text_of, told_of};
use super::letter::{Page, Quote, Section, Table};
use super::words::Words;
use crate::domain::consent::ConsentKind;
use crate::domain::consent::{ConsentField, Standing};
use crate::domain::contact::ContactField;
use crate::domain::disclosure::redact::Redacted;
use crate::domain::disclosure::{Disclosure, Held, Person, PurposeTold, Told, Trace};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::erasure::{Certificate, KeptProof};
use crate::domain::purpose::Purpose;
use crate::domain::recipient::Recipient;
use crate::domain::retention::RetentionRule;
use crate::domain::value::{Day, Value};

/// The heads of a table.
fn heads(words: Words, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| words.get(&format!("h.{key}"))).collect()
}

fn section(words: Words, id: &'static str) -> Section {
    Section { id, title: words.get(&format!("s.{id}")), ..Section::default() }
}

fn intro(words: Words, id: &'static str) -> Section {
    Section { paragraphs: vec![words.get(&format!("s.{id}.intro"))], ..section(words, id) }
}

/// The parts that every letter has: from whom, to whom, about what.
fn page(disclosure: &Disclosure, words: Words, subject: &str) -> Page {
    let controller = &disclosure.controller;
    let name = match &disclosure.person {
        Some(person) => person.name.clone(),
        None => disclosure.asked.name.clone(),
    };
    let lines = [&controller.address, &controller.contact];
    let mut references = vec![(words.get("ref.date"), words.day(Day(disclosure.made_at.date())))];
    if let Some(case) = &disclosure.case {
        references
            .push((words.get("ref.case"), words.with("ref.case_value", "number", &case.number.to_string())));
        if let Some(received) = case.received {
            references.push((words.get("ref.received"), words.day(received)));
        }
        if case.identified {
            references.push((words.get("ref.identity"), words.get("ref.identity_yes")));
        }
    }
    Page {
        lang: words.tongue().word().to_owned(),
        subject: words.get(&format!("subject.{subject}")),
        sender: controller.name.clone(),
        sender_lines: lines.into_iter().flat_map(|text| text.lines()).map(str::to_owned).collect(),
        to: address_of(disclosure, &name),
        references,
        greeting: match name.as_str() {
            "" => words.get("letter.greeting_nobody"),
            name => words.with("letter.greeting", "name", name),
        },
        opening: Vec::new(),
        contents: words.get("letter.page"),
        sections: Vec::new(),
        closing: words.get("letter.closing"),
        made: words.get("letter.made"),
    }
}

/// The name, and the postal address where there is one.
fn address_of(disclosure: &Disclosure, name: &str) -> Vec<String> {
    let mut lines: Vec<String> = if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
    let own = disclosure.person.as_ref().and_then(|person| person.records.first());
    if let Some(Value::Addresses(items)) = own.and_then(|own| own.value(ContactField::addresses.key()))
        && let Some(first) = items.first()
    {
        let address = &first.value;
        let city = [address.postal_code.as_str(), address.city.as_str()];
        let city = crate::domain::contact::join_words(city.into_iter());
        let all = [address.street.clone(), city, address.region.clone(), address.country.clone()];
        lines.extend(all.into_iter().filter(|line| !line.is_empty()));
    }
    lines
}

/// The letter of an access answer.
pub(super) fn access(disclosure: &Disclosure, redacted: &[Redacted], words: Words, files: &[&str]) -> Page {
    let mut page = page(disclosure, words, "access");
    page.opening.push(words.get("letter.thanks"));
    match &disclosure.person {
        Some(person) => {
            page.opening.push(words.get("letter.confirm"));
            page.sections = held(disclosure, person, redacted, words);
        }
        None => {
            page.opening.push(words.get("letter.nobody"));
            let found =
                if disclosure.traces.iter().any(is_found) { "letter.traces" } else { "letter.nothing" };
            page.opening.extend([words.get(found), words.get("letter.ask")]);
            page.sections.push(asked(disclosure, words));
            page.sections.extend(traces(disclosure, words));
        }
    }
    let mut automated = section(words, "automated");
    automated.paragraphs.push(words.get("s.automated.none"));
    page.sections.extend([automated, rights(disclosure, words), enclosed(words, files)]);
    page.sections.retain(|section| !section.is_empty());
    page
}

/// The letter of a portability answer.
pub(super) fn portability(disclosure: &Disclosure, words: Words, files: &[&str]) -> Page {
    let mut page = page(disclosure, words, "portability");
    page.opening.push(words.get("letter.portability"));
    page.sections = vec![rights(disclosure, words), enclosed(words, files)];
    page
}

fn held(disclosure: &Disclosure, person: &Person, redacted: &[Redacted], words: Words) -> Vec<Section> {
    let mut sections = vec![
        own(person, words),
        source(person, words),
        purposes(&disclosure.purposes, words),
        recipients(disclosure, person, words),
        retention(disclosure, person, words),
        consents(person, words),
    ];
    let about = [
        ("notes", RecordKind::Note),
        ("calls", RecordKind::Call),
        ("call_entries", RecordKind::CallEntry),
        ("tasks", RecordKind::Task),
        ("requests", RecordKind::Request),
    ];
    for (id, kind) in about {
        let records = person.records.iter().filter(|held| held.kind == kind);
        let tables = records.map(|held| facts(held, words)).collect();
        sections.push(Section { tables, ..section(words, id) });
    }
    sections.push(other(person, words));
    sections.extend(traces(disclosure, words));
    sections.push(looks(person, words));
    sections.push(history(person, words));
    let quote = |shown: &crate::domain::disclosure::Shown| Quote {
        title: format!("{}: {}", words.word(shown.kind.word()), shown.title),
        lang: shown.language.clone(),
        text: shown.text.clone(),
    };
    sections.push(Section { quotes: person.shown.iter().map(quote).collect(), ..section(words, "shown") });
    sections.push(left_out(redacted, words));
    sections
}

/// A record's caption: what it is, and of when.
fn caption(held: &Held, words: Words) -> String {
    let mut caption =
        format!("{}, {}", words.get(&format!("kind.{}", held.kind)), words.time(held.created_at));
    if held.deleted {
        caption.push_str(&format!(" ({})", words.get("h.deleted")));
    }
    caption
}

/// A record, one field a line.
fn facts(held: &Held, words: Words) -> Table {
    let mut table = Table::new(caption(held, words), &[]);
    for field in &held.fields {
        table.fact(words.field(&field.name, &field.label), words.told(&field.told));
    }
    if held.secret {
        table.fact(words.field("token", "Code"), words.get("s.data.secret"));
    }
    table
}

fn own(person: &Person, words: Words) -> Section {
    let mut section = intro(words, "data");
    for held in person.records.iter().filter(|held| held.kind == RecordKind::Contact) {
        let caption = if held.id == person.id { String::new() } else { words.get("s.data.duplicate") };
        let mut table = Table::new(caption, &heads(words, &["what", "content", "since", "by"]));
        for field in &held.fields {
            table.rows.push(vec![
                words.field(&field.name, &field.label),
                words.told(&field.told),
                words.time(field.since),
                words.role(&field.by),
            ]);
        }
        section.tables.push(table);
        if held.id == person.id && held.deleted {
            section.after.push(words.get("s.data.deleted"));
        }
    }
    section
}

fn source(person: &Person, words: Words) -> Section {
    let mut section = intro(words, "source");
    for held in person.records.iter().filter(|held| held.kind == RecordKind::Contact) {
        let mut table = Table::new("", &[]);
        let fields = [
            ContactField::source,
            ContactField::supplier,
            ContactField::obtained_on,
            ContactField::basis,
            ContactField::reason,
        ];
        for key in fields {
            if let Some(field) = held.get(key.key()) {
                table.fact(words.field(&field.name, &field.label), words.told(&field.told));
            }
        }
        section.tables.push(table);
    }
    section
}

fn standing(standing: &Standing, words: Words) -> String {
    let mut text = words.word(standing.state.word());
    if let Some(basis) = standing.basis {
        text.push_str(&format!(", {}", words.word(basis.word())));
    }
    text.push_str(&format!(", {}", words.with("h.from", "day", &words.day(Day(standing.since.date())))));
    if let Some(until) = standing.until {
        text.push_str(&format!(", {}", words.with("h.until", "day", &words.day(Day(until.date())))));
    }
    text
}

fn purposes(all: &[PurposeTold], words: Words) -> Section {
    let mut section = section(words, "purposes");
    for told in all {
        let purpose = Purpose::of_fields(&told.fields).unwrap_or_default();
        let language = words.tongue().word().parse();
        let (title, description) = match &language {
            Ok(language) => (purpose.title_in(language), purpose.description_in(language)),
            Err(_) => (purpose.title.as_str(), purpose.description.as_str()),
        };
        let mut table = Table::new(title, &[]);
        let told_field = |name: &str| {
            told_of::<Purpose>(&told.fields, name).map(|one| words.told(&one)).unwrap_or_default()
        };
        table.fact(words.get("f.description"), description.to_owned());
        table.fact(words.get("h.basis"), words.word(purpose.ground().word()));
        for (channel, holds) in &told.standings {
            let label = format!("{}: {}", words.get("h.standing"), words.word(channel.word()));
            table.fact(label, standing(holds, words));
        }
        table.fact(words.get("f.categories"), told_field("categories"));
        table.fact(words.get("h.kept"), words.period(&purpose.retention));
        let clock = purpose.clock.0.map_or("collection", |clock| clock.word());
        table.fact(words.get("h.counted"), words.word(clock));
        table.fact(words.get("h.then"), words.word(purpose.at_end.0.map_or("delete", |end| end.word())));
        table.fact(words.get("f.recipients"), purpose.recipients.0.join(", "));
        table.fact(words.get("f.countries"), purpose.countries.0.join(", "));
        table.fact(words.get("f.safeguards"), purpose.safeguards.clone());
        section.tables.push(table);
    }
    if all.is_empty() {
        section.paragraphs.push(words.get("s.purposes.none"));
    }
    section
}

/// A recipient as it is told: by its full name.
fn recipient_name(disclosure: &Disclosure, name: &str, words: Words) -> String {
    if name.is_empty() {
        return words.get("h.controller_itself");
    }
    let known = disclosure.recipients.iter().find(|fields| text_of::<Recipient>(fields, "name") == name);
    match known.map(|fields| text_of::<Recipient>(fields, "title")) {
        Some(title) if !title.is_empty() => title,
        Some(_) | None => name.to_owned(),
    }
}

fn recipients(disclosure: &Disclosure, person: &Person, words: Words) -> Section {
    let mut section = intro(words, "recipients");
    let mut table = Table::new("", &heads(words, &["recipient", "role", "country", "safeguard"]));
    for fields in &disclosure.recipients {
        let told =
            |name: &str| told_of::<Recipient>(fields, name).map(|one| words.told(&one)).unwrap_or_default();
        table.rows.push(vec![told("title"), told("role"), told("country"), told("safeguard")]);
    }
    if table.rows.is_empty() && person.handed.iter().all(|one| one.recipient.is_empty()) {
        section.paragraphs.push(words.get("s.recipients.none"));
    }
    let mut handed = Table::new(
        words.get("s.handed"),
        &heads(words, &["when", "what_for", "channel", "recipient", "data"]),
    );
    for one in &person.handed {
        let fields: Vec<String> = one.fields.iter().map(|name| words.field(name, name)).collect();
        handed.rows.push(vec![
            words.time(one.at),
            purpose_title(disclosure, &one.purpose, words),
            words.word(&one.channel),
            recipient_name(disclosure, &one.recipient, words),
            fields.join(", "),
        ]);
    }
    section.tables.extend([table, handed]);
    section
}

/// A purpose as people are told it; its word, where it is not among those of the answer.
fn purpose_title(disclosure: &Disclosure, name: &str, words: Words) -> String {
    let found = disclosure.purposes.iter().find(|told| text_of::<Purpose>(&told.fields, "name") == name);
    let purpose = found.and_then(|told| Purpose::of_fields(&told.fields).ok());
    match (purpose, words.tongue().word().parse()) {
        (Some(purpose), Ok(language)) => purpose.title_in(&language).to_owned(),
        _ => name.to_owned(),
    }
}

fn retention(disclosure: &Disclosure, person: &Person, words: Words) -> Section {
    let mut section = section(words, "retention");
    if !disclosure.rules.is_empty() {
        section.paragraphs.push(words.get("s.retention.intro"));
    }
    section.paragraphs.push(words.with("s.retention.looks", "months", &person.looks_kept.to_string()));
    let mut table = Table::new("", &heads(words, &["data", "kept", "counted", "then", "law"]));
    for fields in &disclosure.rules {
        let rule = RetentionRule::of_fields(fields).unwrap_or_default();
        table.rows.push(vec![
            rule.kept.0.map(|kept| words.word(kept.word())).unwrap_or_default(),
            words.period(&rule.period),
            words.word(rule.clock.0.map_or("collection", |clock| clock.word())),
            words.word(rule.at_end.0.map_or("delete", |end| end.word())),
            rule.source,
        ]);
    }
    section.tables.push(table);
    section
}

fn consents(person: &Person, words: Words) -> Section {
    let mut section = section(words, "consents");
    let mut events: Vec<&Held> =
        person.records.iter().filter(|held| held.kind == RecordKind::Consent).collect();
    if events.is_empty() {
        return section;
    }
    section.paragraphs.push(words.get("s.consents.intro"));
    events.sort_by_key(|held| match held.value(ConsentField::at.key()) {
        Some(Value::Time(at)) => (*at, held.id),
        _ => (held.created_at, held.id),
    });
    let used = ConsentKind::Used.word();
    let is_use = |held: &&Held| held.text(ConsentField::kind.key()) == used;
    section.tables.extend(events.iter().filter(|held| !is_use(held)).map(|held| facts(held, words)));
    let mut uses = Table::new(words.word(used), &heads(words, &["when", "what_for", "channel", "how"]));
    for held in events.iter().filter(|held| is_use(held)) {
        let told =
            |field: ConsentField| held.get(field.key()).map(|one| words.told(&one.told)).unwrap_or_default();
        uses.rows.push(vec![
            told(ConsentField::at),
            told(ConsentField::purpose),
            told(ConsentField::channel),
            told(ConsentField::used_for),
        ]);
    }
    section.tables.push(uses);
    section
}

/// Holds, publications, forms, and what was begun and not saved.
fn other(person: &Person, words: Words) -> Section {
    let mut section = section(words, "other");
    for kind in [RecordKind::Hold, RecordKind::Publication, RecordKind::Invitation] {
        let records = person.records.iter().filter(|held| held.kind == kind);
        section.tables.extend(records.map(|held| facts(held, words)));
    }
    let shown = [
        RecordKind::Contact,
        RecordKind::Consent,
        RecordKind::Note,
        RecordKind::Call,
        RecordKind::CallEntry,
        RecordKind::Task,
        RecordKind::Request,
        RecordKind::Hold,
        RecordKind::Publication,
        RecordKind::Invitation,
    ];
    // A kind that came later than this letter is told all the same.
    let rest = person.records.iter().filter(|held| !shown.contains(&held.kind));
    section.tables.extend(rest.map(|held| facts(held, words)));
    if !person.unsaved.is_empty() {
        let mut table = Table::new(words.get("s.unsaved"), &heads(words, &["when", "who", "record"]));
        for one in &person.unsaved {
            table.rows.push(vec![
                words.time(one.at),
                words.role(&one.by),
                words.get(&format!("kind.{}", one.kind)),
            ]);
        }
        section.tables.push(table);
        section.after.push(words.get("s.unsaved.intro"));
    }
    section
}

fn asked(disclosure: &Disclosure, words: Words) -> Section {
    let mut table = Table::new("", &[]);
    table.fact(words.get("f.name"), disclosure.asked.name.clone());
    for (class, text) in &disclosure.asked.identifiers {
        table.fact(words.word(class.word()), text.clone());
    }
    Section { tables: vec![table], ..section(words, "asked") }
}

/// Whether it says that something is held.
fn is_found(trace: &Trace) -> bool {
    match trace {
        Trace::Suppressed { .. } | Trace::Proof { .. } | Trace::Certificate { .. } => true,
        Trace::Screened { check } => check.listed,
    }
}

fn traces(disclosure: &Disclosure, words: Words) -> Vec<Section> {
    let (mut lists, mut proofs, mut cases) =
        (section(words, "traces"), section(words, "proof"), section(words, "certificate"));
    let facts = |which: &[&str], told: &dyn Fn(&str) -> Option<Told>| {
        let mut table = Table::new("", &[]);
        for name in which {
            if let Some(one) = told(name) {
                table.fact(words.field(name, name), words.told(&one));
            }
        }
        table
    };
    let mut suppressed = Table::new("", &heads(words, &["what", "standing", "reason", "since"]));
    let mut screened = Table::new(
        "",
        &[words.get("f.name"), words.get("h.country"), words.get("f.dated"), words.get("f.listed")],
    );
    for trace in &disclosure.traces {
        match trace {
            Trace::Suppressed { class, hit } => suppressed.rows.push(vec![
                words.word(class.word()),
                words.word(hit.scope.word()),
                words.word(hit.reason.word()),
                words.day(Day(hit.since.date())),
            ]),
            Trace::Screened { check } => screened.rows.push(vec![
                check.list.clone(),
                check.country.map(|country| country.to_string()).unwrap_or_default(),
                check.dated.map(|day| words.day(day)).unwrap_or_default(),
                if check.listed { words.get("yes") } else { "–".to_owned() },
            ]),
            Trace::Proof { fields } => {
                let which = ["certificate", "purpose", "until", "rule", "proof"];
                proofs.tables.push(facts(&which, &|name| told_of::<KeptProof>(fields, name)));
            }
            Trace::Certificate { fields } => {
                let which = ["number", "ground", "request", "received", "erased_at", "categories", "kept"];
                cases.tables.push(facts(&which, &|name| told_of::<Certificate>(fields, name)));
            }
        }
    }
    if !suppressed.rows.is_empty() {
        lists.paragraphs.push(words.get("s.traces.suppressed"));
    }
    lists.tables = vec![suppressed, screened];
    if !proofs.tables.is_empty() {
        proofs.paragraphs.push(words.get("s.proof.intro"));
    }
    if !cases.tables.is_empty() {
        cases.paragraphs.push(words.get("s.certificate.intro"));
    }
    vec![lists, proofs, cases]
}

fn looks(person: &Person, words: Words) -> Section {
    let mut section = section(words, "looks");
    let mut table = Table::new("", &heads(words, &["when", "who", "how", "what_for"]));
    for look in &person.looks {
        let mut purpose = look.purpose.clone();
        if let Some(as_of) = look.as_of {
            purpose = format!("{purpose} ({})", words.time(as_of)).trim_start().to_owned();
        }
        table.rows.push(vec![
            words.time(look.at),
            words.role(&look.by),
            words.get(&format!("read.{}", look.kind)),
            purpose,
        ]);
    }
    if !table.rows.is_empty() {
        section.paragraphs.push(words.get("s.looks.intro"));
    }
    section.tables.push(table);
    section
}

fn history(person: &Person, words: Words) -> Section {
    let mut section = section(words, "history");
    let mut table = Table::new("", &heads(words, &["when", "who", "record", "field", "before", "after"]));
    for entry in &person.history {
        let action = words.get(&format!("action.{}", entry.action));
        let record = format!("{}: {action}", words.get(&format!("kind.{}", entry.kind)));
        for change in &entry.changes {
            let side = |one: &Option<Told>| one.as_ref().map(|one| words.told(one)).unwrap_or_default();
            table.rows.push(vec![
                words.time(entry.at),
                words.role(&entry.by),
                record.clone(),
                words.field(&change.name, &change.label),
                side(&change.old),
                side(&change.new),
            ]);
        }
        if entry.changes.is_empty() {
            let (at, by) = (words.time(entry.at), words.role(&entry.by));
            table.rows.push(vec![at, by, record, String::new(), String::new(), String::new()]);
        }
    }
    if !table.rows.is_empty() {
        section.paragraphs.push(words.get("s.history.intro"));
    }
    section.tables.push(table);
    section
}

fn left_out(redacted: &[Redacted], words: Words) -> Section {
    let mut section = section(words, "redacted");
    if redacted.is_empty() {
        section.paragraphs.push(words.get("s.redacted.none"));
        return section;
    }
    section.paragraphs.push(words.get("s.redacted.intro"));
    let mut table = Table::new("", &heads(words, &["where", "field", "times", "reason"]));
    for one in redacted {
        let reason = match one.reason.trim() {
            "" => words.get(&format!("why.{}", one.why)),
            reason => reason.to_owned(),
        };
        let place = words.get(&format!("kind.{}", one.kind));
        table.rows.push(vec![place, words.field(&one.name, &one.name), one.times.to_string(), reason]);
    }
    section.tables.push(table);
    section
}

fn rights(disclosure: &Disclosure, words: Words) -> Section {
    let mut section = section(words, "rights");
    for key in ["intro", "withdraw", "object"] {
        section.paragraphs.push(words.get(&format!("s.rights.{key}")));
    }
    let controller = &disclosure.controller;
    let mut table = Table::new("", &[]);
    let reach = if controller.contact.is_empty() { &controller.address } else { &controller.contact };
    table.fact(words.get("s.rights.reach"), format!("{}\n{reach}", controller.name).trim_end().to_owned());
    let dpo = if controller.dpo.is_empty() { words.get("not_named") } else { controller.dpo.clone() };
    table.fact(words.get("s.rights.dpo"), dpo);
    let authority = if controller.authority.is_empty() {
        words.get("s.rights.complain_any")
    } else {
        controller.authority.clone()
    };
    table.fact(words.get("s.rights.complain"), authority);
    section.tables.push(table);
    section
}

fn enclosed(words: Words, files: &[&str]) -> Section {
    let mut table = Table::new("", &heads(words, &["file", "content"]));
    let mut files: Vec<&str> = files.to_vec();
    files.sort_unstable();
    for name in files {
        table.rows.push(vec![name.to_owned(), words.get(&format!("file.{name}"))]);
    }
    Section { tables: vec![table], ..section(words, "files") }
}
