//! The `:` line, which takes the words of the command line.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cut;
use crate::api::{Call, Response};
use crate::tui::grammar::{Completer, Values, Word};
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Step, Ticket};
use crate::tui::line::{Line, Past};
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const VALUES: Ticket = Ticket(1);
/// Most words seen at once.
const SEEN: usize = 8;

/// The prompt above the footer.
pub struct CommandLine {
    line: Line,
    past: Past,
    completer: Option<Completer>,
    menu: Option<Menu>,
    /// Asked of the store, and the place in the line it was asked for.
    asked: Option<(usize, Values)>,
}

/// Words that could stand in place of the one at the caret.
struct Menu {
    start: usize,
    words: Vec<Word>,
    chosen: usize,
    /// The line as it was, for Esc.
    before: Line,
}

impl CommandLine {
    pub fn new(past: Past, completer: Option<Completer>) -> CommandLine {
        CommandLine { line: Line::default(), past, completer, menu: None, asked: None }
    }

    /// Goes to another word of the menu, or looks for words.
    fn complete(&mut self, back: bool, ctx: &Ctx) -> Vec<Step> {
        if let Some(menu) = &mut self.menu {
            let count = menu.words.len().max(1);
            menu.chosen = if back { menu.chosen + count - 1 } else { menu.chosen + 1 } % count;
            self.write();
            return Vec::new();
        }
        let Some(completer) = &self.completer else { return Vec::new() };
        let offer = completer(self.line.before(), &ctx.schema);
        self.open(offer.start, offer.words);
        match offer.values {
            Some(values) => {
                let request = values.request.clone().into_request();
                self.asked = Some((offer.start, values));
                vec![Step::Latest(VALUES, request)]
            }
            None => Vec::new(),
        }
    }

    fn open(&mut self, start: usize, words: Vec<Word>) {
        match words.as_slice() {
            [] => {}
            [only] => {
                // There is nothing to choose; what follows it can be typed at once.
                let space = if only.text.ends_with(['=', ':']) { "" } else { " " };
                self.line.replace(start..self.line.caret(), &format!("{}{space}", only.text));
            }
            _ => {
                self.menu = Some(Menu { start, words, chosen: 0, before: self.line.clone() });
                self.write();
            }
        }
    }

    /// Writes the chosen word into the line.
    fn write(&mut self) {
        let Some(menu) = &self.menu else { return };
        let Some(word) = menu.words.get(menu.chosen) else { return };
        self.line = menu.before.clone();
        self.line.replace(menu.start..self.line.caret(), &word.text);
    }

    fn answered(&mut self, answer: Result<Response, crate::api::Error>) {
        let Some((start, values)) = self.asked.take() else { return };
        // Words that are not offered are no reason to disturb somebody who types.
        let Ok(Response::Complete(found)) = answer else { return };
        let words = found
            .into_iter()
            .map(|one| Word {
                text: format!("{}{}", values.before, (values.quote)(&one.text)),
                note: if one.count > 0 { one.count.to_string() } else { String::new() },
            })
            .collect();
        self.open(start, words);
    }

    fn key(&mut self, key: crate::tui::keys::Key, ctx: &Ctx) -> Vec<Step> {
        if key.code() == Code::Tab {
            return self.complete(key.mods().shift, ctx);
        }
        // Whatever was asked was about a line that changes now.
        self.asked = None;
        let menu = self.menu.take();
        match (key.code(), menu) {
            (Code::Esc, Some(menu)) => self.line = menu.before,
            (Code::Up | Code::Down, Some(menu)) => {
                self.menu = Some(menu);
                return self.complete(key.code() == Code::Up, ctx);
            }
            (Code::Esc, None) => return vec![Step::Close],
            (Code::Enter, _) => {
                let words = self.line.text().trim().trim_start_matches(':').to_owned();
                return vec![Step::Close, Step::Run(Intent::Words(words))];
            }
            (Code::Backspace, None) if self.line.is_empty() => return vec![Step::Close],
            (Code::Up, None) => {
                self.past.back(&mut self.line);
            }
            (Code::Down, None) => {
                self.past.forward(&mut self.line);
            }
            _ => {
                self.line.key(key);
            }
        }
        Vec::new()
    }
}

impl Layer for CommandLine {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => vec![Step::Close],
            Input::Paste(text) => {
                (self.menu, self.asked) = (None, None);
                cut(self.line.paste(&text))
            }
            Input::Key(key) => self.key(key, ctx),
            Input::Answer(VALUES, answer) => {
                self.answered(answer);
                Vec::new()
            }
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {
                Vec::new()
            }
        }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let row = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
        if let Some(menu) = &self.menu {
            let seen = usize::from(area.height.saturating_sub(1));
            let top = (menu.chosen + 1).saturating_sub(seen);
            let widest = menu.words.iter().map(|word| text::width(&word.text)).max().unwrap_or(0);
            let room = u16::try_from(widest).unwrap_or(u16::MAX).min(area.width / 2);
            for (y, (n, word)) in (area.y..row.y).zip(menu.words.iter().enumerate().skip(top)) {
                let on = n == menu.chosen;
                let style = theme.style(if on { Tone::Selection } else { Tone::Text });
                let line = Rect { y, height: 1, ..area };
                paint::clear(buf, line);
                buf.set_style(line, style);
                let mark = if on { theme.mark(Tone::Selection) } else { "  " };
                paint::put(buf, area.x, y, 2, mark, style);
                paint::put(buf, area.x + 2, y, room, &word.text, style);
                let dim = if on { style } else { theme.style(Tone::Dim) };
                let left = area.width.saturating_sub(room + 4);
                paint::put(buf, area.x + room + 4, y, left, &word.note, dim);
            }
        }
        buf.set_style(row, theme.style(Tone::Text));
        paint::field(buf, row, ":", &self.line, theme)
    }

    fn place(&self, body: Rect) -> Rect {
        let words = self.menu.as_ref().map_or(0, |menu| menu.words.len().min(SEEN));
        let height = u16::try_from(words + 1).unwrap_or(1).min(body.height);
        Rect { y: body.bottom().saturating_sub(height), height, ..body }
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        let mut hints = vec![Hint::new("enter", "run"), Hint::new("up", "before"), Hint::new("esc", "close")];
        if self.completer.is_some() {
            hints.insert(1, Hint::new("tab", "complete"));
        }
        hints.push(Hint::new("", "as in `callbook contact show ID`"));
        hints
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::api::{self, Completion};
    use crate::domain::entity::RecordKind;
    use crate::tui::forms::robot::Robot;
    use crate::tui::grammar::Offer;

    /// Knows three verbs, and that `--tag ` is followed by a tag.
    fn completer() -> Completer {
        Rc::new(|before, _| {
            let start = before.rfind(' ').map_or(0, |at| at + 1);
            if before.ends_with("--tag ") {
                let request = api::Complete {
                    kind: RecordKind::Contact,
                    field: "tags".into(),
                    prefix: String::new(),
                    limit: 9,
                };
                let values = Values { request, before: String::new(), quote: |text| format!("<{text}>") };
                return Offer { start, values: Some(values), ..Offer::default() };
            }
            let words = ["show", "list", "load"].iter().filter(|word| word.starts_with(&before[start..]));
            let words = words.map(|word| Word { text: (*word).to_owned(), note: format!("to {word}") });
            Offer { start, words: words.collect(), values: None }
        })
    }

    fn robot() -> Robot {
        Robot::new(CommandLine::new(Past::default(), Some(completer())))
    }

    #[test]
    fn tab_writes_the_only_word_and_goes_through_several() {
        let mut robot = robot();
        robot.type_in("contact s").press("tab");
        assert!(robot.screen(60, 20).contains(":contact show\n"));
        robot.type_in("l").press("tab");
        let screen = robot.screen(60, 20);
        assert!(
            screen.contains("to list") && screen.contains("to load") && screen.contains("show list"),
            "{screen}"
        );
        robot.press("tab");
        assert!(robot.screen(60, 20).contains(":contact show load"));
        robot.press("tab shift-tab esc");
        let screen = robot.screen(60, 20);
        assert!(screen.contains(":contact show l\n") && !screen.contains("to load"), "{screen}");
        robot.press("tab").type_in(" x").press("enter");
        assert!(robot.log.iter().any(|line| line.contains("contact show list x")), "{:?}", robot.log);
    }

    #[test]
    fn values_come_from_the_store_unless_one_types_on() {
        let mut robot = robot();
        let fair = || Ok(Response::Complete(vec![Completion { text: "fair".into(), count: 3 }]));
        robot.type_in("--tag ").press("tab");
        robot.answer(fair());
        assert!(robot.screen(60, 20).contains(":--tag <fair>\n"));
        robot.press("ctrl-u").type_in("--tag ").press("tab").type_in("x");
        robot.answer(fair());
        assert!(robot.screen(60, 20).contains(":--tag x\n"));
    }

    #[test]
    fn of_a_paste_that_is_too_long_the_beginning_is_taken_and_that_is_said() {
        let mut robot = robot();
        robot.paste(&"y".repeat(10_000));
        assert!(robot.screen(60, 20).contains("yyyy"));
        assert!(robot.log.iter().any(|line| line.contains("too long")), "{:?}", robot.log);
    }
}
