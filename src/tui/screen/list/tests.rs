use std::collections::BTreeMap;

use super::*;
use crate::domain::time::Timestamp;

fn view(n: u64) -> View {
    View {
        kind: RecordKind::Contact,
        id: Uuid::from_u64_pair(0, n),
        revision: 1,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
        title: format!("Contact {n}"),
        deleted: false,
        fields: Vec::new(),
    }
}

/// Answers from a list of these numbers, until nothing more is asked.
fn serve(list: &mut List, all: &[u64], wants: Vec<Want>) -> usize {
    let mut wants: std::collections::VecDeque<Want> = wants.into();
    let mut asked = 0;
    while let Some(want) = wants.pop_front() {
        asked += 1;
        assert!(asked < 20, "it goes round in circles");
        let Request::List(request) = &want.request else { continue };
        let from = match request.window.after {
            Some(after) => {
                let at = all.iter().position(|n| Uuid::from_u64_pair(0, *n) == after);
                match at {
                    Some(at) => at as u64 + 1,
                    None => 0,
                }
            }
            None => request.window.offset,
        };
        let items: Vec<View> = all
            .iter()
            .skip(from as usize)
            .take(request.window.limit.unwrap() as usize)
            .map(|n| view(*n))
            .collect();
        let page = Page {
            items,
            total: all.len() as u64,
            offset: from,
            withheld: BTreeMap::new(),
            leaving: BTreeMap::new(),
        };
        let more = match want.asked {
            Asked::Rows(_, version) => list.page(version, Ok(page)),
            Asked::Whereabouts(_, version) => list.whereabouts(version, Ok(page)),
            _ => panic!(),
        };
        wants.extend(more.unwrap_or_default());
    }
    asked
}

fn start(all: &[u64]) -> List {
    let mut list = List::new(RecordKind::Contact);
    list.resize(10, 78, false);
    let wants = list.reload(Keep::Nothing).into_iter().collect();
    serve(&mut list, all, wants);
    list
}

#[test]
fn only_a_window_is_held_and_the_cursor_row_is_always_there() {
    let all: Vec<u64> = (0..5000).collect();
    let mut list = start(&all);
    for motion in
        [Motion::PageDown, Motion::Bottom, Motion::PageUp, Motion::HalfUp, Motion::Top, Motion::Down]
    {
        for _ in 0..7 {
            let wants = list.go(motion);
            serve(&mut list, &all, wants);
            assert!(list.rows.len() <= 30);
            assert_eq!(list.current().unwrap().id, Uuid::from_u64_pair(0, list.scroll.cursor));
        }
    }
}

#[test]
fn moving_within_what_is_held_asks_nothing() {
    let all: Vec<u64> = (0..5000).collect();
    let mut list = start(&all);
    for _ in 0..9 {
        assert_eq!(list.go(Motion::Down), []);
    }
}

#[test]
fn the_cursor_stays_on_its_record_when_the_list_changes() {
    let all: Vec<u64> = (0..500).collect();
    let mut list = start(&all);
    for _ in 0..40 {
        let wants = list.go(Motion::Down);
        serve(&mut list, &all, wants);
    }
    let on = list.current().unwrap().id;
    let line = list.scroll.cursor - list.scroll.top;
    // Somebody put a hundred records before it.
    let changed: Vec<u64> = (1000..1100).chain(0..500).collect();
    let wants = list.reload(Keep::Record).into_iter().collect();
    serve(&mut list, &changed, wants);
    assert_eq!(list.current().unwrap().id, on);
    assert_eq!(list.scroll.cursor, 140);
    assert_eq!(list.scroll.cursor - list.scroll.top, line, "on the same line of the screen");
    // And now it is gone.
    let without: Vec<u64> = changed.iter().copied().filter(|n| *n != 40).collect();
    let wants = list.reload(Keep::Record).into_iter().collect();
    serve(&mut list, &without, wants);
    assert_eq!(list.scroll.cursor, 140);
    assert!(list.current().is_some());
}

#[test]
fn answers_to_an_older_state_are_dropped() {
    let mut list = start(&[1, 2, 3]);
    let old = list.find("a".into()).unwrap();
    let new = list.find("an".into()).unwrap();
    let (Asked::Rows(_, old), Asked::Rows(_, new)) = (old.asked, new.asked) else { panic!() };
    assert!(list.page(old, Ok(Page::default())).is_none());
    assert_eq!(list.total, 3);
    assert!(list.page(new, Ok(Page::default())).is_some());
    assert_eq!(list.total, 0);
}

#[test]
fn a_range_beyond_the_window_is_asked_for() {
    let all: Vec<u64> = (0..5000).collect();
    let mut list = start(&all);
    assert_eq!(list.mark_range(), None);
    let wants = list.go(Motion::Bottom);
    serve(&mut list, &all, wants);
    let want = list.mark_range().unwrap();
    let Request::List(request) = want.request else { panic!() };
    assert_eq!(request.window, Window { after: None, offset: 0, limit: Some(5000) });
    let wants = list.go(Motion::Top);
    serve(&mut list, &all, wants);
    list.mark_range();
    list.go(Motion::Down);
    assert_eq!(list.mark_range(), None);
    assert_eq!(list.marks.count(0), 2);
}
