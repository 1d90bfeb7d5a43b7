use std::sync::Condvar;
use std::sync::mpsc;

use super::*;
use crate::api::{Call, Doctor, Response, Undo, Whoami};
use crate::client::Door;

/// Answers nothing but errors that name the request; the first one only when it is let go.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
    seen: Mutex<Vec<&'static str>>,
}

impl Gate {
    fn let_go(&self) {
        *locked(&self.open) = true;
        self.changed.notify_all();
    }
}

impl Door for Gate {
    fn request(&self, request: Request) -> Result<Response, Error> {
        locked(&self.seen).push(request.name());
        assert_ne!(request.name(), "Doctor", "a bug in the service");
        let mut open = locked(&self.open);
        while !*open {
            open = self.changed.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
        Err(Error::failed(request.name()))
    }
}

fn driver(gate: &Arc<Gate>) -> (Driver, mpsc::Receiver<Msg>) {
    let (send, messages) = mpsc::channel();
    let send = Box::new(move |msg| {
        let _ = send.send(msg);
    });
    let mut driver = Driver::new(Env::system(), send, None);
    driver.client(Some(Client::new(Arc::clone(gate) as Arc<dyn Door>)));
    (driver, messages)
}

fn call(id: u64, lane: Option<Lane>, request: Request) -> Effect {
    Effect::Call { id: CallId(id), lane, request }
}

#[test]
fn a_superseded_question_is_never_asked() {
    let gate = Arc::new(Gate::default());
    let (mut driver, messages) = driver(&gate);
    // Both workers wait at the gate.
    for id in 1..=2 {
        driver.perform(call(id, None, Whoami {}.into_request()));
        driver.begin();
    }
    while locked(&gate.seen).len() < 2 {
        std::thread::yield_now();
    }
    for id in 3..=9 {
        driver.perform(call(id, Some(Lane::Complete), Undo { seq: Some(id) }.into_request()));
    }
    driver.begin();
    gate.let_go();
    let mut answered: Vec<u64> = (0..3)
        .map(|_| match messages.recv().unwrap() {
            Msg::Answer(id, _) => id.0,
            other => panic!("{other:?}"),
        })
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, [1, 2, 9]);
    driver.finish();
    assert_eq!(locked(&gate.seen).iter().filter(|name| **name == "Undo").count(), 1);
    assert_eq!(Arc::strong_count(&gate), 1, "nothing holds the store any more");
}

#[test]
fn a_panic_in_the_service_is_an_answer() {
    let gate = Arc::new(Gate::default());
    let (mut driver, messages) = driver(&gate);
    driver.perform(call(1, None, Doctor {}.into_request()));
    driver.begin();
    let Msg::Answer(CallId(1), Err(error)) = messages.recv().unwrap() else { panic!() };
    assert!(error.hint.is_some());
}

#[test]
fn without_a_store_questions_are_answered_that_it_is_locked() {
    let gate = Arc::new(Gate::default());
    let (mut driver, messages) = driver(&gate);
    driver.perform(Effect::Client(None));
    driver.perform(call(1, None, Whoami {}.into_request()));
    driver.begin();
    let Msg::Answer(_, Err(error)) = messages.recv().unwrap() else { panic!() };
    assert_eq!(error.code, Code::Locked);
}

#[test]
fn a_job_reports_seldom_and_ends_when_it_is_cancelled() {
    let gate = Arc::new(Gate::default());
    let (mut driver, messages) = driver(&gate);
    let cancel = Cancel::default();
    let work: crate::tui::layer::Work = Box::new(|_, handle| {
        for done in 0_u64.. {
            handle.progress(done, 0);
            if handle.cancelled() {
                break;
            }
        }
        Ok("ended".to_owned())
    });
    driver.perform(Effect::Job {
        id: JobId(1),
        job: Job { title: String::new(), work },
        cancel: cancel.clone(),
    });
    assert!(matches!(messages.recv().unwrap(), Msg::Job(_, JobNews::Progress { done: 0, .. })));
    driver.finish();
    assert!(cancel.is_cancelled());
    let rest: Vec<Msg> = messages.try_iter().collect();
    assert!(rest.len() <= 2, "{rest:?}");
    assert!(matches!(rest.last(), Some(Msg::Job(_, JobNews::Ended(Ok(_))))));
}

#[test]
fn what_was_asked_last_is_answered_before_the_end() {
    let gate = Arc::new(Gate::default());
    let (mut driver, messages) = driver(&gate);
    driver.perform(call(1, None, Whoami {}.into_request()));
    gate.let_go();
    driver.finish_within(Duration::from_secs(60));
    assert!(matches!(messages.try_recv().unwrap(), Msg::Answer(CallId(1), _)));
    assert_eq!(locked(&gate.seen).as_slice(), ["Whoami"]);
}

#[test]
fn the_end_does_not_wait_for_ever() {
    let gate = Arc::new(Gate::default());
    let (mut driver, messages) = driver(&gate);
    driver.perform(call(1, None, Whoami {}.into_request()));
    driver.finish_within(Duration::from_millis(20));
    assert!(messages.try_recv().is_err(), "nobody has opened the gate");
    gate.let_go();
}
