//! Choosing a saved view by a few letters, and saving what is shown as one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::save_view::SaveView;
use crate::api::{self, Call, Response, ViewInfo};
use crate::domain::entity::RecordKind;
use crate::domain::fold::fold;
use crate::domain::query::Query;
use crate::domain::view::Belongs;
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Level, Step, Ticket};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const VIEWS: Ticket = Ticket(1);
const DELETED: Ticket = Ticket(2);

/// What the list shows now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Present {
    pub kind: RecordKind,
    /// What stands for the view that is shown.
    pub view: Option<String>,
    /// What is searched in it.
    pub query: String,
    pub sort: String,
}

/// The menu of views.
pub struct ViewsMenu {
    present: Present,
    line: Line,
    views: Vec<ViewInfo>,
    cursor: usize,
    loaded: bool,
    fault: Option<String>,
    /// What was just saved, to be shown as soon as it is known.
    saved: Option<String>,
    /// What stands for the view that is being taken away.
    deleting: Option<String>,
}

/// A row of the menu.
enum Row<'a> {
    /// Leaves the view that is shown.
    None,
    View(&'a ViewInfo),
    Save,
}

impl ViewsMenu {
    pub fn new(present: Present) -> ViewsMenu {
        ViewsMenu {
            present,
            line: Line::default(),
            views: Vec::new(),
            cursor: 0,
            loaded: false,
            fault: None,
            saved: None,
            deleting: None,
        }
    }

    fn ask(&self) -> Step {
        Step::Latest(VIEWS, api::Views { kind: Some(self.present.kind), all: false }.into_request())
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let typed = fold(self.line.text());
        let words: Vec<&str> = typed.split(' ').filter(|word| !word.is_empty()).collect();
        let fits = |texts: &[&str]| {
            let folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
            words.iter().all(|word| folded.iter().any(|text| text.contains(word)))
        };
        let mut rows = Vec::new();
        if self.present.view.is_some() && fits(&["all no view"]) {
            rows.push(Row::None);
        }
        let found =
            self.views.iter().filter(|view| fits(&[&view.title, &view.name, &view.filter, &view.whose]));
        rows.extend(found.map(Row::View));
        if self.loaded && fits(&["save what is shown"]) {
            rows.push(Row::Save);
        }
        rows
    }

    fn choose(&self) -> Vec<Step> {
        match self.rows().get(self.cursor) {
            None => Vec::new(),
            Some(Row::None) => vec![Step::Close, Step::Run(Intent::View(None))],
            Some(Row::View(view)) => {
                vec![Step::Close, Step::Run(Intent::View(Some(Box::new((*view).clone()))))]
            }
            Some(Row::Save) => self.save(),
        }
    }

    /// What is shown as a filter that names no view: a view's own and what is searched in it, and the columns of the
    /// view.
    fn shown(&self) -> Result<(String, Vec<String>), String> {
        let of = |name: &str| {
            self.views
                .iter()
                .find(|view| view.name == name || view.reference() == name)
                .ok_or_else(|| format!("there is no view `@{name}`"))
        };
        let whole = match &self.present.view {
            Some(reference) => format!("@{reference} {}", self.present.query),
            None => self.present.query.clone(),
        };
        let query = Query::parse(&whole).map_err(|error| error.to_string())?;
        let columns =
            query.views().next().map(|name| of(name).map(|view| view.columns.clone())).transpose()?;
        let parsed = |filter: &str| Query::parse(filter).map_err(|error| error.to_string());
        let filter = query.expand(|name| parsed(&of(name)?.filter))?.to_string();
        Ok((filter, columns.unwrap_or_default()))
    }

    fn save(&self) -> Vec<Step> {
        match self.shown() {
            Ok((filter, columns)) => {
                let sort = self.present.sort.clone();
                let layer = SaveView::new(self.present.kind, filter, columns, sort, self.views.clone());
                vec![Step::Open(Box::new(layer))]
            }
            Err(fault) => vec![Step::Toast(Level::Warning, fault)],
        }
    }

    /// Takes a view away; `u` brings it back.
    fn delete(&mut self) -> Vec<Step> {
        let rows = self.rows();
        let Some(Row::View(view)) = rows.get(self.cursor) else { return Vec::new() };
        let (reference, found) = (view.reference(), view.id.map(|id| (id, view.editable, view.revision)));
        let fault = match found {
            Some((id, true, revision)) => {
                self.deleting = Some(reference);
                let expect_revision = Some(revision);
                let delete = api::Delete { kind: RecordKind::View, id, expect_revision };
                return vec![Step::Call(DELETED, delete.into_request())];
            }
            Some((_, false, _)) => "it is not yours to take away",
            None => "it comes with the program; one of your own with its name takes its place",
        };
        self.fault = Some(fault.to_owned());
        Vec::new()
    }

    fn settle(&mut self) {
        self.cursor = self.cursor.min(self.rows().len().saturating_sub(1));
    }
}

impl Layer for ViewsMenu {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        vec![self.ask()]
    }

    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => return vec![Step::Close],
            Input::Paste(text) => {
                self.line.insert(text.trim());
                self.settle();
            }
            Input::Key(key) => {
                self.fault = None;
                match key.code() {
                    Code::Esc => return vec![Step::Close],
                    Code::Enter => return self.choose(),
                    Code::Down | Code::Tab => {
                        self.cursor = (self.cursor + 1).min(self.rows().len().saturating_sub(1));
                    }
                    Code::Up => self.cursor = self.cursor.saturating_sub(1),
                    Code::Char('s') if key.mods().ctrl && self.loaded => return self.save(),
                    Code::Char('d') if key.mods().ctrl => return self.delete(),
                    _ => {
                        let before = self.line.text().to_owned();
                        if self.line.key(key) && self.line.text() != before {
                            self.cursor = 0;
                        }
                    }
                }
            }
            Input::Answer(VIEWS, answer) => {
                match answer {
                    Ok(Response::Views(views)) => self.views = views,
                    Ok(_) => self.fault = Some("the store answered another question".to_owned()),
                    Err(error) => self.fault = Some(error.message),
                }
                let first = !std::mem::replace(&mut self.loaded, true);
                if let Some(saved) = self.saved.take() {
                    let view = self.views.iter().find(|view| view.reference() == saved).cloned();
                    return vec![Step::Close, Step::Run(Intent::View(view.map(Box::new)))];
                }
                if first {
                    let now = |row: &Row<'_>| matches!(row, Row::View(view) if Some(view.reference()) == self.present.view);
                    self.cursor = self.rows().iter().position(now).unwrap_or(0);
                }
                self.settle();
            }
            Input::Answer(_, Ok(_)) => {
                let mut steps = vec![
                    Step::Toast(Level::Done, "the view is taken away; u brings it back".to_owned()),
                    self.ask(),
                ];
                if self.present.view == self.deleting.take() {
                    self.present.view = None;
                    steps.push(Step::Run(Intent::View(None)));
                }
                return steps;
            }
            Input::Answer(_, Err(error)) => self.fault = Some(error.message),
            Input::Child(Some(saved)) => {
                self.saved = Some(saved);
                return vec![self.ask()];
            }
            Input::Child(None) | Input::Edited(..) | Input::Job(..) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, "Views", theme);
        let caret = paint::field(buf, Rect { height: 1, ..inner }, "> ", &self.line, theme);
        let last = inner.bottom().saturating_sub(1);
        let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(2), ..inner };
        if let Some(fault) = &self.fault {
            let text = format!("{}{fault}", theme.mark(Tone::Error));
            paint::put(buf, list.x, last, list.width, &text, theme.style(Tone::Error));
        }
        let rows = self.rows();
        let height = usize::from(list.height.max(1));
        let top = (self.cursor + 1).saturating_sub(height);
        let title = (list.width / 2).clamp(1, 36);
        let name = 18.min(list.width.saturating_sub(title + 4));
        for (n, row) in rows.iter().enumerate().skip(top).take(height) {
            let y = list.y + u16::try_from(n - top).unwrap_or(0);
            let on = n == self.cursor;
            let base = theme.style(if on { Tone::Selection } else { Tone::Text });
            buf.set_style(Rect { y, height: 1, ..list }, base);
            let sign = if on { theme.mark(Tone::Selection) } else { "  " };
            paint::put(buf, list.x, y, 2, sign, base);
            let dim = if on { base } else { theme.style(Tone::Dim) };
            let (head, word, note) = match row {
                Row::None => (format!("All {}", self.present.kind.plural()), String::new(), String::new()),
                Row::Save => ("Save what is shown as a view".to_owned(), String::new(), String::new()),
                Row::View(view) => {
                    let now = if Some(view.reference()) == self.present.view { "* " } else { "" };
                    let whose = match view.belongs {
                        Belongs::User | Belongs::Shipped => String::new(),
                        Belongs::Team | Belongs::Role => format!("{} {}  ", view.belongs, view.whose),
                        Belongs::Everybody => "everybody  ".to_owned(),
                    };
                    (
                        format!("{now}{}", view.title),
                        format!("@{}", view.name),
                        format!("{whose}{}", view.filter),
                    )
                }
            };
            let (head, note) = (text::clean(&head), text::clean(&note));
            paint::put(buf, list.x + 2, y, title, &head, base);
            paint::put(buf, list.x + title + 3, y, name, &word, dim);
            let at = title + name + 4;
            paint::put(buf, list.x + at, y, list.width.saturating_sub(at), &note, dim);
        }
        caret
    }

    fn place(&self, body: Rect) -> Rect {
        let place = centred(body, 100, 20);
        Rect { y: body.y, ..place }
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![
            Hint::new("enter", "show"),
            Hint::new("ctrl-s", "save what is shown"),
            Hint::new("ctrl-d", "take away"),
            Hint::new("esc", "close"),
        ]
    }
}
