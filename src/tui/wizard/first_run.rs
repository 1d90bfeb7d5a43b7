//! The steps of the first run, one question at a time.
//!
//! Nothing is written before the passphrase was typed twice; from then on either the store is whole, or it is taken
//! away again.

use std::rc::Rc;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use zeroize::Zeroizing;

use crate::api::Error;
use crate::client::Client;
use crate::domain::country::Country;
use crate::domain::entity::RecordKind;
use crate::env::Env;
use crate::tui::forms::line::Line;
use crate::tui::forms::secret::SecretLine;
use crate::tui::forms::widgets::{Confirm, YES};
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Forms, Hint, Input, JobNews, Layer, Step, Ticket};
use crate::tui::lock::vault::{Founded, NewStore, Tray, Vault};
use crate::tui::wizard::strength::{Advice, advise};
use crate::tui::wizard::view;

const FOUND: Ticket = Ticket(1);
const ABANDON: Ticket = Ticket(2);
const DEMO: Ticket = Ticket(3);

/// Opens the demo; runs on a worker.
pub type Demo = Arc<dyn Fn() -> Result<Client, Error> + Send + Sync>;

/// What the first run can lead to.
pub struct Offers {
    pub forms: Rc<dyn Forms>,
    pub demo: Option<Demo>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Page {
    Welcome,
    Controller,
    Country,
    User,
    Passphrase,
    Repeat,
    /// The store is being made.
    Founding,
    /// The recovery code is shown.
    Code,
    /// A group of it is asked back: the first or the second of two.
    Check(usize),
    /// All is done; what now?
    Next,
    /// The new store is being taken away.
    Leaving,
}

/// The first run.
pub struct FirstRun {
    pub(crate) vault: Arc<dyn Vault>,
    env: Env,
    pub(crate) offers: Offers,
    pub(crate) page: Page,
    pub(crate) controller: Line,
    pub(crate) country: Line,
    pub(crate) user: Line,
    pub(crate) passphrase: SecretLine,
    pub(crate) repeat: SecretLine,
    pub(crate) typed: SecretLine,
    pub(crate) message: String,
    founding: Tray<Founded>,
    demo: Tray<Client>,
    client: Option<Client>,
    pub(crate) recovery: Vec<Zeroizing<String>>,
    /// Which groups are asked back, from 0.
    pub(crate) asked: [usize; 2],
    /// Ctrl-C came while the store was being made.
    cancelled: bool,
    /// The question whether to take the new store away is open.
    leaving: bool,
}

impl FirstRun {
    /// `account` is offered as the name of the first user.
    pub fn new(vault: Arc<dyn Vault>, account: &str, env: Env, offers: Offers) -> FirstRun {
        FirstRun {
            vault,
            env,
            offers,
            page: Page::Welcome,
            controller: Line::default(),
            country: Line::default(),
            user: Line::new(account),
            passphrase: SecretLine::new(),
            repeat: SecretLine::new(),
            typed: SecretLine::legible(),
            message: String::new(),
            founding: Tray::new(),
            demo: Tray::new(),
            client: None,
            recovery: Vec::new(),
            asked: [0, 1],
            cancelled: false,
            leaving: false,
        }
    }

    pub(crate) fn advice(&self) -> Advice {
        advise(self.passphrase.as_str(), &[self.controller.text(), self.user.text()])
    }

    fn key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        match key.code() {
            Code::Esc => return self.back(),
            Code::Enter => return self.enter(ctx),
            _ => self.message.clear(),
        }
        match self.page {
            Page::Controller => {
                self.controller.key(key);
            }
            Page::Country => {
                self.country.key(key);
            }
            Page::User => {
                self.user.key(key);
            }
            Page::Passphrase => {
                self.passphrase.key(key);
            }
            Page::Repeat => {
                self.repeat.key(key);
            }
            Page::Check(_) => {
                self.typed.key(key);
            }
            Page::Welcome => match key.typed() {
                Some('d') => return self.open_demo(),
                Some('q') => return vec![Step::Quit],
                _ => {}
            },
            Page::Next => match key.typed() {
                Some('a') => return self.go_on(Some(self.offers.forms.add(RecordKind::Contact, &[], ctx))),
                Some('i') => return self.go_on(Some(self.offers.forms.import(ctx))),
                Some('d') => return self.open_demo(),
                _ => {}
            },
            Page::Founding | Page::Code | Page::Leaving => {}
        }
        Vec::new()
    }

    fn back(&mut self) -> Vec<Step> {
        self.message.clear();
        self.page = match self.page {
            Page::Welcome => return vec![Step::Quit],
            Page::Controller => Page::Welcome,
            Page::Country => Page::Controller,
            Page::User => Page::Country,
            Page::Passphrase => Page::User,
            Page::Repeat => {
                self.repeat.clear();
                self.passphrase.clear();
                Page::Passphrase
            }
            Page::Check(_) => Page::Code,
            Page::Next => return self.go_on(None),
            Page::Founding | Page::Code | Page::Leaving => self.page,
        };
        Vec::new()
    }

    fn enter(&mut self, _ctx: &Ctx) -> Vec<Step> {
        self.message.clear();
        let refused = match self.page {
            Page::Controller if self.controller.text().trim().is_empty() => Some(
                "Every notice and every answer to a person names the controller, so it is needed.".to_owned(),
            ),
            Page::Country => self.country.text().parse::<Country>().err().map(|error| error.to_string()),
            Page::User if self.user.text().trim().is_empty() => {
                Some("History says who changed what, so you need a name.".to_owned())
            }
            Page::Passphrase => match self.advice() {
                Advice::Refused(why) => Some(format!("Not taken: {why}.")),
                Advice::Fair(_) | Advice::Good(_) => None,
            },
            Page::Repeat if !self.repeat.same(&self.passphrase) => {
                self.repeat.clear();
                Some("This is not the same. Type it once more, or Esc to choose another.".to_owned())
            }
            Page::Check(which) if !self.group_is(which) => {
                self.typed.clear();
                Some("This is not what is on the screen before. Esc shows the code once more.".to_owned())
            }
            _ => None,
        };
        if let Some(refused) = refused {
            self.message = refused;
            return Vec::new();
        }
        self.page = match self.page {
            Page::Welcome => Page::Controller,
            Page::Controller => Page::Country,
            Page::Country => Page::User,
            Page::User => Page::Passphrase,
            Page::Passphrase => Page::Repeat,
            Page::Repeat => return self.found(),
            Page::Code => Page::Check(0),
            Page::Check(0) => {
                self.typed.clear();
                Page::Check(1)
            }
            Page::Check(_) => {
                self.typed.clear();
                // It is on paper now; nothing here needs it any longer.
                self.recovery.clear();
                Page::Next
            }
            Page::Next => return self.go_on(None),
            Page::Founding | Page::Leaving => self.page,
        };
        Vec::new()
    }

    fn found(&mut self) -> Vec<Step> {
        let country = self.country.text().parse::<Country>();
        let new = NewStore {
            controller: self.controller.text().trim().to_owned(),
            country: country.map_or_else(|_| String::new(), |country| country.code().to_owned()),
            user: self.user.text().trim().to_owned(),
        };
        let passphrase = self.passphrase.take();
        self.repeat.clear();
        self.page = Page::Founding;
        self.cancelled = false;
        let vault = Arc::clone(&self.vault);
        vec![Step::Job(
            FOUND,
            self.founding.job("Creating the store", move |_| vault.found(&new, passphrase)),
        )]
    }

    fn founded(&mut self, end: Result<String, Error>) -> Vec<Step> {
        match (end, self.founding.take()) {
            (Ok(_), Some(made)) => {
                self.client = Some(made.client);
                self.recovery = made.recovery;
                if self.cancelled {
                    return self.abandon();
                }
                self.asked = self.two_groups();
                self.page = Page::Code;
            }
            (end, _) => {
                let said = match end {
                    Err(error) => {
                        let hint = error.hint.as_deref().map_or_else(String::new, |hint| format!(" {hint}"));
                        format!("{}{hint}", error.message)
                    }
                    Ok(_) => "The store gave no answer.".to_owned(),
                };
                if self.cancelled {
                    return vec![Step::Quit];
                }
                self.message = format!("The store was not created. {said}");
                self.page = Page::Passphrase;
            }
        }
        Vec::new()
    }

    /// Two different groups, by chance, so that nobody learns which ones to write down.
    fn two_groups(&self) -> [usize; 2] {
        let count = self.recovery.len().max(2);
        let pick = |bytes: [u8; 8], among: usize| {
            usize::try_from(u64::from_le_bytes(bytes) % (among as u64)).unwrap_or(0)
        };
        let first = pick(self.env.random(), count);
        let second = (first + 1 + pick(self.env.random(), count - 1)) % count;
        [first.min(second), first.max(second)]
    }

    fn group_is(&self, which: usize) -> bool {
        let plain = |text: &str| -> Zeroizing<String> {
            // As forgiving as the store: O is 0, I and L are 1, case and dashes do not matter.
            let letters =
                text.chars().filter(|c| c.is_alphanumeric()).map(|c| match c.to_ascii_uppercase() {
                    'O' => '0',
                    'I' | 'L' => '1',
                    c => c,
                });
            Zeroizing::new(letters.collect())
        };
        let group = self.asked.get(which).and_then(|at| self.recovery.get(*at));
        group.is_some_and(|group| *plain(group) == *plain(self.typed.as_str()))
    }

    /// Takes the new store away again. Its client goes first, for it holds the store open.
    fn abandon(&mut self) -> Vec<Step> {
        self.client = None;
        self.recovery.clear();
        self.page = Page::Leaving;
        let vault = Arc::clone(&self.vault);
        let work = Box::new(move |_: Option<&Client>, _: &dyn crate::tui::layer::JobHandle| {
            vault.abandon().map(|()| "Nothing was kept.".to_owned())
        });
        vec![Step::Job(
            ABANDON,
            crate::tui::layer::Job { title: "Taking the new store away".to_owned(), work },
        )]
    }

    fn cancel(&mut self) -> Vec<Step> {
        match self.page {
            Page::Founding => {
                self.cancelled = true;
                self.message = "The store is taken away again as soon as it is made …".to_owned();
                Vec::new()
            }
            Page::Code | Page::Check(_) => {
                self.leaving = true;
                let text = "The store is made, but without the recovery code on paper a forgotten passphrase loses \
                            everything. Take the new store away again?";
                vec![Step::Open(Box::new(Confirm::new("Stop here", text, "Take it away")))]
            }
            Page::Next => self.go_on(None),
            Page::Leaving => Vec::new(),
            Page::Welcome
            | Page::Controller
            | Page::Country
            | Page::User
            | Page::Passphrase
            | Page::Repeat => {
                vec![Step::Quit]
            }
        }
    }

    fn open_demo(&mut self) -> Vec<Step> {
        let Some(open) = self.offers.demo.clone() else { return Vec::new() };
        vec![Step::Job(DEMO, self.demo.job("Opening the demo", move |_| open()))]
    }

    fn go_on(&mut self, layer: Option<Box<dyn Layer>>) -> Vec<Step> {
        let Some(client) = self.client.take() else { return Vec::new() };
        let mut steps = vec![Step::Enter(client), Step::Close];
        steps.extend(layer.map(Step::Open));
        steps
    }
}

impl Layer for FirstRun {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => return self.key(key, ctx),
            Input::Paste(pasted) => match self.page {
                Page::Controller => {
                    self.controller.paste(&pasted);
                }
                Page::Country => {
                    self.country.paste(&pasted);
                }
                Page::User => {
                    self.user.paste(&pasted);
                }
                Page::Passphrase => {
                    self.passphrase.paste(&pasted);
                }
                Page::Repeat => {
                    self.repeat.paste(&pasted);
                }
                // What is pasted was never on paper.
                Page::Check(_) => self.message = "Please type it from the paper.".to_owned(),
                Page::Welcome | Page::Founding | Page::Code | Page::Next | Page::Leaving => {}
            },
            Input::Cancel => return self.cancel(),
            Input::Child(with) if std::mem::take(&mut self.leaving) => {
                if with.as_deref() == Some(YES) {
                    return self.abandon();
                }
            }
            Input::Job(FOUND, JobNews::Ended(end)) => return self.founded(end),
            Input::Job(ABANDON, JobNews::Ended(end)) => {
                return match end {
                    Ok(_) => vec![Step::Quit],
                    Err(error) => vec![Step::Fail(error), Step::Quit],
                };
            }
            Input::Job(DEMO, JobNews::Ended(end)) => match (end, self.demo.take()) {
                (Ok(_), Some(client)) => {
                    self.client = None;
                    return vec![Step::Enter(client), Step::Close];
                }
                (Ok(_), None) => {}
                (Err(error), _) => self.message = error.message,
            },
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        view::draw(self, buf, area, ctx.theme)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        match self.page {
            Page::Welcome => {
                let mut hints = vec![Hint::new("enter", "begin"), Hint::new("q", "quit")];
                if self.offers.demo.is_some() {
                    hints.insert(1, Hint::new("d", "look at the demo first"));
                }
                hints
            }
            Page::Founding | Page::Leaving => vec![Hint::new("ctrl-c", "stop")],
            Page::Code => vec![Hint::new("enter", "it is on paper")],
            Page::Next => vec![Hint::new("enter", "go on")],
            Page::Controller
            | Page::Country
            | Page::User
            | Page::Passphrase
            | Page::Repeat
            | Page::Check(_) => {
                vec![Hint::new("enter", "next"), Hint::new("esc", "back"), Hint::new("ctrl-c", "stop")]
            }
        }
    }

    fn unsaved(&self) -> bool {
        matches!(self.page, Page::Founding | Page::Code | Page::Check(_) | Page::Leaving)
    }

    fn opaque(&self) -> bool {
        true
    }
}
