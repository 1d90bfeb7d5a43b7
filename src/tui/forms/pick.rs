//! A list one chooses from by typing parts of words.

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::domain::fold::fold;
use crate::tui::forms::frame;
use crate::tui::forms::line::{Line, Typed};
use crate::tui::keys::{Code, Key, Mods};
use crate::tui::layer::{Ctx, Hint, Input, Layer, Step};
use crate::tui::text;
use crate::tui::theme::Tone;

/// One thing that may be chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// What the picker closes with.
    pub value: String,
    pub label: String,
    /// Explains the label, dim beside it.
    pub detail: String,
    /// Why it cannot be chosen here.
    pub disabled: Option<String>,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>, detail: impl Into<String>) -> Choice {
        Choice { value: value.into(), label: label.into(), detail: detail.into(), disabled: None }
    }

    #[must_use]
    pub fn disabled(mut self, why: impl Into<String>) -> Choice {
        self.disabled = Some(why.into());
        self
    }
}

/// A list with a line to narrow it by.
pub struct Picker {
    title: String,
    line: Line,
    all: Vec<Choice>,
    /// Numbers of the options that fit, the best first.
    hits: Vec<usize>,
    /// The place in `hits`; nowhere in a picker that suggests nothing, until somebody moves or types.
    at: Option<usize>,
    suggests: bool,
    message: String,
}

impl Picker {
    pub fn new(title: impl Into<String>, all: Vec<Choice>) -> Picker {
        let mut picker = Picker {
            title: title.into(),
            line: Line::default(),
            all,
            hits: Vec::new(),
            at: None,
            suggests: true,
            message: String::new(),
        };
        picker.narrow();
        picker
    }

    /// Begins at the option with this value. Nothing is chosen by that.
    #[must_use]
    pub fn at(mut self, value: &str) -> Picker {
        let place = self.hits.iter().position(|hit| self.all.get(*hit).is_some_and(|one| one.value == value));
        self.at = place.or(self.at);
        self
    }

    /// Highlights nothing at first, so that Enter alone chooses nothing (R3).
    #[must_use]
    pub fn without_default(mut self) -> Picker {
        self.suggests = false;
        self.narrow();
        self
    }

    /// Begins with this typed already.
    #[must_use]
    pub fn typed(mut self, text: &str) -> Picker {
        self.line.set(text);
        self.narrow();
        self
    }

    fn narrow(&mut self) {
        self.hits = rank(&self.all, self.line.text());
        self.at = (self.suggests || !self.line.is_empty()).then_some(0);
    }

    fn chosen(&self) -> Option<&Choice> {
        self.hits.get(self.at?).and_then(|hit| self.all.get(*hit))
    }

    fn up(&mut self, by: usize) {
        self.at = Some(self.at.map_or(0, |at| at.saturating_sub(by)));
    }

    fn down(&mut self, by: usize) {
        let last = self.hits.len().saturating_sub(1);
        self.at = Some(self.at.map_or(0, |at| (at + by).min(last)));
    }

    fn key(&mut self, key: Key) -> Vec<Step> {
        self.message.clear();
        match key.code() {
            Code::Esc => return vec![Step::Close],
            Code::Enter => match self.chosen() {
                Some(Choice { disabled: Some(why), label, .. }) => self.message = format!("{label}: {why}"),
                Some(one) => return vec![Step::CloseWith(one.value.clone())],
                None if self.hits.is_empty() => self.message = "Nothing fits what is typed.".to_owned(),
                None => self.message = "Nothing is chosen yet: go down to one, or type.".to_owned(),
            },
            Code::Up => self.up(1),
            Code::Down | Code::Tab if key.mods() == Mods::NONE => self.down(1),
            Code::Tab => self.up(1),
            Code::PgUp => self.up(10),
            Code::PgDn => self.down(10),
            Code::Char('p') if key.mods() == Mods::CTRL => self.up(1),
            Code::Char('n') if key.mods() == Mods::CTRL => self.down(1),
            _ => {
                if matches!(self.line.key(key), Typed::Changed) {
                    self.narrow();
                }
            }
        }
        Vec::new()
    }
}

/// The options that have every word of `query`, the best first: whole, beginning, beginning of a word, inside, scattered.
pub fn rank(all: &[Choice], query: &str) -> Vec<usize> {
    let words: Vec<String> = fold(query).split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return (0..all.len()).collect();
    }
    let matcher = SkimMatcherV2::default().ignore_case();
    let mut hits: Vec<(i64, usize)> = all
        .iter()
        .enumerate()
        .filter_map(|(at, one)| {
            let (label, rest) = (fold(&one.label), fold(&format!("{} {}", one.value, one.detail)));
            let score: Option<Vec<i64>> =
                words.iter().map(|word| score(word, &label, &rest, &matcher)).collect();
            score.map(|score| (-score.iter().sum::<i64>(), at))
        })
        .collect();
    hits.sort_unstable();
    hits.into_iter().map(|(_, at)| at).collect()
}

fn score(word: &str, label: &str, rest: &str, matcher: &SkimMatcherV2) -> Option<i64> {
    let starts = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word));
    if label == word || rest.split_whitespace().next() == Some(word) {
        Some(100_000)
    } else if label.starts_with(word) {
        Some(80_000)
    } else if starts(label) {
        Some(60_000)
    } else if starts(rest) {
        Some(50_000)
    } else if label.contains(word) {
        Some(40_000)
    } else if rest.contains(word) {
        Some(30_000)
    } else {
        matcher.fuzzy_match(label, word).map(|score| score.clamp(1, 20_000))
    }
}

impl Layer for Picker {
    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(pasted) => {
                if self.line.paste(&pasted) == Typed::Changed {
                    self.narrow();
                }
                Vec::new()
            }
            Input::Cancel => vec![Step::Close],
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {
                Vec::new()
            }
        }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = frame::panel(buf, area, &self.title, theme);
        let top = frame::row_of(inner, 0);
        buf.set_stringn(top.x, top.y, "> ", usize::from(top.width), theme.style(Tone::KeyHint));
        let cursor = self.line.draw(
            buf,
            Rect { x: top.x + 2.min(top.width), width: top.width.saturating_sub(2), ..top },
            theme.style(Tone::Text),
        );
        let foot = u16::from(!self.message.is_empty());
        let list = Rect { height: inner.height.saturating_sub(1 + foot), ..frame::below(inner, 1) };
        if self.hits.is_empty() {
            frame::line(buf, list, 0, "Nothing fits.", theme.style(Tone::Dim));
        }
        let labels = self.all.iter().map(|one| text::width(&one.label)).max().unwrap_or(0);
        let wide = labels.min(usize::from(list.width).saturating_sub(4) * 3 / 5).max(8);
        let from = frame::scrolled(self.at.unwrap_or(0), self.hits.len(), usize::from(list.height));
        for (row, hit) in self.hits.iter().skip(from).take(usize::from(list.height)).enumerate() {
            let Some(one) = self.all.get(*hit) else { continue };
            let row = u16::try_from(row).unwrap_or(u16::MAX);
            let selected = Some(from + usize::from(row)) == self.at;
            let style = match (selected, &one.disabled) {
                (true, _) => theme.style(Tone::Selection),
                (false, Some(_)) => theme.style(Tone::Dim),
                (false, None) => theme.style(Tone::Text),
            };
            let mark = if selected { theme.mark(Tone::Selection) } else { "  " };
            let label = text::pad(&text::clean(&one.label), wide, text::Align::Left);
            let said = format!("{mark}{label}  {}", one.disabled.as_deref().unwrap_or(&one.detail));
            let said = text::pad(&text::clean(&said), usize::from(list.width), text::Align::Left);
            frame::line(buf, list, row, &said, style);
        }
        if foot == 1 {
            frame::message(buf, inner, inner.height.saturating_sub(1), &self.message, Tone::Warning, theme);
        }
        Some(cursor)
    }

    fn place(&self, body: Rect) -> Rect {
        let rows = u16::try_from(self.all.len()).unwrap_or(u16::MAX).clamp(3, 18);
        frame::centred(body, body.width.saturating_sub(4).min(76), rows + 4)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![Hint::new("enter", "choose"), Hint::new("esc", "back"), Hint::new("type", "narrow")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::forms::robot::Robot;

    fn options() -> Vec<Choice> {
        vec![
            Choice::new("DE", "Germany", "DE"),
            Choice::new("AT", "Austria", "AT"),
            Choice::new("NL", "Netherlands", "NL"),
            Choice::new("CI", "Côte d'Ivoire", "CI"),
            Choice::new("XX", "Nowhere", "XX").disabled("has no telephone"),
        ]
    }

    #[test]
    fn words_in_any_order_and_without_accents() {
        let first = |query: &str| {
            let hits = rank(&options(), query);
            hits.first().map(|at| options()[*at].value.clone())
        };
        assert_eq!(first("cote").as_deref(), Some("CI"));
        assert_eq!(first("ivoire cote").as_deref(), Some("CI"));
        assert_eq!(first("nl").as_deref(), Some("NL"));
        assert_eq!(first("at").as_deref(), Some("AT"));
        assert_eq!(first("gmny").as_deref(), Some("DE"));
        assert_eq!(first("zzz"), None);
    }

    #[test]
    fn choosing_and_what_cannot_be_chosen() {
        assert_eq!(
            Robot::new(Picker::new("Country", options())).press("a u s enter").closed(),
            Some(Some("AT".into()))
        );
        assert_eq!(
            Robot::new(Picker::new("Country", options())).press("down down enter").closed(),
            Some(Some("NL".into()))
        );
        assert_eq!(
            Robot::new(Picker::new("Country", options()).at("NL")).press("enter").closed(),
            Some(Some("NL".into()))
        );
        assert_eq!(Robot::new(Picker::new("Country", options())).press("esc").closed(), Some(None));
        let mut robot = Robot::new(Picker::new("Country", options()));
        robot.press("n o w enter");
        assert_eq!(robot.closed(), None);
        insta::assert_snapshot!(robot.screen(60, 20));
        robot.press("z z z enter");
        assert_eq!(robot.closed(), None);
        let careful = || Robot::new(Picker::new("Basis", options()).without_default());
        assert_eq!(careful().press("enter enter").closed(), None, "Enter alone is not yes");
        assert_eq!(careful().press("down enter").closed(), Some(Some("DE".into())));
        assert_eq!(careful().press("a u enter").closed(), Some(Some("AT".into())));
    }
}
