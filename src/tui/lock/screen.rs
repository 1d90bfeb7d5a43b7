//! The screen that asks for a passphrase.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::{Cause, Code as ErrorCode, Error};
use crate::client::Client;
use crate::client::open::Secret;
use crate::domain::time::Timestamp;
use crate::tui::forms::frame;
use crate::tui::forms::line::Line;
use crate::tui::forms::secret::SecretLine;
use crate::tui::keys::{Code, Key, Mods};
use crate::tui::layer::{Ctx, Hint, Input, JobNews, Layer, Step, Ticket};
use crate::tui::lock::vault::{Tray, Vault};
use crate::tui::theme::Tone;

const UNLOCK: Ticket = Ticket(1);
/// So many wrong tries cost nothing.
const FREE_TRIES: u32 = 3;
/// The longest pause between two tries, in seconds.
const LONGEST_PAUSE: i64 = 60;

/// By what the store is to be unlocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Passphrase,
    KeyFile,
    Recovery,
    /// The store is open, or another process has it so; the user's own password is wanted.
    Password,
}

impl Way {
    /// Those one can choose from.
    const ALL: [Way; 3] = [Way::Passphrase, Way::KeyFile, Way::Recovery];

    fn label(self) -> &'static str {
        match self {
            Way::Passphrase => "Passphrase",
            Way::KeyFile => "Key file",
            Way::Recovery => "Recovery code",
            Way::Password => "Your password",
        }
    }
}

/// What it stands before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Before {
    /// The first screen.
    Start,
    /// A running program, whose client it lets go of and which it covers.
    Locked,
    /// A running program whose server has ended. Nothing is covered, and it can be put away.
    Ended,
}

/// Asks for what unlocks the store.
pub struct Unlock {
    vault: Arc<dyn Vault>,
    before: Before,
    way: Way,
    secret: SecretLine,
    recovery: SecretLine,
    key_file: Line,
    tries: u32,
    /// Before then no further try is made.
    until: Option<Timestamp>,
    busy: bool,
    tray: Tray<Client>,
    message: Option<(Tone, String)>,
}

impl Unlock {
    /// For a store that was found at the start.
    pub fn at_start(vault: Arc<dyn Vault>) -> Unlock {
        Unlock {
            way: if vault.asks_password() { Way::Password } else { Way::Passphrase },
            vault,
            before: Before::Start,
            secret: SecretLine::new(),
            recovery: SecretLine::legible(),
            key_file: Line::default(),
            tries: 0,
            until: None,
            busy: false,
            tray: Tray::new(),
            message: None,
        }
    }

    /// Over a running program. It lets go of the store as it opens.
    pub fn over(vault: Arc<dyn Vault>) -> Unlock {
        Unlock { before: Before::Locked, ..Unlock::at_start(vault) }
    }

    /// Where a server that was started on demand has ended: what unlocks the store starts it again.
    pub fn ended(vault: Arc<dyn Vault>) -> Unlock {
        // Whoever starts it has to unlock the store, whatever the server asked for.
        Unlock { before: Before::Ended, way: Way::Passphrase, ..Unlock::at_start(vault) }
    }

    fn key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        if self.busy {
            return Vec::new();
        }
        if key == Key::ctrl('d') && self.is_empty() {
            return vec![Step::Quit];
        }
        match key.code() {
            Code::Enter => return self.submit(ctx),
            Code::Esc if self.before == Before::Ended && self.way != Way::Password => {
                self.wipe();
                return vec![Step::Close];
            }
            Code::Esc => {
                self.wipe();
                self.message = None;
                if self.way == Way::Password {
                    self.way = Way::Passphrase;
                }
            }
            Code::Tab if self.way == Way::Password => {}
            Code::Tab => {
                self.wipe();
                let at = Way::ALL.iter().position(|way| *way == self.way).unwrap_or(0);
                let next = if key.mods() == Mods::SHIFT { at + Way::ALL.len() - 1 } else { at + 1 };
                self.way = Way::ALL.get(next % Way::ALL.len()).copied().unwrap_or(Way::Passphrase);
                self.message = None;
            }
            _ => {
                match self.way {
                    Way::Passphrase | Way::Password => self.secret.key(key),
                    Way::KeyFile => self.key_file.key(key),
                    Way::Recovery => self.recovery.key(key),
                };
            }
        }
        Vec::new()
    }

    fn is_empty(&self) -> bool {
        self.secret.is_empty() && self.recovery.is_empty() && self.key_file.is_empty()
    }

    fn wipe(&mut self) {
        self.secret.clear();
        self.recovery.clear();
        self.key_file = Line::default();
    }

    fn submit(&mut self, ctx: &Ctx) -> Vec<Step> {
        if let Some(left) = self.until.map(|until| until.millis() - ctx.now.millis()).filter(|left| *left > 0)
        {
            // A clock that was set back must not lock anybody out for longer than the longest pause.
            let seconds = ((left + 999) / 1000).min(LONGEST_PAUSE);
            self.message =
                Some((Tone::Warning, format!("Too many tries. Wait {seconds} seconds, then press Enter.")));
            if left > LONGEST_PAUSE * 1000 {
                self.until = None;
            }
            return Vec::new();
        }
        let secret = match self.way {
            Way::Password if !self.secret.is_empty() => {
                let password = self.secret.take();
                return self.work("Unlocking", move |vault| vault.login(password));
            }
            Way::Passphrase if !self.secret.is_empty() => Secret::Passphrase(self.secret.take()),
            Way::KeyFile if !self.key_file.is_empty() => Secret::KeyFile(home(self.key_file.text())),
            Way::Recovery if !self.recovery.is_empty() => Secret::Recovery(self.recovery.take()),
            Way::Passphrase | Way::Password | Way::KeyFile | Way::Recovery => return Vec::new(),
        };
        self.work("Unlocking", move |vault| vault.unlock(&secret))
    }

    fn work(
        &mut self,
        title: &str,
        open: impl FnOnce(&dyn Vault) -> Result<Client, Error> + Send + 'static,
    ) -> Vec<Step> {
        self.busy = true;
        self.message = None;
        let vault = Arc::clone(&self.vault);
        vec![Step::Job(UNLOCK, self.tray.job(title, move |_| open(vault.as_ref())))]
    }

    fn finished(&mut self, end: Result<String, Error>, ctx: &Ctx) -> Vec<Step> {
        self.busy = false;
        match (end, self.tray.take()) {
            (Ok(_), Some(client)) => {
                self.wipe();
                vec![Step::Enter(client), Step::Close]
            }
            (Ok(_), None) => {
                self.message = Some((Tone::Error, "The store gave no answer. Try again.".to_owned()));
                Vec::new()
            }
            (Err(error), _) => {
                self.refused(&error, ctx);
                Vec::new()
            }
        }
    }

    fn refused(&mut self, error: &Error, ctx: &Ctx) {
        match error.cause {
            // What was typed before was right.
            Some(Cause::Password) if self.way != Way::Password => {
                self.wipe();
                self.way = Way::Password;
                self.tries = 0;
                self.message = Some((Tone::Dim, error.message.clone()));
                return;
            }
            // Whom the password was for is gone.
            Some(Cause::Gone) if self.way == Way::Password => self.way = Way::Passphrase,
            Some(Cause::Password | Cause::Gone | Cause::Held | Cause::Busy) | None => {}
        }
        let hint = error.hint.as_deref().map_or_else(String::new, |hint| format!("\n{hint}"));
        let mut said = format!("{}{hint}", error.message);
        // A store that somebody else holds, or that is damaged, says nothing about what was typed.
        let wrong = match error.cause {
            Some(Cause::Held | Cause::Gone | Cause::Busy) => false,
            Some(Cause::Password) | None => error.code == ErrorCode::Locked,
        };
        if wrong {
            self.tries = self.tries.saturating_add(1);
            let over = self.tries.saturating_sub(FREE_TRIES);
            if self.tries >= FREE_TRIES {
                let pause = 2_i64.saturating_pow(over + 1).min(LONGEST_PAUSE);
                self.until = Some(Timestamp::from_millis(ctx.now.millis() + pause * 1000));
                said.push_str(&format!("\nThe next try is possible in {pause} seconds."));
            }
        }
        self.message = Some((Tone::Error, said));
    }
}

impl Layer for Unlock {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => self.key(key, ctx),
            Input::Paste(pasted) if !self.busy => {
                match self.way {
                    Way::Passphrase | Way::Password => self.secret.paste(&pasted),
                    Way::KeyFile => self.key_file.paste(&pasted),
                    Way::Recovery => self.recovery.paste(&pasted),
                };
                Vec::new()
            }
            Input::Cancel if self.busy => Vec::new(),
            Input::Cancel => match self.before {
                Before::Start => vec![Step::Quit],
                Before::Ended => {
                    self.wipe();
                    vec![Step::Close]
                }
                Before::Locked => {
                    self.wipe();
                    self.message = Some((Tone::Dim, "Locked. Ctrl-D ends the program.".to_owned()));
                    Vec::new()
                }
            },
            Input::Job(UNLOCK, JobNews::Ended(end)) => self.finished(end, ctx),
            Input::Paste(_)
            | Input::Answer(..)
            | Input::Edited(..)
            | Input::Job(..)
            | Input::Child(_)
            | Input::Resized => Vec::new(),
        }
    }

    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        match self.before {
            Before::Start => Vec::new(),
            Before::Locked => vec![Step::Leave],
            Before::Ended if self.vault.has_file() => {
                self.work("Starting the server", |vault| vault.unlock_unasked())
            }
            Before::Ended => Vec::new(),
        }
    }

    fn place(&self, body: Rect) -> Rect {
        match self.before {
            Before::Start | Before::Locked => body,
            Before::Ended => frame::centred(body, 66, 13),
        }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let room = frame::centred(area, 66, 13);
        let title = match self.before {
            Before::Start => "Callbook",
            Before::Locked => "Callbook is locked",
            Before::Ended => "The server has ended",
        };
        let inner = frame::panel(buf, room, title, theme);
        if inner.is_empty() {
            return None;
        }
        let row =
            frame::line(buf, inner, 0, &format!("Store {}", self.vault.place()), theme.style(Tone::Dim)) + 1;
        let ask = format!("{}: ", self.way.label());
        frame::line(buf, inner, row, &ask, theme.style(Tone::Focus));
        let at = frame::row_of(inner, row);
        let used = u16::try_from(ask.len()).unwrap_or(0).min(at.width);
        let field = Rect { x: at.x + used, width: at.width - used, ..at };
        let style = theme.style(Tone::Text);
        let cursor = match self.way {
            Way::Passphrase | Way::Password => self.secret.draw(buf, field, style),
            Way::KeyFile => self.key_file.draw(buf, field, style),
            Way::Recovery => self.recovery.draw(buf, field, style),
        };
        let below = frame::below(inner, row + 2);
        if self.busy {
            let said = match self.before {
                Before::Start | Before::Locked => "Unlocking. This takes about a second, on purpose.",
                Before::Ended => "It is being started again. This takes a moment.",
            };
            frame::line(buf, below, 0, said, theme.style(Tone::Dim));
        } else if let Some((tone, said)) = &self.message {
            frame::message(buf, below, 0, said, *tone, theme);
        } else if self.before == Before::Ended {
            let said = "What is on the screen and what you typed stays. The passphrase starts the server again; esc puts \
                        this away.";
            frame::message(buf, below, 0, said, Tone::Dim, theme);
        }
        Some(cursor)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        let mut hints = vec![Hint::new("enter", "unlock")];
        if self.way != Way::Password {
            hints.push(Hint::new("tab", "passphrase, key file, recovery code"));
        }
        if self.before == Before::Ended {
            hints.push(Hint::new("esc", "not now"));
        }
        hints.push(Hint::new("ctrl-d", "quit"));
        hints
    }

    fn opaque(&self) -> bool {
        self.before != Before::Ended
    }
}

/// A path with `~/` as a shell reads it.
pub(crate) fn home(path: &str) -> PathBuf {
    match (path.trim().strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path.trim()),
    }
}
