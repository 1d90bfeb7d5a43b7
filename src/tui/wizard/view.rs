//! How the first run looks.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::domain::country::Country;
use crate::tui::forms::frame;
use crate::tui::theme::{Theme, Tone};
use crate::tui::wizard::first_run::{FirstRun, Page};
use crate::tui::wizard::strength::Advice;

pub(crate) fn draw(run: &FirstRun, buf: &mut Buffer, area: Rect, theme: Theme) -> Option<Position> {
    let room = frame::centred(area, 76, 19);
    let title = match number(run.page) {
        Some(number) => format!("Callbook: first run, {number} of 6"),
        None => "Callbook: first run".to_owned(),
    };
    let inner = frame::panel(buf, room, &title, theme);
    if inner.is_empty() {
        return None;
    }
    let text = theme.style(Tone::Text);
    let row = say(run, buf, inner, theme) + 1;
    let field = frame::row_of(inner, row);
    let (cursor, under) = match run.page {
        Page::Controller => (Some(run.controller.draw(buf, field, text)), None),
        Page::Country => {
            let known = run.country.text().parse::<Country>().ok();
            (Some(run.country.draw(buf, field, text)), known.map(|one| (Tone::Ok, one.name().to_owned())))
        }
        Page::User => (Some(run.user.draw(buf, field, text)), None),
        Page::Passphrase => {
            let advice = match run.advice() {
                _ if run.passphrase.is_empty() => None,
                Advice::Refused(why) => Some((Tone::Warning, why)),
                Advice::Fair(said) => Some((Tone::Dim, said.to_owned())),
                Advice::Good(said) => Some((Tone::Ok, said.to_owned())),
            };
            (Some(run.passphrase.draw(buf, field, text)), advice)
        }
        Page::Repeat => (Some(run.repeat.draw(buf, field, text)), None),
        Page::Check(_) => (Some(run.typed.draw(buf, field, text)), None),
        Page::Code => {
            code(run, buf, frame::below(inner, row), theme);
            (None, None)
        }
        Page::Welcome | Page::Founding | Page::Next | Page::Leaving => (None, None),
    };
    let below = frame::below(inner, row + 1);
    if !run.message.is_empty() {
        let below =
            if run.page == Page::Code { frame::below(inner, inner.height.saturating_sub(2)) } else { below };
        frame::message(buf, below, 0, &run.message, Tone::Error, theme);
    } else if let Some((tone, said)) = under {
        frame::message(buf, below, 0, &said, tone, theme);
    }
    cursor.or(Some(Position::new(inner.x, inner.y)))
}

/// Says what the page is about; gives the row below.
fn say(run: &FirstRun, buf: &mut Buffer, inner: Rect, theme: Theme) -> u16 {
    let place = run.vault.place();
    let lines: Vec<String> = match run.page {
        Page::Welcome => {
            let mut lines = vec![
                "Callbook keeps your contacts, and why you may have them, in an encrypted store.".to_owned(),
                format!("It will be made in {place}; nothing leaves this machine."),
                "Have at hand: your company's name, a passphrase, and paper for a recovery code.".to_owned(),
                String::new(),
                "Enter begins.".to_owned(),
            ];
            if run.offers.demo.is_some() {
                lines.push("d shows the demo first: invented people, nothing on disk.".to_owned());
            }
            lines
        }
        Page::Controller => vec![
            "Who decides about the data? The company's full name (Art. 4(7) GDPR).".to_owned(),
            "It is named in every notice and in every answer to a person.".to_owned(),
        ],
        Page::Country => vec![
            "In which country? A code such as DE, or the name.".to_owned(),
            "Numbers without a country code are read as this country's, unless a contact has another one."
                .to_owned(),
        ],
        Page::User => vec![
            "What are you called here? One word, such as anna.".to_owned(),
            "History names you by it. You become the owner and can add others.".to_owned(),
        ],
        Page::Passphrase => vec![
            "The passphrase that opens the store: at least twelve characters.".to_owned(),
            "Four or five words that have nothing to do with each other are best. It is stored nowhere."
                .to_owned(),
        ],
        Page::Repeat => vec!["The same passphrase once more.".to_owned()],
        Page::Founding => vec![
            format!("Creating the store in {place} …"),
            "This takes a moment, on purpose: it is what makes guessing slow.".to_owned(),
        ],
        Page::Code => vec![
            "The recovery code opens the store when the passphrase is forgotten.".to_owned(),
            "It is shown now and never again. Write it on paper; two groups of it are asked back.".to_owned(),
        ],
        Page::Check(which) => {
            let number = run.asked.get(which).map_or(1, |at| at + 1);
            vec![format!("From the paper: group {number} of the recovery code.")]
        }
        Page::Next => {
            let mut lines = vec![
                "The store is ready.".to_owned(),
                String::new(),
                "a  adds the first contact".to_owned(),
                "i  imports a file: CSV of any program, vCard".to_owned(),
            ];
            if run.offers.demo.is_some() {
                lines.push("d  looks at the demo; your own store opens at the next start".to_owned());
            }
            lines.push("Enter goes to the empty list; ? shows every key there".to_owned());
            lines
        }
        Page::Leaving => vec!["Taking the new store away again …".to_owned()],
    };
    lines.iter().fold(0, |row, line| {
        if line.is_empty() { row + 1 } else { frame::wrapped(buf, inner, row, line, theme.style(Tone::Text)) }
    })
}

/// The code in numbered groups, four in a row.
fn code(run: &FirstRun, buf: &mut Buffer, area: Rect, theme: Theme) {
    let each: u16 = 10;
    let across = (area.width / each).clamp(1, 4);
    for (at, group) in run.recovery.iter().enumerate() {
        let at = u16::try_from(at).unwrap_or(u16::MAX);
        let (x, y) = (area.x + at % across * each, area.y + at / across);
        if y >= area.bottom() {
            break;
        }
        buf.set_stringn(x, y, format!("{}", at + 1), 2, theme.style(Tone::Dim));
        buf.set_stringn(x + 2, y, group.as_str(), usize::from(each), theme.style(Tone::Title));
    }
}

fn number(page: Page) -> Option<usize> {
    match page {
        Page::Controller => Some(1),
        Page::Country => Some(2),
        Page::User => Some(3),
        Page::Passphrase | Page::Repeat => Some(4),
        Page::Code => Some(5),
        Page::Check(_) => Some(6),
        Page::Welcome | Page::Founding | Page::Next | Page::Leaving => None,
    }
}
