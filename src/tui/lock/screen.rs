//! The screen that asks for a passphrase.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::{Code as ErrorCode, Error};
use crate::client::Client;
use crate::client::open::{Secret, is_held};
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
}

impl Way {
    const ALL: [Way; 3] = [Way::Passphrase, Way::KeyFile, Way::Recovery];

    fn label(self) -> &'static str {
        match self {
            Way::Passphrase => "Passphrase",
            Way::KeyFile => "Key file",
            Way::Recovery => "Recovery code",
        }
    }
}

/// Covers everything until the store is unlocked.
pub struct Unlock {
    vault: Arc<dyn Vault>,
    /// Over a running program, whose client it lets go of.
    idle: bool,
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
            vault,
            idle: false,
            way: Way::Passphrase,
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
        Unlock { idle: true, ..Unlock::at_start(vault) }
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
            Code::Esc => {
                self.wipe();
                self.message = None;
            }
            Code::Tab => {
                self.wipe();
                let at = Way::ALL.iter().position(|way| *way == self.way).unwrap_or(0);
                let next = if key.mods() == Mods::SHIFT { at + Way::ALL.len() - 1 } else { at + 1 };
                self.way = Way::ALL.get(next % Way::ALL.len()).copied().unwrap_or(Way::Passphrase);
                self.message = None;
            }
            _ => {
                match self.way {
                    Way::Passphrase => self.secret.key(key),
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
            Way::Passphrase if !self.secret.is_empty() => Secret::Passphrase(self.secret.take()),
            Way::KeyFile if !self.key_file.is_empty() => Secret::KeyFile(home(self.key_file.text())),
            Way::Recovery if !self.recovery.is_empty() => Secret::Recovery(self.recovery.take()),
            Way::Passphrase | Way::KeyFile | Way::Recovery => return Vec::new(),
        };
        self.busy = true;
        self.message = None;
        let vault = Arc::clone(&self.vault);
        let job = self.tray.job("Unlocking", move |_| vault.unlock(&secret));
        vec![Step::Job(UNLOCK, job)]
    }

    fn ended(&mut self, end: Result<String, Error>, ctx: &Ctx) -> Vec<Step> {
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
        let hint = error.hint.as_deref().map_or_else(String::new, |hint| format!("\n{hint}"));
        let mut said = format!("{}{hint}", error.message);
        // A store that somebody else holds, or that is damaged, says nothing about what was typed.
        if error.code == ErrorCode::Locked && !is_held(error) {
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
                    Way::Passphrase => self.secret.paste(&pasted),
                    Way::KeyFile => self.key_file.paste(&pasted),
                    Way::Recovery => self.recovery.paste(&pasted),
                };
                Vec::new()
            }
            Input::Cancel if !self.idle && !self.busy => vec![Step::Quit],
            Input::Cancel => {
                if !self.busy {
                    self.wipe();
                    self.message = Some((Tone::Dim, "Locked. Ctrl-D ends the program.".to_owned()));
                }
                Vec::new()
            }
            Input::Job(UNLOCK, JobNews::Ended(end)) => self.ended(end, ctx),
            Input::Paste(_)
            | Input::Answer(..)
            | Input::Edited(..)
            | Input::Job(..)
            | Input::Child(_)
            | Input::Resized => Vec::new(),
        }
    }

    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        if self.idle { vec![Step::Leave] } else { Vec::new() }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let room = frame::centred(area, 66, 13);
        let title = if self.idle { "Callbook is locked" } else { "Callbook" };
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
            Way::Passphrase => self.secret.draw(buf, field, style),
            Way::KeyFile => self.key_file.draw(buf, field, style),
            Way::Recovery => self.recovery.draw(buf, field, style),
        };
        let below = frame::below(inner, row + 2);
        if self.busy {
            frame::line(
                buf,
                below,
                0,
                "Unlocking. This takes about a second, on purpose.",
                theme.style(Tone::Dim),
            );
        } else if let Some((tone, said)) = &self.message {
            frame::message(buf, below, 0, said, *tone, theme);
        }
        Some(cursor)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![
            Hint::new("enter", "unlock"),
            Hint::new("tab", "passphrase, key file, recovery code"),
            Hint::new("ctrl-d", "quit"),
        ]
    }

    fn opaque(&self) -> bool {
        true
    }
}

/// A path with `~/` as a shell reads it.
pub(crate) fn home(path: &str) -> PathBuf {
    match (path.trim().strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path.trim()),
    }
}
