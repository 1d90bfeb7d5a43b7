//! A layer as a conversation in lines: the same questions one after another, under the same rules, for what a line that
//! was typed does is what the keys do.

use std::collections::VecDeque;
use std::io;

use crate::api::{Request, Response};
use crate::client::Client;
use crate::tui::content::TextLine;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Input, Intent, Layer, Step};
use crate::tui::plain::Talk;
use crate::tui::theme::Theme;

/// What is said now, and what is asked.
#[derive(Default, Debug)]
pub struct Told {
    /// Said when it was not said just before.
    pub lines: Vec<String>,
    /// Why the last line did nothing.
    pub fault: Option<String>,
    /// The question; where there is none the conversation is over.
    pub ask: String,
}

/// A layer that can be talked with.
pub trait Spoken: Layer {
    fn told(&self, ctx: &Ctx) -> Told;
    /// What a line that was typed means; `read` says whether everything that is to be read out was.
    fn heard(&mut self, line: &str, read: bool) -> Vec<Input>;
    /// What is to be read out before the question, a paragraph at a time; none where nothing is.
    fn reading(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a conversation leaves to be done.
#[derive(Default, Debug)]
pub struct Left {
    /// Something was written.
    pub changed: bool,
    /// A command that was asked for.
    pub words: Option<String>,
    /// There is no more input.
    pub ended: bool,
}

/// A line on the screen as it is said: without the signs that stand for colours.
pub fn said(line: &TextLine, theme: Theme) -> String {
    let part = |(tone, part): &(crate::tui::theme::Tone, String)| {
        let mark = theme.mark(*tone);
        if mark.is_empty() { part.clone() } else { part.strip_prefix(mark).unwrap_or(part).to_owned() }
    };
    let parts: Vec<String> = line.spans.iter().map(part).collect();
    parts.concat().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A letter that was typed as a key; a full stop alone goes back.
pub fn letter(line: &str) -> Option<Key> {
    let mut letters = line.trim().chars();
    match (letters.next(), letters.next()) {
        (Some('.'), None) => Some(Key::plain(Code::Esc)),
        (Some(letter), None) => Some(Key::char(letter)),
        _ => None,
    }
}

/// A line that was typed into a field, and sent.
pub fn typed(line: &str) -> Vec<Input> {
    if line.trim() == "." {
        return vec![Input::Key(Key::plain(Code::Esc))];
    }
    vec![Input::Paste(line.trim().to_owned()), Input::Key(Key::plain(Code::Enter))]
}

/// Talks until the layer closes, nothing is asked any more, or input ends: then what was said so far is kept.
pub fn converse(
    talk: &mut dyn Talk,
    client: &Client,
    layer: &mut dyn Spoken,
    ctx: &mut dyn FnMut() -> Ctx,
) -> io::Result<Left> {
    let mut talking = Talking { talk, client, left: Left::default(), open: true };
    let steps = layer.start(&ctx());
    talking.carry_out(layer, steps, &ctx())?;
    let mut before: Vec<String> = Vec::new();
    let (mut script, mut read) = (Vec::new(), 0);
    while talking.open {
        let paragraphs = layer.reading();
        // Whatever comes between, it goes on where it was left; other words begin at their beginning.
        if !paragraphs.is_empty() && paragraphs != script {
            (script, read) = (paragraphs.clone(), 0);
        }
        if let Some(next) = paragraphs.get(read) {
            talking.say(next)?;
            if read + 1 < paragraphs.len() {
                let Some(line) = talking.talk.ask("Enter: on:")? else { break };
                if line.trim().is_empty() {
                    read += 1;
                    continue;
                }
                talking.answer(layer, &line, false, &ctx())?;
                if let Some(fault) = layer.told(&ctx()).fault {
                    talking.say(&format!("Not done: {fault}."))?;
                }
                continue;
            }
            read += 1;
        }
        let told = layer.told(&ctx());
        let same = before.iter().zip(&told.lines).take_while(|(one, other)| one == other).count();
        // A question that is asked again is not told again, but something that was taken away is.
        let from = if same == before.len() { same } else { 0 };
        for line in told.lines.iter().skip(from) {
            talking.say(line)?;
        }
        before.clone_from(&told.lines);
        if let Some(fault) = &told.fault {
            talking.say(&format!("Not done: {fault}."))?;
        }
        if told.ask.is_empty() {
            return Ok(talking.left);
        }
        match talking.talk.ask(&told.ask)? {
            Some(line) => talking.answer(layer, &line, true, &ctx())?,
            None => break,
        }
    }
    talking.left.ended = talking.open;
    if talking.open
        && let Some(request) = layer.parting()
    {
        // Whoever goes away in the middle loses nothing; that it cannot be kept is told by nobody left to hear.
        let _: Result<Response, _> = talking.client.request(request);
    }
    Ok(talking.left)
}

struct Talking<'a> {
    talk: &'a mut dyn Talk,
    client: &'a Client,
    left: Left,
    open: bool,
}

impl Talking<'_> {
    fn say(&mut self, line: &str) -> io::Result<()> {
        self.talk.say(&[line])
    }

    fn answer(&mut self, layer: &mut dyn Spoken, line: &str, read: bool, ctx: &Ctx) -> io::Result<()> {
        if line.trim() == "?" {
            let hints: Vec<String> =
                layer.hints(ctx).iter().map(|hint| format!("{} {}", hint.key, hint.text)).collect();
            return self.say(&format!("{}; a full stop goes back.", hints.join("; ")));
        }
        // What others did meanwhile counts before what is said now.
        let steps = layer.elsewhere(ctx);
        self.carry_out(layer, steps, ctx)?;
        for input in layer.heard(line, read) {
            let steps = layer.update(input, ctx);
            self.carry_out(layer, steps, ctx)?;
        }
        Ok(())
    }

    /// Does what the layer wants, and what follows from the answers.
    fn carry_out(&mut self, layer: &mut dyn Spoken, steps: Vec<Step>, ctx: &Ctx) -> io::Result<()> {
        let mut steps: VecDeque<Step> = steps.into();
        while let Some(step) = steps.pop_front() {
            match step {
                Step::Close | Step::CloseWith(_) => self.open = false,
                Step::Call(ticket, request) | Step::Latest(ticket, request) => {
                    let answer = self.request(request);
                    steps.extend(layer.update(Input::Answer(ticket, answer), ctx));
                }
                Step::Toast(_, text) => self.say(&sentence(&text))?,
                Step::Fail(error) => self.say(&format!("Not done: {}.", error.message))?,
                Step::Changed => self.left.changed = true,
                Step::Copy(text) => self.say(&text)?,
                Step::Run(Intent::Words(words)) => {
                    self.left.words = Some(words);
                    self.open = false;
                }
                // Nothing is opened, edited or dialled here: the number is said.
                Step::Run(_)
                | Step::Open(_)
                | Step::Job(..)
                | Step::CancelJob(_)
                | Step::Editor { .. }
                | Step::Dial(_)
                | Step::Show(..)
                | Step::Enter(_)
                | Step::Leave
                | Step::Quit => {}
            }
        }
        Ok(())
    }

    fn request(&self, request: Request) -> Result<Response, crate::api::Error> {
        self.client.request(request)
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    format!("{}.", crate::tui::content::capital(text.trim_end_matches('.')))
}
