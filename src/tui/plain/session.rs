//! The linear mode: words in, numbered lines out.
//!
//! What the screens can do is done here by one-letter commands and questions; everything else by `:` and the words of
//! the command line. A screen reader reads each answer once, from its beginning.

use std::collections::BTreeMap;
use std::io;

use uuid::Uuid;

use crate::api::{self, Card, Code, Entry, Error, Identity, View, Window};
use crate::client::Client;
use crate::domain::basis::Basis;
use crate::domain::contact::{ContactField, NoteField, NoteKind};
use crate::domain::country::Country;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::field::Edit;
use crate::domain::schema::{FieldInfo, Schema};
use crate::domain::value::Kind;
use crate::env::{Env, Zone};
use crate::tui::call::dial::Calling;
use crate::tui::plain::Talk;

/// Hits said at once.
const PAGE: u64 = 20;

/// Runs a line of the command line's grammar; gives what it wrote.
pub type CommandLine<'a> = Box<dyn FnMut(&Client, &str) -> Result<String, Error> + 'a>;

/// A person and the store, talking.
pub struct Session<'a> {
    talk: &'a mut dyn Talk,
    client: Client,
    env: Env,
    commands: Option<CommandLine<'a>>,
    schema: Schema,
    country: Option<Country>,
    hits: Vec<(RecordKind, Uuid)>,
    /// Tasks of the day, by the number that was said with them.
    tasks: BTreeMap<usize, Uuid>,
    /// What was searched, and where the next page begins.
    searched: Option<(RecordKind, String, u64)>,
    open: Option<Card>,
    /// The zone in which times are said.
    zone: Zone,
    identity: Identity,
    /// How numbers are dialled; here only which number people see.
    calling: Calling,
}

/// What a line of input leads to.
enum Next {
    More,
    Quit,
}

const HELP: &[&str] = &[
    "Words search contacts, such as: anna muster, tag:fair, country:DE.",
    "A number opens that hit. m says more hits.",
    "c WORDS searches companies. / WORDS searches words that look like a command.",
    "s says the open record again. h says its history.",
    "e FIELD edits a field of it; e alone says which fields there are.",
    "n adds a contact, nc a company.",
    "an, ac, ae, am log a note, a call, an e-mail, a meeting about the open contact.",
    "call calls the open contact: whether and why, the script, one question after another.",
    "w says what the contact agreed to, and records a yes, a no, a withdrawal.",
    "today says what is due today. x NUMBER: that task is done.",
    "d deletes the open record; it can be restored. u takes your last change back.",
    ": runs a command, such as: : contact export --purpose newsletter --channel email --as csv --out FILE.",
    "? says this. q ends.",
];

impl<'a> Session<'a> {
    /// Begins a conversation about an open store. `commands` carries out `:` lines.
    pub fn new(
        talk: &'a mut dyn Talk,
        client: Client,
        env: Env,
        commands: Option<CommandLine<'a>>,
        zone: Zone,
    ) -> Result<Session<'a>, Error> {
        let schema = Schema::new(&client.call(api::SchemaGet {})?);
        let identity = client.call(api::Whoami {})?;
        let country = identity.country.parse().ok();
        Ok(Session {
            talk,
            client,
            env,
            commands,
            schema,
            country,
            hits: Vec::new(),
            searched: None,
            open: None,
            zone,
            tasks: BTreeMap::new(),
            identity,
            calling: Calling::default(),
        })
    }

    /// What the configuration says about calls.
    #[must_use]
    pub fn calling(mut self, calling: Calling) -> Self {
        self.calling = calling;
        self
    }

    /// Talks until the person ends it or input ends.
    pub fn run(&mut self) -> io::Result<()> {
        self.say("Callbook. ? says what you can do, q ends.")?;
        if let Next::Quit = self.left_calls()? {
            return Ok(());
        }
        while let Some(line) = self.talk.ask(">")? {
            match self.line(line.trim())? {
                Next::More => {}
                Next::Quit => break,
            }
        }
        Ok(())
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.talk.say(&[line])
    }

    fn fail(&mut self, error: &Error) -> io::Result<()> {
        self.say(&format!("Not done: {}.", error.message.trim_end_matches('.')))?;
        match &error.hint {
            Some(hint) => self.say(hint),
            None => Ok(()),
        }
    }

    fn line(&mut self, line: &str) -> io::Result<Next> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if let Some(command) = line.strip_prefix(':') {
            self.command(command.trim())?;
            return Ok(Next::More);
        }
        if let Some(words) = line.strip_prefix('/') {
            self.search(RecordKind::Contact, words.trim(), 0)?;
            return Ok(Next::More);
        }
        match (word, rest.is_empty()) {
            ("", _) => {}
            ("q" | "quit" | "exit", true) => return Ok(Next::Quit),
            ("?" | "help", true) => self.talk.say(HELP)?,
            ("m", true) => match self.searched.clone() {
                Some((kind, query, next)) => self.search(kind, &query, next)?,
                None => self.say("Search for something first.")?,
            },
            ("c", false) => self.search(RecordKind::Company, rest, 0)?,
            ("s", true) => self.tell()?,
            ("h", true) => self.history()?,
            ("e", _) => self.edit(rest)?,
            ("n", true) => self.add(RecordKind::Contact)?,
            ("nc", true) => self.add(RecordKind::Company)?,
            ("an", _) => self.note(NoteKind::Note, rest)?,
            ("ac", _) => self.note(NoteKind::Call, rest)?,
            ("ae", _) => self.note(NoteKind::Email, rest)?,
            ("am", _) => self.note(NoteKind::Meeting, rest)?,
            ("call", true) => return self.call(),
            ("w" | "consent", true) => return self.consent(),
            ("today", true) => self.today()?,
            ("x", false) if rest.parse::<usize>().is_ok() => self.done(rest)?,
            ("d", true) => self.delete()?,
            ("u", true) => match self.client.call(api::Undo { seq: None }) {
                Ok(undone) => {
                    self.say(&format!("Taken back: {}.", undone.what))?;
                    self.reopen()?;
                }
                Err(error) => self.fail(&error)?,
            },
            (number, true)
                if number.parse::<usize>().is_ok_and(|number| number <= self.hits.len().max(999)) =>
            {
                let at = number.parse::<usize>().unwrap_or(0);
                match at.checked_sub(1).and_then(|at| self.hits.get(at)).copied() {
                    Some((kind, id)) => self.open(kind, id)?,
                    None => self.say(&format!("There is no hit {number}."))?,
                }
            }
            _ => self.search(RecordKind::Contact, line, 0)?,
        }
        Ok(Next::More)
    }

    fn search(&mut self, kind: RecordKind, query: &str, offset: u64) -> io::Result<()> {
        let window = Window { after: None, offset, limit: Some(PAGE) };
        let call =
            api::List { kind, query: query.to_owned(), sort: String::new(), window, columns: Vec::new() };
        let page = match self.client.call(call) {
            Ok(page) => page,
            Err(error) => return self.fail(&error),
        };
        if offset == 0 {
            self.hits.clear();
            self.tasks.clear();
        }
        if page.items.is_empty() {
            return self.say(if offset == 0 { "Nobody is found." } else { "There are no more." });
        }
        let mut lines = Vec::new();
        for view in page.items {
            let company = view.text(ContactField::company.key());
            let about = if kind == RecordKind::Contact && !company.is_empty() {
                format!(", {company}")
            } else {
                String::new()
            };
            self.hits.push((kind, view.id));
            lines.push(format!("{} {}{about}", self.hits.len(), view.title));
        }
        let shown = self.hits.len() as u64;
        lines.push(if shown < page.total {
            format!("{shown} of {} hits; m says more.", page.total)
        } else {
            format!("{} {}.", page.total, if page.total == 1 { "hit" } else { "hits" })
        });
        for (reason, count) in &page.withheld {
            lines.push(format!("{count} held back: {reason}."));
        }
        self.searched = Some((kind, query.to_owned(), shown));
        self.talk.say(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn open(&mut self, kind: RecordKind, id: Uuid) -> io::Result<()> {
        match self.client.call(api::Get { kind, id, at: None }) {
            Ok(card) => {
                self.open = Some(card);
                self.tell()
            }
            Err(error) => self.fail(&error),
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        let Some((kind, id)) = self.open.as_ref().map(|card| (card.record.kind, card.record.id)) else {
            return Ok(());
        };
        // A record that is gone is simply no longer open.
        self.open = self.client.call(api::Get { kind, id, at: None }).ok();
        Ok(())
    }

    fn tell(&mut self) -> io::Result<()> {
        let Some(card) = &self.open else { return self.say("Nothing is open: search, then say a number.") };
        let mut lines = vec![format!("{}, {}.", card.record.title, card.record.kind)];
        for shown in &card.record.fields {
            let label =
                self.schema.by_key(card.record.kind, shown.key).map_or("", |info| info.label.as_str());
            lines.push(format!("{label}: {}", shown.text));
        }
        lines.extend(self.held());
        lines.extend(card.people.iter().map(|view| format!("Works here: {}", view.title)));
        for note in card.notes.iter().take(10) {
            let when = note.text(NoteField::happened_at.key());
            lines.push(format!(
                "{} {when}: {}",
                note.text(NoteField::kind.key()),
                note.text(NoteField::text.key())
            ));
        }
        if card.notes.len() > 10 {
            lines.push(format!("{} older notes.", card.notes.len() - 10));
        }
        self.talk.say(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn history(&mut self) -> io::Result<()> {
        let Some(card) = &self.open else { return self.say("Nothing is open: search, then say a number.") };
        match self.client.call(api::History { kind: card.record.kind, id: card.record.id }) {
            Ok(entries) => {
                let lines: Vec<String> =
                    entries.iter().take(20).flat_map(|entry| told(entry, self.zone)).collect();
                self.talk.say(&lines.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Err(error) => self.fail(&error),
        }
    }

    fn command(&mut self, line: &str) -> io::Result<()> {
        let client = self.client.clone();
        let Some(commands) = &mut self.commands else { return self.say("Commands are not available here.") };
        match commands(&client, line) {
            Ok(text) => {
                let lines: Vec<&str> = text.lines().collect();
                self.talk.say(&lines)?;
                self.reopen()
            }
            Err(error) => self.fail(&error),
        }
    }

    fn edit(&mut self, name: &str) -> io::Result<()> {
        let Some(record) = self.open.as_ref().map(|card| card.record.clone()) else {
            return self.say("Nothing is open: search, then say a number.");
        };
        if name.is_empty() {
            let fields =
                self.schema.of(record.kind).iter().filter(|info| info.edit == Edit::Free && !info.retired);
            let names: Vec<String> = fields.map(FieldInfo::address).collect();
            return self.say(&format!("Fields: {}.", names.join(", ")));
        }
        let info = match self.schema.by_name(record.kind, name) {
            Ok(info) => info.clone(),
            Err(invalid) => return self.say(&format!("{invalid}.")),
        };
        let now = record.text(info.key).to_owned();
        self.say(&format!("{} is now: {}", info.label, if now.is_empty() { "empty" } else { &now }))?;
        let Some(text) = self.value(&info, "New value, - clears, Enter leaves it:")? else { return Ok(()) };
        let edit = if text == "-" {
            FieldEdit { field: info.address(), input: crate::domain::edit::Input::Clear }
        } else {
            FieldEdit::text(&info.address(), text)
        };
        self.save(&record, vec![edit], Some(record.revision))
    }

    fn save(
        &mut self,
        record: &View,
        fields: Vec<FieldEdit>,
        expect_revision: Option<u64>,
    ) -> io::Result<()> {
        let call = api::Edit { kind: record.kind, id: record.id, fields: fields.clone(), expect_revision };
        match self.client.call(call) {
            Ok(edited) => {
                self.say(if edited.changed.is_empty() { "It is so already." } else { "Saved." })?;
                for warning in &edited.warnings {
                    self.say(&format!("Warning: {warning}"))?;
                }
                self.reopen()
            }
            Err(error) if error.code == Code::Conflict && !error.conflicts.is_empty() => {
                for change in &error.conflicts {
                    let theirs = change.old.as_ref().map_or("empty", |shown| shown.text.as_str());
                    self.say(&format!("Somebody changed {} meanwhile to: {theirs}", change.label))?;
                }
                if self.yes("Put your value in its place?")? {
                    return self.save(record, fields, None);
                }
                self.reopen()
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Asks for the value of a field until it can be read; nothing when it is left.
    fn value(&mut self, info: &FieldInfo, prompt: &str) -> io::Result<Option<String>> {
        if info.kind == Kind::Basis {
            let words: Vec<String> =
                Basis::ALL.iter().map(|one| format!("{}: {}", one.word(), one.label())).collect();
            self.talk.say(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        loop {
            let Some(text) = self.talk.ask(prompt)? else { return Ok(None) };
            let text = text.trim().to_owned();
            if text.is_empty() {
                return Ok(None);
            }
            // Names of companies and users are known to the store alone.
            if text == "-" || matches!(info.kind, Kind::Company | Kind::User | Kind::Contact) {
                return Ok(Some(text));
            }
            let read = info.kind.parse(&text, self.country).and_then(|value| match &value {
                Some(value) => info.check(value),
                None => Ok(()),
            });
            match read {
                Ok(()) => return Ok(Some(text)),
                Err(invalid) => self.say(&format!("{invalid}."))?,
            }
        }
    }

    fn yes(&mut self, question: &str) -> io::Result<bool> {
        let answer = self.talk.ask(&format!("{question} yes or no, no is the default:"))?;
        Ok(answer.is_some_and(|answer| matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")))
    }
}

/// An entry of the history as lines.
fn told(entry: &Entry, zone: Zone) -> Vec<String> {
    let mut lines =
        vec![format!("{} {} by {}", zone.of(entry.at).format("%Y-%m-%d %H:%M"), entry.action, entry.actor)];
    for change in &entry.changes {
        let text = |shown: &Option<crate::api::Shown>| {
            shown.as_ref().map_or("empty".to_owned(), |shown| shown.text.clone())
        };
        lines.push(format!("  {}: from {} to {}", change.label, text(&change.old), text(&change.new)));
    }
    if entry.erased {
        lines.push("  The person was erased.".to_owned());
    }
    lines
}

mod records;
mod work;

#[cfg(test)]
mod tests;
