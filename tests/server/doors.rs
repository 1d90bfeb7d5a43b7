//! Scenario 8: a rep takes data out directly, by a script, by a pipe and by a client of one's own making. The same denial
//! every time, and a row of it for whoever audits.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::{Command, Output, Stdio};

use callbook::api::frame::{
    self, ClientMessage, Control, Done, Greeting, Hello, REQUEST_MOST, ServerMessage,
};
use callbook::api::{Code, Error, Export, Hush, Request, Window};
use callbook::domain::channel::Channel;
use zeroize::Zeroizing;

use super::PATIENCE;
use super::team::Team;

const EXPORT: [&str; 6] = ["contact", "export", "--purpose", "sales", "--channel", "storage"];

/// How often rita was denied an export.
fn denials(team: &Team) -> u64 {
    let log = team.json("tester", &["history", "denials", "--user", "rita"]);
    let rows = log["items"].as_array().unwrap().iter().filter(|row| row["request"] == "Export");
    rows.map(|row| row["count"].as_u64().unwrap()).sum()
}

/// A shell in the directory of the store, with a line of rita's: `callbook` there is the program with all she knows.
fn script(team: &Team, line: &str) -> Output {
    let line = format!("callbook() {{ \"$0\" \"$@\"; }}; {line}");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &line, env!("CARGO_BIN_EXE_callbook")]);
    command.args(["--store".into(), team.0.store.display().to_string()]).args(team.login("rita"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", team.0.dir.path());
    command.current_dir(team.0.dir.path()).stdin(Stdio::null());
    command.output().unwrap()
}

fn export() -> Request {
    Request::Export(Export {
        query: String::new(),
        purpose: "sales".to_owned(),
        channel: Channel::Storage,
        window: Window::default(),
        columns: vec![],
        to: String::new(),
        run: None,
    })
}

/// A client that has a socket and what rita knows, and asks what it likes.
fn by_hand(team: &Team) -> Error {
    let mut socket = UnixStream::connect(&team.0.socket).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(&frame::encode_first(&Hello::own()).unwrap()).unwrap();
    let greeting: Greeting = frame::read_first(&socket).unwrap();
    assert!(matches!(greeting, Greeting::LoginWanted(_)), "{greeting:?}");
    let mut ask = |message: &ClientMessage| -> ServerMessage {
        socket.write_all(&frame::encode(message, REQUEST_MOST).unwrap()).unwrap();
        frame::read_one(&socket, frame::ANSWER_MOST).unwrap()
    };
    // Who has not said who one is gets nothing at all.
    let early = ask(&ClientMessage::Request { id: 1, request: export() });
    assert!(matches!(&early, ServerMessage::Answer { answer: Err(_), .. }), "{early:?}");
    let password = Some(Hush::new(Zeroizing::new(Team::password("rita"))));
    let login = Control::Login { user: Some("rita".into()), password };
    let done = ask(&ClientMessage::Control { id: 2, control: login });
    assert!(matches!(done, ServerMessage::Done { answer: Ok(Done::Open), .. }), "{done:?}");
    match ask(&ClientMessage::Request { id: 3, request: export() }) {
        ServerMessage::Answer { id: 3, answer: Err(error) } => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rep_exports_by_no_way() {
    let team = Team::new(&[("rita", "rep", "south")]);
    let add = ["contact", "add", "--given", "Anna", "--family", "Berg", "--email", "anna@example.com"];
    let grounds = ["--basis", "contract", "--reason", "asked for an offer", "--source", "fair"];
    let anna = team.ok("rita", &[&add[..], &grounds[..]].concat());
    assert!(
        team.ok("rita", &["contact", "show", anna.trim()]).contains("anna@example.com"),
        "it is her contact"
    );
    assert_eq!(denials(&team), 0);

    // Directly, to standard output and into a file.
    let told = team.fails("rita", 4, &EXPORT);
    assert_eq!(denials(&team), 1);
    let out = team.path("out.csv").display().to_string();
    let manifest = team.path("out.json").display().to_string();
    let before = files(&team);
    let filed = team.fails("rita", 4, &[&EXPORT[..], &["--out", &out, "--manifest", &manifest]].concat());
    assert_eq!(filed, told);
    assert_eq!(files(&team), before, "nothing is left of what was denied");
    for kind in ["csv", "vcard", "jscontact", "json", "ndjson"] {
        assert_eq!(team.fails("rita", 4, &[&EXPORT[..], &["--as", kind]].concat()), told);
    }
    assert_eq!(denials(&team), 7);

    // By a script and by a pipe, which see the program's own code and words.
    let line = EXPORT.join(" ");
    let scripted = script(&team, &format!("set -e; callbook \"$@\" {line} > all.csv; echo stolen"));
    assert_eq!(scripted.status.code(), Some(4), "{scripted:?}");
    assert_eq!(String::from_utf8(scripted.stderr).unwrap(), told);
    assert_eq!(scripted.stdout, b"");
    assert_eq!(std::fs::read(team.path("all.csv")).unwrap(), b"");
    let piped = script(&team, &format!("callbook \"$@\" {line} | cat"));
    assert_eq!(String::from_utf8(piped.stderr).unwrap(), told);
    assert_eq!(piped.stdout, b"");
    assert_eq!(denials(&team), 9);

    // By hand: the same code, and the words that the program shows.
    let error = by_hand(&team);
    assert_eq!(error.code, Code::Denied);
    assert!(told.contains(&error.message), "{told}: {error}");
    assert_eq!(denials(&team), 10, "each of them is known");

    // The log of it names nobody, and nothing left: there is no run of an export.
    let log = team.ok("tester", &["history", "denials", "--user", "rita", "--format", "csv"]);
    assert!(log.contains("Export") && !log.contains("anna@example.com"), "{log}");
    let runs = team.ok("tester", &["history", "activity", "--format", "csv"]);
    assert!(runs.contains("Anna") && !runs.contains("export"), "{runs}");
    // Rita does not read that log.
    team.fails("rita", 4, &["history", "denials"]);
    // Whoever may is not stopped by any of this.
    team.ok("tester", &EXPORT);
    assert_eq!(denials(&team), 10);
}

fn files(team: &Team) -> Vec<String> {
    let names = std::fs::read_dir(team.0.dir.path()).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
