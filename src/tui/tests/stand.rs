//! Forms that only say what they were opened for.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::api::View;
use crate::domain::contact::NoteKind;
use crate::domain::draft::Draft;
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::tui::keys::Key;
use crate::tui::layer::{Ctx, Forms, Hint, Input, Layer, Step};

/// A layer that says what it was opened for.
struct Named {
    name: String,
    covers: bool,
}

impl Layer for Named {
    fn update(&mut self, input: Input, _: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) if key == Key::char('!') => vec![Step::Close],
            _ => Vec::new(),
        }
    }
    fn draw(&self, buf: &mut Buffer, area: Rect, _: &Ctx) -> Option<Position> {
        buf.set_string(area.x, area.y, &self.name, Style::new());
        None
    }
    fn hints(&self, _: &Ctx) -> Vec<Hint> {
        Vec::new()
    }
    fn opaque(&self) -> bool {
        self.covers
    }
}

pub(super) struct Stand;

fn named(name: String) -> Box<dyn Layer> {
    Box::new(Named { name, covers: false })
}

impl Forms for Stand {
    fn add(&self, kind: RecordKind, known: &[(FieldKey, String)], _: &Ctx) -> Box<dyn Layer> {
        named(format!("<add {kind} {known:?}>"))
    }
    fn edit(&self, view: &View, field: Option<FieldKey>, ctx: &Ctx) -> Box<dyn Layer> {
        let name = field.and_then(|key| ctx.schema.by_key(view.kind, key)).map(|field| field.name.clone());
        named(format!("<edit {} {} of {} fields>", view.title, name.unwrap_or_default(), view.fields.len()))
    }
    fn edit_as_text(&self, view: &View, _: &Ctx) -> Box<dyn Layer> {
        named(format!("<text {}>", view.title))
    }
    fn note(&self, contact: &View, kind: NoteKind, _: &Ctx) -> Box<dyn Layer> {
        named(format!("<{kind} {}>", contact.title))
    }
    fn edit_note(&self, _: &View, _: &Ctx) -> Box<dyn Layer> {
        named("<edit note>".into())
    }
    fn resume(&self, draft: &Draft, view: Option<&View>, _: &Ctx) -> Box<dyn Layer> {
        let title = view.map_or("", |view| &view.title);
        named(format!("<resume {} {title} {:?}>", draft.form.kind, draft.texts))
    }
    fn import(&self, _: &Ctx) -> Box<dyn Layer> {
        named("<import>".into())
    }
    fn lock(&self, _: &Ctx) -> Option<Box<dyn Layer>> {
        Some(Box::new(Named { name: "<locked>".into(), covers: true }))
    }
    fn restart(&self, _: &Ctx) -> Option<Box<dyn Layer>> {
        Some(named("<restart>".into()))
    }
}
