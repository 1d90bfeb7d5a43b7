//! A telephone that says what it is told to, and somebody in front of it who presses keys.

use std::cell::RefCell;
use std::rc::Rc;

use uuid::Uuid;

use crate::api::call::{CallRule, CallScript, Dial, Found, Offered};
use crate::api::consent::Book;
use crate::api::{
    CallBegun, CallCard, CallKept, CallMessage, CallQuestion, CallRecorded, Error, OpenCall, Request,
    Response, StoredPurpose,
};
use crate::domain::answers::CallAnswers;
use crate::domain::channel::Channel;
use crate::domain::consent::{Standing, State};
use crate::domain::entity::Entity;
use crate::domain::id::ContactId;
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::value::WordList;
use crate::tui::call::CallMode;
use crate::tui::forms::robot::{Robot, ctx};
use crate::tui::layer::Ctx;

pub(super) const PERSON: ContactId = ContactId(Uuid::from_u128(7));

/// 2026-11-22 10:00 UTC, when the robot looks at its clock.
pub(super) fn now() -> Timestamp {
    ctx().now
}

/// What the service says, and what it was told.
pub(super) struct Phone {
    pub(super) card: CallCard,
    pub(super) script: Option<CallScript>,
    pub(super) open: Vec<OpenCall>,
    pub(super) book: Book,
    /// Why a call under way must end.
    pub(super) stopped: Option<String>,
    pub(super) refuses: Option<Error>,
    pub(super) asked: Vec<&'static str>,
    pub(super) kept: Option<CallAnswers>,
    pub(super) recorded: Option<CallAnswers>,
    pub(super) languages: Vec<Option<String>>,
}

pub(super) fn standing(state: State, since: Timestamp) -> Standing {
    Standing { state, since, ..Standing::default() }
}

pub(super) fn script(language: &str, lines: usize) -> CallScript {
    let told: String = (0..lines).map(|n| format!("Sentence {n} that must be told.\n\n")).collect();
    CallScript {
        script: format!("sales-{language}@1"),
        language: language.parse().unwrap(),
        text: format!(
            "# Opening\n\n{told}You may object.\n\n## ? sales/phone\nMay we call you?\n\n## ? sales/email\nMay we write?\n\n## Closing\nGoodbye then.\n"
        ),
        sha256: "ab".repeat(32),
        questions: vec![
            CallQuestion {
                purpose: "sales".into(),
                channel: Channel::Phone,
                text: "May we call you?".into(),
                age: None,
            },
            CallQuestion {
                purpose: "sales".into(),
                channel: Channel::Email,
                text: "May we write?".into(),
                age: None,
            },
        ],
        notice: "privacy@1".into(),
    }
}

pub(super) fn card() -> CallCard {
    let dial = Dial {
        number: "+442079460001".into(),
        readable: "+44 20 7946 0001".into(),
        label: "work".into(),
        uri: "tel:+442079460001".into(),
    };
    CallCard {
        contact: PERSON,
        name: "Anna Example".into(),
        purpose: "sales".into(),
        purpose_title: "Sales calls".into(),
        allowed: true,
        verdict: "allowed: the person agreed on 2026-03-01".into(),
        refusals: Vec::new(),
        rule: Some(CallRule {
            id: "gb.person".into(),
            citation: "PECR reg. 21".into(),
            source: "https://example.org/pecr".into(),
            checked: "2026-05-01".parse().unwrap(),
            verified: false,
            number_shown: true,
            offer_objection: false,
        }),
        looked: vec![Found {
            point: "basis".into(),
            outcome: "passed".into(),
            words: "consent since March".into(),
        }],
        next_allowed_at: None,
        local_time: "2026-11-22T10:00:00+00:00".into(),
        zone: "Europe/London".into(),
        dial: Some(dial.clone()),
        numbers: vec![dial],
        language: "en".parse().ok(),
        scripts: vec![
            Offered { script: "sales-en@1".into(), language: "en".parse().unwrap() },
            Offered { script: "sales-de@1".into(), language: "de".parse().unwrap() },
        ],
        lines: Vec::new(),
        attempts: 1,
        calls: Vec::new(),
        notes: Vec::new(),
        tasks: Vec::new(),
        busy: None,
    }
}

pub(super) fn denied() -> CallCard {
    CallCard {
        allowed: false,
        verdict: "denied: there is no consent".into(),
        refusals: vec!["there is no consent to calls for sales".into()],
        next_allowed_at: None,
        ..card()
    }
}

pub(super) fn purposes() -> Vec<StoredPurpose> {
    let purpose = |name: &str, channels: &[&str], marketing: bool| Purpose {
        name: name.into(),
        title: format!("Our {name}"),
        titles: format!("de: Unsere {name}"),
        channels: WordList(channels.iter().map(|word| (*word).to_owned()).collect()),
        marketing,
        ..Purpose::default()
    };
    [
        purpose("contract", &["phone"], false),
        purpose("sales", &["phone", "email"], true),
        purpose("letters", &["post"], true),
    ]
    .into_iter()
    .map(|one| StoredPurpose { id: Uuid::from_u128(1), revision: 1, fields: one.fields() })
    .collect()
}

impl Phone {
    pub(super) fn answer(&mut self, request: &Request) -> Result<Response, Error> {
        self.asked.push(request.name());
        if let Some(error) =
            self.refuses.take_if(|_| matches!(request, Request::CallBegin(_) | Request::CallRecord(_)))
        {
            return Err(error);
        }
        Ok(match request {
            Request::Purposes(_) => Response::Purposes(purposes()),
            Request::CallsOpen(_) => Response::CallsOpen(self.open.clone()),
            Request::CallCheck(check) => {
                Response::CallCheck(CallCard { purpose: check.purpose.clone(), ..self.card.clone() })
            }
            Request::CallBegin(begin) => {
                let language = begin.language.as_ref().map(ToString::to_string);
                let mut script = self.script.clone();
                if let (Some(script), Some(language)) = (&mut script, &language) {
                    *script = self::script(language, 3);
                }
                self.languages.push(language);
                Response::CallBegin(CallBegun {
                    call: Uuid::from_u128(90 + self.languages.len() as u128),
                    card: self.card.clone(),
                    script,
                    begun_at: now(),
                    until: now(),
                })
            }
            Request::CallKeep(keep) => {
                self.kept = Some(keep.answers.clone());
                if let Some(why) = &self.stopped {
                    return Err(Error::refused(why.clone()));
                }
                Response::CallKeep(CallKept { until: now(), no_more: vec![] })
            }
            Request::CallRecord(record) => {
                self.recorded = Some(record.answers.clone());
                Response::CallRecord(CallRecorded { requests: vec![4], ..CallRecorded::default() })
            }
            Request::CallConfirmation(asked) => {
                let yes =
                    asked.answers.answers.iter().map(|one| one.words.as_str()).collect::<Vec<_>>().join(", ");
                Response::CallConfirmation(CallMessage {
                    message: format!("{}-en@1", asked.usage),
                    language: "en".parse().unwrap(),
                    to: "anna@example.com".into(),
                    subject: "What you told us".into(),
                    text: format!("You said: {yes}\n\nNo more messages: privacy@example.org"),
                    sha256: "cd".repeat(32),
                })
            }
            Request::CallDrop(_) => Response::CallDrop(()),
            Request::Consents(_) => Response::Consents(self.book.clone()),
            other => panic!("{}", other.name()),
        })
    }
}

pub(super) struct Stand {
    pub(super) robot: Robot,
    pub(super) phone: Rc<RefCell<Phone>>,
}

/// Call mode of somebody who may be called, with a script of so many sentences.
pub(super) fn stand(change: impl FnOnce(&mut Phone, &mut Ctx)) -> Stand {
    let mut phone = Phone {
        card: card(),
        script: Some(script("en", 3)),
        open: Vec::new(),
        book: Book::default(),
        stopped: None,
        refuses: None,
        asked: Vec::new(),
        kept: None,
        recorded: None,
        languages: Vec::new(),
    };
    let mut ctx = ctx();
    change(&mut phone, &mut ctx);
    let phone = Rc::new(RefCell::new(phone));
    let door = Rc::clone(&phone);
    let layer = CallMode::of(PERSON, "Anna Example");
    let robot =
        Robot::with(Box::new(layer), ctx).answering(move |request| Some(door.borrow_mut().answer(request)));
    Stand { robot, phone }
}

impl Stand {
    pub(super) fn press(&mut self, keys: &str) -> &mut Stand {
        self.robot.press(keys);
        self
    }

    pub(super) fn type_in(&mut self, text: &str) -> &mut Stand {
        self.robot.type_in(text);
        self
    }

    #[track_caller]
    pub(super) fn see(&mut self, texts: &[&str]) -> &mut Stand {
        let screen = self.robot.screen(80, 24);
        for text in texts {
            assert!(screen.contains(text), "{text:?} is not on the screen:\n{screen}");
        }
        self
    }

    #[track_caller]
    pub(super) fn not_see(&mut self, text: &str) -> &mut Stand {
        let screen = self.robot.screen(80, 24);
        assert!(!screen.contains(text), "{text:?} is on the screen:\n{screen}");
        self
    }

    pub(super) fn recorded(&self) -> CallAnswers {
        self.phone.borrow().recorded.clone().unwrap()
    }

    pub(super) fn kept(&self) -> CallAnswers {
        self.phone.borrow().kept.clone().unwrap()
    }

    pub(super) fn asked(&self, name: &str) -> usize {
        self.phone.borrow().asked.iter().filter(|one| **one == name).count()
    }

    /// On the phone, identified, the text read out.
    pub(super) fn at_the_questions(&mut self) -> &mut Stand {
        self.press("c p f space space space")
    }
}
