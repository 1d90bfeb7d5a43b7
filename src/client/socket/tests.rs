//! What is asked again when a connection breaks, and what is not.

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{Receiver, channel};

use super::{Remote, Target};
use crate::api::frame::{self, ClientMessage, Greeting, Hello, REQUEST_MOST, ServerMessage};
use crate::api::{Call, Code, Error, Redo, Whoami};

/// A server that takes one question on each connection and then breaks it, answering only from the third on.
fn breaking() -> (tempfile::TempDir, Target, Receiver<&'static str>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let (asked, seen) = channel();
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            frame::read_first::<Hello>(&stream).unwrap();
            stream.write_all(&frame::encode_first(&Greeting::Welcome).unwrap()).unwrap();
            let Ok(ClientMessage::Request { id, request }) = frame::read_one(&stream, REQUEST_MOST) else {
                continue;
            };
            let _ = asked.send(request.name());
            if n >= 2 {
                let answer = Err(Error::usage("heard"));
                let message = ServerMessage::Answer { id, answer };
                stream.write_all(&frame::encode(&message, REQUEST_MOST).unwrap()).unwrap();
            }
        }
    });
    let target = Target { path, ..Target::default() };
    (dir, target, seen)
}

#[test]
fn a_change_is_never_sent_twice_and_reading_is_asked_again() {
    let (_dir, target, seen) = breaking();
    let (remote, _) = Remote::reach(target).unwrap().unwrap();
    let client = remote.client();
    let error = client.request(Redo {}.into_request()).unwrap_err();
    assert_eq!(error.code, Code::Interrupted);
    assert!(error.message.contains("nobody knows whether"), "{error}");
    // The second connection breaks as well; the third answers.
    assert_eq!(client.request(Whoami {}.into_request()).unwrap_err().message, "heard");
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["Redo", "Whoami", "Whoami"]);
}

#[test]
fn what_is_no_server_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sock");
    let target = Target { path: path.clone(), ..Target::default() };
    assert!(Remote::reach(target.clone()).unwrap().is_none());
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        stream.write_all(b"\x05\0\0\0hello").unwrap();
        stream
    });
    let error = Remote::reach(target).err().unwrap();
    assert!(error.message.contains("is no callbook server"), "{error}");
}
