//! A call under way, from dialling to its end: who answered, who it is, the script, one answer after another.
//!
//! Nothing is chosen beforehand, Enter alone never answers, and what was answered is all there is: silence is no answer. It
//! asks for nothing and waits for nothing; what it wants done it says as a [`Deed`].

use uuid::Uuid;

use super::script::Script;
use crate::api::call::{CallCard, CallQuestion, CallScript, OpenCall};
use crate::api::consent::Book;
use crate::domain::answers::{Answer, CallAnswers, Reply};
use crate::domain::call::{Answered, CallOutcome};
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::purpose::Purpose;
use crate::domain::request::Right;
use crate::domain::time::Timestamp;
use crate::domain::wording::sentence::Tongue;
use crate::tui::content::TextLine;
use crate::tui::held::by;
use crate::tui::layer::Ctx;
use crate::tui::line::Line;

/// How far a call has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// It rings: who answers?
    Who,
    /// Is it the person?
    Identity,
    /// What must be told is read out.
    Read,
    /// Questions, one by one.
    Questions,
}

/// What is being typed, or waits for being confirmed.
#[derive(Debug)]
pub enum Ask {
    /// Who somebody else is to the person.
    Relation(Line),
    /// How it was confirmed who speaks, in other words.
    Identity(Line),
    /// The words of an answer.
    Words(Reply, Line),
    /// How it was made sure that the person is so many years old: without that there is no yes here (R9).
    Age(u8, Line),
    /// What the person would be called or written to about.
    Products(Line),
    Objection(Line),
    WrongNumber,
    CallBack(Line),
    Right(Right, Line),
    Language,
    Leave,
}

/// What a call wants done.
#[derive(Clone, PartialEq, Debug)]
pub enum Deed {
    /// What was said so far is to be kept.
    Keep,
    /// It is over.
    Over,
    /// It is over, and recorded as it is.
    Record,
    /// It begins anew in another language.
    Speak(Language),
    /// It is left, to be gone on with later.
    Leave,
    /// Nobody was dialled.
    Drop,
}

/// Ways by which it is confirmed who speaks, by the letter that chooses them.
pub const IDENTITIES: [(char, &str, &str); 3] = [
    ('f', "full name and company", "said the full name and the company"),
    ('v', "voice known", "voice known from earlier calls"),
    ('k', "known number", "reached at the number on record, and said the name"),
];

/// After the years: that they were checked is what is held, and no date of birth.
const CHECKED: &str = "+ checked";

/// Whether words tell a date of birth, or a year of one.
pub fn tells_birth(words: &str) -> bool {
    let digits = words.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    let (runs, years) = digits.fold((0, 0), |(runs, years), run| {
        (runs + 1, years + u8::from(run.len() == 4 && (run.starts_with("19") || run.starts_with("20"))))
    });
    years > 0 || runs >= 3
}

/// A call under way.
pub struct Under {
    pub call: Uuid,
    /// The number as people read it, and as a link.
    pub number: String,
    pub uri: String,
    pub languages: Vec<Language>,
    pub script: Option<CallScript>,
    pub text: Script,
    pub questions: Vec<CallQuestion>,
    /// What the call is for, as people say it.
    pub purpose: String,
    /// What a yes to each would be about, where that is less than all that was read out.
    pub products: Vec<String>,
    /// What each is about, in the script's language: `Sales calls, by phone`.
    pub topics: Vec<String>,
    /// Why a question can have no yes any more, for each.
    pub locked: Vec<Option<String>>,
    /// Why there can be no yes at all any more.
    pub stopped: Option<String>,
    pub step: Step,
    pub at: usize,
    pub scroll: usize,
    pub said: CallAnswers,
    pub ask: Option<Ask>,
    pub fault: Option<String>,
    /// Cells and lines there are for the script.
    pub room: (usize, usize),
}

impl Under {
    fn new(call: Uuid, script: Option<CallScript>, said: CallAnswers) -> Under {
        let questions = match &script {
            Some(script) => script.questions.clone(),
            // Without a script nothing can be agreed to; a no can be said at any time.
            None => vec![CallQuestion {
                purpose: said.purpose.clone(),
                channel: Channel::Phone,
                text: String::new(),
                age: None,
            }],
        };
        Under {
            call,
            number: said.number.clone(),
            uri: String::new(),
            languages: Vec::new(),
            text: Script::new(script.as_ref().map_or("", |script| &script.text)),
            locked: vec![None; questions.len()],
            topics: Vec::new(),
            purpose: said.purpose.clone(),
            products: vec![String::new(); questions.len()],
            questions,
            script,
            stopped: None,
            step: Step::Who,
            at: 0,
            scroll: 0,
            said,
            ask: None,
            fault: None,
            room: (1, 1),
        }
    }

    /// A call that has just begun. `shown` is the number that the person sees.
    pub fn begun(begun: crate::api::CallBegun, shown: &str) -> Under {
        let crate::api::CallBegun { call, card, script, begun_at, .. } = begun;
        let CallCard { purpose, dial, scripts, .. } = card;
        let mut said = CallAnswers::dialled(&purpose, begun_at);
        said.id = Some(call);
        shown.clone_into(&mut said.shown_number);
        said.number = dial.as_ref().map(|dial| dial.number.clone()).unwrap_or_default();
        if let Some(script) = &script {
            script.script.clone_into(&mut said.script);
            script.sha256.clone_into(&mut said.wording_sha256);
            said.language = Some(script.language.clone());
        }
        let mut under = Under::new(call, script, said);
        if let Some(dial) = dial {
            under.number = dial.readable;
            under.uri = dial.uri;
        }
        for offered in scripts {
            if !under.languages.contains(&offered.language) {
                under.languages.push(offered.language);
            }
        }
        under
    }

    /// Takes over what is known of the same call before it was begun anew in this language.
    pub fn take_over(&mut self, before: &Under) {
        let (began, anew) = (before.said.started_at, self.said.started_at);
        // Within a minute it is the same call for the service as well; later than that it began anew.
        if anew.millis().saturating_sub(began.millis()) < 55_000 {
            self.said.started_at = began;
        }
        self.said.answered_by = before.said.answered_by;
        self.said.answered_at = before.said.answered_at.map(|at| at.max(self.said.started_at));
        before.said.relation.clone_into(&mut self.said.relation);
        before.said.identity.clone_into(&mut self.said.identity);
        self.said.requests.clone_from(&before.said.requests);
        self.stopped.clone_from(&before.stopped);
        self.step = before.step.min(Step::Read);
    }

    /// A call that was left, as far as it was kept.
    pub fn resumed(open: OpenCall) -> Under {
        let OpenCall { call, purpose, number, script, begun_at, answers, stopped, .. } = open;
        let said = answers.unwrap_or_else(|| {
            let mut said = CallAnswers::dialled(&purpose, begun_at);
            said.number = number;
            if let Some(script) = &script {
                script.script.clone_into(&mut said.script);
                script.sha256.clone_into(&mut said.wording_sha256);
                said.language = Some(script.language.clone());
            }
            said
        });
        let mut under = Under::new(call, script, said);
        under.said.id = Some(call);
        under.said.ended_at = None;
        under.step = match (&under.said.answered_at, under.said.identity.is_empty(), under.said.read_at) {
            (None, _, _) => Step::Who,
            (Some(_), true, _) => Step::Identity,
            (Some(_), false, None) => Step::Read,
            (Some(_), false, Some(_)) => Step::Questions,
        };
        under.at = under.open_question().unwrap_or(0);
        under.products = under
            .questions
            .iter()
            .map(|question| under.answer(question).map(|answer| answer.products.clone()).unwrap_or_default())
            .collect();
        if let Some(why) = stopped {
            under.stop(why, &[]);
        }
        under
    }

    /// Learns what the purposes are called.
    pub fn name(&mut self, purposes: &[Purpose]) {
        if let Some(known) = purposes.iter().find(|one| one.name == self.said.purpose) {
            self.purpose = known.title.clone();
        }
        let language = self.script.as_ref().map(|script| &script.language);
        let tongue = language.and_then(|language| Tongue::of(language).ok());
        let topic = |question: &CallQuestion| {
            let known = purposes.iter().find(|one| one.name == question.purpose);
            let title = match (known, language) {
                (Some(known), Some(language)) => known.title_in(language),
                (Some(known), None) => &known.title,
                (None, _) => &question.purpose,
            };
            let reached = tongue.map_or(by(question.channel), |tongue| tongue.reached(question.channel));
            format!("{title}, {reached}")
        };
        self.topics = self.questions.iter().map(topic).collect();
    }

    /// What a question is about.
    pub fn topic(&self, at: usize) -> &str {
        self.topics.get(at).map_or("", String::as_str)
    }

    /// What an answer is about.
    pub fn topic_of<'a>(&'a self, answer: &'a Answer) -> &'a str {
        let same = |question: &CallQuestion| {
            question.purpose == answer.purpose && question.channel == answer.channel
        };
        self.questions.iter().position(same).map_or(&answer.purpose, |at| self.topic(at))
    }

    /// Whether the person is on the phone, and nobody else.
    pub fn is_person(&self) -> bool {
        self.said.answered_at.is_some() && self.said.answered_by == Answered::Person
    }

    pub fn is_other(&self) -> bool {
        self.said.answered_at.is_some() && self.said.answered_by == Answered::Other
    }

    /// The first question without an answer.
    pub(super) fn open_question(&self) -> Option<usize> {
        self.questions.iter().position(|question| self.answer(question).is_none())
    }

    pub fn all_answered(&self) -> bool {
        self.open_question().is_none()
    }

    pub fn answer(&self, question: &CallQuestion) -> Option<&Answer> {
        let of = |answer: &&Answer| answer.purpose == question.purpose && answer.channel == question.channel;
        self.said.answers.iter().find(of)
    }

    pub fn question(&self) -> Option<&CallQuestion> {
        self.questions.get(self.at)
    }

    /// What is shown to be read out.
    pub fn lines(&self) -> Vec<TextLine> {
        let closing = self.step == Step::Questions && self.all_answered();
        if closing { self.text.closing(self.room.0) } else { self.text.told(self.room.0) }
    }

    fn last_top(&self) -> usize {
        self.lines().len().saturating_sub(self.room.1)
    }

    /// Whether the end of what is told is on the screen.
    pub fn sees_end(&self) -> bool {
        self.scroll >= self.last_top()
    }

    pub(super) fn scroll_by(&mut self, down: bool, by: usize) {
        let to = if down { self.scroll.saturating_add(by) } else { self.scroll.saturating_sub(by) };
        self.scroll = to.min(self.last_top());
    }

    /// Why there can be no yes to the question at hand.
    pub fn no_yes(&self) -> Option<String> {
        if let Some(why) = &self.stopped {
            return Some(why.clone());
        }
        if let Some(why) = self.locked.get(self.at).and_then(Option::as_ref) {
            return Some(why.clone());
        }
        if self.script.is_none() {
            return Some(
                "there is no script for this, and a yes counts only to what was read out".to_owned(),
            );
        }
        self.said.identity.trim().is_empty().then(|| "it was not confirmed who speaks (i)".to_owned())
    }

    /// From which age on a yes to the question at hand counts, where that was not made sure yet.
    pub fn age_wanted(&self) -> Option<u8> {
        let wanted = self.question().and_then(|question| question.age)?;
        let checked = self.said.age.split_once(CHECKED).and_then(|(years, _)| years.parse().ok());
        checked.is_none_or(|checked: u8| checked < wanted).then_some(wanted)
    }

    /// Notes how it was made sure, and not how old the person is.
    pub fn checked_age(&mut self, years: u8, how: &str) {
        self.said.age = format!("{years}{CHECKED}: {how}");
    }

    /// The person said no elsewhere meanwhile: no yes counts, and those there are go.
    pub fn stop(&mut self, why: String, purposes: &[Purpose]) {
        let marketing =
            |name: &str| purposes.iter().find(|one| one.name == name).is_none_or(|one| one.marketing);
        self.said.answers.retain(|answer| answer.reply != Reply::Yes || !marketing(&answer.purpose));
        if let Some(Ask::Words(Reply::Yes, _) | Ask::Age(..)) = self.ask {
            self.ask = None;
        }
        self.stopped = Some(why);
    }

    /// What holds now in the store: whatever was withdrawn since the call began can have no yes.
    pub fn compare(&mut self, book: &Book, purposes: &[Purpose], ctx: &Ctx) -> bool {
        let since = self.said.started_at;
        if let Some(at) = book.objected_at.filter(|at| *at >= since)
            && self.stopped.is_none()
        {
            let at = crate::tui::content::clock(at, ctx);
            self.stop(
                format!("the person objected to all marketing elsewhere at {at}: end the call"),
                purposes,
            );
            return true;
        }
        let mut changed = false;
        for (place, question) in self.questions.iter().enumerate() {
            let line = book
                .lines
                .iter()
                .find(|line| line.purpose == question.purpose && line.channel == question.channel);
            let Some(standing) = line.map(|line| &line.standing) else { continue };
            if !standing.state.is_no() || standing.since < since {
                continue;
            }
            let Some(locked) = self.locked.get_mut(place).filter(|locked| locked.is_none()) else { continue };
            let at = crate::tui::content::clock(standing.since, ctx);
            *locked =
                Some(format!("{} elsewhere at {at}, while you spoke: no yes counts", standing.state.word()));
            let gone = |answer: &Answer| {
                answer.reply == Reply::Yes
                    && answer.purpose == question.purpose
                    && answer.channel == question.channel
            };
            self.said.answers.retain(|answer| !gone(answer));
            if place == self.at && matches!(self.ask, Some(Ask::Words(Reply::Yes, _) | Ask::Age(..))) {
                self.ask = None;
            }
            changed = true;
        }
        changed
    }

    /// Takes back what made the call over: it goes on.
    pub fn go_on(&mut self) {
        self.said.ended_at = None;
        self.said.outcome = None;
        self.said.call_back = None;
        self.said.objection = None;
    }

    /// What is handed in once it is over.
    pub fn told(&self) -> CallAnswers {
        let mut said = self.said.clone();
        if said.answered_at.is_none() && said.outcome != Some(CallOutcome::WrongNumber) {
            said.answered_by = Answered::Nobody;
        }
        if said.outcome == Some(CallOutcome::WrongNumber) {
            // What a stranger said is nobody's.
            said.answered_by = Answered::Other;
            if said.relation.is_empty() {
                "a stranger".clone_into(&mut said.relation);
            }
            said.answered_at = said.answered_at.or(said.ended_at);
            said.answers.clear();
            said.requests.clear();
            said.identity.clear();
            said.age.clear();
            said.read_at = None;
        }
        if said.read_at.is_none() {
            // Nothing was read out.
            said.script.clear();
            said.wording_sha256.clear();
        }
        said
    }

    /// How long it lasts already, in seconds.
    pub fn seconds(&self, now: Timestamp) -> i64 {
        let from = self.said.answered_at.unwrap_or(self.said.started_at);
        now.millis().saturating_sub(from.millis()).max(0) / 1000
    }
}
