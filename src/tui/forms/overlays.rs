//! The layers that screens open, made here.

use std::sync::Arc;

use crate::api::View;
use crate::domain::contact::NoteKind;
use crate::domain::draft::Draft;
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::tui::forms::{Memory, NoteEditor, RecordForm};
use crate::tui::import::ImportScreen;
use crate::tui::layer::{Ctx, Forms, Layer};
use crate::tui::lock::{Unlock, Vault};

/// What makes the layers, with what they remember between one and the next.
pub struct Overlays {
    memory: Memory,
    /// Where the store is; absent in the demo and on somebody else's socket, where there is nothing to unlock.
    vault: Option<Arc<dyn Vault>>,
}

impl Overlays {
    pub fn new(vault: Option<Arc<dyn Vault>>) -> Overlays {
        Overlays { memory: Memory::default(), vault }
    }

    /// The drafts and words that forms share.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
}

impl Forms for Overlays {
    fn add(&self, kind: RecordKind, known: &[(FieldKey, String)], ctx: &Ctx) -> Box<dyn Layer> {
        Box::new(RecordForm::add(kind, known, ctx, self.memory.clone()))
    }

    fn edit(&self, view: &View, field: Option<FieldKey>, ctx: &Ctx) -> Box<dyn Layer> {
        if view.kind == RecordKind::Note {
            self.edit_note(view, ctx)
        } else {
            Box::new(RecordForm::edit(view, field, ctx, self.memory.clone()))
        }
    }

    fn edit_as_text(&self, view: &View, ctx: &Ctx) -> Box<dyn Layer> {
        if view.kind == RecordKind::Note {
            Box::new(NoteEditor::edit(view, ctx, self.memory.clone()).in_editor())
        } else {
            Box::new(RecordForm::edit_as_text(view, ctx, self.memory.clone()))
        }
    }

    fn note(&self, contact: &View, kind: NoteKind, ctx: &Ctx) -> Box<dyn Layer> {
        Box::new(NoteEditor::new(contact, kind, ctx, self.memory.clone()))
    }

    fn edit_note(&self, note: &View, ctx: &Ctx) -> Box<dyn Layer> {
        Box::new(NoteEditor::edit(note, ctx, self.memory.clone()))
    }

    fn import(&self, ctx: &Ctx) -> Box<dyn Layer> {
        Box::new(ImportScreen::new(ctx, self.memory.clone()))
    }

    fn resume(&self, draft: &Draft, view: Option<&View>, ctx: &Ctx) -> Box<dyn Layer> {
        let memory = self.memory.clone();
        memory.keep(draft.clone());
        match (draft.form.kind, view) {
            (RecordKind::Note, Some(view)) => {
                let mut editor = if draft.form.id.is_some() {
                    NoteEditor::edit(view, ctx, memory)
                } else {
                    NoteEditor::new(view, NoteKind::Note, ctx, memory)
                };
                editor.restore();
                Box::new(editor)
            }
            (kind, view) => {
                let mut form = match view {
                    Some(view) => RecordForm::edit(view, None, ctx, memory),
                    None => RecordForm::add(kind, &[], ctx, memory),
                };
                form.restore(ctx);
                Box::new(form)
            }
        }
    }

    fn drafts(&self) -> Vec<Draft> {
        self.memory.drafts()
    }

    fn lock(&self, _ctx: &Ctx) -> Option<Box<dyn Layer>> {
        let vault = self.vault.clone()?;
        Some(Box::new(Unlock::over(vault)))
    }

    fn restart(&self, _ctx: &Ctx) -> Option<Box<dyn Layer>> {
        let vault = self.vault.clone()?;
        Some(Box::new(Unlock::ended(vault)))
    }
}
