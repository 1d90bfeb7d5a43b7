//! What each action does.

use super::{App, Asker};
use crate::api::{self, Call};
use crate::domain::contact::{ContactField, NoteKind};
use crate::domain::entity::{Lies, RecordKind};
use crate::tui::action::Action;
use crate::tui::layer::{Intent, Level, Step};
use crate::tui::overlay::choose::{Choice, Choose};
use crate::tui::overlay::command::CommandLine;
use crate::tui::overlay::help::{Help, Row};
use crate::tui::overlay::palette::Palette;
use crate::tui::overlay::prompt::Prompt;
use crate::tui::rights;
use crate::tui::screen::detail::Tab;
use crate::tui::screen::{Motion, Place, Want};
use crate::tui::theme;

/// What is done with a record once all of it is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Then {
    Edit,
    EditText,
    Note(NoteKind),
    Consent,
    Call,
    Copy(Action),
}

impl App {
    /// Carries out an action, or says why it cannot be.
    pub fn act(&mut self, action: Action) {
        if let Some(reason) = self.disabled(action) {
            let label = action.spec().label;
            return self.toast(Level::Info, format!("{label}: {reason}"));
        }
        match action {
            Action::Down => self.go(Motion::Down),
            Action::Up => self.go(Motion::Up),
            Action::Top => self.go(Motion::Top),
            Action::Bottom => self.go(Motion::Bottom),
            Action::PageDown => self.go(Motion::PageDown),
            Action::PageUp => self.go(Motion::PageUp),
            Action::HalfDown => self.go(Motion::HalfDown),
            Action::HalfUp => self.go(Motion::HalfUp),
            Action::Open => self.open(),
            Action::NextPane => self.turn(true),
            Action::PrevPane => self.turn(false),
            Action::NextRecord => self.step(Motion::Down),
            Action::PrevRecord => self.step(Motion::Up),
            Action::Back => self.go_back(),
            Action::Forward => {
                if let Some(place) = self.forward.pop() {
                    self.back.push(self.place);
                    self.show_place(place);
                }
            }
            Action::Today => self.go_to(Place::Today),
            Action::CallLists => self.go_to(Place::CallLists),
            Action::Contacts => self.go_to(Place::Contacts),
            Action::Companies => self.go_to(Place::Companies),
            Action::Activity => self.go_to(Place::Activity),
            Action::Requests => self.go_to(Place::Requests),
            Action::Escape => self.escape(),
            Action::Preview => self.toggle_pane(),
            Action::ScrollDown => self.scroll(true),
            Action::ScrollUp => self.scroll(false),
            Action::AsOf => {
                self.open_layer(Box::new(Prompt::as_of()));
            }
            Action::Why => self.why(),
            Action::Refresh => self.refresh(),
            Action::Sort => self.sort_menu(),
            Action::Views => self.views_menu(),
            Action::Search => {
                if let Some(list) = self.list_mut() {
                    list.preview_focus = false;
                    list.search.open();
                }
            }
            Action::Jump => self.open_layer(Box::new(Palette::new("", self.help_rows()))),
            Action::Again => {
                let text = self.jumped.clone();
                self.open_layer(Box::new(Palette::new(&text, self.help_rows())));
            }
            Action::Deleted => self.search_for("is:deleted"),
            Action::Mark => {
                let wants = self.list_mut().map(super::super::screen::list::List::mark).unwrap_or_default();
                self.ask_all(wants);
            }
            Action::Range => {
                let want = self.list_mut().and_then(super::super::screen::list::List::mark_range);
                self.ask_all(want);
            }
            Action::MarkAll => {
                if let Some(list) = self.list_mut() {
                    list.mark_all();
                }
            }
            Action::New => self.new_here(),
            Action::NewAny => self.new_menu(),
            Action::Edit => self.then(Then::Edit),
            Action::EditText => self.then(Then::EditText),
            Action::Tag => self.tag(),
            Action::Owner => self.owner(),
            Action::Merge => self.merge(),
            Action::Delete => self.delete(),
            Action::Restore => self.restore(),
            Action::Import => {
                let layer = self.forms.import(&self.ctx);
                self.open_layer(layer);
            }
            Action::Undo => {
                self.ask(Asker::Undo { redo: false }, None, api::Undo { seq: None }.into_request());
            }
            Action::Redo => self.ask(Asker::Undo { redo: true }, None, api::Redo {}.into_request()),
            Action::Call => match self.place {
                Place::Today | Place::CallLists => self.call_work(),
                Place::Contacts
                | Place::Companies
                | Place::Activity
                | Place::Requests
                | Place::Request(_)
                | Place::Record(..) => self.then(Then::Call),
            },
            Action::Complete => self.complete(),
            Action::FollowUp => self.follow_up(),
            Action::Consent => self.then(Then::Consent),
            Action::TakeIn => self.take_in(),
            Action::Identify => self.decide_request(rights::identify),
            Action::Extend => self.decide_request(rights::extend),
            Action::Refuse => self.decide_request(rights::refuse),
            Action::Answered => self.decide_request(rights::answered),
            Action::Assign => self.decide_request(rights::assign),
            Action::CopyLetter => self.copy_letter(),
            Action::AddNote => self.then(Then::Note(NoteKind::Note)),
            Action::LogCall => self.then(Then::Note(NoteKind::Call)),
            Action::LogEmail => self.then(Then::Note(NoteKind::Email)),
            Action::LogMeeting => self.then(Then::Note(NoteKind::Meeting)),
            Action::CopyField
            | Action::CopyPhone
            | Action::CopyEmail
            | Action::CopyAddress
            | Action::CopyLink
            | Action::CopyName
            | Action::CopyId => self.then(Then::Copy(action)),
            Action::Command => {
                let line = CommandLine::new(self.commanded.clone(), self.completer.clone());
                self.open_layer(Box::new(line));
            }
            Action::Help => self.open_layer(Box::new(Help::new(self.context().title(), self.help_rows()))),
            Action::Jobs => self.jobs_panel = Some(0),
            Action::Theme => self.theme_menu(),
            Action::Lock => self.lock(false),
            Action::Close => self.close(),
        }
    }

    /// Every action with its keys, and why it cannot be carried out now.
    pub(super) fn help_rows(&self) -> Vec<Row> {
        crate::tui::action::ACTIONS
            .iter()
            .filter(|spec| spec.on.has(self.context()))
            .map(|spec| Row {
                action: spec.action,
                keys: self.keymap.keys_of(spec.action).join(" "),
                disabled: self.disabled(spec.action),
            })
            .collect()
    }

    fn go(&mut self, motion: Motion) {
        let wants: Vec<Want> = match self.place {
            Place::Contacts | Place::Companies => {
                if self.list().is_some_and(|list| list.preview_focus) {
                    match motion {
                        Motion::Down | Motion::PageDown | Motion::HalfDown | Motion::Bottom => {
                            self.scroll(true)
                        }
                        Motion::Up | Motion::PageUp | Motion::HalfUp | Motion::Top => self.scroll(false),
                    }
                    return;
                }
                self.list_mut().map(|list| list.go(motion)).unwrap_or_default()
            }
            Place::Activity => self.activity.go(motion).into_iter().collect(),
            Place::Today => {
                self.today.go(motion);
                Vec::new()
            }
            Place::CallLists => {
                self.call_lists.go(motion);
                Vec::new()
            }
            Place::Requests => {
                self.requests.go(motion);
                Vec::new()
            }
            Place::Request(_) => {
                self.request.go(motion, &self.ctx);
                Vec::new()
            }
            Place::Record(..) => {
                if let Some(detail) = &mut self.detail {
                    detail.go(motion, &self.ctx);
                }
                Vec::new()
            }
        };
        self.ask_all(wants);
    }

    fn open(&mut self) {
        let to = match self.place {
            Place::Today | Place::CallLists => return self.open_work(),
            Place::Requests | Place::Request(_) => return self.open_request(),
            Place::Contacts | Place::Companies => {
                self.list().and_then(|list| list.current()).map(|row| Place::Record(row.kind, row.id))
            }
            Place::Activity => self.activity.current().and_then(|entry| match entry.kind.lies() {
                _ if entry.kind.indexed().is_some() => Some(Place::Record(entry.kind, entry.id)),
                Lies::AboutPerson => entry.about.map(|contact| Place::Record(RecordKind::Contact, contact.0)),
                Lies::Person | Lies::Itself | Lies::Nobody => None,
            }),
            Place::Record(..) => {
                let Some(detail) = &self.detail else { return };
                if let Some(person) = detail.person() {
                    Some(Place::Record(RecordKind::Contact, person.id))
                } else if let Some(entry) = detail.entry() {
                    let at = entry.at;
                    return self.as_of(Some(at));
                } else if detail.field(&self.ctx).is_some_and(|item| item.masked)
                    && self.field_name().is_some()
                {
                    return self.why();
                } else {
                    self.linked_record()
                }
            }
        };
        if let Some(place) = to {
            self.go_to(place);
        }
    }

    /// The word for the field under the cursor, of a contact.
    pub(super) fn field_name(&self) -> Option<String> {
        let detail = self.detail.as_ref().filter(|detail| detail.kind == RecordKind::Contact)?;
        let key = detail.field_key(&self.ctx)?;
        self.ctx.schema.by_key(RecordKind::Contact, key).map(crate::domain::schema::FieldInfo::address)
    }

    /// Asks why one sees a field as it is.
    fn why(&mut self) {
        let (Some(field), Some(detail)) = (self.field_name(), &self.detail) else { return };
        let contact = crate::domain::id::ContactId(detail.id);
        let call = api::AccessExplain { user: None, contact, field: Some(field) };
        self.ask(Asker::Why, None, call.into_request());
    }

    /// The record that the field under the cursor names.
    pub(super) fn linked_record(&self) -> Option<Place> {
        use crate::domain::value::Value;
        let detail = self.detail.as_ref()?;
        let key = detail.field_key(&self.ctx)?;
        match detail.card.as_ref()?.record.get(key)?.value.as_ref()? {
            Value::Company(id) => Some(Place::Record(RecordKind::Company, id.0)),
            Value::Contact(id) => Some(Place::Record(RecordKind::Contact, id.0)),
            _ => None,
        }
    }

    pub(super) fn as_of(&mut self, at: Option<crate::domain::time::Timestamp>) {
        if let Some(detail) = &mut self.detail {
            let wants = detail.as_of(at, &self.ctx);
            self.ask_all(wants);
        }
    }

    fn turn(&mut self, forward: bool) {
        match self.place {
            Place::Record(..) => {
                if let Some(detail) = &mut self.detail {
                    let wants = detail.turn(forward, &self.ctx);
                    self.ask_all(wants);
                }
            }
            Place::Today
            | Place::CallLists
            | Place::Contacts
            | Place::Companies
            | Place::Activity
            | Place::Requests
            | Place::Request(_) => {
                if let Some(list) = self.list_mut() {
                    list.preview_focus = list.preview_shown && !list.preview_focus;
                }
            }
        }
    }

    /// Shows the next or previous record of the list, whose cursor goes along.
    fn step(&mut self, motion: Motion) {
        let Place::Record(kind, _) = self.place else { return };
        let tab = self.detail.as_ref().map_or(Tab::Fields, |detail| detail.tab);
        let list = self.list_of(kind);
        let next = if motion == Motion::Down {
            list.scroll.cursor + 1
        } else {
            list.scroll.cursor.saturating_sub(1)
        };
        if list.row(next).is_none() {
            // Its row is still on the way; the cursor of the list must not run ahead of what is shown.
            return self.toast(Level::Info, "the list is still loading".to_owned());
        }
        let mut wants = list.go(motion);
        if let Some(id) = list.current().map(|row| row.id) {
            self.show_place(Place::Record(kind, id));
            if let Some(detail) = &mut self.detail {
                wants.extend(detail.show(tab, &self.ctx));
            }
        }
        self.ask_all(wants);
    }

    fn go_back(&mut self) {
        if let Some(place) = self.back.pop() {
            self.forward.push(self.place);
            self.show_place(place);
        }
    }

    /// Takes away one thing: the latest that was put up.
    fn escape(&mut self) {
        if let Place::Record(..) = self.place {
            if self.detail.as_ref().is_some_and(|detail| detail.at.is_some()) {
                return self.as_of(None);
            }
            return self.leave_record();
        }
        if let Place::CallLists | Place::Request(_) = self.place {
            return self.leave_part();
        }
        let Some(list) = self.list_mut() else { return self.clear_toasts() };
        if list.preview_focus {
            list.preview_focus = false;
        } else if list.range.take().is_none() {
            if !list.marks.is_empty() {
                list.marks = crate::tui::screen::marks::Marks::default();
            } else if !list.query.is_empty() || !list.search.line.is_empty() {
                list.search.set("");
                let want = list.find(String::new());
                self.ask_all(want);
            } else if list.view.is_some() {
                let want = list.choose(None);
                self.ask_all(want);
            }
        }
        self.clear_toasts();
    }

    fn leave_record(&mut self) {
        let Place::Record(kind, _) = self.place else { return };
        // Where one came from, past other records; else the list of its kind.
        while let Some(place) = self.back.pop() {
            if !matches!(place, Place::Record(..)) {
                return self.show_place(place);
            }
        }
        self.show_place(if kind == RecordKind::Company { Place::Companies } else { Place::Contacts });
    }

    /// Back to where the call lists, which belong to the day's work, or a request were looked at from.
    fn leave_part(&mut self) {
        let whole = if self.place == Place::CallLists { Place::Today } else { Place::Requests };
        let place = self.back.pop().unwrap_or(whole);
        self.show_place(place);
    }

    fn close(&mut self) {
        match self.place {
            Place::Record(..) => return self.leave_record(),
            Place::CallLists | Place::Request(_) => return self.leave_part(),
            Place::Today | Place::Contacts | Place::Companies | Place::Activity | Place::Requests => {}
        }
        match self.running_jobs() {
            0 => self.quit(),
            jobs => {
                let what = if jobs == 1 { "a job".to_owned() } else { format!("{jobs} jobs") };
                self.confirm(
                    "Quit?",
                    vec![format!("{what} would be cancelled; what is done so far stays done.")],
                    None,
                    vec![Step::Quit],
                );
            }
        }
    }

    fn toggle_pane(&mut self) {
        if self.ctx.size.width >= crate::tui::layout::WIDE {
            self.pane.0 = Some(!self.pane.0.unwrap_or(true));
        } else {
            self.pane.1 = !self.pane.1;
        }
        self.relayout();
    }

    fn scroll(&mut self, down: bool) {
        if let (Place::Record(..), Some(detail)) = (self.place, &mut self.detail) {
            return detail.scroll(down, &self.ctx);
        }
        let lines = self.pane_lines().len();
        let room = self.parts().pane.map_or(0, |pane| usize::from(pane.height));
        let most = u16::try_from(lines.saturating_sub(room)).unwrap_or(u16::MAX);
        if let Some(list) = self.list_mut() {
            let to = if down { list.preview_scroll + 1 } else { list.preview_scroll.saturating_sub(1) };
            list.preview_scroll = to.min(most);
        }
    }

    pub(super) fn search_for(&mut self, query: &str) {
        if let Some(list) = self.list_mut() {
            list.search.set(query);
            let want = list.find(query.to_owned());
            self.ask_all(want);
        }
    }

    fn sort_menu(&mut self) {
        let Some(list) = self.list() else { return };
        // What the service sorts lists by.
        let fields: &[(&str, &str)] = if list.kind == RecordKind::Company {
            &[("name", "Name"), ("country", "Country"), ("owner", "Owner")]
        } else {
            &[("name", "Family name"), ("company", "Company"), ("country", "Country"), ("owner", "Owner")]
        };
        let mut choices =
            vec![Choice::new("relevance, or name without a search", Intent::Sort(String::new()))];
        for (name, label) in fields {
            choices.push(Choice::new(format!("{label}, a to z"), Intent::Sort((*name).to_owned())));
            choices.push(Choice::new(format!("{label}, z to a"), Intent::Sort(format!("-{name}"))));
        }
        for (name, label) in [("updated_at", "changed"), ("created_at", "created")] {
            choices.push(Choice::new(format!("last {label} first"), Intent::Sort(format!("-{name}"))));
            choices.push(Choice::new(format!("first {label} first"), Intent::Sort(name.to_owned())));
        }
        let now = Intent::Sort(list.sort.clone());
        let menu = Choose::new("Order", choices).on(&now);
        self.open_layer(Box::new(menu));
    }

    fn theme_menu(&mut self) {
        let choices = theme::Palette::ALL
            .into_iter()
            .map(|palette| {
                let what = match palette {
                    theme::Palette::Ansi16 => "the terminal's own 16 colours",
                    theme::Palette::Dark => "for a dark background",
                    theme::Palette::Light => "for a light background",
                    theme::Palette::Mono => "no colour",
                };
                Choice::new(format!("{:<8}{what}", palette.name()), Intent::Theme(palette))
            })
            .collect();
        let now = Intent::Theme(self.ctx.theme.palette());
        self.open_layer(Box::new(Choose::new("Colours", choices).on(&now)));
    }

    fn new_menu(&mut self) {
        let mut choices = vec![
            Choice::new("Contact", Intent::New(RecordKind::Contact)).key('c'),
            Choice::new("Company", Intent::New(RecordKind::Company)).key('o'),
        ];
        if self.disabled(Action::AddNote).is_none() {
            choices.push(Choice::new("Note about this contact", Intent::Act(Action::AddNote)).key('n'));
        }
        self.open_layer(Box::new(Choose::new("New", choices)));
    }

    fn new_here(&mut self) {
        match self.place {
            Place::Companies => self.new_record(RecordKind::Company),
            Place::Record(RecordKind::Contact, _)
                if self.detail.as_ref().is_some_and(|detail| detail.tab == Tab::Notes) =>
            {
                self.then(Then::Note(NoteKind::Note));
            }
            Place::Today
            | Place::CallLists
            | Place::Contacts
            | Place::Activity
            | Place::Requests
            | Place::Request(_)
            | Place::Record(..) => self.new_record(RecordKind::Contact),
        }
    }

    pub(super) fn new_record(&mut self, kind: RecordKind) {
        // A contact made on a company's page works there.
        let company = match (&self.detail, kind, self.place) {
            (Some(detail), RecordKind::Contact, Place::Record(RecordKind::Company, _)) => {
                detail.card.as_ref().map(|card| card.record.title.clone())
            }
            _ => None,
        };
        let known: Vec<_> = company.into_iter().map(|title| (ContactField::company.key(), title)).collect();
        let layer = self.forms.add(kind, &known, &self.ctx);
        self.open_layer(layer);
    }
}
