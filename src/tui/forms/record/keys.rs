//! Keys and pastes in a record form.

use super::{Asking, COMPLETE, EDITOR, RecordForm, Waiting};
use crate::tui::forms::conflict::Resolved;
use crate::tui::forms::field::Editor;
use crate::tui::forms::line::Typed;
use crate::tui::forms::pick::Picker;
use crate::tui::keys::{Code, Key, Mods};
use crate::tui::layer::{Ctx, Step};
use crate::tui::theme::Tone;

impl RecordForm {
    pub(super) fn key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        if self.waiting != Waiting::Nothing {
            // What is typed while the answer is on its way would be lost with the form.
            return Vec::new();
        }
        if let Some(conflict) = &mut self.conflict {
            return match conflict.key(key) {
                Resolved::NotYet => Vec::new(),
                Resolved::Back => {
                    self.conflict = None;
                    Vec::new()
                }
                Resolved::Save => self.fetch_fresh(),
            };
        }
        if key == Key::ctrl('s') {
            return self.save(ctx);
        }
        if key == Key::ctrl('r') && self.draft.is_some() {
            self.restore(ctx);
            return self.ask_similar();
        }
        if key == Key::ctrl('o') && !self.alike.found.is_empty() {
            return self.open_similar(self.on_similar.unwrap_or(0));
        }
        match key.code() {
            Code::Esc if !self.offered.list.is_empty() => {
                self.offered.clear();
                Vec::new()
            }
            Code::Esc => self.leave(),
            Code::Tab => self.step(key.mods() == Mods::SHIFT, ctx),
            Code::PgDn => self.group(false, ctx),
            Code::PgUp => self.group(true, ctx),
            code => match self.on_similar {
                Some(at) => match code {
                    Code::Enter => self.open_similar(at),
                    Code::Up | Code::Down => self.step(code == Code::Up, ctx),
                    _ => Vec::new(),
                },
                None => self.edit_key(key, ctx),
            },
        }
    }

    /// A key for the focused editor.
    fn edit_key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        let up_down = match key.code() {
            Code::Up => Some(true),
            Code::Down => Some(false),
            _ => None,
        };
        let offers = self.offered.list.len();
        let Some(one) = self.fields.get_mut(self.focus) else { return Vec::new() };
        if one.locked.is_some() {
            return match (up_down, key.code()) {
                (Some(up), _) => self.step(up, ctx),
                (None, Code::Enter) => self.step(false, ctx),
                (None, _) => Vec::new(),
            };
        }
        let typed = match &mut one.editor {
            Editor::Line(line) => match (key.code(), up_down) {
                (Code::Enter, _) => {
                    return match self.offered.at {
                        Some(_) => self.take_offer(ctx),
                        None => self.step(false, ctx),
                    };
                }
                (_, Some(false)) if offers > 0 => {
                    self.offered.at = Some(self.offered.at.map_or(0, |at| (at + 1).min(offers - 1)));
                    return Vec::new();
                }
                (_, Some(true)) if self.offered.at.is_some() => {
                    self.offered.at = self.offered.at.and_then(|at| at.checked_sub(1));
                    return Vec::new();
                }
                (_, Some(up)) => return self.step(up, ctx),
                (_, None) => line.key(key),
            },
            Editor::Text(area) | Editor::Items(area) => match up_down {
                Some(up) if area.at_edge(up) => return self.step(up, ctx),
                _ if key == Key::alt('e') || key == Key::ctrl('x') => {
                    let text = area.text();
                    return vec![Step::Editor { ticket: EDITOR, text, suffix: "txt" }];
                }
                _ => area.key(key),
            },
            Editor::Choice(word) => match key.code() {
                Code::Up | Code::Down => return self.step(key.code() == Code::Up, ctx),
                Code::Backspace | Code::Delete => {
                    word.clear();
                    Typed::Changed
                }
                _ => {
                    let word = word.clone();
                    let typed = key.typed().filter(|c| !c.is_whitespace());
                    if key.code() != Code::Enter && key.typed().is_none() {
                        return Vec::new();
                    }
                    let mut picker = Picker::new(one.info.label.clone(), one.choices());
                    if one.required {
                        picker = picker.without_default();
                    }
                    picker = picker.at(&word);
                    if let Some(c) = typed {
                        picker = picker.typed(&c.to_string());
                    }
                    self.asking = Asking::Choice(self.focus);
                    return vec![Step::Open(Box::new(picker))];
                }
            },
        };
        self.after(typed, ctx)
    }

    fn after(&mut self, typed: Typed, ctx: &Ctx) -> Vec<Step> {
        match typed {
            Typed::Changed => self.changed(ctx),
            Typed::Full => {
                let steps = self.changed(ctx);
                self.message = Some((Tone::Warning, "The field is full; the rest was left out.".to_owned()));
                steps
            }
            Typed::Moved | Typed::Ignored => Vec::new(),
        }
    }

    fn take_offer(&mut self, ctx: &Ctx) -> Vec<Step> {
        let Some(one) = self.fields.get_mut(self.focus) else { return Vec::new() };
        if let Some(text) = self.offered.take(one) {
            one.set(&text);
        }
        let steps = self.changed(ctx);
        self.offered.clear();
        steps.into_iter().filter(|step| !matches!(step, Step::Call(COMPLETE, _))).collect()
    }

    pub(super) fn paste(&mut self, pasted: &str, ctx: &Ctx) -> Vec<Step> {
        if self.waiting != Waiting::Nothing || self.conflict.is_some() || self.on_similar.is_some() {
            return Vec::new();
        }
        let Some(one) = self.fields.get_mut(self.focus).filter(|one| one.locked.is_none()) else {
            return Vec::new();
        };
        let typed = match &mut one.editor {
            Editor::Line(line) => line.paste(pasted),
            Editor::Text(area) | Editor::Items(area) => area.paste(pasted),
            Editor::Choice(_) => Typed::Ignored,
        };
        self.after(typed, ctx)
    }
}
