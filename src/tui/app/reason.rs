//! Why an action cannot be carried out now.

use super::App;
use crate::api::View;
use crate::domain::entity::RecordKind;
use crate::tui::action::Action;
use crate::tui::layout;
use crate::tui::screen::Place;
use crate::tui::screen::detail::Tab;
use crate::tui::screen::marks::Marks;

impl App {
    /// The record that verbs work on where nothing is marked: the row, or what is open.
    pub(super) fn subject(&self) -> Option<&View> {
        match self.place {
            Place::Contacts | Place::Companies => self.list().and_then(|list| list.current()),
            Place::Record(..) => {
                self.detail.as_ref().and_then(|detail| detail.card.as_ref()).map(|card| &card.record)
            }
            Place::Today | Place::CallLists | Place::Activity | Place::Requests | Place::Request(_) => None,
        }
    }

    pub(super) fn marked(&self) -> u64 {
        self.list().map_or(0, |list| list.marks.count(list.total))
    }

    /// The reason why an action is not possible now, or nothing when it is.
    pub fn disabled(&self, action: Action) -> Option<String> {
        if !action.spec().on.has(self.context()) {
            return Some(format!("not in {}", self.context().title()));
        }
        let reason = match action {
            Action::Down
            | Action::Up
            | Action::Top
            | Action::Bottom
            | Action::PageDown
            | Action::PageUp
            | Action::HalfDown
            | Action::HalfUp
            | Action::Today
            | Action::CallLists
            | Action::Contacts
            | Action::Companies
            | Action::Activity
            | Action::Requests
            | Action::Escape
            | Action::Refresh
            | Action::Sort
            | Action::Views
            | Action::Search
            | Action::Deleted
            | Action::Jump
            | Action::New
            | Action::NewAny
            | Action::Import
            | Action::Undo
            | Action::Redo
            | Action::Help
            | Action::Close => None,
            Action::Open => self.cannot_open(),
            Action::NextPane | Action::PrevPane => match self.list() {
                Some(list) if !list.preview_shown => Some("there is only this pane; z shows another"),
                Some(_) | None => None,
            },
            Action::NextRecord => self.no_neighbour(true),
            Action::PrevRecord => self.no_neighbour(false),
            Action::Back => self.back.is_empty().then_some("this is where you began"),
            Action::Forward => self.forward.is_empty().then_some("you have not gone back"),
            Action::Preview => (self.ctx.size.width < layout::NARROW)
                .then_some("it needs 60 columns; enter opens the record"),
            Action::ScrollDown | Action::ScrollUp => match self.list() {
                Some(list) if !list.preview_shown => Some("nothing is shown beside the list; z shows it"),
                Some(_) | None => None,
            },
            Action::Why => self.field_name().is_none().then_some("no field is under the cursor"),
            Action::AsOf => self.subject().is_none().then_some("nothing is here"),
            Action::Again => self.jumped.is_empty().then_some("nothing was jumped to yet"),
            Action::Mark => match self.list() {
                Some(list) if matches!(list.marks, Marks::All(_)) => {
                    Some("everything is marked; * takes the marks away")
                }
                Some(list) if list.current().is_none() => Some("nothing is here"),
                Some(_) | None => None,
            },
            Action::Range | Action::MarkAll => {
                self.list().is_some_and(|list| list.total == 0).then_some("nothing is here")
            }
            Action::Edit | Action::EditText => {
                if self.marked() > 1 {
                    Some("several are marked; # and o work on all of them, Esc takes the marks away")
                } else if action == Action::Edit && self.on_empty_notes() {
                    Some("no note is here; an writes one")
                } else {
                    self.cannot_change()
                }
            }
            Action::Tag | Action::Owner => self.cannot_change(),
            Action::Delete => {
                if self.on_empty_notes() {
                    Some("no note is here")
                } else {
                    self.cannot_change()
                }
            }
            Action::Restore => self.cannot_restore(),
            Action::Merge => self.cannot_merge(),
            Action::Consent if self.marked() > 1 => Some("consent is one person's; Esc takes the marks away"),
            Action::FollowUp if self.marked() > 1 => {
                Some("a task is about one person; Esc takes the marks away")
            }
            Action::FollowUp | Action::Consent if self.place == Place::Today => {
                self.person_here().is_none().then_some("no person is here")
            }
            Action::Call if matches!(self.place, Place::Today | Place::CallLists) => self.no_work(),
            Action::Complete => self.no_task(),
            Action::TakeIn if self.marked() > 1 => {
                Some("a request is one person's; Esc takes the marks away")
            }
            Action::TakeIn => match self.place {
                Place::Requests | Place::Request(_) => None,
                Place::Today
                | Place::CallLists
                | Place::Contacts
                | Place::Companies
                | Place::Activity
                | Place::Record(..) => self.person_here().is_none().then_some("no person is here"),
            },
            Action::Identify
            | Action::Extend
            | Action::Refuse
            | Action::Answered
            | Action::Assign
            | Action::CopyLetter => self.no_request(action),
            Action::FollowUp => self.cannot_change(),
            Action::Call if self.marked() > 1 => Some("one calls one person; Esc takes the marks away"),
            Action::Call => self.cannot_change(),
            Action::Consent => self.subject().is_none().then_some("nothing is here"),
            Action::AddNote | Action::LogCall | Action::LogEmail | Action::LogMeeting => {
                if self.marked() > 1 {
                    Some("a note is about one person; Esc takes the marks away")
                } else {
                    self.cannot_change()
                }
            }
            Action::CopyField
            | Action::CopyPhone
            | Action::CopyEmail
            | Action::CopyAddress
            | Action::CopyLink
            | Action::CopyName
            | Action::CopyId => self.subject().is_none().then_some("nothing is here"),
            Action::Command => (!self.commands).then_some("there is no command line here"),
            Action::Jobs => self.jobs.is_empty().then_some("nothing runs, nothing ran"),
            Action::Theme => self.colourless.then_some("the terminal or NO_COLOR rules colours out"),
            Action::Lock => {
                let demo = self.ctx.identity.as_ref().is_some_and(|identity| identity.demo);
                demo.then_some("the demo has no passphrase")
            }
        };
        reason.map(str::to_owned)
    }

    fn cannot_open(&self) -> Option<&'static str> {
        match self.place {
            Place::Today | Place::CallLists => self.no_work(),
            Place::Requests | Place::Request(_) => self.no_request(Action::Open),
            Place::Contacts | Place::Companies => self.subject().is_none().then_some("nothing is here"),
            Place::Activity => match self.activity.current().map(|entry| entry.kind) {
                None => Some("nothing is here"),
                Some(kind) if kind.indexed().is_some() || kind.is_about_person() => None,
                Some(_) => Some("this entry is about the store itself"),
            },
            Place::Record(..) => {
                let detail = self.detail.as_ref()?;
                let opens =
                    detail.person().is_some() || detail.entry().is_some() || self.linked_record().is_some();
                let masked = detail.field(&self.ctx).is_some_and(|item| item.masked);
                let opens = opens || masked && self.field_name().is_some();
                (!opens).then_some("this opens nothing; e edits it")
            }
        }
    }

    fn cannot_change(&self) -> Option<&'static str> {
        if self.marked() > 0 {
            return None;
        }
        match self.subject() {
            None => Some("nothing is here"),
            Some(view) if view.deleted => Some("it is deleted; r restores it"),
            Some(_) if self.detail.as_ref().is_some_and(|detail| detail.at.is_some()) => {
                Some("this is how it stood then; Esc comes back to now")
            }
            Some(_) => None,
        }
    }

    fn cannot_restore(&self) -> Option<&'static str> {
        if self.list().is_some_and(|list| matches!(list.marks, Marks::All(_))) {
            return None;
        }
        match self.subject() {
            None => Some("nothing is here"),
            Some(view) if !view.deleted => Some("it is not deleted; gd shows what is"),
            Some(_) => None,
        }
    }

    fn cannot_merge(&self) -> Option<&'static str> {
        match self.list().map(|list| &list.marks) {
            Some(Marks::These(ids)) if ids.len() == 2 => None,
            _ => Some("mark exactly two contacts with space first"),
        }
    }

    fn on_empty_notes(&self) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.tab == Tab::Notes && detail.note().is_none())
    }

    fn no_neighbour(&self, next: bool) -> Option<&'static str> {
        let Place::Record(kind, id) = self.place else { return Some("no record is open") };
        let list = if kind == RecordKind::Company { &self.companies } else { &self.contacts };
        if list.current().is_none_or(|row| row.id != id) {
            return Some("it was not opened from a list");
        }
        let end = if next { list.scroll.cursor + 1 >= list.total } else { list.scroll.cursor == 0 };
        end.then_some(if next { "it is the last of the list" } else { "it is the first of the list" })
    }
}
