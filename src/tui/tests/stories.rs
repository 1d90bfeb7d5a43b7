//! What a person does, and what the screen says then.

use std::time::Duration;

use ratatui::layout::Size;
use ratatui::style::Modifier;

use super::robot::Robot;
use crate::tui::keys::Key;
use crate::tui::msg::Msg;
use crate::tui::theme::Palette;

#[test]
fn somebody_is_looked_up_while_the_phone_rings() {
    let mut robot = Robot::new(80, 24);
    robot.see(&["1/200", "[2 Contacts]", "[demo]"]);
    robot.press("/").type_in("020 7946 0042").see(&["1/1"]);
    robot.press("enter enter").see(&["+44 20 7946 0042", "[Fields]", "Legal basis"]);
    robot.press("y p");
    assert_eq!(robot.copied, ["+44 20 7946 0042"]);
    robot.press("esc").see(&["1/1"]).press("esc").see(&["1/200"]);
}

#[test]
fn typing_narrows_and_esc_brings_back_what_was() {
    let mut robot = Robot::new(80, 24);
    robot.press("/").type_in("jose gar").see(&["José García"]);
    robot.press("esc").see(&["1/200", "/ to search"]);
    robot.press("/").type_in("tga:fair").see(&["^^^", "there is no filter `tga:`", "did you mean `tag:`"]);
    // What is wrong changes nothing in the list: it is still what `tga` found.
    robot.see(&["1/1"]);
    robot.press("ctrl-u").type_in("tag:f").see(&["> fair"]);
    robot.press("tab").see(&["/ tag:fair", "/50"]);
}

#[test]
fn the_help_hint_is_never_cut_and_names_line_up() {
    for width in 40..220 {
        let mut robot = Robot::new(80, 24);
        robot.send(Msg::Resize(Size { width, height: 24 }));
        let lines = robot.lines();
        assert!(lines[23].ends_with("? help"), "{width}: {:?}", lines[23]);
    }
    let robot = Robot::new(80, 24);
    let lines = robot.lines();
    let caption = crate::tui::text::width(lines[2].split("Company").next().unwrap());
    for line in lines.iter().skip(3).take(15).filter(|line| line.contains("GmbH")) {
        let before = crate::tui::text::width(line.split("Muster").next().unwrap());
        assert_eq!(before, caption, "{line}");
    }
}

#[test]
fn too_small_a_terminal_says_so_and_changes_nothing() {
    let mut robot = Robot::new(80, 24);
    robot.send(Msg::Resize(Size { width: 39, height: 24 })).see(&["Too small", "40x10 needed"]);
    robot.press("D y 3").send(Msg::Resize(Size { width: 80, height: 24 })).see(&["[2 Contacts]", "1/200"]);
}

#[test]
fn the_cursor_is_on_the_focused_row_and_seen_without_colour() {
    let mut robot = Robot::with(Palette::Mono, None);
    robot.press("j j j");
    let at = robot.cursor().unwrap();
    assert_eq!((at.x, at.y), (0, 6));
    let styles = robot.styles_of_row(6);
    assert!(styles.iter().all(|style| style.add_modifier.contains(Modifier::REVERSED)));
    assert!(robot.lines()[6].starts_with('>'));
    robot.press("/").type_in("anna");
    let at = robot.cursor().unwrap();
    assert_eq!((at.x, at.y), (6, 1), "in the search box the cursor is the caret");
}

#[test]
fn marks_range_and_all() {
    let mut robot = Robot::new(80, 24);
    robot.press("space space").see(&["2 marked", "3/200"]);
    robot.press("esc").not_see("marked");
    robot.press("v G v").see(&["198 marked"]);
    robot.press("*").see(&["200 marked"]);
    robot.press("space").see(&["everything is marked"]);
    robot.press("*").not_see(" marked ");
}

#[test]
fn a_record_with_its_tabs_neighbours_and_past() {
    let mut robot = Robot::alone(80, 24);
    robot.press("/").type_in("anna schmidt").press("enter enter").see(&[
        "Anna Schmidt",
        "[Fields]",
        "Notes 1",
    ]);
    robot.press("tab").see(&["[Notes 1]", "Asked for an offer, lot 0."]);
    robot.press("tab").see(&["[History 1]", "imported", "+ Anna"]);
    robot.press("esc esc").press("enter");
    robot.press("#").type_in("vip").press("enter").see(&["vip"]);
    robot.press("tab tab").see(&["+ berlin, fair, vip", "- berlin, fair"]);
    // The oldest entry, as it stood then.
    robot.press("G enter").see(&["as it stood on 2026-06-15"]).press("T");
    robot.type_in("2027-01-01").press("enter").see(&["that is still to come"]).press("esc esc");
    robot.not_see("as it stood").press("]").see(&["anna", "[Fields]"]);
}

#[test]
fn neighbours_follow_the_list() {
    let mut robot = Robot::new(80, 24);
    let first: String = robot.lines()[3].chars().skip(3).take(12).collect();
    let second: String = robot.lines()[4].chars().skip(3).take(12).collect();
    robot.press("enter").see(&[first.trim()]).press("[").see(&["first of the list"]);
    robot.press("]").see(&[second.trim()]).press("esc").see(&["2/200"]);
    robot.press("H").see(&["this is where you began"]);
    robot.press("3 2 H").see(&["[3 Companies]"]).press("L").see(&["[2 Contacts]"]);
}

#[test]
fn forms_get_the_whole_record_and_the_field_under_the_cursor() {
    let mut robot = Robot::new(80, 24);
    robot.press("/").type_in("anna schmidt").press("enter e").see(&["<edit Anna Schmidt"]).press("!");
    robot.press("enter j j e").see(&["<edit Anna Schmidt company"]).press("!");
    robot.press("a c").see(&["<call Anna Schmidt>"]).press("!").press("E").see(&["<text Anna Schmidt>"]);
    robot
        .press("!")
        .press("enter")
        .see(&["Muster GmbH", "[Fields]", "People"])
        .press("n")
        .see(&["<add contact", "Muster GmbH"]);
}

#[test]
fn any_record_is_a_few_letters_away() {
    let mut robot = Robot::new(80, 24);
    robot
        .press("ctrl-p")
        .type_in("wojcik zoe")
        .see(&["Zoë Wójcik"])
        .press("enter")
        .see(&["Zoë Wójcik", "[Fields]"]);
    robot.press("'").see(&["> wojcik zoe", "Zoë Wójcik"]).press("esc");
    robot.press("ctrl-p").type_in("order").not_see("[3 Companies]");
    robot.press("ctrl-u").type_in("organisations").press("enter").see(&["[3 Companies]"]);
}

#[test]
fn help_is_searched_says_why_not_and_runs() {
    let mut robot = Robot::new(80, 24);
    robot.press("?").type_in("merge").see(&["merge — not now: mark exactly two contacts"]);
    robot.press("ctrl-u").type_in("log who").see(&["Goes to the log"]).press("enter").see(&["[7 Activity]"]);
    robot.press("a").see(&["a does nothing here; ? shows what does"]);
}

/// tui.md: disabled items say why. A reason that is cut says nothing.
#[test]
fn whatever_is_disabled_says_why_in_full_in_every_size() {
    for (width, height) in [(40, 14), (60, 20), (80, 24), (200, 60)] {
        for place in ["2", "3", "7", "2 enter"] {
            let mut robot = Robot::new(80, 24);
            robot.send(Msg::Resize(Size { width, height })).press(place).press("?");
            let mut seen = 0;
            for action in crate::tui::action::ACTIONS {
                let Some(reason) = robot.app.disabled(action.action) else { continue };
                if !action.on.has(robot.app.context()) || action.keys.is_empty() {
                    continue;
                }
                // What stands below the list, its lines put together again.
                for _ in 0..80 {
                    robot.press("up");
                }
                for _ in 0..80 {
                    let said: Vec<String> =
                        robot.lines().iter().map(|line| line.trim_matches(['│', ' ']).to_owned()).collect();
                    if said.join(" ").split_whitespace().collect::<Vec<_>>().join(" ").contains(&reason) {
                        seen += 1;
                        break;
                    }
                    robot.press("down");
                }
                let lines = robot.lines().join("\n");
                let said = lines.replace(['│', '\n'], " ");
                let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(said.contains(&reason), "{width}×{height} {place}: {reason}\n{lines}");
            }
            assert!(seen > 0, "something is disabled at {place}");
        }
    }
}

#[test]
fn a_paste_too_long_to_search_for_is_not_swallowed() {
    let mut robot = Robot::new(80, 24);
    robot.press("/").type_in("anna").send(Msg::Paste("x".repeat(10_000)));
    robot.see(&["that paste is too long", "/ anna"]);
}

#[test]
fn keys_of_a_sequence_are_explained_and_taken_back() {
    let mut robot = Robot::new(80, 24);
    robot.press("y").see(&["y: copy", "phone", "e-mail"]).press("esc").not_see("y: copy");
    robot.press("g").see(&["g: go to", "jobs — nothing runs"]).press("o").see(&["[3 Companies]"]);
}

#[test]
fn a_command_shows_what_it_wrote() {
    let mut robot = Robot::new(80, 24);
    robot
        .press(":")
        .type_in("contact show x")
        .press("enter")
        .see(&["you said contact show x", "second line"]);
    robot.press("y");
    assert_eq!(robot.copied, ["you said contact show x\nsecond line"]);
    robot.press("esc : up").see(&[":contact show x"]).press("esc").press(":").type_in("q").press("enter");
    assert!(robot.quit);
}

#[test]
fn a_paste_on_a_list_searches_and_never_agrees() {
    let mut robot = Robot::new(80, 24);
    robot.send(Msg::Paste("person42@example.com\n".into())).see(&["1/1"]).press("esc");
    robot.press("D").send(Msg::Paste("y\n".into())).see(&["[ No ]"]);
}

#[test]
fn ctrl_c_cancels_and_twice_quits_and_esc_never_does() {
    let mut robot = Robot::new(80, 24);
    robot.press("esc esc esc");
    assert!(!robot.quit);
    robot.press("ctrl-c").see(&["ctrl-c again quits"]).wait(Duration::from_secs(3)).press("ctrl-c");
    assert!(!robot.quit, "two within two seconds");
    robot.press("ctrl-c");
    assert!(robot.quit);
    let saved = robot.saved.clone().unwrap();
    assert_eq!(saved.screen, "contacts");
}

#[test]
fn without_a_key_the_program_locks_itself() {
    let mut robot = Robot::with(Palette::Ansi16, Some(Duration::from_secs(300)));
    assert_eq!(robot.app.deadline(), Some(Duration::from_secs(300)));
    robot.wait(Duration::from_secs(299)).see(&["1/200"]);
    robot.wait(Duration::from_secs(1)).see(&["<locked>"]).not_see("1/200").not_see("help");
    robot.press("j q 3").see(&["<locked>"]);
    assert_eq!(robot.app.deadline(), None, "nothing is to be done while it is locked");
}

#[test]
fn idle_costs_nothing_and_a_late_answer_is_dropped() {
    let mut robot = Robot::new(80, 24);
    assert!(robot.app.take_dirty());
    assert!(!robot.app.take_dirty());
    assert_eq!(robot.app.deadline(), None);
    robot.answer(9_999, Err(crate::api::Error::failed("old")));
    assert!(!robot.app.take_dirty(), "nobody waits for it");
    robot.hold = true;
    robot.press("/").type_in("anna");
    assert!(robot.held() > 0);
    // The list stays as it was while the answer is on its way, and only a slow one is worth a word.
    robot.see(&["1/200"]).not_see("waiting");
    robot.wait(Duration::from_millis(250)).see(&["waiting"]);
    robot.release().not_see("waiting").not_see("1/200");
}

#[test]
fn messages_go_away_by_themselves() {
    let mut robot = Robot::with(Palette::Ansi16, None);
    robot.press("M").see(&["mark exactly two"]);
    assert!(robot.app.deadline().is_some());
    robot.wait(Duration::from_secs(5)).not_see("mark exactly two");
    assert_eq!(robot.app.deadline(), None);
}

#[test]
fn the_pane_follows_the_cursor_where_there_is_room() {
    let mut robot = Robot::new(120, 40);
    robot.see(&["│", "Legal basis"]).press("z").not_see("Legal basis").press("z").see(&["Legal basis"]);
    let mut robot = Robot::new(80, 24);
    robot.not_see("Reason").press("z").see(&["────", "Given name"]).press("tab J");
    let mut robot = Robot::new(59, 24);
    robot.press("z").see(&["it needs 60 columns"]);
}

/// One frame for one key: the record before stays until its successor is there, and gives way when that takes long.
#[test]
fn the_pane_does_not_flicker_between_two_records() {
    let mut robot = Robot::new(120, 40);
    let name = |robot: &Robot, y: usize| -> String {
        robot.lines()[y].chars().skip(3).take(14).collect::<String>().trim().to_owned()
    };
    let (first, second) = (name(&robot, 3), name(&robot, 4));
    let title = |robot: &Robot| robot.lines()[1].split('│').next_back().unwrap().trim().to_owned();
    assert_eq!(title(&robot), first);
    robot.hold = true;
    robot.press("j").see(&["2/200", "Legal basis"]);
    assert_eq!(title(&robot), first, "the successor is on its way");
    robot.wait(Duration::from_millis(250)).see(&["waiting"]);
    assert_eq!(title(&robot), second, "the row stands in for what takes long");
    robot.release().see(&["Legal basis"]);
    assert_eq!(title(&robot), second);
}

#[test]
fn sorting_keeps_the_record_under_the_cursor() {
    let mut robot = Robot::new(80, 24);
    robot.press("j j");
    let name: String = robot.lines()[5].chars().skip(3).take(10).collect();
    robot.press("s").see(&["Order", "* relevance"]).press("j j enter").see(&["by name, descending"]);
    let row = robot.lines().into_iter().find(|line| line.starts_with('>'));
    assert!(robot.app.contacts.sort == "-name", "{name} {row:?}");
}

#[test]
fn the_log_says_who_did_what_and_leads_to_the_record() {
    let mut robot = Robot::alone(80, 24);
    robot.press("#").type_in("vip").press("enter 7").see(&["Who changed what", "anna", "edited", "Tags"]);
    robot.press("enter").see(&["[Fields]", "vip"]).press("esc").see(&["[7 Activity]"]);
    assert_eq!(robot.whoami(), "anna");
}

#[test]
fn every_key_in_every_place_leaves_a_screen_that_can_be_drawn() {
    let mut robot = Robot::alone(60, 20);
    let keys: Vec<Key> = ('!'..='~').map(Key::char).collect();
    let mut seed: u64 = 1;
    for step in 0..1500 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let key = keys[(seed >> 33) as usize % keys.len()];
        let named = ["enter", "esc", "tab", "down", "up", "pgdn", "backspace", "space"];
        let key =
            if seed >> 62 == 0 { named[(seed >> 40) as usize % named.len()].parse().unwrap() } else { key };
        robot.send(Msg::Key(key));
        if step % 50 == 0 {
            let size = Size { width: 30 + (seed >> 50) as u16 % 200, height: 5 + (seed >> 45) as u16 % 60 };
            robot.send(Msg::Resize(size));
        }
        robot.lines();
    }
}

/// tui.md: moving the cursor with a pane beside the list is about 0.8 KB at 80×24.
#[test]
fn each_action_sends_little() {
    use crate::tui::term::painter::Painter;
    for (size, keys, most) in [
        ((80, 24), "j", 400),
        ((80, 24), "z j", 1_500),
        ((120, 40), "j", 1_500),
        ((200, 50), "j", 2_000),
        ((80, 24), "pgdn", 2_500),
        ((80, 24), "space", 500),
        ((80, 24), "?", 3_500),
    ] {
        let mut robot = Robot::new(size.0, size.1);
        let mut painter = Painter::new();
        let (last, before) =
            keys.split_whitespace().rev().fold((None, Vec::new()), |(last, mut before), key| match last {
                None => (Some(key), before),
                Some(last) => {
                    before.insert(0, key);
                    (Some(last), before)
                }
            });
        robot.press(&before.join(" "));
        let (buf, cursor) = robot.buffer();
        painter.paint(&buf, cursor);
        robot.press(last.unwrap());
        let (buf, cursor) = robot.buffer();
        let bytes = painter.paint(&buf, cursor).len();
        assert!(bytes <= most, "{keys} at {size:?}: {bytes} bytes");
        let (buf, cursor) = robot.buffer();
        assert_eq!(painter.paint(&buf, cursor).len(), 0, "the same frame again is nothing");
    }
}

#[test]
fn a_box_over_wide_characters_keeps_its_frame() {
    let mut robot = Robot::new(80, 24);
    robot.press("g");
    let lines = robot.lines();
    let corner = lines.iter().find(|line| line.contains("g: go to")).unwrap();
    assert!(corner.contains('┌'), "{corner}");
}

#[test]
fn the_forms_of_the_program_change_what_the_list_shows() {
    let mut robot = Robot::with_forms(80, 24);
    robot.press("enter j e").type_in("ova").press("ctrl-s").see(&["Anna Garcíaova", "revision 2"]);
    robot.press("u").see(&["taken back", "revision 3", "Family name  García\n"]);
    robot.press("esc a n").type_in("wants a catalogue").press("ctrl-s");
    robot.press("enter tab").see(&["wants a catalogue"]);
    robot.press("D y").see(&["note deleted"]).not_see("wants a catalogue");
    robot.press("u").see(&["wants a catalogue"]);
}

#[test]
fn who_looked_stands_in_a_tab_for_those_who_may_know() {
    let mut robot = Robot::alone(100, 30);
    robot.press("enter tab tab tab").see(&["[Who looked", "anna  opened", "Kept for 12 months"]);
    robot.press("shift-tab").see(&["[History"]);
    robot.press("tab").see(&["looked at the history"]);
}

#[test]
fn why_a_field_is_as_it_is_is_told_with_the_chain() {
    let mut robot = Robot::new(100, 30);
    robot.press("/").type_in("020 7946 0042").press("enter enter").see(&["Given name"]);
    robot.press("W").see(&[
        "Why",
        "anna reads and changes `given_name` of the contact.",
        "role      `owner`",
    ]);
    robot.press("esc").press("W").press("esc").see(&["[Fields]"]);
}
