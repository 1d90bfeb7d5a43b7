//! Notes and activities: what was said, when, and a word about what should not be written down.

mod look;
mod time;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use uuid::Uuid;

use crate::api::{self, Error, Request, Response, View};
use crate::domain::contact::{NoteField, NoteKind};
use crate::domain::draft::{Draft, Form};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::forbidden::{self, Forbidden};
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::tui::content;
use crate::tui::forms::frame;
use crate::tui::forms::line::{Area, Line, Typed, paste_lines};
use crate::tui::forms::memory::Memory;
use crate::tui::forms::widgets::{Confirm, YES};
use crate::tui::keys::{Code, Key, Mods};
use crate::tui::layer::{Ctx, Hint, Input, Layer, Level, Step, Ticket};
use crate::tui::theme::Tone;

pub(crate) use time::when;

const SAVE: Ticket = Ticket(1);
const EDITOR: Ticket = Ticket(2);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    About(ContactId),
    /// Without a revision, what others wrote meanwhile is knowingly replaced.
    Known {
        id: Uuid,
        revision: Option<u64>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Kind,
    When,
    Text,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asking {
    Nothing,
    Discard,
    /// Whether to keep words that hint at a special category.
    Words,
}

/// A note being written.
pub struct NoteEditor {
    target: Target,
    title: String,
    kind: NoteKind,
    when: Line,
    text: Area,
    /// What the editor began with.
    initial: (NoteKind, String, String),
    part: Part,
    /// What the text seems to tell that should not be held (R8).
    found: Vec<Forbidden>,
    message: Option<(Tone, String)>,
    asking: Asking,
    /// The person has read the warning about the words that stand there now.
    warned: Vec<&'static str>,
    saving: bool,
    draft: Option<Draft>,
    /// Opens `$EDITOR` as soon as it starts.
    as_text: bool,
    memory: Memory,
    done: bool,
    now: Timestamp,
}

impl NoteEditor {
    /// A note about a contact, or an activity.
    pub fn new(contact: &View, kind: NoteKind, ctx: &Ctx, memory: Memory) -> NoteEditor {
        let when = content::time(ctx.now, ctx.zone);
        let target = Target::About(ContactId(contact.id));
        NoteEditor::begin(target, format!("{} · {}", noun(kind), contact.title), kind, &when, "", ctx, memory)
    }

    /// Changes a note.
    pub fn edit(note: &View, ctx: &Ctx, memory: Memory) -> NoteEditor {
        let kind = match note.get(NoteField::kind.key()).and_then(|shown| shown.value.as_ref()) {
            Some(Value::Word(word)) => word.parse().unwrap_or(NoteKind::Note),
            _ => NoteKind::Note,
        };
        let when = match note.get(NoteField::happened_at.key()).and_then(|shown| shown.value.as_ref()) {
            Some(Value::Time(time)) => content::time(*time, ctx.zone),
            _ => String::new(),
        };
        let text = match note.get(NoteField::text.key()).and_then(|shown| shown.value.as_ref()) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let target = Target::Known { id: note.id, revision: Some(note.revision) };
        NoteEditor::begin(
            target,
            format!("Edit {}", noun(kind).to_lowercase()),
            kind,
            &when,
            &text,
            ctx,
            memory,
        )
    }

    /// The same, with the text in `$EDITOR` first.
    #[must_use]
    pub fn in_editor(mut self) -> NoteEditor {
        self.as_text = true;
        self
    }

    fn begin(
        target: Target,
        title: String,
        kind: NoteKind,
        when: &str,
        text: &str,
        ctx: &Ctx,
        memory: Memory,
    ) -> NoteEditor {
        let mut editor = NoteEditor {
            target,
            title,
            kind,
            when: Line::new(when),
            text: Area::text_of(text),
            initial: (kind, when.to_owned(), String::new()),
            part: Part::Text,
            found: Vec::new(),
            message: None,
            asking: Asking::Nothing,
            warned: Vec::new(),
            saving: false,
            draft: None,
            as_text: false,
            memory,
            done: false,
            now: ctx.now,
        };
        editor.initial.2 = editor.text.text();
        editor.found = forbidden::in_text(text);
        editor.draft = editor.memory.draft(editor.form_of());
        if let Some(draft) = &editor.draft {
            let at = content::clock(draft.at, ctx);
            let said = format!("What you typed here at {at} was not saved. Ctrl-R brings it back.");
            editor.message = Some((Tone::Warning, said));
        }
        editor
    }

    fn form_of(&self) -> Form {
        let (id, about) = match self.target {
            Target::About(contact) => (None, Some(contact.0)),
            Target::Known { id, .. } => (Some(id), None),
        };
        Form { kind: RecordKind::Note, id, about }
    }

    /// What was typed and is not saved, if anything was.
    pub fn draft(&self) -> Option<Draft> {
        if !self.changed() {
            return None;
        }
        let texts = vec![
            (NoteField::kind.key(), self.kind.word().to_owned()),
            (NoteField::happened_at.key(), self.when.text().to_owned()),
            (NoteField::text.key(), self.text.text()),
        ];
        Some(Draft { form: self.form_of(), texts, at: self.now })
    }

    fn changed(&self) -> bool {
        let (kind, when, text) = &self.initial;
        let new_time = self.when.text().trim() != when.trim() && !matches!(self.target, Target::About(_));
        *kind != self.kind || new_time || self.text.text().trim_end() != text.trim_end()
    }

    /// Puts back what was typed and not saved.
    pub fn restore(&mut self) {
        let Some(draft) = self.draft.take() else { return };
        for (key, text) in &draft.texts {
            match NoteField::of(*key) {
                Some(NoteField::kind) => self.kind = text.parse().unwrap_or(self.kind),
                Some(NoteField::happened_at) => self.when.set(text),
                Some(NoteField::text) => self.text.set(text),
                Some(NoteField::author | NoteField::deleted_at) | None => {}
            }
        }
        self.message = None;
        self.found = forbidden::in_text(&self.text.text());
    }

    fn key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        if self.saving {
            return Vec::new();
        }
        if key == Key::ctrl('s') {
            return self.save(ctx);
        }
        if key == Key::ctrl('r') && self.draft.is_some() {
            self.restore();
            return Vec::new();
        }
        if key == Key::alt('e') || key == Key::ctrl('x') {
            return vec![Step::Editor { ticket: EDITOR, text: self.text.text(), suffix: "md" }];
        }
        match (key.code(), self.part) {
            (Code::Esc, _) => return self.leave(),
            (Code::Tab, part) => {
                let back = key.mods() == Mods::SHIFT;
                self.part = match (part, back) {
                    (Part::Kind, false) | (Part::Text, true) => Part::When,
                    (Part::When, false) | (Part::Kind, true) => Part::Text,
                    (Part::Text, false) | (Part::When, true) => Part::Kind,
                };
            }
            (Code::Enter | Code::Down, Part::Kind) => self.part = Part::When,
            (Code::Enter | Code::Down, Part::When) => self.part = Part::Text,
            (Code::Up, Part::When) => self.part = Part::Kind,
            (Code::Up, Part::Text) if self.text.at_edge(true) => self.part = Part::When,
            (Code::Left | Code::Right | Code::Char(_), Part::Kind) => {
                self.next_kind(key);
                self.touched(ctx);
            }
            (_, Part::Kind) => {}
            (_, Part::When) => {
                if self.when.key(key) == Typed::Changed {
                    self.touched(ctx);
                }
            }
            (_, Part::Text) => {
                let typed = self.text.key(key);
                // Words are complete when something follows them; a note of a megabyte is not searched at each letter.
                if typed == Typed::Changed && key.typed().is_none_or(|c| !c.is_alphanumeric()) {
                    self.found = forbidden::in_text(&self.text.text());
                }
                self.after(typed, ctx);
            }
        }
        Vec::new()
    }

    fn after(&mut self, typed: Typed, ctx: &Ctx) {
        match typed {
            Typed::Changed => self.touched(ctx),
            Typed::Full => {
                self.touched(ctx);
                self.message = Some((Tone::Warning, "The note is full; the rest was left out.".to_owned()));
            }
            Typed::Moved | Typed::Ignored => {}
        }
    }

    fn touched(&mut self, ctx: &Ctx) {
        self.now = ctx.now;
        self.draft = None;
        self.message = None;
    }

    fn next_kind(&mut self, key: Key) {
        let all = NoteKind::ALL;
        let at = all.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        self.kind = match key.code() {
            Code::Left => all.get(at.checked_sub(1).unwrap_or(all.len() - 1)),
            Code::Char(c) if c != ' ' => all.iter().find(|kind| kind.word().starts_with(c)),
            _ => all.get((at + 1) % all.len()),
        }
        .copied()
        .unwrap_or(self.kind);
    }

    fn leave(&mut self) -> Vec<Step> {
        if !self.changed() {
            return vec![Step::Close];
        }
        self.asking = Asking::Discard;
        vec![Step::Open(Box::new(Confirm::new("Not saved", "Throw away what was typed?", "Throw away")))]
    }

    fn save(&mut self, ctx: &Ctx) -> Vec<Step> {
        if self.text.is_empty() && self.kind == NoteKind::Note {
            self.part = Part::Text;
            self.message = Some((Tone::Error, "An empty note says nothing.".to_owned()));
            return Vec::new();
        }
        if let Err(wrong) = when(self.when.text(), ctx.now, ctx.zone) {
            self.part = Part::When;
            self.message = Some((Tone::Error, wrong));
            return Vec::new();
        }
        self.found = forbidden::in_text(&self.text.text());
        let kinds: Vec<&'static str> = self.found.iter().map(|found| found.kind).collect();
        if kinds.iter().any(|kind| !self.warned.contains(kind)) {
            let said = format!(
                "The text seems to tell {}. Such data is not held unless it means something else here. Save it as it stands?",
                words(&self.found)
            );
            self.asking = Asking::Words;
            return vec![Step::Open(Box::new(Confirm::new("Special category?", said, "Save as it is")))];
        }
        self.send(ctx)
    }

    fn send(&mut self, ctx: &Ctx) -> Vec<Step> {
        let mut fields = Vec::new();
        let new = matches!(self.target, Target::About(_));
        if new || self.kind != self.initial.0 {
            fields.push(FieldEdit::value(
                NoteField::kind.spec().name,
                Value::Word(self.kind.word().to_owned()),
            ));
        }
        if new || self.when.text().trim() != self.initial.1.trim() {
            let name = NoteField::happened_at.spec().name;
            match when(self.when.text(), ctx.now, ctx.zone) {
                Ok(Some(time)) => fields.push(FieldEdit::value(name, Value::Time(time))),
                Ok(None) if new => {}
                Ok(None) | Err(_) => {
                    fields
                        .push(FieldEdit { field: name.to_owned(), input: crate::domain::edit::Input::Clear });
                }
            }
        }
        if new && !self.text.is_empty() || !new && self.text.text().trim_end() != self.initial.2.trim_end() {
            fields.push(FieldEdit::text(NoteField::text.spec().name, self.text.text()));
        }
        if fields.is_empty() {
            self.done = true;
            return vec![Step::Toast(Level::Info, "Nothing was changed.".to_owned()), Step::Close];
        }
        self.saving = true;
        self.message = Some((Tone::Dim, "Saving …".to_owned()));
        let kind = RecordKind::Note;
        vec![Step::Call(
            SAVE,
            match self.target {
                Target::About(contact) => Request::Add(api::Add { kind, about: Some(contact), fields }),
                Target::Known { id, revision } => {
                    Request::Edit(api::Edit { kind, id, fields, expect_revision: revision })
                }
            },
        )]
    }

    fn saved(&mut self, warnings: &[String]) -> Vec<Step> {
        self.done = true;
        self.memory.forget(self.form_of());
        let mut steps = vec![Step::Changed, Step::Toast(Level::Done, format!("{} saved.", noun(self.kind)))];
        // What was warned of before saving is not told again.
        if self.warned.is_empty() {
            steps.extend(warnings.iter().map(|warning| Step::Toast(Level::Warning, warning.clone())));
        }
        steps.push(Step::Close);
        steps
    }

    fn failed(&mut self, error: &Error) {
        self.saving = false;
        let hint = error.hint.as_deref().map_or_else(String::new, |hint| format!("\n{hint}"));
        let mut said = format!("{}{hint}", error.message);
        if !error.conflicts.is_empty()
            && let Target::Known { id, .. } = self.target
        {
            // A note has one text: theirs is shown, ours stays, and saving again is a decision.
            let theirs = error.conflicts.iter().filter_map(|change| change.old.as_ref());
            let theirs: Vec<&str> = theirs.map(|shown| shown.text.as_str()).collect();
            said = format!(
                "Somebody changed this note meanwhile to: {}\nCtrl-S puts yours in its place.",
                theirs.join(" · ")
            );
            self.target = Target::Known { id, revision: None };
        }
        self.message = Some((Tone::Error, said));
    }

    fn child(&mut self, with: Option<&str>, ctx: &Ctx) -> Vec<Step> {
        let yes = with == Some(YES);
        match std::mem::replace(&mut self.asking, Asking::Nothing) {
            Asking::Discard if yes => {
                self.done = true;
                self.memory.forget(self.form_of());
                vec![Step::Close]
            }
            Asking::Words if yes => {
                self.warned = self.found.iter().map(|found| found.kind).collect();
                self.send(ctx)
            }
            Asking::Nothing | Asking::Discard | Asking::Words => Vec::new(),
        }
    }
}

impl Layer for NoteEditor {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => return self.key(key, ctx),
            Input::Paste(pasted) if !self.saving => match self.part {
                Part::Kind => {}
                Part::When => {
                    let typed = self.when.paste(&pasted);
                    self.after(typed, ctx);
                }
                Part::Text => {
                    let typed = self.text.paste(&pasted);
                    self.found = forbidden::in_text(&self.text.text());
                    self.after(typed, ctx);
                }
            },
            Input::Cancel => return self.leave(),
            Input::Answer(_, Ok(Response::Add(added))) => return self.saved(&added.warnings),
            Input::Answer(_, Ok(Response::Edit(edited))) => return self.saved(&edited.warnings),
            Input::Answer(_, Ok(_)) => self.failed(&Error::failed("The store answered something else.")),
            Input::Answer(_, Err(error)) => self.failed(&error),
            Input::Edited(_, Ok(text)) => {
                self.text.set(&paste_lines(text.trim_end()));
                self.found = forbidden::in_text(&self.text.text());
                self.touched(ctx);
            }
            Input::Edited(_, Err(error)) => return vec![Step::Fail(error)],
            Input::Child(with) => return self.child(with.as_deref(), ctx),
            Input::Paste(_) | Input::Job(..) | Input::Resized => {}
        }
        Vec::new()
    }

    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        if std::mem::take(&mut self.as_text) {
            return vec![Step::Editor { ticket: EDITOR, text: self.text.text(), suffix: "md" }];
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        look::draw(self, buf, area, ctx)
    }

    fn place(&self, body: Rect) -> Rect {
        frame::centred(body, 90, body.height.min(24))
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        let mut hints =
            vec![Hint::new("ctrl-s", "save"), Hint::new("tab", "kind, time, text"), Hint::new("esc", "back")];
        hints.push(Hint::new("alt-e", "$EDITOR"));
        if self.draft.is_some() {
            hints.push(Hint::new("ctrl-r", "bring back"));
        }
        hints
    }

    fn unsaved(&self) -> bool {
        !self.done && self.changed()
    }

    fn form(&self) -> Option<Form> {
        Some(self.form_of())
    }

    fn draft(&self) -> Option<Draft> {
        NoteEditor::draft(self).filter(|_| !self.done)
    }
}

impl Drop for NoteEditor {
    fn drop(&mut self) {
        if let Some(draft) = self.draft().filter(|_| !self.done) {
            self.memory.keep(draft);
        }
    }
}

/// `health and religion`.
fn words(found: &[Forbidden]) -> String {
    found.iter().map(|one| one.kind.replace('_', " ")).collect::<Vec<_>>().join(" and ")
}

fn noun(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Note => "Note",
        NoteKind::Call => "Call",
        NoteKind::Email => "E-mail",
        NoteKind::Meeting => "Meeting",
    }
}
