//! Somebody else changed the same fields: both versions, and a choice for each field.
//!
//! Fields that only the other person changed are not here: the service keeps them when ours are saved.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::ChangeView;
use crate::domain::field::FieldKey;
use crate::tui::forms::frame;
use crate::tui::keys::{Code, Key};
use crate::tui::theme::{Theme, Tone};

/// Whose value a field gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Mine,
    Theirs,
}

/// One field that both changed.
#[derive(Clone, Debug)]
pub(crate) struct Both {
    pub(crate) key: FieldKey,
    pub(crate) label: String,
    pub(crate) mine: String,
    /// As it reads.
    pub(crate) theirs: String,
    /// As it is edited.
    pub(crate) theirs_text: String,
    /// Nothing is chosen beforehand.
    pub(crate) side: Option<Side>,
}

/// The choice to be made before a record can be saved.
#[derive(Clone, Debug)]
pub(crate) struct Conflict {
    pub(crate) fields: Vec<Both>,
    at: usize,
    message: String,
}

/// What a key in the conflict leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resolved {
    NotYet,
    /// All are chosen: save.
    Save,
    /// Back to the form.
    Back,
}

impl Conflict {
    pub(crate) fn new(changes: &[ChangeView], mine: impl Fn(FieldKey) -> String) -> Conflict {
        let fields = changes
            .iter()
            .map(|change| {
                let stored = change.old.as_ref();
                let reads = stored.map_or("", |shown| shown.text.as_str());
                Both {
                    key: change.field,
                    label: change.label.clone(),
                    mine: mine(change.field),
                    theirs: reads.to_owned(),
                    theirs_text: stored
                        .and_then(|shown| shown.value.as_ref())
                        .map_or_else(|| reads.to_owned(), |value| super::field::editable(value, reads)),
                    side: None,
                }
            })
            .collect();
        Conflict { fields, at: 0, message: String::new() }
    }

    pub(crate) fn key(&mut self, key: Key) -> Resolved {
        self.message.clear();
        let last = self.fields.len().saturating_sub(1);
        match key.code() {
            Code::Esc => return Resolved::Back,
            Code::Up | Code::Char('k') => self.at = self.at.saturating_sub(1),
            Code::Down | Code::Tab | Code::Char('j') => self.at = (self.at + 1).min(last),
            Code::Char('m') | Code::Left => self.choose(Side::Mine),
            Code::Char('t') | Code::Right => self.choose(Side::Theirs),
            Code::Enter | Code::Char('s') => {
                if key.code() == Code::Char('s') && key != Key::ctrl('s') {
                    return Resolved::NotYet;
                }
                match self.fields.iter().position(|field| field.side.is_none()) {
                    None => return Resolved::Save,
                    Some(open) => {
                        self.at = open;
                        self.message = "Choose for every field: m mine, t theirs.".to_owned();
                    }
                }
            }
            _ => {}
        }
        Resolved::NotYet
    }

    fn choose(&mut self, side: Side) {
        if let Some(field) = self.fields.get_mut(self.at) {
            field.side = Some(side);
        }
        if let Some(open) = self.fields.iter().position(|field| field.side.is_none()) {
            self.at = open;
        }
    }

    pub(crate) fn draw(&self, buf: &mut Buffer, inner: Rect, theme: Theme) -> Option<Position> {
        let top = frame::wrapped(
            buf,
            inner,
            0,
            "Somebody changed the same fields while you did. Whose values shall stand?",
            theme.style(Tone::Warning),
        ) + 1;
        let foot = u16::from(!self.message.is_empty());
        let list = Rect { height: inner.height.saturating_sub(top + foot), ..frame::below(inner, top) };
        let each = usize::from(list.height / 4).max(1);
        let from = frame::scrolled(self.at, self.fields.len(), each);
        let mut row = 0;
        let mut cursor = None;
        for (at, field) in self.fields.iter().enumerate().skip(from) {
            if row + 2 >= list.height {
                break;
            }
            if at == self.at {
                cursor = Some(Position::new(list.x, list.y + row));
            }
            let tone = if at == self.at { Tone::Selection } else { Tone::Title };
            row = frame::line(buf, list, row, &field.label, theme.style(tone));
            for (side, word, value) in
                [(Side::Mine, "m mine  ", &field.mine), (Side::Theirs, "t theirs", &field.theirs)]
            {
                let on = field.side == Some(side);
                let shown = if value.is_empty() { "(empty)" } else { value.as_str() };
                let said =
                    format!("  [{}] {word}  {}", if on { 'x' } else { ' ' }, shown.replace('\n', "; "));
                row = frame::line(buf, list, row, &said, theme.style(if on { Tone::Ok } else { Tone::Text }));
            }
            row += 1;
        }
        if foot == 1 {
            frame::message(buf, inner, inner.height.saturating_sub(1), &self.message, Tone::Error, theme);
        }
        cursor
    }
}
