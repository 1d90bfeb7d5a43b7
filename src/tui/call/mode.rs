//! Call mode from stage to stage: what is asked of the service, and what its answers lead to.

use uuid::Uuid;

use super::after::{After, Written};
use super::under::{Deed, Under};
use super::view_under;
use crate::api::call::{CallCard, CallRecorded, OpenCall};
use crate::api::{self, Call, CallBegun, Code as Refusal, Error, Request, Response, View};
use crate::domain::answers::CallAnswers;
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::entity::Entity;
use crate::domain::id::ContactId;
use crate::domain::purpose::Purpose;
use crate::tui::held::by;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Level, Step, Ticket};

pub(super) const PURPOSES: Ticket = Ticket(1);
pub(super) const OPEN: Ticket = Ticket(2);
const CHECK: Ticket = Ticket(3);
const BEGIN: Ticket = Ticket(4);
const KEEP: Ticket = Ticket(5);
const RECORD: Ticket = Ticket(6);
const DROP: Ticket = Ticket(7);
const BOOK: Ticket = Ticket(8);
/// What the person gets in writing.
const TEXT: Ticket = Ticket(10);
/// A call that is dropped to begin anew in another language.
const ANEW: Ticket = Ticket(9);

/// How far it is.
pub(super) enum Stage {
    /// Nothing is known yet.
    Looking,
    /// A call with the person was begun before, and is not recorded.
    Left(Box<OpenCall>),
    Before(Box<CallCard>),
    /// The call is asked for.
    Beginning(Box<CallCard>),
    Under(Box<Under>),
    After(Box<Under>, Box<After>),
    Done(Box<CallRecorded>),
}

/// Call mode.
pub struct CallMode {
    pub(super) contact: ContactId,
    pub(super) name: String,
    list: Option<Uuid>,
    /// Those one calls for.
    pub(super) purposes: Vec<Purpose>,
    /// All there are, to know what an objection ends.
    all: Vec<Purpose>,
    wanted: Option<String>,
    pub(super) number: Option<String>,
    language: Option<Language>,
    pub(super) stage: Stage,
    pub(super) scroll: usize,
    pub(super) fault: Option<String>,
    /// The call under way is begun anew, in another language.
    renews: bool,
    /// What the person gets in writing, to be copied to where it is sent.
    pub(super) written: Option<String>,
}

impl CallMode {
    pub fn new(contact: &View) -> CallMode {
        CallMode::of(ContactId(contact.id), &contact.title)
    }

    pub fn of(contact: ContactId, name: &str) -> CallMode {
        CallMode {
            contact,
            name: name.to_owned(),
            list: None,
            purposes: Vec::new(),
            all: Vec::new(),
            wanted: None,
            number: None,
            language: None,
            stage: Stage::Looking,
            scroll: 0,
            fault: None,
            renews: false,
            written: None,
        }
    }

    /// A person of a call list, who is called for its purpose.
    #[must_use]
    pub fn from_list(mut self, list: Uuid, purpose: &str) -> CallMode {
        self.list = Some(list);
        self.wanted = Some(purpose.to_owned());
        self
    }

    /// Called for this purpose; whichever comes first where it is empty.
    #[must_use]
    pub fn for_purpose(mut self, purpose: &str) -> CallMode {
        if !purpose.is_empty() {
            self.wanted = Some(purpose.to_owned());
        }
        self
    }

    /// A call that was left and is gone on with.
    #[must_use]
    pub fn resuming(open: OpenCall) -> CallMode {
        let mut mode = CallMode::of(open.contact, &open.name);
        mode.list = open.list;
        mode.stage = Stage::Left(Box::new(open));
        mode
    }

    pub(super) fn language(&self) -> Option<&Language> {
        self.language.as_ref()
    }

    fn purpose(&self) -> Option<&str> {
        self.wanted.as_deref()
    }

    pub(super) fn check(&self) -> Vec<Step> {
        let Some(purpose) = self.purpose() else { return Vec::new() };
        let request = api::CallCheck {
            contact: self.contact,
            purpose: purpose.to_owned(),
            number: self.number.clone(),
        };
        vec![Step::Latest(CHECK, request.into_request())]
    }

    fn begin(&mut self, card: Box<CallCard>) -> Vec<Step> {
        let request = api::CallBegin {
            contact: self.contact,
            purpose: card.purpose.clone(),
            number: card.dial.as_ref().map(|dial| dial.number.clone()),
            language: self.language.clone(),
            list: self.list,
        };
        self.stage = Stage::Beginning(card);
        vec![Step::Call(BEGIN, request.into_request())]
    }

    fn before_key(&mut self, key: Key, card: Box<CallCard>) -> Vec<Step> {
        let next = |now: usize, many: usize| (now + 1) % many.max(1);
        match key.code() {
            Code::Char('c') if card.allowed && card.busy.is_none() && card.dial.is_some() => {
                return self.begin(card);
            }
            Code::Char('c') => {
                let why = match &card.busy {
                    Some(who) => format!("{who} is calling this person at this moment"),
                    None => "this call is not allowed".to_owned(),
                };
                self.fault = Some(why);
            }
            Code::Char('p') if self.purposes.len() > 1 => {
                let now = self.purposes.iter().position(|one| Some(one.name.as_str()) == self.purpose());
                let to = next(now.unwrap_or(0), self.purposes.len());
                self.wanted = self.purposes.get(to).map(|purpose| purpose.name.clone());
                self.scroll = 0;
                self.stage = Stage::Before(card);
                return self.check();
            }
            Code::Char('n') if card.numbers.len() > 1 => {
                let dial = card.dial.as_ref().map(|dial| &dial.number);
                let now = card.numbers.iter().position(|one| Some(&one.number) == dial);
                let to = now.map_or(0, |now| next(now, card.numbers.len()));
                self.number = card.numbers.get(to).map(|dial| dial.number.clone());
                self.stage = Stage::Before(card);
                return self.check();
            }
            Code::Char('L') if card.scripts.len() > 1 => {
                let now = card.scripts.iter().position(|one| Some(&one.language) == self.language.as_ref());
                let to = now.map_or(0, |now| next(now, card.scripts.len()));
                self.language = card.scripts.get(to).map(|one| one.language.clone());
            }
            Code::Char('y') if card.allowed => {
                if let Some(dial) = &card.dial {
                    let copied = dial.number.clone();
                    self.stage = Stage::Before(card);
                    return vec![Step::Copy(copied)];
                }
            }
            Code::Char('R') => {
                self.stage = Stage::Before(card);
                return self.check();
            }
            Code::Down | Code::Char('j') => self.scroll = self.scroll.saturating_add(1),
            Code::Up | Code::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            Code::Home => self.scroll = 0,
            _ => {}
        }
        self.stage = Stage::Before(card);
        Vec::new()
    }

    fn left_key(&mut self, key: Key, open: Box<OpenCall>, ctx: &Ctx) -> Vec<Step> {
        match key.typed() {
            Some('r') => {
                let mut under = Under::resumed(*open);
                under.name(&self.all);
                under.room = view_under::room(ctx);
                self.stage = Stage::Under(Box::new(under));
                return self.ask_book();
            }
            Some('i') => {
                let mut under = Under::resumed(*open);
                under.name(&self.all);
                under.said.interrupted = true;
                let mut after = After::new(&under);
                after.sent = true;
                let told = under.told();
                self.stage = Stage::After(Box::new(under), Box::new(after));
                return vec![self.hand_in(told)];
            }
            Some('d') => {
                let drop = api::CallDrop { call: open.call };
                self.stage = Stage::Left(open);
                return vec![Step::Call(DROP, drop.into_request())];
            }
            _ => self.stage = Stage::Left(open),
        }
        Vec::new()
    }

    pub(super) fn ask_book(&self) -> Vec<Step> {
        vec![Step::Latest(BOOK, api::Consents { contact: self.contact, at: None }.into_request())]
    }

    fn hand_in(&self, answers: CallAnswers) -> Step {
        Step::Call(RECORD, api::CallRecord { contact: self.contact, answers }.into_request())
    }

    pub(super) fn kept(under: &Under) -> Request {
        api::CallKeep { call: under.call, answers: under.said.clone() }.into_request()
    }

    fn under_key(&mut self, key: Key, mut under: Box<Under>, ctx: &Ctx) -> Vec<Step> {
        let deeds = under.key(key, &self.all, ctx);
        let mut steps = Vec::new();
        for deed in deeds {
            match deed {
                Deed::Keep => steps.push(Step::Latest(KEEP, CallMode::kept(&under))),
                Deed::Leave => steps.push(Step::Close),
                Deed::Drop => {
                    steps.push(Step::Call(DROP, api::CallDrop { call: under.call }.into_request()));
                }
                Deed::Speak(language) => {
                    self.language = Some(language);
                    steps.push(Step::Call(ANEW, api::CallDrop { call: under.call }.into_request()));
                }
                Deed::Over => {
                    let after = After::new(&under);
                    steps.push(Step::Latest(KEEP, CallMode::kept(&under)));
                    self.stage = Stage::After(under, Box::new(after));
                    return steps;
                }
                Deed::Record => {
                    let mut after = After::new(&under);
                    after.sent = true;
                    steps.push(self.hand_in(under.told()));
                    self.stage = Stage::After(under, Box::new(after));
                    return steps;
                }
            }
        }
        self.stage = Stage::Under(under);
        steps
    }

    fn after_key(&mut self, key: Key, mut under: Box<Under>, mut after: Box<After>, ctx: &Ctx) -> Vec<Step> {
        let mut steps = Vec::new();
        if after.sent {
            // It is on its way.
        } else if key == Key::ctrl('s') {
            if let Some(told) = after.fill(&under, ctx) {
                self.written = told.confirmation.as_ref().map(|written| written.text.clone());
                after.sent = true;
                steps.push(self.hand_in(told));
            }
        } else if key.code() == Code::Esc {
            after.note.text().clone_into(&mut under.said.note);
            if under.said.interrupted {
                return vec![Step::Close];
            }
            under.go_on();
            self.stage = Stage::Under(under);
            return steps;
        } else if let Some(usage) = after.key(key) {
            let request = api::CallConfirmation { contact: self.contact, answers: under.told(), usage };
            steps.push(Step::Latest(TEXT, request.into_request()));
        }
        self.stage = Stage::After(under, after);
        steps
    }

    pub(super) fn key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        self.fault = None;
        let leaves = matches!(key.code(), Code::Esc | Code::Char('q'));
        match std::mem::replace(&mut self.stage, Stage::Looking) {
            Stage::Looking | Stage::Left(_) | Stage::Before(_) if leaves => vec![Step::Close],
            Stage::Looking => Vec::new(),
            // The call may be begun by now: what becomes of it is known with the answer.
            Stage::Beginning(card) => {
                self.stage = Stage::Beginning(card);
                Vec::new()
            }
            Stage::Left(open) => self.left_key(key, open, ctx),
            Stage::Before(card) => self.before_key(key, card),
            Stage::Under(under) => self.under_key(key, under, ctx),
            Stage::After(under, after) => self.after_key(key, under, after, ctx),
            Stage::Done(done) => {
                if key.code() == Code::Char('y')
                    && let Some(text) = self.written.clone()
                {
                    self.stage = Stage::Done(done);
                    return vec![Step::Copy(text)];
                }
                if leaves || key.code() == Code::Enter {
                    return vec![Step::CloseWith("recorded".to_owned())];
                }
                self.stage = Stage::Done(done);
                Vec::new()
            }
        }
    }

    fn purposes(&mut self, all: Vec<api::StoredPurpose>) -> Vec<Step> {
        self.all = all.into_iter().filter_map(|one| Purpose::from_fields(one.fields).ok()).collect();
        let by_phone = self.all.iter().filter(|purpose| !purpose.retired && purpose.has(Channel::Phone));
        self.purposes = by_phone.cloned().collect();
        // What is called for most comes first; it says only which rules are asked, nothing about the person.
        self.purposes.sort_by_key(|purpose| !purpose.marketing);
        if self.wanted.is_none() {
            self.wanted = self.purposes.first().map(|purpose| purpose.name.clone());
        }
        if self.wanted.is_none() {
            self.fault =
                Some("there is no purpose for which people are called; `purpose add` makes one".to_owned());
        }
        if let Stage::Under(under) = &mut self.stage {
            under.name(&self.all);
        }
        if matches!(self.stage, Stage::Looking) { self.check() } else { Vec::new() }
    }

    /// What a purpose and channel are called.
    pub(super) fn topic(&self, purpose: &str, channel: Channel) -> String {
        let known = self.all.iter().find(|one| one.name == purpose);
        format!("{}, {}", known.map_or(purpose, |known| &known.title), by(channel))
    }

    /// Whether the person was left in the middle of a call.
    fn opens(&mut self, open: Vec<OpenCall>) {
        let mine = open.into_iter().find(|one| one.contact == self.contact);
        if let (Some(open), Stage::Looking | Stage::Before(_)) = (mine, &self.stage) {
            self.stage = Stage::Left(Box::new(open));
        }
    }

    fn begun(&mut self, begun: CallBegun, ctx: &Ctx) -> Vec<Step> {
        let mut under = Under::begun(begun, &ctx.calling.shown_number);
        under.name(&self.all);
        under.room = view_under::room(ctx);
        if let (Stage::Under(before), true) = (&self.stage, std::mem::take(&mut self.renews)) {
            under.take_over(before);
            let keep = Step::Latest(KEEP, CallMode::kept(&under));
            self.stage = Stage::Under(Box::new(under));
            return vec![keep];
        }
        let mut steps = Vec::new();
        if let Some(argv) = ctx.calling.command(&under.uri, &under.said.number) {
            steps.push(Step::Dial(argv));
        }
        self.stage = Stage::Under(Box::new(under));
        steps
    }

    /// What a refusal means at the place where it comes.
    pub(super) fn refused(&mut self, ticket: Ticket, error: Error) -> Vec<Step> {
        let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let told = format!("{}{hint}", error.message);
        match (&mut self.stage, ticket) {
            (Stage::Under(under), KEEP) if error.code == Refusal::Refused => {
                under.stop(error.message, &self.all)
            }
            (Stage::Under(under), KEEP) => under.fault = Some(format!("not kept yet: {told}")),
            // Over all the same; recording it says the rest.
            (Stage::After(..), KEEP) => {}
            (Stage::Under(under), _) => {
                self.renews = false;
                under.fault = Some(told);
            }
            (Stage::After(_, after), TEXT) => {
                after.written = Written::Nothing;
                after.fault = Some(told);
            }
            (Stage::After(_, after), _) => {
                after.sent = false;
                after.fault = Some(told);
            }
            (Stage::Beginning(_), BEGIN) => {
                self.fault = Some(told);
                if let Stage::Beginning(card) = std::mem::replace(&mut self.stage, Stage::Looking) {
                    self.stage = Stage::Before(card);
                }
                return self.check();
            }
            // Who may not call has no calls of their own either.
            (_, OPEN | BOOK) => {}
            (
                Stage::Looking | Stage::Left(_) | Stage::Before(_) | Stage::Beginning(_) | Stage::Done(_),
                _,
            ) => {
                self.fault = Some(told);
            }
        }
        Vec::new()
    }

    pub(super) fn answer(&mut self, ticket: Ticket, answer: Response, ctx: &Ctx) -> Vec<Step> {
        match (ticket, answer) {
            (PURPOSES, Response::Purposes(all)) => return self.purposes(all),
            (OPEN, Response::CallsOpen(open)) => self.opens(open),
            (CHECK, Response::CallCheck(card)) => {
                if matches!(self.stage, Stage::Looking | Stage::Before(_)) {
                    self.name.clone_from(&card.name);
                    self.stage = Stage::Before(Box::new(card));
                }
            }
            (BEGIN, Response::CallBegin(begun)) => return self.begun(begun, ctx),
            (KEEP, Response::CallKeep(_)) => {}
            (DROP, Response::CallDrop(())) => {
                return vec![
                    Step::Close,
                    Step::Toast(Level::Info, "nobody was called; nothing is recorded".to_owned()),
                ];
            }
            (ANEW, Response::CallDrop(())) => return self.anew(),
            (TEXT, Response::CallConfirmation(message)) => {
                if let Stage::After(_, after) = &mut self.stage {
                    after.show(message);
                }
            }
            (BOOK, Response::Consents(book)) => {
                if let Stage::Under(under) = &mut self.stage
                    && under.compare(&book, &self.all, ctx)
                {
                    return vec![Step::Latest(KEEP, CallMode::kept(under))];
                }
            }
            (RECORD, Response::CallRecord(recorded)) => {
                self.stage = Stage::Done(Box::new(recorded));
                return vec![Step::Changed];
            }
            _ => self.fault = Some("the store answered another question".to_owned()),
        }
        Vec::new()
    }

    /// The call begins again, with the words of another language.
    fn anew(&mut self) -> Vec<Step> {
        let Stage::Under(under) = &self.stage else { return Vec::new() };
        self.renews = true;
        let request = api::CallBegin {
            contact: self.contact,
            purpose: under.said.purpose.clone(),
            number: Some(under.said.number.clone()),
            language: self.language.clone(),
            list: self.list,
        };
        vec![Step::Call(BEGIN, request.into_request())]
    }
}
