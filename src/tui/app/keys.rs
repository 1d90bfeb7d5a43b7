//! Where a key goes: to the topmost layer, else the panel of jobs, else the search box, else the table of actions.

use super::App;
use crate::api::Error;
use crate::tui::effect::Effect;
use crate::tui::keymap::Meaning;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Input, Level};
use crate::tui::layout;
use crate::tui::screen::search::Typed;
use crate::tui::screen::{Motion, Place};

impl App {
    pub(super) fn key(&mut self, key: Key) {
        if key == Key::ctrl('c') {
            return self.cancel();
        }
        self.last_cancel = None;
        if key == Key::ctrl('z') {
            return self.effects.push(Effect::Suspend);
        }
        if key == Key::ctrl('l') {
            return self.effects.push(Effect::Repaint);
        }
        if layout::too_small(self.ctx.size) {
            // Nobody changes what nobody sees.
            if key == Key::char('q') && self.layers.is_empty() {
                self.quit();
            }
            return;
        }
        if let Some(top) = self.layers.last().map(|laid| laid.id) {
            if key == Key::ctrl('s') || key.code() == Code::Enter {
                // What was said before must not lie over what the layer answers.
                self.clear_toasts();
            }
            self.layer_input(top, Input::Key(key));
        } else if self.jobs_panel.is_some() {
            self.jobs_key(key);
        } else if self.list().is_some_and(|list| list.search.open) {
            self.search_key(key);
        } else {
            self.table_key(key);
        }
    }

    fn table_key(&mut self, key: Key) {
        if key.code() == Code::Esc && !self.prefix.is_empty() {
            self.prefix.clear();
            return;
        }
        self.prefix.push(key);
        match self.keymap.look_up(self.context(), &self.prefix) {
            Meaning::Prefix => {}
            Meaning::Action(action) => {
                self.prefix.clear();
                self.act(action);
            }
            Meaning::Nothing => {
                let keys = crate::tui::keymap::show(&self.prefix);
                self.prefix.clear();
                let help = self.keymap.key_of(crate::tui::action::Action::Help);
                self.toast(Level::Info, format!("{keys} does nothing here; {help} shows what does"));
            }
        }
    }

    /// Ctrl-C: stops what is going on; a second one ends the program.
    fn cancel(&mut self) {
        let now = self.now.elapsed;
        if self.last_cancel.is_some_and(|at| now.saturating_sub(at) <= super::TWICE) {
            return self.quit();
        }
        self.last_cancel = Some(now);
        self.prefix.clear();
        if let Some(top) = self.layers.last().map(|laid| laid.id) {
            self.layer_input(top, Input::Cancel);
            return;
        }
        let mut stopped = false;
        for job in self.jobs.iter_mut().filter(|job| job.ended.is_none() && !job.cancelling) {
            job.cancel.cancel();
            job.cancelling = true;
            stopped = true;
        }
        if self.list().is_some_and(|list| list.search.open) {
            self.search_key(Key::plain(Code::Esc));
        }
        let what = if stopped { "cancelling what runs; " } else { "" };
        self.toast(Level::Info, format!("{what}ctrl-c again quits"));
    }

    pub(super) fn paste(&mut self, text: &str) {
        if layout::too_small(self.ctx.size) {
            return;
        }
        if let Some(top) = self.layers.last().map(|laid| laid.id) {
            self.layer_input(top, Input::Paste(text.to_owned()));
            return;
        }
        let schema = self.ctx.schema.clone();
        let Some(list) = self.list_mut() else { return };
        if !list.search.open {
            // Whoever pastes onto a list has a number or a name to look up.
            list.search.open();
        }
        let typed = list.search.paste(text.trim(), list.kind, &schema);
        if typed == Typed::TooLong {
            return self.fail(Error::usage("that paste is too long; nothing of it was taken"));
        }
        self.typed(typed);
    }

    fn search_key(&mut self, key: Key) {
        let schema = &self.ctx.schema;
        let list = match self.place {
            Place::Contacts => &mut self.contacts,
            Place::Companies => &mut self.companies,
            Place::Today
            | Place::CallLists
            | Place::Activity
            | Place::Requests
            | Place::Request(_)
            | Place::Record(..) => return,
        };
        let typed = list.search.key(key, list.kind, schema);
        if typed == Typed::Pass {
            let motion = match key.code() {
                Code::Down => Motion::Down,
                Code::PgDn => Motion::PageDown,
                Code::PgUp => Motion::PageUp,
                _ => return,
            };
            let wants = list.go(motion);
            return self.ask_all(wants);
        }
        self.typed(typed);
    }

    fn typed(&mut self, typed: Typed) {
        let Some(list) = self.list_mut() else { return };
        let mut wants = Vec::new();
        match typed {
            Typed::Nothing | Typed::Closed | Typed::Pass | Typed::TooLong => {}
            Typed::Query(query, want) => {
                wants.extend(list.find(query));
                wants.extend(want);
            }
            Typed::Ask(want) => wants.push(want),
            Typed::Restored(text) => {
                let query = crate::domain::query::Query::parse_typing(&text);
                if let Ok((query, _)) = query {
                    wants.extend(list.find(query.to_string()));
                }
            }
        }
        self.ask_all(wants);
    }

    fn jobs_key(&mut self, key: Key) {
        let count = self.jobs.len();
        let Some(cursor) = self.jobs_panel.as_mut() else { return };
        match key.code() {
            Code::Char('j') | Code::Down => *cursor = (*cursor + 1).min(count.saturating_sub(1)),
            Code::Char('k') | Code::Up => *cursor = cursor.saturating_sub(1),
            Code::Char('x') | Code::Delete => {
                let at = *cursor;
                if let Some(job) = self.jobs.get_mut(at) {
                    if job.ended.is_none() {
                        job.cancel.cancel();
                        job.cancelling = true;
                    } else {
                        self.jobs.remove(at);
                        self.jobs_panel = Some(at.saturating_sub(usize::from(at + 1 == count)));
                    }
                }
            }
            Code::Esc | Code::Char('q') => self.jobs_panel = None,
            _ => {}
        }
    }
}
