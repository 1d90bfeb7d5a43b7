//! The form in which a record is added or changed. Its fields are the schema's; nothing here lists them.

mod keys;
mod names;
mod save;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use uuid::Uuid;

use crate::api::{self, Error, Request, View};
use crate::domain::country::Country;
use crate::domain::draft::{Draft, Form};
use crate::domain::entity::RecordKind;
use crate::domain::field::{Category, FieldKey};
use crate::domain::value::Kind;
use crate::tui::content;
use crate::tui::forms::conflict::Conflict;
use crate::tui::forms::field::{self, Editor, FormField, Offers};
use crate::tui::forms::memory::Memory;
use crate::tui::forms::offers::Offered;
use crate::tui::forms::similar::Alike;
use crate::tui::forms::widgets::{Confirm, YES};
use crate::tui::forms::{sheet, text_form};
use crate::tui::layer::{Ctx, Hint, Input, Layer, Level, Step, Ticket};
use crate::tui::theme::Tone;

use names::form_of;

const SAVE: Ticket = Ticket(1);
const FRESH: Ticket = Ticket(2);
const SIMILAR: Ticket = Ticket(3);
const COMPLETE: Ticket = Ticket(4);
const EDITOR: Ticket = Ticket(5);
const EDIT_ALL: Ticket = Ticket(6);

/// What the form works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    New,
    Known { id: Uuid, revision: u64 },
}

/// Which small window is open above the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asking {
    Nothing,
    /// Whether to throw away what was typed.
    Discard,
    /// Whether to add somebody who seems to be here already.
    Duplicate,
    /// The word for the field with this number.
    Choice(usize),
}

/// What the form waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Waiting {
    Nothing,
    Saving,
    /// The record as it is now, after a conflict.
    Fresh,
}

/// A record being written.
pub struct RecordForm {
    pub(crate) record: RecordKind,
    target: Target,
    pub(crate) title: String,
    pub(crate) fields: Vec<FormField>,
    pub(crate) focus: usize,
    /// The highlighted line of the warning about duplicates, when the cursor is there.
    pub(crate) on_similar: Option<usize>,
    pub(crate) offered: Offered,
    pub(crate) alike: Alike,
    pub(crate) conflict: Option<Conflict>,
    pub(crate) message: Option<(Tone, String)>,
    asking: Asking,
    waiting: Waiting,
    memory: Memory,
    /// The draft found at the beginning, until it is taken or something is typed.
    draft: Option<Draft>,
    /// Opens `$EDITOR` with all fields as soon as it starts.
    as_text: bool,
    /// Nothing is to be kept when the form goes.
    done: bool,
    now: crate::domain::time::Timestamp,
}

impl RecordForm {
    /// A new record with what is known already: texts of fields, as a person would write them.
    pub fn add(record: RecordKind, known: &[(FieldKey, String)], ctx: &Ctx, memory: Memory) -> RecordForm {
        let fields = ctx
            .schema
            .of(record)
            .iter()
            .filter(|info| field::shown(info, false))
            .map(|info| {
                let mut one = FormField::new(record, info, "");
                if let Some((_, text)) = known.iter().find(|(key, _)| *key == info.key) {
                    one.set(text);
                }
                one
            })
            .collect();
        RecordForm::new(record, Target::New, format!("New {}", record.word()), fields, ctx, memory)
    }

    /// All fields of a record, the cursor on one.
    pub fn edit(view: &View, at: Option<FieldKey>, ctx: &Ctx, memory: Memory) -> RecordForm {
        let fields = ctx
            .schema
            .of(view.kind)
            .iter()
            .filter(|info| field::shown(info, view.get(info.key).is_some()))
            .map(|info| {
                let shown = view.get(info.key);
                let text = shown.map_or_else(String::new, |shown| match &shown.value {
                    Some(value) => field::editable(value, &shown.text),
                    None => shown.text.clone(),
                });
                let mut one = FormField::new(view.kind, info, &text);
                if shown.is_some_and(|shown| shown.value.is_none()) {
                    one.locked = Some("hidden from your role");
                }
                one
            })
            .collect();
        let target = Target::Known { id: view.id, revision: view.revision };
        let mut form =
            RecordForm::new(view.kind, target, format!("Edit {}", view.title), fields, ctx, memory);
        if let Some(at) = at.and_then(|key| form.fields.iter().position(|one| one.info.key == key)) {
            form.focus = at;
        }
        form
    }

    /// All fields of a record as a text in `$EDITOR`, and afterwards in the form, to be looked at and saved.
    pub fn edit_as_text(view: &View, ctx: &Ctx, memory: Memory) -> RecordForm {
        let mut form = RecordForm::edit(view, None, ctx, memory);
        form.as_text = true;
        form
    }

    fn new(
        record: RecordKind,
        target: Target,
        title: String,
        fields: Vec<FormField>,
        ctx: &Ctx,
        memory: Memory,
    ) -> RecordForm {
        let draft = memory.draft(form_of(record, target));
        let mut form = RecordForm {
            record,
            target,
            title,
            fields,
            focus: 0,
            on_similar: None,
            offered: Offered::default(),
            alike: Alike::default(),
            conflict: None,
            message: None,
            asking: Asking::Nothing,
            waiting: Waiting::Nothing,
            memory,
            draft,
            as_text: false,
            done: false,
            now: ctx.now,
        };
        // Fields come in groups; the order within a group is the schema's.
        let mut groups: Vec<&'static str> = Vec::new();
        for one in &form.fields {
            if !groups.contains(&one.group) {
                groups.push(one.group);
            }
        }
        form.fields.sort_by_key(|one| groups.iter().position(|group| *group == one.group));
        // Whoever makes a record has the name at hand, not the form of address.
        form.focus = form.fields.iter().position(|one| one.info.name == "given_name").unwrap_or(0);
        if let Some(draft) = &form.draft {
            let text = format!(
                "What you typed here at {} was not saved. Ctrl-R brings it back.",
                content::clock(draft.at, ctx)
            );
            form.message = Some((Tone::Warning, text));
        }
        form.check_all(ctx);
        form
    }

    /// What was typed and is not saved, if anything was.
    pub fn draft(&self) -> Option<Draft> {
        let texts: Vec<(FieldKey, String)> =
            self.fields.iter().filter(|one| one.changed()).map(|one| (one.info.key, one.text())).collect();
        let form = form_of(self.record, self.target);
        (!texts.is_empty()).then_some(Draft { form, texts, at: self.now })
    }

    /// Puts back what was typed and not saved.
    pub fn restore(&mut self, ctx: &Ctx) {
        let Some(draft) = self.draft.take() else { return };
        for (key, text) in &draft.texts {
            if let Some(one) = self.fields.iter_mut().find(|one| one.info.key == *key && one.locked.is_none())
            {
                one.set(text);
            }
        }
        self.message = None;
        self.check_all(ctx);
    }

    /// The country by which numbers without a country code are read.
    fn country(&self, ctx: &Ctx) -> Option<Country> {
        let own = self.fields.iter().find(|one| one.info.kind == Kind::Country && !one.info.custom);
        own.and_then(|one| one.text().parse().ok())
            .or_else(|| ctx.identity.as_ref().and_then(|identity| identity.country.parse().ok()))
    }

    fn check_all(&mut self, ctx: &Ctx) {
        let country = self.country(ctx);
        let record = self.record;
        self.fields.iter_mut().for_each(|one| one.check(record, country));
    }

    fn check_focused(&mut self, ctx: &Ctx) {
        let country = self.country(ctx);
        let record = self.record;
        let of_country = self.fields.get(self.focus).is_some_and(|one| one.info.kind == Kind::Country);
        let focus = self.focus;
        for (at, one) in self.fields.iter_mut().enumerate() {
            if at == focus || of_country && one.info.kind == Kind::Phones {
                one.check(record, country);
            }
        }
    }

    /// After the text of the focused field changed.
    fn changed(&mut self, ctx: &Ctx) -> Vec<Step> {
        self.now = ctx.now;
        self.draft = None;
        self.message = None;
        self.check_focused(ctx);
        let mut steps = self.offer();
        steps.extend(self.ask_similar());
        steps
    }

    fn offer(&mut self) -> Vec<Step> {
        let Some(one) = self.fields.get(self.focus) else { return Vec::new() };
        let last = match one.info.category {
            Category::Provenance if one.info.kind == Kind::Text => {
                self.memory.last(self.record, one.info.key)
            }
            _ => None,
        };
        let prefix = self.offered.typed(one, last);
        self.complete(prefix)
    }

    fn complete(&self, prefix: Option<String>) -> Vec<Step> {
        let (Some(prefix), Some(one)) = (prefix, self.fields.get(self.focus)) else { return Vec::new() };
        let call = api::Complete { kind: self.record, field: one.info.address(), prefix, limit: 5 };
        vec![Step::Call(COMPLETE, Request::Complete(call))]
    }

    fn ask_similar(&mut self) -> Vec<Step> {
        if self.record != RecordKind::Contact || self.target != Target::New {
            return Vec::new();
        }
        let question = self.alike.question(&self.fields);
        if self.alike.found.is_empty() {
            self.on_similar = None;
        }
        match question {
            Some(fields) => {
                vec![Step::Call(SIMILAR, Request::FindSimilar(api::FindSimilar { fields, except: None }))]
            }
            None => Vec::new(),
        }
    }

    /// Puts the cursor on another field.
    fn go(&mut self, to: usize, ctx: &Ctx) -> Vec<Step> {
        if let Some(left) = self.fields.get_mut(self.focus) {
            left.visited = true;
        }
        self.check_focused(ctx);
        self.focus = to.min(self.fields.len().saturating_sub(1));
        self.on_similar = None;
        self.offered.clear();
        let empty = self.fields.get(self.focus).is_some_and(FormField::is_empty);
        if empty { self.offer() } else { Vec::new() }
    }

    fn step(&mut self, back: bool, ctx: &Ctx) -> Vec<Step> {
        match (self.on_similar, back) {
            (Some(at), true) => {
                self.on_similar = Some(at.saturating_sub(1));
                Vec::new()
            }
            (Some(at), false) if at + 1 < self.alike.found.len() => {
                self.on_similar = Some(at + 1);
                Vec::new()
            }
            (Some(_), false) => self.go(0, ctx),
            (None, true) if self.focus == 0 && !self.alike.found.is_empty() => {
                self.offered.clear();
                self.on_similar = Some(self.alike.found.len() - 1);
                Vec::new()
            }
            (None, true) => self.go(self.focus.saturating_sub(1), ctx),
            (None, false) => self.go(self.focus + 1, ctx),
        }
    }

    /// The first field of the next or previous group.
    fn group(&mut self, back: bool, ctx: &Ctx) -> Vec<Step> {
        let here = self.fields.get(self.focus).map_or("", |one| one.group);
        let to = if back {
            let start = self.fields.iter().position(|one| one.group == here).unwrap_or(0);
            if start < self.focus {
                start
            } else {
                let group =
                    start.checked_sub(1).and_then(|at| self.fields.get(at)).map_or(here, |one| one.group);
                self.fields.iter().position(|one| one.group == group).unwrap_or(0)
            }
        } else {
            self.fields.iter().rposition(|one| one.group == here).map_or(0, |last| last + 1)
        };
        self.go(to, ctx)
    }

    fn leave(&mut self) -> Vec<Step> {
        if self.draft().is_none() {
            return vec![Step::Close];
        }
        self.asking = Asking::Discard;
        vec![Step::Open(Box::new(Confirm::new("Not saved", "Throw away what was typed?", "Throw away")))]
    }

    fn open_similar(&mut self, at: usize) -> Vec<Step> {
        let Some(one) = self.alike.found.get(at) else { return Vec::new() };
        let Some(id) = one.id else {
            return vec![Step::Toast(Level::Info, format!("{}.", one.name()))];
        };
        let id = id.0;
        // The draft stays in memory: it may have been somebody else after all.
        vec![
            Step::Toast(Level::Info, "What you typed is kept; the next new contact offers it.".to_owned()),
            Step::Show(RecordKind::Contact, id),
            Step::Close,
        ]
    }

    fn edited(&mut self, ticket: Ticket, text: Result<String, Error>, ctx: &Ctx) -> Vec<Step> {
        match text {
            Err(error) => return vec![Step::Fail(error)],
            Ok(text) if ticket == EDIT_ALL => {
                let problems = text_form::read(&text, &mut self.fields);
                self.check_all(ctx);
                self.message = problems.first().map(|problem| (Tone::Error, problem.clone()));
                let first = self.fields.iter().position(|one| one.error.is_some());
                self.focus = first.or_else(|| self.fields.iter().position(FormField::changed)).unwrap_or(0);
                if self.message.is_none() && self.draft().is_none() {
                    return vec![Step::Toast(Level::Info, "Nothing was changed.".to_owned()), Step::Close];
                }
            }
            Ok(text) => {
                if let Some(one) = self.fields.get_mut(self.focus) {
                    one.set(&crate::tui::forms::line::paste_lines(text.trim_end()));
                }
                return self.changed(ctx);
            }
        }
        Vec::new()
    }

    fn child(&mut self, with: Option<String>, ctx: &Ctx) -> Vec<Step> {
        let yes = with.as_deref() == Some(YES);
        match std::mem::replace(&mut self.asking, Asking::Nothing) {
            Asking::Discard if yes => {
                self.done = true;
                self.memory.forget(form_of(self.record, self.target));
                vec![Step::Close]
            }
            Asking::Duplicate if yes => {
                self.alike.accepted = true;
                self.send()
            }
            Asking::Choice(at) => match (with, self.fields.get_mut(at)) {
                (Some(word), Some(one)) => {
                    one.set(&word);
                    self.focus = at;
                    let mut steps = self.changed(ctx);
                    steps.extend(self.step(false, ctx));
                    steps
                }
                _ => Vec::new(),
            },
            Asking::Nothing | Asking::Discard | Asking::Duplicate => Vec::new(),
        }
    }
}

impl Layer for RecordForm {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => self.key(key, ctx),
            Input::Paste(pasted) => self.paste(&pasted, ctx),
            Input::Cancel => self.leave(),
            Input::Answer(ticket, answer) => self.answer(ticket, answer, ctx),
            Input::Edited(ticket, text) => self.edited(ticket, text, ctx),
            Input::Child(with) => self.child(with, ctx),
            Input::Job(..) | Input::Resized => Vec::new(),
        }
    }

    fn start(&mut self, ctx: &Ctx) -> Vec<Step> {
        if self.as_text {
            let text = text_form::write(&self.title, &self.fields);
            return vec![Step::Editor { ticket: EDIT_ALL, text, suffix: "txt" }];
        }
        let mut steps = self.ask_similar();
        if self.fields.get(self.focus).is_some_and(FormField::is_empty) {
            steps.extend(self.offer());
        }
        let _ = ctx;
        steps
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        sheet::draw(self, buf, area, ctx)
    }

    fn place(&self, body: Rect) -> Rect {
        crate::tui::forms::frame::centred(body, 100, body.height)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        if self.conflict.is_some() {
            return vec![
                Hint::new("m", "mine"),
                Hint::new("t", "theirs"),
                Hint::new("enter", "save"),
                Hint::new("esc", "back"),
            ];
        }
        let mut hints =
            vec![Hint::new("ctrl-s", "save"), Hint::new("tab", "next field"), Hint::new("esc", "back")];
        if !self.alike.found.is_empty() {
            hints.push(Hint::new("ctrl-o", "open the one already here"));
        }
        if !self.offered.list.is_empty() {
            hints.push(Hint::new("down", "take an offer"));
        }
        match self.fields.get(self.focus).map(|one| (&one.editor, one.offers())) {
            Some((Editor::Choice(_), _)) => hints.push(Hint::new("enter", "choose")),
            Some((Editor::Text(_) | Editor::Items(_), _)) => hints.push(Hint::new("alt-e", "$EDITOR")),
            Some((
                Editor::Line(_),
                Offers::Nothing | Offers::Countries | Offers::Languages | Offers::Store,
            ))
            | None => {}
        }
        if self.draft.is_some() {
            hints.push(Hint::new("ctrl-r", "bring back"));
        }
        hints
    }

    fn unsaved(&self) -> bool {
        !self.done && self.draft().is_some()
    }

    fn form(&self) -> Option<Form> {
        Some(form_of(self.record, self.target))
    }

    fn draft(&self) -> Option<Draft> {
        RecordForm::draft(self).filter(|_| !self.done)
    }
}

impl Drop for RecordForm {
    fn drop(&mut self) {
        if let Some(draft) = self.draft().filter(|_| !self.done) {
            self.memory.keep(draft);
        }
    }
}
