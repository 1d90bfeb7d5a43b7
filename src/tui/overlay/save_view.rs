//! Saving what a list shows as a view: its title, and whose it shall be.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use uuid::Uuid;

use crate::api::{self, Call, Response, ViewInfo};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::view::{Belongs, ViewField, name_of};
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Layer, Level, Step, Ticket};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::theme::Tone;

const SAVED: Ticket = Ticket(1);

/// Asks for a title.
pub struct SaveView {
    kind: RecordKind,
    filter: String,
    columns: Vec<String>,
    sort: String,
    /// What there is, one of which may be replaced.
    views: Vec<ViewInfo>,
    title: Line,
    /// Whose it may be, and which of those it shall be.
    whose: Vec<(Belongs, String)>,
    chosen: usize,
    /// The view that another enter replaces.
    replace: Option<Uuid>,
    fault: Option<String>,
    waiting: bool,
}

impl SaveView {
    pub fn new(
        kind: RecordKind,
        filter: String,
        columns: Vec<String>,
        sort: String,
        views: Vec<ViewInfo>,
    ) -> SaveView {
        SaveView {
            kind,
            filter,
            columns,
            sort,
            views,
            title: Line::default(),
            whose: vec![(Belongs::User, String::new())],
            chosen: 0,
            replace: None,
            fault: None,
            waiting: false,
        }
    }

    fn whose(&self) -> (Belongs, &str) {
        let chosen = self.whose.get(self.chosen);
        chosen.map_or((Belongs::User, ""), |(belongs, whose)| (*belongs, whose.as_str()))
    }

    fn fields(&self, name: &str) -> Vec<FieldEdit> {
        let edit = |field: ViewField, text: &str| FieldEdit::text(field.spec().name, text);
        let mut fields = vec![
            edit(ViewField::name, name),
            edit(ViewField::title, self.title.text().trim()),
            edit(ViewField::kind, self.kind.word()),
            edit(ViewField::filter, &self.filter),
            edit(ViewField::columns, &self.columns.join(",")),
            edit(ViewField::sort, &self.sort),
        ];
        match self.whose() {
            (Belongs::User | Belongs::Shipped, _) => {}
            (Belongs::Team, team) => fields.push(edit(ViewField::team, team)),
            (Belongs::Role, role) => fields.push(edit(ViewField::role, role)),
            (Belongs::Everybody, _) => fields.push(edit(ViewField::everybody, "yes")),
        }
        fields
    }

    fn submit(&mut self) -> Vec<Step> {
        let name = name_of(self.title.text());
        if name.is_empty() {
            self.fault = Some("a title with a letter or digit, please: the name is made of it".to_owned());
            return Vec::new();
        }
        let (belongs, whose) = self.whose();
        let twin = self.views.iter().find(|view| {
            view.name == name
                && view.belongs == belongs
                && (belongs == Belongs::User || view.whose == whose)
                && view.editable
        });
        let request = match (twin.and_then(|view| view.id), self.replace) {
            (Some(id), Some(replace)) if id == replace => {
                let fields = self.fields(&name);
                api::Edit { kind: RecordKind::View, id, fields, expect_revision: None }.into_request()
            }
            (Some(id), _) => {
                self.replace = Some(id);
                self.fault = Some(format!("there is a view @{name}; enter again replaces it"));
                return Vec::new();
            }
            (None, _) => {
                api::Add { kind: RecordKind::View, about: None, fields: self.fields(&name) }.into_request()
            }
        };
        self.waiting = true;
        vec![Step::Call(SAVED, request)]
    }
}

impl Layer for SaveView {
    fn start(&mut self, ctx: &Ctx) -> Vec<Step> {
        // Offered is what the service allows; it decides all the same.
        if let Some(identity) = &ctx.identity {
            let role = identity.role.to_string();
            if ["owner", "lead"].contains(&role.as_str()) && !identity.team.is_empty() {
                self.whose.push((Belongs::Team, identity.team.clone()));
            }
            if ["owner", "dpo"].contains(&role.as_str()) {
                self.whose.push((Belongs::Role, role));
                self.whose.push((Belongs::Everybody, String::new()));
            }
        }
        Vec::new()
    }

    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => return vec![Step::Close],
            Input::Paste(text) => {
                self.title.insert(text.trim());
                self.replace = None;
            }
            Input::Key(key) => match key.code() {
                Code::Esc => return vec![Step::Close],
                Code::Enter if self.waiting => {}
                Code::Enter => return self.submit(),
                Code::Tab => {
                    let count = self.whose.len();
                    let step = if key.mods().shift { count - 1 } else { 1 };
                    self.chosen = (self.chosen + step) % count;
                    (self.replace, self.fault) = (None, None);
                }
                _ => {
                    self.title.key(key);
                    (self.replace, self.fault) = (None, None);
                }
            },
            Input::Answer(_, answer) => {
                self.waiting = false;
                let id = match answer {
                    Ok(Response::Add(added)) => Some(added.id),
                    Ok(Response::Edit(_)) => self.replace,
                    Ok(_) => None,
                    Err(error) => {
                        self.fault = Some(error.message.lines().next().unwrap_or_default().to_owned());
                        return Vec::new();
                    }
                };
                let name = name_of(self.title.text());
                let done = Step::Toast(Level::Done, format!("saved as @{name}"));
                return vec![done, id.map_or(Step::Close, |id| Step::CloseWith(id.to_string()))];
            }
            Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, "Save as a view", theme);
        let caret = paint::field(buf, Rect { height: 1, ..inner }, "Title  ", &self.title, theme);
        let (belongs, whose) = self.whose();
        let belongs = match belongs {
            Belongs::User | Belongs::Shipped => "you alone".to_owned(),
            Belongs::Team => format!("team {whose}"),
            Belongs::Role => format!("role {whose}"),
            Belongs::Everybody => "everybody".to_owned(),
        };
        let more = if self.whose.len() > 1 { "  (tab changes it)" } else { "" };
        let filter = if self.filter.is_empty() { "everything" } else { &self.filter };
        let lines = [
            (Tone::Text, format!("Name   @{}", name_of(self.title.text()))),
            (Tone::Text, format!("For    {belongs}{more}")),
            (Tone::Dim, format!("Finds  {filter}")),
        ];
        for (y, (tone, line)) in (inner.y + 1..inner.bottom()).zip(&lines) {
            paint::put(buf, inner.x, y, inner.width, line, theme.style(*tone));
        }
        if let Some(fault) = &self.fault {
            let text = format!("{}{fault}", theme.mark(Tone::Error));
            paint::put(buf, inner.x, inner.y + 4, inner.width, &text, theme.style(Tone::Error));
        }
        caret
    }

    fn place(&self, body: Rect) -> Rect {
        centred(body, 70, 7)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![Hint::new("enter", "save"), Hint::new("tab", "for whom"), Hint::new("esc", "back")]
    }

    fn unsaved(&self) -> bool {
        !self.title.is_empty()
    }
}
