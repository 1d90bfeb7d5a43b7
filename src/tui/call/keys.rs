//! What the keys do in a call under way.

use super::under::{Ask, Deed, IDENTITIES, Step, Under, tells_birth};
use super::when;
use crate::domain::answers::{Answer, AskedFor, Objection, Reply};
use crate::domain::call::{Answered, CallOutcome};
use crate::domain::purpose::Purpose;
use crate::domain::request::Right;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::Ctx;
use crate::tui::line::Line;

impl Under {
    /// Takes a key.
    pub fn key(&mut self, key: Key, purposes: &[Purpose], ctx: &Ctx) -> Vec<Deed> {
        self.fault = None;
        if self.ask.is_some() {
            return self.ask_key(key, purposes, ctx);
        }
        let height = self.room.1;
        match (self.step, key.code()) {
            (_, Code::Char('h')) => return self.hang_up(ctx),
            (_, Code::Char('x')) => self.ask = Some(Ask::WrongNumber),
            (_, Code::Char('b')) => self.ask = Some(Ask::CallBack(Line::default())),
            (_, Code::Char('L')) => self.ask_language(),
            (_, Code::Char('o' | 'a' | 'e')) if self.said.answered_at.is_none() => {
                self.fault = Some("say first who answered: p, s or n".to_owned());
            }
            (_, Code::Char('o')) => self.ask = Some(Ask::Objection(Line::default())),
            (_, Code::Char('a')) => self.ask_right(Right::Access),
            (_, Code::Char('e')) => self.ask_right(Right::Erasure),
            (_, Code::Esc) => self.ask = Some(Ask::Leave),
            (_, Code::Down | Code::Char('j')) => self.scroll_by(true, 1),
            (_, Code::Up | Code::Char('k')) if self.step != Step::Identity || key.code() == Code::Up => {
                self.scroll_by(false, 1);
            }
            (_, Code::PgUp) => self.scroll_by(false, height.saturating_sub(1).max(1)),
            (_, Code::Home) => self.scroll = 0,
            (Step::Who, Code::Char(c @ ('p' | 's' | 'n'))) => return self.who(c, ctx),
            (Step::Identity, Code::Char('w')) => self.ask = Some(Ask::Identity(Line::default())),
            (Step::Identity, Code::Char('u')) => {
                self.step = Step::Read;
                self.fault = Some("unconfirmed: no yes counts until it is clear who speaks (i)".to_owned());
            }
            (Step::Identity, Code::Char(c)) => {
                if let Some((_, _, words)) = IDENTITIES.iter().find(|(key, _, _)| *key == c) {
                    return self.identified(words);
                }
            }
            (Step::Read | Step::Questions, Code::Char('i')) if self.is_person() => self.step = Step::Identity,
            (Step::Read, Code::Char(' ') | Code::PgDn) => return self.page(ctx),
            (Step::Read, Code::Char('y' | 'n' | 'l')) => {
                self.fault = Some("locked until the text was read out to its end: space".to_owned());
            }
            (Step::Questions, Code::Char(' ') | Code::PgDn) => {
                self.scroll_by(true, height.saturating_sub(1).max(1))
            }
            (Step::Questions, Code::Tab) => self.turn(!key.mods().shift),
            (Step::Questions, Code::Char('y')) => match self.no_yes() {
                Some(why) => self.fault = Some(why),
                None => {
                    self.ask = Some(match self.age_wanted() {
                        Some(years) => Ask::Age(years, Line::default()),
                        None => Ask::Words(Reply::Yes, Line::default()),
                    });
                }
            },
            (Step::Questions, Code::Char('g')) => {
                let words = self.products.get(self.at).map_or("", String::as_str);
                self.ask = Some(Ask::Products(Line::new(words)));
            }
            (Step::Questions, Code::Char('n')) => self.ask = Some(Ask::Words(Reply::No, Line::default())),
            (Step::Questions, Code::Char('l')) => self.ask = Some(Ask::Words(Reply::Later, Line::default())),
            (Step::Questions, Code::Enter) => {
                self.fault = Some("Enter is no answer: y, n or l, then what the person said".to_owned());
            }
            _ => {}
        }
        Vec::new()
    }

    fn turn(&mut self, forward: bool) {
        let many = self.questions.len().max(1);
        self.at = if forward { (self.at + 1) % many } else { (self.at + many - 1) % many };
    }

    fn ask_right(&mut self, right: Right) {
        if self.said.requests.iter().any(|asked| asked.right == right) {
            self.fault = Some("that is noted already".to_owned());
        } else {
            self.ask = Some(Ask::Right(right, Line::default()));
        }
    }

    fn ask_language(&mut self) {
        if self.languages.len() < 2 {
            self.fault = Some("there is no script in another language".to_owned());
        } else if !self.said.answers.is_empty() {
            self.fault = Some("answers were given to these words; end this call first".to_owned());
        } else {
            self.ask = Some(Ask::Language);
        }
    }

    fn who(&mut self, c: char, ctx: &Ctx) -> Vec<Deed> {
        match c {
            'p' => {
                self.said.answered_by = Answered::Person;
                self.said.answered_at = Some(ctx.now);
                self.step = Step::Identity;
                vec![Deed::Keep]
            }
            's' => {
                self.ask = Some(Ask::Relation(Line::default()));
                Vec::new()
            }
            _ if self.is_other() => {
                self.fault = Some("somebody answered: h ends the call".to_owned());
                Vec::new()
            }
            _ => {
                self.said.answered_by = Answered::Nobody;
                self.said.ended_at = Some(ctx.now);
                vec![Deed::Over]
            }
        }
    }

    fn identified(&mut self, words: &str) -> Vec<Deed> {
        words.clone_into(&mut self.said.identity);
        self.step =
            if self.said.read_at.is_some() || self.script.is_none() { Step::Questions } else { Step::Read };
        vec![Deed::Keep]
    }

    /// On with the text; at its end the questions begin.
    fn page(&mut self, ctx: &Ctx) -> Vec<Deed> {
        if !self.sees_end() {
            self.scroll_by(true, self.room.1.saturating_sub(1).max(1));
            return Vec::new();
        }
        if self.script.is_some() {
            self.said.read_at = Some(ctx.now);
        }
        self.step = Step::Questions;
        vec![Deed::Keep]
    }

    fn hang_up(&mut self, ctx: &Ctx) -> Vec<Deed> {
        if self.said.answered_at.is_none() {
            self.fault =
                Some("nobody answered yet: n when nobody does, Esc when nobody was dialled".to_owned());
            return Vec::new();
        }
        self.said.ended_at = Some(ctx.now);
        if self.is_person()
            && self.said.outcome.is_none()
            && self.said.call_back.is_none()
            && !self.all_answered()
        {
            self.said.outcome = Some(CallOutcome::HungUp);
        }
        vec![Deed::Over]
    }

    /// Text that is pasted goes where typing goes.
    pub fn paste(&mut self, text: &str) {
        if let Some(
            Ask::Relation(line)
            | Ask::Identity(line)
            | Ask::Words(_, line)
            | Ask::Age(_, line)
            | Ask::Products(line)
            | Ask::Objection(line)
            | Ask::CallBack(line)
            | Ask::Right(_, line),
        ) = &mut self.ask
        {
            line.paste(text);
        }
    }

    fn ask_key(&mut self, key: Key, purposes: &[Purpose], ctx: &Ctx) -> Vec<Deed> {
        if key.code() == Code::Esc {
            self.ask = None;
            return Vec::new();
        }
        match &mut self.ask {
            Some(Ask::Language) => {
                let chosen = key.typed().and_then(|c| c.to_digit(10)).and_then(|n| usize::try_from(n).ok());
                let language = chosen.and_then(|n| self.languages.get(n.checked_sub(1)?)).cloned();
                return match language {
                    Some(language) => {
                        self.ask = None;
                        vec![Deed::Speak(language)]
                    }
                    None => Vec::new(),
                };
            }
            Some(Ask::Leave) => {
                return match key.typed() {
                    Some('k') => vec![Deed::Keep, Deed::Leave],
                    Some('d') if self.said.answers.is_empty() && self.said.answered_at.is_none() => {
                        vec![Deed::Drop]
                    }
                    Some('d') => {
                        self.fault =
                            Some("somebody answered: h ends the call, and it is recorded".to_owned());
                        Vec::new()
                    }
                    _ => Vec::new(),
                };
            }
            Some(Ask::WrongNumber) => {
                if key.code() == Code::Enter {
                    return self.wrong_number(ctx);
                }
                return Vec::new();
            }
            Some(
                Ask::Relation(line)
                | Ask::Identity(line)
                | Ask::Words(_, line)
                | Ask::Age(_, line)
                | Ask::Products(line)
                | Ask::Objection(line)
                | Ask::CallBack(line)
                | Ask::Right(_, line),
            ) => {
                if key.code() != Code::Enter {
                    line.key(key);
                    return Vec::new();
                }
            }
            None => return Vec::new(),
        }
        self.typed(purposes, ctx)
    }

    fn wrong_number(&mut self, ctx: &Ctx) -> Vec<Deed> {
        self.ask = None;
        self.said.outcome = Some(CallOutcome::WrongNumber);
        self.said.ended_at = Some(ctx.now);
        vec![Deed::Over]
    }

    /// Enter, after something was typed.
    fn typed(&mut self, purposes: &[Purpose], ctx: &Ctx) -> Vec<Deed> {
        let Some(ask) = self.ask.take() else { return Vec::new() };
        match ask {
            Ask::Relation(line) => {
                let words = line.text().trim().to_owned();
                if words.is_empty() {
                    self.fault = Some("who is it? such as: colleague, spouse, switchboard".to_owned());
                    self.ask = Some(Ask::Relation(line));
                    return Vec::new();
                }
                self.said.answered_by = Answered::Other;
                self.said.relation = words;
                self.said.answered_at = Some(ctx.now);
                self.step = Step::Who;
                vec![Deed::Keep]
            }
            Ask::Identity(line) => {
                let words = line.text().trim().to_owned();
                if words.is_empty() {
                    self.fault = Some("how was it confirmed?".to_owned());
                    self.ask = Some(Ask::Identity(line));
                    return Vec::new();
                }
                self.identified(&words)
            }
            Ask::Words(reply, line) => {
                let words = line.text().trim().to_owned();
                if words.is_empty() {
                    self.fault = Some(
                        "what did the person say, word for word? Nothing is recorded without".to_owned(),
                    );
                    self.ask = Some(Ask::Words(reply, line));
                    return Vec::new();
                }
                self.answered(reply, words, ctx)
            }
            Ask::Age(years, line) => {
                let words = line.text().trim().to_owned();
                if words.is_empty() || tells_birth(&words) {
                    self.fault = Some(match words.is_empty() {
                        true => "how was it made sure? such as: said so; speaks for a company".to_owned(),
                        false => "no date of birth is held: only how it was made sure".to_owned(),
                    });
                    self.ask = Some(Ask::Age(years, line));
                    return Vec::new();
                }
                self.checked_age(years, &words);
                self.ask = Some(Ask::Words(Reply::Yes, Line::default()));
                vec![Deed::Keep]
            }
            Ask::Products(line) => self.about(line.text().trim()),
            Ask::Objection(line) => {
                let words = line.text().trim().to_owned();
                let marketing =
                    |name: &str| purposes.iter().find(|one| one.name == name).is_none_or(|one| one.marketing);
                self.said.answers.retain(|answer| answer.reply != Reply::Yes || !marketing(&answer.purpose));
                self.said.objection = Some(Objection { words, at: Some(ctx.now) });
                self.said.outcome = Some(CallOutcome::Objected);
                self.said.ended_at = Some(ctx.now);
                vec![Deed::Record]
            }
            Ask::CallBack(line) => match when::ahead(line.text(), ctx.now, ctx.zone) {
                Ok(at) => {
                    self.said.call_back = Some(at);
                    self.said.outcome = Some(CallOutcome::CallBack);
                    self.said.ended_at = Some(ctx.now);
                    vec![Deed::Over]
                }
                Err(why) => {
                    self.fault = Some(why);
                    self.ask = Some(Ask::CallBack(line));
                    Vec::new()
                }
            },
            Ask::Right(right, line) => {
                self.said.requests.push(AskedFor { right, words: line.text().trim().to_owned() });
                vec![Deed::Keep]
            }
            Ask::WrongNumber | Ask::Language | Ask::Leave => Vec::new(),
        }
    }

    /// What a yes to the question at hand is about, also one that was said already.
    fn about(&mut self, words: &str) -> Vec<Deed> {
        if let Some(products) = self.products.get_mut(self.at) {
            words.clone_into(products);
        }
        let Some(question) = self.questions.get(self.at) else { return Vec::new() };
        let same =
            |answer: &&mut Answer| answer.purpose == question.purpose && answer.channel == question.channel;
        match self.said.answers.iter_mut().find(same) {
            Some(answer) => {
                words.clone_into(&mut answer.products);
                vec![Deed::Keep]
            }
            None => Vec::new(),
        }
    }

    /// The last that is said about a question is what counts.
    fn answered(&mut self, reply: Reply, words: String, ctx: &Ctx) -> Vec<Deed> {
        let Some(question) = self.questions.get(self.at).cloned() else { return Vec::new() };
        if reply == Reply::Yes
            && let Some(why) = self.no_yes()
        {
            self.fault = Some(why);
            return Vec::new();
        }
        let same = |answer: &Answer| answer.purpose == question.purpose && answer.channel == question.channel;
        self.said.answers.retain(|answer| !same(answer));
        self.said.answers.push(Answer {
            purpose: question.purpose.clone(),
            channel: question.channel,
            reply,
            words,
            at: Some(ctx.now),
            question: question.text.clone(),
            until: None,
            products: self.products.get(self.at).cloned().unwrap_or_default(),
        });
        match self.open_question() {
            Some(at) => self.at = at,
            None => self.scroll = 0,
        }
        vec![Deed::Keep]
    }
}
