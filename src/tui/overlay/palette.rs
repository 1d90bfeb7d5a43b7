//! Jumping to any record, or running any action, by a few letters.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cut;
use super::help::Row;
use crate::api::{self, Call, Response, View};
use crate::domain::contact::{CompanyField, ContactField};
use crate::domain::entity::RecordKind;
use crate::domain::query::Query;
use crate::tui::highlight::Highlight;
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Step, Ticket};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const CONTACTS: Ticket = Ticket(1);
const COMPANIES: Ticket = Ticket(2);
/// Most actions offered.
const ACTIONS: usize = 5;

/// The palette.
pub struct Palette {
    line: Line,
    actions: Vec<Row>,
    contacts: Vec<View>,
    companies: Vec<View>,
    cursor: usize,
    fault: Option<String>,
}

enum Hit<'a> {
    Record(&'a View),
    Action(&'a Row),
}

impl Palette {
    pub fn new(text: &str, actions: Vec<Row>) -> Palette {
        Palette {
            line: Line::new(text),
            actions,
            contacts: Vec::new(),
            companies: Vec::new(),
            cursor: 0,
            fault: None,
        }
    }

    fn ask(&mut self) -> Vec<Step> {
        self.cursor = 0;
        self.fault = None;
        if self.line.text().trim().is_empty() {
            self.contacts.clear();
            self.companies.clear();
            return Vec::new();
        }
        let query = match Query::parse_typing(self.line.text()) {
            Ok((query, _)) => query.to_string(),
            Err(error) => {
                self.fault = Some(error.to_string());
                return Vec::new();
            }
        };
        [(CONTACTS, RecordKind::Contact, 8), (COMPANIES, RecordKind::Company, 4)]
            .into_iter()
            .map(|(ticket, kind, limit)| {
                let columns = match kind {
                    RecordKind::Company => vec![CompanyField::industry.key()],
                    _ => vec![ContactField::company.key(), ContactField::job_title.key()],
                };
                let window = api::Window { after: None, offset: 0, limit: Some(limit) };
                let list = api::List { kind, query: query.clone(), sort: String::new(), window, columns };
                Step::Latest(ticket, list.into_request())
            })
            .collect()
    }

    fn hits(&self) -> Vec<Hit<'_>> {
        let records = self.contacts.iter().chain(&self.companies).map(Hit::Record);
        let words = self.line.text();
        let actions = self
            .actions
            .iter()
            .filter(|row| !words.trim().is_empty() && row.disabled.is_none() && row.matches(words))
            .take(ACTIONS)
            .map(Hit::Action);
        records.chain(actions).collect()
    }

    fn choose(&self) -> Vec<Step> {
        let text = self.line.text().to_owned();
        match self.hits().get(self.cursor) {
            None => Vec::new(),
            Some(Hit::Record(view)) => {
                vec![Step::Close, Step::Run(Intent::Jumped(text)), Step::Show(view.kind, view.id)]
            }
            Some(Hit::Action(row)) => {
                vec![Step::Close, Step::Run(Intent::Jumped(text)), Step::Run(Intent::Act(row.action))]
            }
        }
    }
}

impl Layer for Palette {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        self.ask()
    }

    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => return vec![Step::Close],
            Input::Paste(text) => {
                let mut steps = cut(self.line.paste(text.trim()));
                steps.extend(self.ask());
                return steps;
            }
            Input::Key(key) => match key.code() {
                Code::Esc => return vec![Step::Close],
                Code::Enter => return self.choose(),
                Code::Down | Code::Tab => {
                    self.cursor = (self.cursor + 1).min(self.hits().len().saturating_sub(1))
                }
                Code::Up => self.cursor = self.cursor.saturating_sub(1),
                _ => {
                    let before = self.line.text().to_owned();
                    if self.line.key(key) && self.line.text() != before {
                        return self.ask();
                    }
                }
            },
            Input::Answer(ticket, answer) => {
                let views = match answer {
                    Ok(Response::List(page)) => page.items,
                    Ok(_) => Vec::new(),
                    Err(error) => {
                        self.fault = Some(error.message);
                        Vec::new()
                    }
                };
                if ticket == CONTACTS {
                    self.contacts = views;
                } else {
                    self.companies = views;
                }
                self.cursor = self.cursor.min(self.hits().len().saturating_sub(1));
            }
            Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, "Jump", theme);
        let caret = paint::field(buf, Rect { height: 1, ..inner }, "> ", &self.line, theme);
        let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let hits = self.hits();
        if let Some(fault) = &self.fault {
            let text = format!("{}{fault}", theme.mark(Tone::Error));
            paint::put(buf, list.x, list.y, list.width, &text, theme.style(Tone::Error));
        } else if hits.is_empty() {
            let text = if self.line.is_empty() {
                "A name, a number, an e-mail, or what you want to do."
            } else {
                "Nothing is found."
            };
            paint::put(buf, list.x, list.y, list.width, text, theme.style(Tone::Dim));
        }
        let marks = Highlight::of(self.line.text());
        let height = usize::from(list.height.max(1));
        let top = (self.cursor + 1).saturating_sub(height);
        let name = (list.width / 2).min(36);
        for (n, hit) in hits.iter().enumerate().skip(top).take(height) {
            let y = list.y + u16::try_from(n - top).unwrap_or(0);
            let (title, note) = match hit {
                Hit::Record(view) => (text::clean(&view.title).into_owned(), note(view)),
                Hit::Action(row) => {
                    (format!("{}  {}", row.action.spec().label, row.keys), row.action.spec().help.to_owned())
                }
            };
            let on = n == self.cursor;
            let base = theme.style(if on { Tone::Selection } else { Tone::Text });
            buf.set_style(Rect { y, height: 1, ..list }, base);
            let sign = if on { theme.mark(Tone::Selection) } else { "  " };
            paint::put(buf, list.x, y, 2, sign, base);
            marks.put(buf, list.x + 2, y, name, &title, base, theme);
            let dim = if on { base } else { theme.style(Tone::Dim) };
            paint::put(buf, list.x + name + 3, y, list.width.saturating_sub(name + 3), &note, dim);
        }
        caret
    }

    fn place(&self, body: Rect) -> Rect {
        let place = centred(body, 90, 20);
        Rect { y: body.y, ..place }
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![Hint::new("up down", "move"), Hint::new("enter", "open or run"), Hint::new("esc", "close")]
    }
}

fn note(view: &View) -> String {
    if view.kind == RecordKind::Company {
        return format!("company  {}", view.text(CompanyField::industry.key()));
    }
    let (job, company) = (view.text(ContactField::job_title.key()), view.text(ContactField::company.key()));
    match (job.is_empty(), company.is_empty()) {
        (false, false) => format!("{job}, {company}"),
        _ => format!("{job}{company}"),
    }
}
