//! Saved views of the lists.

use super::{App, Asker};
use crate::api::{Call, ViewInfo, Views};
use crate::domain::query::is_view_name;
use crate::tui::layer::Level;
use crate::tui::overlay::views::{Present, ViewsMenu};
use crate::tui::screen::columns;
use crate::tui::screen::list::Chosen;

/// The view that a list had when the program was left, of which nothing is known yet but what stands for it. The file
/// may have been written by anybody: what is no reference is none.
pub(super) fn remembered(reference: &str, sort: &str) -> Option<Chosen> {
    is_view_name(reference).then(|| Chosen {
        reference: reference.to_owned(),
        sort: sort.to_owned(),
        ..Chosen::default()
    })
}

impl App {
    pub(super) fn views_menu(&mut self) {
        let Some(list) = self.list() else { return };
        let present = Present {
            kind: list.kind,
            view: list.view.as_ref().map(|view| view.reference.clone()),
            query: list.query.clone(),
            sort: list.sort.clone(),
        };
        self.open_layer(Box::new(ViewsMenu::new(present)));
    }

    /// Shows a list as a view has it.
    pub(super) fn choose_view(&mut self, view: Option<&ViewInfo>) {
        let chosen = view.map(|view| Chosen {
            reference: view.reference(),
            title: view.title.clone(),
            sort: view.sort.clone(),
            columns: self.view_columns(view),
        });
        let list = match view {
            Some(view) => self.list_of(view.kind),
            None => match self.list_mut() {
                Some(list) => list,
                None => return,
            },
        };
        let want = list.choose(chosen);
        self.ask_all(want);
    }

    fn view_columns(&self, view: &ViewInfo) -> Vec<columns::Column> {
        if view.columns.is_empty() {
            return Vec::new();
        }
        columns::of_view(view.kind, &view.columns, &self.ctx.schema)
    }

    /// Asks what the remembered views are, once the fields are known that their columns name.
    pub(super) fn recall_views(&mut self) {
        let unknown = |list: &crate::tui::screen::list::List| {
            list.view.as_ref().is_some_and(|view| view.title.is_empty())
        };
        if unknown(&self.contacts) || unknown(&self.companies) {
            self.ask(Asker::Views, None, Views { kind: None, all: true }.into_request());
        }
    }

    /// Learns what they are. One that is gone is left.
    pub(super) fn recalled(&mut self, views: &[ViewInfo]) {
        for kind in [self.contacts.kind, self.companies.kind] {
            let Some(reference) = self.list_of(kind).view.as_ref().map(|view| view.reference.clone()) else {
                continue;
            };
            let found = views.iter().find(|view| view.kind == kind && view.reference() == reference);
            let want = match found {
                Some(view) => {
                    let columns = self.view_columns(view);
                    self.list_of(kind).describe(view.title.clone(), view.sort.clone(), columns)
                }
                None => {
                    self.toast(Level::Info, "the view that was shown last is gone");
                    self.list_of(kind).choose(None)
                }
            };
            // The list that is not on the screen is asked for when it is shown.
            if self.list().is_some_and(|list| list.kind == kind) {
                self.ask_all(want);
            }
        }
    }
}
