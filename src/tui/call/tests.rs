//! Call mode by keys alone.

mod stand;

use uuid::Uuid;

use super::dial::Calling;
use crate::api::consent::BookLine;
use crate::api::{Error, OpenCall};
use crate::domain::answers::{CallAnswers, Reply};
use crate::domain::call::{Answered, CallOutcome};
use crate::domain::channel::Channel;
use crate::domain::consent::State;
use crate::domain::request::Right;
use crate::domain::time::Timestamp;

use stand::{PERSON, denied, now, script, stand, standing};

#[test]
fn whether_and_why_is_seen_before_dialling_and_leaving_leaves_no_trace() {
    let mut stand = stand(|_, _| {});
    stand.see(&[
        "This call is allowed.",
        "the person agreed",
        "PECR reg. 21",
        "not verified",
        "+44 20 7946 0001",
    ]);
    stand.see(&[
        "Your number must be shown",
        "Sun 10:00",
        "Europe/London",
        "one in the last 30 days",
        "c call now",
    ]);
    insta::assert_snapshot!("before_80x24", stand.robot.screen(80, 24));
    insta::assert_snapshot!("before_120x40", stand.robot.screen(120, 40));
    stand.press("esc");
    assert_eq!(stand.robot.closed(), Some(None));
    assert_eq!(stand.asked("CallBegin") + stand.asked("CallKeep") + stand.asked("CallRecord"), 0);
}

#[test]
fn who_may_not_be_called_has_nothing_to_dial() {
    let mut stand = stand(|phone, _| phone.card = denied());
    stand.see(&[
        "This call is not allowed.",
        "there is no consent to calls for sales",
        "waiting does not change it",
    ]);
    stand.not_see("7946").not_see("call now");
    stand.press("y c").see(&["this call is not allowed"]);
    assert_eq!(stand.asked("CallBegin"), 0);
    assert!(stand.robot.log.is_empty(), "nothing was copied: {:?}", stand.robot.log);
}

#[test]
fn whom_somebody_else_calls_is_left_alone() {
    let mut stand = stand(|phone, _| phone.card.busy = Some("ben".into()));
    stand.see(&["ben is calling this person"]).not_see("7946");
    stand.press("c").see(&["ben is calling"]);
    assert_eq!(stand.asked("CallBegin"), 0);
}

#[test]
fn every_answer_is_given_with_words_and_recorded_at_once() {
    let mut stand = stand(|_, _| {});
    stand.press("c").see(&["Who answered?", "00:00"]);
    stand.press("p").see(&["How is it confirmed"]);
    stand.press("f").see(&["Read out", "Sentence 0"]);
    stand.press("space").press("space").see(&[
        "Question 1 of 2: Our sales, by phone",
        "May we call you?",
        "y yes",
    ]);
    insta::assert_snapshot!("question_80x24", stand.robot.screen(80, 24));
    stand.press("y").see(&["YES is recorded"]).type_in("yes please").press("enter");
    stand.see(&["Question 2 of 2: Our sales, by e-mail"]);
    insta::assert_snapshot!("question_120x40", stand.robot.screen(120, 40));
    stand.press("n").type_in("no mail").press("enter").see(&["Goodbye then", "All is answered"]);
    assert_eq!(stand.kept().answers.len(), 2);
    stand.press("h").see(&["2 answers were taken", "reached"]);
    stand.type_in("friendly").press("tab").type_in("send offer").press("tab").type_in("tomorrow 10:00");
    insta::assert_snapshot!("after_80x24", stand.robot.screen(80, 24));
    stand.press("ctrl-s").see(&["Recorded", "number 4 is open"]);
    let said = stand.recorded();
    assert_eq!(said.answered_by, Answered::Person);
    assert_eq!(said.identity, "said the full name and the company");
    assert_eq!((said.script.as_str(), said.read_at), ("sales-en@1", Some(now())));
    let answers: Vec<_> =
        said.answers.iter().map(|one| (one.channel, one.reply, one.words.as_str())).collect();
    assert_eq!(answers, [(Channel::Phone, Reply::Yes, "yes please"), (Channel::Email, Reply::No, "no mail")]);
    assert_eq!((said.outcome, said.note.as_str()), (Some(CallOutcome::Reached), "friendly"));
    let follow = said.follow_up.unwrap();
    assert_eq!(
        (follow.text.as_str(), follow.due.unwrap().to_string().as_str()),
        ("send offer", "2026-11-23T10:00:00Z")
    );
    stand.press("enter");
    assert_eq!(stand.robot.closed(), Some(Some("recorded".into())));
}

#[test]
fn enter_alone_is_never_yes() {
    let mut stand = stand(|_, _| {});
    stand.press("c enter enter").see(&["Who answered?"]);
    stand.press("p enter enter").see(&["How is it confirmed"]);
    stand.press("f enter enter").see(&["Read out"]);
    stand.press("space space space enter enter").see(&["Enter is no answer", "Question 1 of 2"]);
    stand.press("y enter enter").see(&["word for word? Nothing is recorded without"]);
    stand.type_in("   ").press("enter").see(&["Nothing is recorded without"]);
    stand.press("esc h ctrl-s");
    let said = stand.recorded();
    assert!(said.answers.is_empty());
    assert_eq!(said.outcome, Some(CallOutcome::HungUp));
}

#[test]
fn answers_are_locked_until_the_text_was_read_to_its_end() {
    let mut stand = stand(|phone, _| phone.script = Some(script("en", 40)));
    stand.press("c p f").see(&["locked until this was read out", "Sentence 0"]);
    for key in ["y", "n", "l"] {
        stand.press(key).see(&["locked until the text was read out to its end"]);
    }
    let mut pages = 0;
    while !stand.robot.screen(80, 24).contains("This is the end of what must be told") {
        stand.press("space").not_see("Question 1");
        pages += 1;
        assert!(pages < 40);
    }
    assert!(pages > 3, "{pages} pages");
    stand.see(&["You may object."]);
    assert!(stand.kept().read_at.is_none());
    stand.press("space").see(&["Question 1 of 2"]);
    assert_eq!(stand.kept().read_at, Some(now()));
}

#[test]
fn what_somebody_else_says_counts_for_nothing() {
    let mut stand = stand(|_, _| {});
    stand.press("c s enter").see(&["who is it?"]).type_in("a colleague").press("enter");
    stand.see(&["Somebody else (a colleague)", "nobody can agree for another"]);
    stand.press("y n l space space").not_see("Question").not_see("Sentence");
    stand.press("h ctrl-s");
    let said = stand.recorded();
    assert_eq!((said.answered_by, said.relation.as_str()), (Answered::Other, "a colleague"));
    assert_eq!((said.outcome, said.answers.len()), (Some(CallOutcome::NotReached), 0));
    assert!(said.script.is_empty(), "nothing was read out");
}

#[test]
fn nobody_answers() {
    let mut stand = stand(|_, _| {});
    stand.press("c n").see(&["not reached"]).press("tab tab").type_in("+2h").press("ctrl-s");
    let said = stand.recorded();
    assert_eq!((said.answered_by, said.answered_at), (Answered::Nobody, None));
    assert_eq!(said.follow_up.unwrap().text, "Follow up");
}

#[test]
fn an_objection_stops_everything_at_once() {
    let mut stand = stand(|_, _| {});
    stand.at_the_questions().press("y").type_in("yes").press("enter");
    stand.press("o").see(&["ends this call and all direct marketing"]).press("enter").see(&["Recorded"]);
    let said = stand.recorded();
    assert_eq!(said.outcome, Some(CallOutcome::Objected));
    assert!(said.objection.is_some() && said.answers.is_empty(), "no yes to marketing outlives it");
}

#[test]
fn withdrawing_takes_no_more_keys_than_agreeing() {
    let mut stand = stand(|_, _| {});
    let agreeing = ["c", "p", "f", "space", "space", "y", "j", "a", "enter", "h", "ctrl-s"];
    for key in agreeing {
        stand.press(key);
    }
    assert_eq!(stand.recorded().answers[0].reply, Reply::Yes);
    let mut stand = self::stand(|_, _| {});
    let objecting = ["c", "p", "o", "enter"];
    for key in objecting {
        stand.press(key);
    }
    assert!(stand.recorded().objection.is_some());
    assert!(objecting.len() <= agreeing.len());
}

#[test]
fn a_wrong_number_takes_nothing_along() {
    let mut stand = stand(|_, _| {});
    stand.at_the_questions().press("y").type_in("yes").press("enter");
    stand
        .press("x")
        .see(&["belongs to somebody else"])
        .press("enter")
        .see(&["No answer was taken", "wrong number"]);
    // It was the right one after all: what was said is still there.
    stand.press("esc").see(&["Question 2 of 2"]).press("x enter ctrl-s");
    let said = stand.recorded();
    assert_eq!((said.outcome, said.answered_by), (Some(CallOutcome::WrongNumber), Answered::Other));
    assert!(said.answers.is_empty() && said.identity.is_empty() && said.read_at.is_none());
}

#[test]
fn the_person_wants_to_be_called_again() {
    let mut stand = stand(|_, _| {});
    stand.press("c p b").type_in("yesterday").press("enter").see(&["tomorrow 10:00"]);
    stand.press("ctrl-u").type_in("mon 14:30").press("enter").see(&["To be called back at 2026-11-23 14:30"]);
    stand.press("ctrl-s");
    assert_eq!(stand.recorded().call_back.unwrap().to_string(), "2026-11-23T14:30:00Z");
    assert_eq!(stand.recorded().outcome, Some(CallOutcome::CallBack));
}

#[test]
fn rights_are_taken_in_while_one_speaks() {
    let mut stand = stand(|_, _| {});
    stand.press("c e").see(&["say first who answered"]);
    stand.press("p a").see(&["asks for access"]).type_in("what do you hold").press("enter");
    stand.press("e").see(&["asks for erasure"]).press("enter a").see(&["noted already"]);
    let rights: Vec<Right> = stand.kept().requests.iter().map(|asked| asked.right).collect();
    assert_eq!(rights, [Right::Access, Right::Erasure]);
}

#[test]
fn a_withdrawal_elsewhere_is_seen_at_once_and_locks_the_question() {
    let mut stand = stand(|_, _| {});
    stand.at_the_questions().press("y").type_in("yes").press("enter");
    let line =
        |channel, state| BookLine { purpose: "sales".into(), channel, standing: standing(state, now()) };
    stand.phone.borrow_mut().book.lines =
        vec![line(Channel::Phone, State::Withdrawn), line(Channel::Email, State::Given)];
    stand.robot.elsewhere();
    stand.press("tab").see(&["withdrawn elsewhere at 10:00", "no yes can be recorded"]);
    assert!(stand.kept().answers.is_empty(), "the yes is gone");
    stand.press("y").see(&["no yes counts"]).not_see("YES is recorded");
    stand.press("n").type_in("no").press("enter");
    stand.press("y").type_in("mail is fine").press("enter");
    assert_eq!(stand.kept().answers.iter().map(|one| one.reply).collect::<Vec<_>>(), [Reply::No, Reply::Yes]);
}

#[test]
fn an_objection_elsewhere_ends_all_marketing_in_the_middle_of_a_sentence() {
    let mut stand = stand(|_, _| {});
    stand.at_the_questions().press("y").type_in("ye");
    stand.phone.borrow_mut().book.objected_at = Some(now());
    stand.robot.elsewhere();
    stand.see(&["objected to all marketing elsewhere"]).not_see("YES is recorded");
    stand.press("y").see(&["objected"]).not_see("YES is recorded");
    // The same when the store says it as an answer is kept.
    let mut stand =
        self::stand(|phone, _| phone.stopped = Some("the call must end: the person is withdrawn".into()));
    stand.press("c p").see(&["the call must end"]);
    stand.press("f space space space y").not_see("YES is recorded");
}

#[test]
fn without_script_or_identity_there_is_no_yes() {
    let mut stand = stand(|phone, _| phone.script = None);
    stand.press("c p f").see(&["Question 1 of 1"]).press("y").see(&["there is no script"]);
    stand.press("n").type_in("no").press("enter h ctrl-s");
    assert_eq!(stand.recorded().answers[0].reply, Reply::No);
    let mut stand = self::stand(|_, _| {});
    stand.press("c p u space space space y").see(&["it was not confirmed who speaks"]);
    stand.press("i v y").see(&["YES is recorded"]);
}

#[test]
fn another_language_begins_anew_and_never_with_answers() {
    let mut stand = stand(|_, _| {});
    stand.press("c p f space space L").see(&["1 en", "2 de"]).press("2");
    stand.see(&["sales-de@1 (de)", "Read out"]);
    assert_eq!(stand.phone.borrow().languages, [None, Some("de".to_owned())]);
    assert!(stand.kept().read_at.is_none() && stand.kept().script == "sales-de@1");
    stand
        .press("space space space y")
        .type_in("ja")
        .press("enter L")
        .see(&["answers were given to these words"]);
}

fn left(answers: usize) -> OpenCall {
    let mut said = CallAnswers::dialled("sales", now());
    if answers > 0 {
        said.answered_by = Answered::Person;
        said.answered_at = Some(now());
        said.identity = "voice known from earlier calls".into();
        said.read_at = Some(now());
        said.script = "sales-en@1".into();
        said.answers.push(crate::domain::answers::Answer {
            purpose: "sales".into(),
            channel: Channel::Phone,
            reply: Reply::Yes,
            words: "yes".into(),
            at: Some(now()),
            question: "May we call you?".into(),
            until: None,
            products: String::new(),
        });
    }
    OpenCall {
        call: Uuid::from_u128(55),
        contact: PERSON,
        name: "Anna Example".into(),
        purpose: "sales".into(),
        number: "+442079460001".into(),
        script: Some(script("en", 3)),
        list: None,
        begun_at: now(),
        until: now(),
        answers: Some(said),
        stopped: None,
    }
}

#[test]
fn a_call_that_was_left_goes_on_or_is_recorded_as_interrupted() {
    let mut stand = stand(|phone, _| phone.open = vec![left(1)]);
    stand.see(&["not recorded.", "One answer is kept", "r resume"]);
    insta::assert_snapshot!("left_80x24", stand.robot.screen(80, 24));
    stand.press("r").see(&["Question 2 of 2"]).press("n").type_in("no").press("enter h ctrl-s");
    assert_eq!((stand.recorded().id, stand.recorded().answers.len()), (Some(Uuid::from_u128(55)), 2));
    let mut stand = self::stand(|phone, _| phone.open = vec![left(1)]);
    stand.press("i").see(&["Recorded"]);
    let said = stand.recorded();
    assert!(said.interrupted && said.ended_at.is_none() && said.answers.len() == 1);
    let mut stand = self::stand(|phone, _| {
        let stopped = Some("the person is withdrawn".into());
        phone.open = vec![OpenCall { stopped, ..left(1) }];
    });
    stand.see(&["No yes of it counts any more"]).press("i");
    assert!(stand.recorded().answers.is_empty());
    let mut stand = self::stand(|phone, _| phone.open = vec![left(0)]);
    stand.press("d");
    assert_eq!((stand.asked("CallDrop"), stand.robot.closed()), (1, Some(None)));
}

#[test]
fn leaving_a_call_says_what_becomes_of_it() {
    let mut stand = stand(|_, _| {});
    stand
        .press("c esc")
        .see(&["The call is not over", "drop it"])
        .press("esc p esc d")
        .see(&["somebody answered"]);
    stand.press("k");
    assert_eq!(stand.robot.closed(), Some(None));
    assert!(stand.kept().answered_at.is_some());
    let mut stand = self::stand(|_, _| {});
    stand.press("c esc d");
    assert_eq!((stand.asked("CallDrop"), stand.robot.closed()), (1, Some(None)));
}

#[test]
fn what_the_store_refuses_is_said_and_nothing_is_lost() {
    let taken = || Some(Error::conflict("ben is calling this person at this moment"));
    let mut stand = stand(|phone, _| phone.refuses = taken());
    stand.press("c").see(&["ben is calling", "c call now"]);
    let mut stand = self::stand(|_, _| {});
    stand.at_the_questions().press("n").type_in("no").press("enter h").type_in("a note");
    stand.phone.borrow_mut().refuses = Some(Error::refused("the store is read-only"));
    stand.press("ctrl-s").see(&["the store is read-only", "a note"]);
    stand.press("ctrl-s").see(&["Recorded"]);
    assert_eq!((stand.recorded().note.as_str(), stand.recorded().answers.len()), ("a note", 1));
}

#[test]
fn the_own_program_dials_when_the_call_begins() {
    let mut stand = stand(|_, ctx| {
        ctx.calling = Calling {
            dial_command: vec!["sip".into(), "{number}".into()],
            shown_number: "+49 30 901820".into(),
        };
    });
    assert!(stand.robot.log.is_empty());
    stand.press("c");
    assert_eq!(stand.robot.log, ["dial sip +442079460001"]);
    stand.press("p");
    assert_eq!(stand.kept().shown_number, "+49 30 901820");
}

#[test]
fn another_purpose_is_another_question_to_the_rules() {
    let mut stand = stand(|_, _| {});
    stand.press("p");
    assert_eq!(stand.asked("CallCheck"), 2);
    stand.see(&["p purpose"]);
}

#[test]
fn it_fits_every_screen_there_is() {
    for (width, height) in [(40, 10), (60, 20), (80, 24), (120, 40), (200, 60)] {
        let mut stand = stand(|phone, _| phone.script = Some(script("en", 12)));
        for key in ["c", "p", "f", "space", "o", "esc", "b", "esc", "x", "enter"] {
            stand.robot.screen(width, height);
            stand.press(key);
        }
        let screen = stand.robot.screen(width, height);
        assert!(screen.contains("Outcome") || height < 12, "{width}×{height}:\n{screen}");
    }
}

#[test]
fn a_clock_runs_only_during_the_call() {
    let mut stand = stand(|_, _| {});
    assert!(!stand.robot.ticks());
    stand.press("c");
    assert!(stand.robot.ticks());
    stand.robot.ctx.now = Timestamp::from_millis(now().millis() + 75_000);
    stand.see(&["01:15"]).press("n");
    assert!(!stand.robot.ticks());
}

#[test]
fn what_the_person_gets_in_writing_is_seen_before_it_is_kept() {
    let mut stand = stand(|_, _| {});
    stand.at_the_questions().press("y").type_in("yes please").press("enter h");
    stand.see(&["In writing nothing"]).press("tab tab tab right");
    stand.see(&[
        "an e-mail",
        "to anna@example.com: What you told us",
        "You said: yes please",
        "No more messages",
    ]);
    insta::assert_snapshot!("written_80x24", stand.robot.screen(80, 24));
    stand
        .press("right")
        .see(&["a letter", "letter-en@1"])
        .press("right")
        .see(&["In writing nothing"])
        .not_see("You said");
    stand.press("right ctrl-s").see(&["Recorded."]);
    let kept = stand.recorded().confirmation.unwrap();
    assert_eq!(kept.by, "an e-mail to anna@example.com");
    assert!(kept.text.starts_with("What you told us\n\nYou said: yes please"), "{}", kept.text);
    stand.press("y");
    assert!(
        stand.robot.log.iter().any(|line| line.starts_with("copy What you told us")),
        "{:?}",
        stand.robot.log
    );
}

#[test]
fn an_age_is_made_sure_before_the_first_yes_and_no_birth_date_is_held() {
    let mut stand = stand(|phone, _| {
        for (question, age) in phone.script.as_mut().unwrap().questions.iter_mut().zip([16, 18]) {
            question.age = Some(age);
        }
    });
    stand.press("c p f space space space space").see(&["A yes counts from 16 years on"]);
    stand.press("y").see(&["A yes counts here from 16 years on", "Made sure by:"]);
    stand.press("enter").see(&["how was it made sure?"]);
    stand.type_in("born 3.4.1990").press("enter").see(&["no date of birth is held"]);
    stand.press("ctrl-u").type_in("said so").press("enter").see(&["YES is recorded"]);
    stand.type_in("yes").press("enter").see(&[
        "16+ checked",
        "Question 2 of 2",
        "A yes counts from 18 years on",
    ]);
    // A no asks for no age.
    stand.press("n").see(&["NO is recorded"]).press("esc");
    stand.press("y").see(&["from 18 years on"]).type_in("speaks for a company").press("enter");
    stand.type_in("yes").press("enter h ctrl-s");
    assert_eq!(stand.recorded().age, "18+ checked: speaks for a company");
}

#[test]
fn a_yes_may_be_about_some_products_only() {
    let mut stand = stand(|_, _| {});
    stand.press("c p f space space space space").see(&["g products"]);
    stand.press("g").see(&["Which products"]).type_in("grinders").press("enter").see(&["Products: grinders"]);
    stand.press("y").type_in("yes").press("enter y").type_in("yes").press("enter");
    // Also afterwards.
    stand.press("tab g").type_in(" and mills").press("enter h ctrl-s");
    let about: Vec<String> = stand.recorded().answers.into_iter().map(|one| one.products).collect();
    assert_eq!(about, ["grinders and mills", ""]);
}
