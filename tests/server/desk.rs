//! A day's work by commands: a call list that two people work on at once, tasks, what persons ask for, and all of it in
//! each format.

use serde_json::{Value as Json, json};

use super::team::Team;

/// Somebody in Germany, where a yes suffices at any hour, and who gave it.
fn agreed(team: &Team, given: &str, n: u8) -> String {
    let phone = format!("030 9018{n:02}");
    let who = ["contact", "add", "--given", given, "--family", "Berg", "--phone", &phone, "--country", "DE"];
    let grounds = ["--basis", "consent", "--reason", "asked to be called", "--source", "fair"];
    let id = team.ok("tester", &[&who[..], &grounds[..]].concat()).trim().to_owned();
    let said = ["consent", "record", &id, "--purpose", "sales", "--channel", "phone", "--kind", "given"];
    team.ok("tester", &[&said[..], &["--way", "in_person", "--words", "Yes, do call me."]].concat());
    id
}

/// The words of each item under a key.
fn each<'j>(list: &'j Json, key: &str) -> Vec<&'j str> {
    list["items"].as_array().unwrap().iter().map(|item| item[key].as_str().unwrap()).collect()
}

/// The same list in each format: as JSON, and that the others say the same of it.
fn in_each_format(team: &Team, who: &str, words: &[&str], header: &str, id: &str) -> Json {
    let list = team.json(who, words);
    let items = list["items"].as_array().unwrap();
    assert_eq!(list["total"], items.len(), "{words:?}");
    assert_eq!(list["withheld"], json!({}), "{words:?}");
    let with = |format: &str| team.ok(who, &[words, &["--format", format]].concat());
    let lines: Vec<Json> = with("ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(&lines, items, "{words:?}");
    let ids: Vec<String> = with("ids").lines().map(str::to_owned).collect();
    let wanted: Vec<&str> = items.iter().map(|item| item[id].as_str().unwrap()).collect();
    assert_eq!(ids, wanted, "{words:?}");
    for (format, between) in [("csv", ','), ("tsv", '\t')] {
        let text = with(format);
        let mut lines = text.lines();
        assert_eq!(lines.next().unwrap().replace(between, ","), header, "{words:?} as {format}");
        let rows: Vec<&str> = lines.collect();
        assert_eq!(rows.len(), items.len(), "{words:?} as {format}: {text}");
        for (row, id) in rows.iter().zip(&wanted) {
            assert_eq!(row.rsplit(between).next().unwrap(), *id, "{words:?} as {format}");
        }
    }
    let table = with("table");
    assert!(!table.contains('{') && !table.contains('\x1b'), "{words:?}: {table}");
    list
}

#[test]
fn two_people_work_on_one_list() {
    let team = Team::new(&[("rita", "rep", "south"), ("rolf", "rep", "south"), ("nora", "rep", "north")]);
    let people: Vec<String> =
        [("Anna", 20), ("Ben", 21), ("Cleo", 22)].map(|(given, n)| agreed(&team, given, n)).to_vec();
    // Somebody who gave no yes is counted, and not taken.
    let who = ["contact", "add", "--given", "Dora", "--family", "Berg", "--phone", "030 901823"];
    let grounds = ["--country", "DE", "--basis", "consent", "--reason", "asked", "--source", "fair"];
    team.ok("tester", &[&who[..], &grounds[..]].concat());
    team.fails("rita", 4, &["call-list", "make", "Mine", "--purpose", "sales"]);
    let make = ["call-list", "make", "Fair", "--purpose", "sales", "--team", "south", "berg"];
    let made = team.json("tester", &make);
    assert_eq!((&made["size"], &made["query"]), (&json!(3), &json!("berg")));
    assert_eq!(made["withheld"].as_object().unwrap().values().next(), Some(&json!(1)), "{made}");
    team.fails("tester", 6, &make);
    team.fails("tester", 3, &["call-list", "make", "Other", "--purpose", "sails"]);
    team.fails("tester", 5, &["call-list", "make", "Other", "--purpose", "sales", "dora"]);

    let header = "name,purpose,size,done,left,withheld,id";
    let lists = in_each_format(&team, "rita", &["call-list", "list"], header, "id");
    assert_eq!(each(&lists, "name"), ["Fair"]);
    assert_eq!(lists["items"][0].get("query"), None, "a rep reads no query");

    // Each gets somebody else, and keeps whom they have.
    let next = |who: &str| team.json(who, &["call-list", "next", "Fair"]);
    let (first, second) = (next("rita"), next("rolf"));
    assert_eq!(
        (first["contact"].as_str(), second["contact"].as_str()),
        (Some(&*people[0]), Some(&*people[1]))
    );
    assert_eq!(first["card"]["allowed"], true, "{first}");
    assert_eq!(next("rita")["contact"], first["contact"]);
    assert!(team.fails("nora", 4, &["call-list", "next", "Fair"]).contains("south"));
    let taken = team.fails("rolf", 6, &["call-list", "skip", "Fair", &people[0]]);
    assert!(taken.contains("rita"), "{taken}");

    // What becomes of them without a call.
    team.ok("rita", &["call-list", "skip", "Fair", &people[0], "--reason", "on holiday"]);
    assert_eq!(next("rita")["contact"], *people[2]);
    team.ok("rita", &["call-list", "later", "Fair", &people[2], "--at", "2099-01-31T09:30:00Z"]);
    team.fails("rita", 5, &["call-list", "later", "Fair", &people[2], "--at", "2001-01-31T09:30:00Z"]);
    let told = team.fails("rita", 3, &["call-list", "next", "Fair"]);
    assert!(told.contains("nobody is left") && told.contains("hint: "), "{told}");
    team.ok("rolf", &["call-list", "release", "Fair", &people[1]]);
    assert_eq!(next("rita")["contact"], *people[1]);

    let header = "place,name,state,claimed_by,attempts,due,reason,id";
    let shown = in_each_format_with(&team, "rolf", &["call-list", "show", "Fair"], header, "contact", &made);
    assert_eq!(each(&shown, "name"), ["Anna Berg", "Ben Berg", "Cleo Berg"]);
    assert_eq!(each(&shown, "state"), ["skipped", "claimed", "later"]);
    assert_eq!(
        (&shown["items"][0]["reason"], &shown["items"][1]["claimed_by"]),
        (&json!("on holiday"), &json!("rita"))
    );
    // How far the list is.
    let others = team.json("tester", &["call-list", "list"]);
    let states = &others["items"][0]["states"];
    assert_eq!((&states["skipped"], &states["claimed"], &states["later"]), (&json!(1), &json!(1), &json!(1)));

    // The call itself, and the list knows.
    let list = made["id"].as_str().unwrap();
    let begun = team.json("rita", &["call", "begin", &people[1], "--purpose", "sales", "--list", list]);
    let call = json!({
        "id": begun["call"], "purpose": "sales", "answered_by": "nobody",
        "started_at": begun["begun_at"], "ended_at": now(),
    });
    std::fs::write(team.path("call.json"), call.to_string()).unwrap();
    let file = team.path("call.json").display().to_string();
    team.ok("rita", &["call", "record", &people[1], "--answers", &file]);
    let shown = team.json("rita", &["call-list", "show", "Fair"]);
    assert_eq!((&shown["items"][1]["state"], &shown["items"][1]["attempts"]), (&json!("later"), &json!(1)));
    team.fails("rita", 4, &["call-list", "close", "Fair"]);
    team.ok("tester", &["call-list", "close", "Fair"]);
    team.fails("rita", 5, &["call-list", "next", "Fair"]);
    assert_eq!(team.json("rita", &["call-list", "list"])["total"], 0);
    assert!(team.json("rita", &["call-list", "list", "--closed"])["items"][0]["closed_at"].is_string());
    team.ok("tester", &["history", "verify"]);
}

/// This moment.
fn now() -> String {
    callbook::env::Env::system().clock.now().to_string()
}

/// The same where the answer counts whom the list was made without.
fn in_each_format_with(team: &Team, who: &str, words: &[&str], header: &str, id: &str, made: &Json) -> Json {
    let list = team.json(who, words);
    assert_eq!(list["withheld"], made["withheld"]);
    let items = list["items"].as_array().unwrap();
    let with = |format: &str| team.ok(who, &[words, &["--format", format]].concat());
    let lines: Vec<Json> = with("ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(&lines, items, "{words:?}");
    let ids: Vec<&str> = items.iter().map(|item| item[id].as_str().unwrap()).collect();
    assert_eq!(with("ids").lines().collect::<Vec<_>>(), ids);
    let csv = with("csv");
    assert_eq!(csv.lines().next(), Some(header));
    assert_eq!(csv.lines().count(), ids.len() + 1, "{csv}");
    list
}

#[test]
fn tasks_requests_and_the_day_are_told_to_whom_they_concern() {
    let team = Team::new(&[("rita", "rep", "south"), ("rolf", "rep", "south"), ("aron", "auditor", "")]);
    let (anna, ben) = (agreed(&team, "Anna", 30), agreed(&team, "Ben", 31));
    for id in [&anna, &ben] {
        team.ok("tester", &["contact", "edit", id, "--set", "owner=rita", "--set", "team=south"]);
    }
    // Tasks: one that is a call and late, one for a colleague's eyes only by asking, one without a day.
    let add = |words: &[&str]| team.ok("rita", &[&["task", "add"], words].concat()).trim().to_owned();
    let late =
        add(&[&anna, "call back, \"soon\"", "--kind", "call", "--purpose", "sales", "--due", "2026-01-02"]);
    let offer = add(&[&ben, "=send the offer", "--due", "2026-01-03"]);
    let someday = add(&[&ben, "ask about spring"]);
    team.fails("rita", 2, &["task", "add", &ben, "x", "--due", "soon"]);
    team.fails("rita", 3, &["task", "add", "00000000-0000-4000-8000-000000000001", "x"]);
    team.fails("rolf", 4, &["task", "done", &late]);
    team.fails("aron", 4, &["task", "list"]);
    let header = "due,overdue,kind,name,text,owner,id";
    let all = in_each_format(&team, "rita", &["task", "list", "--owner", "me"], header, "id");
    assert_eq!(each(&all, "id"), [&*late, &offer, &someday], "the oldest due first");
    assert_eq!((&all["items"][0]["overdue"], &all["items"][0]["name"]), (&json!(true), &json!("Anna Berg")));
    let csv = team.ok("rita", &["task", "list", "--format", "csv"]);
    assert!(csv.contains("\"call back, \"\"soon\"\"\"") && csv.contains(",'=send the offer,"), "{csv}");
    let due = team.json("rita", &["task", "list", "--owner", "me", "--due", "today"]);
    assert_eq!(each(&due, "id"), [&*late, &offer]);
    assert_eq!(
        each(&team.json("rolf", &["task", "list", &ben]), "id"),
        [&*offer, &someday],
        "the team's are seen"
    );
    assert_eq!(team.json("rolf", &["task", "list", "--owner", "me"])["total"], 0);
    team.ok("rita", &["task", "done", &offer]);
    assert_eq!(team.json("rita", &["task", "list", "--due", "today"])["total"], 1);
    team.ok("rita", &["task", "done", "--undo", &offer]);
    team.ok("rita", &["task", "edit", &someday, "ask about summer", "--due", "7d"]);
    assert!(team.ok("rita", &["task", "show", &someday]).contains("summer"));
    team.ok("rita", &["task", "delete", &someday]);
    assert_eq!(team.json("rita", &["task", "list"])["total"], 2);
    team.ok("rita", &["task", "restore", &someday]);

    // What persons ask for: anybody who sees them takes it in.
    let open = ["request", "open", "--right", "access", "--contact", &anna, "--how", "by mail"];
    let opened = team.json("rolf", &[&open[..], &["--words", "what do you hold?"]].concat());
    assert_eq!(
        (&opened["number"], &opened["right"], &opened["overdue"]),
        (&json!(1), &json!("access"), &json!(false))
    );
    let old = ["request", "open", "--right", "erasure", "--contact", &ben, "--received", "2026-01-31"];
    let old = team.json("rita", &old);
    assert_eq!(
        (&old["number"], &old["overdue"], &old["received"]),
        (&json!(2), &json!(true), &json!("2026-01-31"))
    );
    team.fails("rita", 2, &["request", "open", "--right", "everything", "--contact", &ben]);
    let ahead = ["request", "open", "--right", "access", "--contact", &ben, "--received", "2999-01-31"];
    assert!([2, 5].contains(&team.run("rita", &ahead).status.code().unwrap()));
    let header = "number,right,name,received,due,overdue,state,assigned,id";
    let asked = in_each_format(&team, "rita", &["request", "list"], header, "id");
    assert_eq!(each(&asked, "right"), ["erasure", "access"], "the next due first");
    assert_eq!(each(&team.json("rita", &["request", "list", "--due", "today"]), "name"), ["Ben Berg"]);
    team.fails("aron", 4, &["request", "list"]);

    // The day has all of it, each with what it is.
    team.ok("tester", &["call-list", "make", "Fair", "--purpose", "sales", "--team", "south"]);
    let today = team.json("rita", &["today"]);
    let what: Vec<&str> = each(&today, "what");
    assert_eq!(what, ["call", "task", "call_list", "request"], "{today}");
    let ids = [&today["items"][0]["id"], &today["items"][1]["id"], &today["items"][3]["id"]];
    assert_eq!(ids, [&json!(late), &json!(offer), &old["id"]]);
    let header = "what,when,name,text,id";
    in_each_format(&team, "rita", &["today"], header, "id");
    let drawn = team.ok("rita", &["today"]);
    for words in
        ["Calls\n", "Tasks\n", "Call lists\n", "Requests of persons\n", "(overdue)", "Fair: 2 of 2 left"]
    {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
    let rolfs = team.json("rolf", &["today"]);
    assert_eq!(each(&rolfs, "what"), ["call_list", "request"], "another's tasks are no work of one's own");
    team.ok("tester", &["history", "verify"]);
}
