use super::*;
use crate::tui::forms::robot;

const DAY: i64 = 86_400_000;

fn line(purpose: &str, channel: Channel, state: State, until: Option<i64>) -> HeldLine {
    let since = Timestamp::from_millis(1_780_000_000_000);
    let until = until.map(|days| Timestamp::from_millis(since.millis() + days * DAY));
    let standing = Standing { state, since, until, ..Standing::default() };
    HeldLine { purpose: purpose.to_lowercase(), title: purpose.to_owned(), channel, standing }
}

fn said(held: &Held, width: usize, most: usize) -> Vec<String> {
    let text = |line: TextLine| line.spans.into_iter().map(|(_, part)| part).collect::<String>();
    lines(held, width, most, "w", &robot::ctx()).into_iter().map(text).collect()
}

#[test]
fn two_lines_say_what_matters_first() {
    let held = Held {
        lines: vec![
            line("Newsletter", Channel::Email, State::Unknown, None),
            line("Sales calls", Channel::Storage, State::Given, Some(730)),
            line("Sales calls", Channel::Phone, State::Withdrawn, None),
        ],
        ..Held::default()
    };
    assert_eq!(
        said(&held, 77, 2),
        [
            "Consent   Sales calls, by phone: ! withdrawn 2026-05-28",
            "proof: w  Sales calls, keeping data: = given 2026-05-28 until 2028-05-27 · 1 more",
        ]
    );
    assert_eq!(
        said(&held, 57, 2),
        [
            "Consent   Sales calls, by phone: ! withdrawn 2026-05-28",
            "proof: w  Sales calls, keeping data: = given until 2028-05-27 · 1 more",
        ]
    );
    let wide = said(&held, 196, 2);
    assert!(wide[0].contains("Newsletter, by e-mail: ? unknown"), "{wide:?}");
    assert_eq!(wide[1], "proof: w  ", "two lines, whatever was said");
}

#[test]
fn an_objection_stands_before_everything() {
    let held = Held {
        lines: vec![line("Sales calls", Channel::Phone, State::Objected, None)],
        objected_at: Some(Timestamp::from_millis(1_780_000_000_000)),
        delete_on: "2026-07-01".parse().ok(),
    };
    assert!(
        said(&held, 100, 2)[0]
            .starts_with("Consent   ! objected to all marketing 2026-05-28 · * to be deleted on 2026-07-01")
    );
}

#[test]
fn every_state_is_told_apart_without_colour() {
    for state in State::ALL.iter().copied() {
        let held = Held { lines: vec![line("A", Channel::Fax, state, None)], ..Held::default() };
        let said = said(&held, 77, 2).remove(0);
        assert!(
            said.contains(&format!("{}{}", sign(state, robot::ctx().theme), state_word(state))),
            "{said}"
        );
        assert!(["= ", "! ", "* ", "? "].contains(&sign(state, robot::ctx().theme)));
    }
}

#[test]
fn what_is_said_alike_is_said_once() {
    let held = Held {
        lines: vec![
            line("Sales calls", Channel::Storage, State::Given, Some(730)),
            line("Sales calls", Channel::Phone, State::Given, Some(730)),
            line("Letter", Channel::Post, State::Given, Some(730)),
        ],
        ..Held::default()
    };
    let said = said(&held, 120, 2);
    assert_eq!(said[0], "Consent   Sales calls, by phone, keeping data: = given 2026-05-28 until 2028-05-27");
    assert_eq!(said[1], "proof: w  Letter, by post: = given 2026-05-28 until 2028-05-27");
}
