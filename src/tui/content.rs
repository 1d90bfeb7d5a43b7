//! Records as lines of text: what the detail view and the pane beside a list show.
//!
//! A line knows the item it belongs to, so that a screen can keep the item under the cursor in view, and names tones,
//! not colours.

use crate::api::{ChangeView, Entry, ReadingsPage, Shown, View};
use crate::domain::contact::{CompanyField, ContactField, NoteField};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::history::Action;
use crate::domain::reading::ReadKind;
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::env::Zone;
use crate::tui::layer::Ctx;
use crate::tui::text;
use crate::tui::theme::Tone;

/// A line with the tone of each part.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TextLine {
    /// The item it belongs to; headings and gaps belong to none.
    pub item: Option<usize>,
    pub spans: Vec<(Tone, String)>,
}

impl TextLine {
    fn new(item: Option<usize>, tone: Tone, text: impl Into<String>) -> TextLine {
        TextLine { item, spans: vec![(tone, text.into())] }
    }
}

/// One value of a record: what a cursor can be on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    pub key: Option<FieldKey>,
    pub label: String,
    /// `work`, `mobile`, …
    pub note: String,
    /// As it is read.
    pub text: String,
    pub masked: bool,
}

/// The values of a record in the order of the schema; several phones are several items.
pub fn items(view: &View, ctx: &Ctx) -> Vec<Item> {
    let (schema, zone) = (&ctx.schema, ctx.zone);
    let mut items = Vec::new();
    for shown in &view.fields {
        let label = schema
            .by_key(view.kind, shown.key)
            .map_or_else(|| format!("Field {}", shown.key.0), |field| text::clean(&field.label).into_owned());
        for (note, value) in values(shown, zone) {
            items.push(Item {
                key: Some(shown.key),
                label: label.clone(),
                note,
                text: value,
                masked: shown.value.is_none(),
            });
        }
    }
    items.push(Item {
        key: None,
        label: "Changed".into(),
        note: String::new(),
        text: format!("{} · revision {}", time(view.updated_at, zone), view.revision),
        masked: false,
    });
    items.push(Item {
        key: None,
        label: "Created".into(),
        note: String::new(),
        text: time(view.created_at, zone),
        masked: false,
    });
    items
}

/// The values of a field with their labels, each as people read it.
pub fn values(shown: &Shown, zone: Zone) -> Vec<(String, String)> {
    match shown.value.as_ref().and_then(Value::readable_items) {
        Some(items) => {
            items.into_iter().map(|item| (text::clean(&item.label).into_owned(), item.value)).collect()
        }
        None => vec![(String::new(), read(shown, zone))],
    }
}

/// A value as a person reads it: times by the clock on the wall.
fn read(shown: &Shown, zone: Zone) -> String {
    match &shown.value {
        Some(Value::Time(at)) => time(*at, zone),
        _ => shown.text.clone(),
    }
}

/// The fields of a record as lines.
pub fn fields(view: &View, ctx: &Ctx, width: usize) -> Vec<TextLine> {
    let items = items(view, ctx);
    let label_width =
        items.iter().map(|item| text::width(&item.label)).max().unwrap_or(0).min(18).min(width / 3);
    let room = width.saturating_sub(label_width + 2).max(8);
    let mut lines = Vec::new();
    let mut before = "";
    for (at, item) in items.iter().enumerate() {
        let value = text::clean_lines(&item.text);
        let value = if item.note.is_empty() { value } else { format!("{value} ({})", item.note) };
        let value = if item.masked { format!("# {value}") } else { value };
        let tone = if item.masked { Tone::Masked } else { Tone::Text };
        for (n, part) in text::wrap(&value, room).into_iter().enumerate() {
            let label = if n == 0 && item.label != before { item.label.as_str() } else { "" };
            let label = text::pad(label, label_width, text::Align::Left);
            lines.push(TextLine {
                item: Some(at),
                spans: vec![(Tone::Dim, format!("{label}  ")), (tone, part)],
            });
        }
        before = &item.label;
    }
    lines
}

/// Notes, latest first.
pub fn notes(notes: &[View], width: usize, zone: Zone) -> Vec<TextLine> {
    if notes.is_empty() {
        return vec![TextLine::new(None, Tone::Dim, "No notes yet.")];
    }
    let mut lines = Vec::new();
    for (at, note) in notes.iter().enumerate() {
        if at > 0 {
            lines.push(TextLine::default());
        }
        let kind = text::clean(note.text(NoteField::kind.key())).into_owned();
        let kind = if kind.is_empty() { "note".to_owned() } else { kind };
        let when = match note.get(NoteField::happened_at.key()).and_then(|shown| shown.value.as_ref()) {
            Some(Value::Time(at)) => *at,
            _ => note.created_at,
        };
        let author = text::clean(note.text(NoteField::author.key())).into_owned();
        lines.push(TextLine {
            item: Some(at),
            spans: vec![
                (Tone::Badge, capital(&kind)),
                (Tone::Dim, format!("  {}  {author}", time(when, zone))),
            ],
        });
        let body = text::clean_lines(note.text(NoteField::text.key()));
        for part in text::wrap(&body, width.saturating_sub(2).max(8)) {
            lines.push(TextLine { item: Some(at), spans: vec![(Tone::Text, format!("  {part}"))] });
        }
    }
    lines
}

/// The contacts of a company.
pub fn people(people: &[View], width: usize) -> Vec<TextLine> {
    if people.is_empty() {
        return vec![TextLine::new(None, Tone::Dim, "No contacts at this company that you may see.")];
    }
    let name = (width / 2).min(32);
    people
        .iter()
        .enumerate()
        .map(|(at, view)| {
            let title = text::pad(&text::clean(&view.title), name, text::Align::Left);
            let job = view.text(ContactField::job_title.key());
            TextLine {
                item: Some(at),
                spans: vec![
                    (Tone::Text, title),
                    (
                        Tone::Dim,
                        format!("  {}", text::truncate(&text::clean(job), width.saturating_sub(name + 2))),
                    ),
                ],
            }
        })
        .collect()
}

/// The changes of a record, each field with what it was and what it became.
pub fn history(entries: &[Entry], width: usize, zone: Zone) -> Vec<TextLine> {
    if entries.is_empty() {
        return vec![TextLine::new(None, Tone::Dim, "Nothing is recorded.")];
    }
    let mut lines = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 {
            lines.push(TextLine::default());
        }
        lines.push(TextLine {
            item: Some(at),
            spans: vec![
                (Tone::Title, time(entry.at, zone)),
                (Tone::Text, format!("  {}  {}", text::clean(&entry.actor), done(entry.action))),
                (Tone::Dim, format!("  r{} · #{}", entry.revision, entry.seq)),
            ],
        });
        lines.extend(changes(entry, width, zone).into_iter().map(|line| TextLine { item: Some(at), ..line }));
    }
    lines
}

/// Who looked at a contact, latest first.
pub fn readings(page: &ReadingsPage, width: usize, zone: Zone) -> Vec<TextLine> {
    let mut lines = Vec::new();
    if page.items.is_empty() {
        lines.push(TextLine::new(None, Tone::Dim, "Nobody has looked."));
    }
    for (at, one) in page.items.iter().enumerate() {
        let mut note = String::new();
        if let Some(then) = one.as_of {
            note.push_str(&format!("  as it stood on {}", time(then, zone)));
        }
        if !one.purpose.is_empty() {
            note.push_str(&format!("  for {}", text::clean(&one.purpose)));
        }
        if !one.masked.is_empty() {
            note.push_str(&format!("  masked: {}", text::clean(&one.masked.join(", "))));
        }
        let head = format!("  {}  {}", text::clean(&one.user), looked(one.kind, one.record.is_some()));
        let room = width.saturating_sub(16 + text::width(&head));
        lines.push(TextLine {
            item: Some(at),
            spans: vec![
                (Tone::Title, time(one.at, zone)),
                (Tone::Text, head),
                (Tone::Dim, text::truncate(&note, room).into_owned()),
            ],
        });
    }
    let more = page.total.saturating_sub(page.items.len() as u64);
    if more > 0 {
        lines.push(TextLine::new(None, Tone::Dim, format!("and {more} before; :history reads shows all")));
    }
    lines.push(TextLine::default());
    lines.push(TextLine::new(None, Tone::Dim, format!("Kept for {} months.", page.kept_months)));
    lines
}

/// How somebody looked, in the past tense.
fn looked(kind: ReadKind, note: bool) -> &'static str {
    match kind {
        ReadKind::Open if note => "opened a note",
        ReadKind::Open => "opened",
        ReadKind::History => "looked at the history",
        ReadKind::Export => "exported",
        ReadKind::SearchNumber => "searched the number",
        ReadKind::SearchEmail => "searched the address",
        ReadKind::Similar => "was told of, entering somebody alike",
        ReadKind::Suppression => "asked whether it is suppressed",
    }
}

/// What changed in one entry.
pub fn changes(entry: &Entry, width: usize, zone: Zone) -> Vec<TextLine> {
    if entry.erased {
        return vec![TextLine::new(
            None,
            Tone::Masked,
            "# the person was erased; what changed can no longer be read",
        )];
    }
    entry.changes.iter().flat_map(|change| diff(change, width, zone)).collect()
}

/// A field with its old value, marked as taken out, and its new one, marked as put in.
pub fn diff(change: &ChangeView, width: usize, zone: Zone) -> Vec<TextLine> {
    let mut lines = vec![TextLine::new(None, Tone::Dim, format!("  {}", text::clean(&change.label)))];
    let room = width.saturating_sub(6).max(8);
    for (shown, tone, sign) in [(&change.old, Tone::DiffDel, "-"), (&change.new, Tone::DiffAdd, "+")] {
        let Some(shown) = shown else { continue };
        for (n, part) in text::wrap(&text::clean_lines(&read(shown, zone)), room).into_iter().enumerate() {
            let sign = if n == 0 { sign } else { " " };
            lines.push(TextLine {
                item: None,
                spans: vec![(Tone::Text, format!("    {sign} ")), (tone, part)],
            });
        }
    }
    lines
}

/// A record as text for the clipboard.
pub fn as_text(view: &View, ctx: &Ctx) -> String {
    let mut out = view.title.clone();
    for item in items(view, ctx).into_iter().filter(|item| item.key.is_some() && !item.masked) {
        let note = if item.note.is_empty() { String::new() } else { format!(" ({})", item.note) };
        out.push_str(&format!("\n{}: {}{note}", item.label, item.text));
    }
    out
}

/// The number of the field with the phones, e-mails, addresses or websites of a kind of record.
pub fn reach(kind: RecordKind, contact: ContactField, company: CompanyField) -> FieldKey {
    if kind == RecordKind::Company { company.key() } else { contact.key() }
}

/// A moment as it is shown: by the clock on the wall, to the minute.
pub fn time(at: Timestamp, zone: Zone) -> String {
    zone.of(at).format("%Y-%m-%d %H:%M").to_string()
}

/// A day as it is shown.
pub fn day(at: Timestamp, zone: Zone) -> String {
    zone.of(at).format("%Y-%m-%d").to_string()
}

/// A moment of today as its time, an earlier one with its day.
pub fn clock(at: Timestamp, ctx: &Ctx) -> String {
    if day(at, ctx.zone) == day(ctx.now, ctx.zone) {
        return ctx.zone.of(at).format("%H:%M").to_string();
    }
    time(at, ctx.zone)
}

/// What was done, in the past tense.
pub fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Edit => "edited",
        Action::Delete => "deleted",
        Action::Restore => "restored",
        Action::Merge => "merged",
        Action::Import => "imported",
        Action::Bulk => "edited with others",
        Action::Undo => "undid",
        Action::Redo => "redid",
        Action::Export => "exported",
        Action::Checkpoint => "signed a checkpoint",
        Action::Init => "made the store",
        Action::Consent => "recorded consent",
        Action::Withdraw => "recorded a withdrawal",
        Action::Call => "called",
        Action::Erase => "erased",
        Action::Backup => "backed up",
        Action::Recover => "recovered the store",
    }
}

/// A word with a capital letter.
pub fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
