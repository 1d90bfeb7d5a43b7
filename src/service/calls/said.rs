//! What is handed in about a call, checked by itself: texts that fit, times in their order, and answers that can be ones.
//!
//! An error names the place in what was handed in: `answers[0].words`.

use crate::api::Error;
use crate::domain::answers::{CallAnswers, LONGEST, MOST_ANSWERS, Reply};
use crate::domain::call::{Answered, CallOutcome};
use crate::domain::consent::LATE_AFTER;
use crate::domain::time::Timestamp;
use crate::domain::value::{Kind, MAX_ITEMS};
use crate::service::ledger::check_time;

/// An error at a place of what was handed in.
pub fn refuse(path: impl AsRef<str>, why: impl std::fmt::Display) -> Error {
    Error::refused(format!("{}: {why}", path.as_ref())).at(path.as_ref())
}

fn fits(path: &str, kind: Kind, text: &str) -> Result<(), Error> {
    kind.parse(text, None).map(drop).map_err(|why| Error::usage(format!("{path}: {why}")).at(path))
}

/// Checks that every text can be stored.
pub fn check_texts(call: &CallAnswers) -> Result<(), Error> {
    for (path, text) in [
        ("purpose", &call.purpose),
        ("number", &call.number),
        ("shown_number", &call.shown_number),
        ("on_behalf_of", &call.on_behalf_of),
        ("relation", &call.relation),
        ("identity", &call.identity),
        ("zone", &call.zone),
        ("script", &call.script),
        ("wording_sha256", &call.wording_sha256),
        ("age", &call.age),
    ] {
        fits(path, Kind::Text, text)?;
    }
    fits("note", Kind::LongText, &call.note)?;
    if call.answers.len() > MOST_ANSWERS {
        return Err(Error::usage(format!(
            "answers: {} are more than the {MOST_ANSWERS} of a call",
            call.answers.len()
        ))
        .at("answers"));
    }
    for (at, answer) in call.answers.iter().enumerate() {
        fits(&format!("answers[{at}].purpose"), Kind::Text, &answer.purpose)?;
        fits(&format!("answers[{at}].words"), Kind::LongText, &answer.words)?;
        fits(&format!("answers[{at}].question"), Kind::LongText, &answer.question)?;
        fits(&format!("answers[{at}].products"), Kind::Text, &answer.products)?;
    }
    if let Some(objection) = &call.objection {
        fits("objection.words", Kind::LongText, &objection.words)?;
    }
    if call.requests.len() > MAX_ITEMS {
        return Err(Error::usage(format!("requests: {} are too many", call.requests.len())).at("requests"));
    }
    for (at, asked) in call.requests.iter().enumerate() {
        fits(&format!("requests[{at}].words"), Kind::LongText, &asked.words)?;
    }
    if let Some(follow) = &call.follow_up {
        fits("follow_up.text", Kind::Text, &follow.text)?;
    }
    if let Some(confirmation) = &call.confirmation {
        fits("confirmation.text", Kind::LongText, &confirmation.text)?;
        fits("confirmation.by", Kind::Text, &confirmation.by)?;
    }
    Ok(())
}

/// The moments of a call, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub started: Timestamp,
    /// When it was over, or the last that is known of it.
    pub ended: Timestamp,
    pub late: bool,
}

/// Checks that the times follow each other and none lies ahead.
fn times(call: &CallAnswers, now: Timestamp) -> Result<Times, Error> {
    let started = call.started_at;
    check_time(started, now).map_err(|error| at("started_at", error))?;
    let mut last = ("started_at".to_owned(), started);
    let mut answers: Vec<(String, Timestamp)> = Vec::new();
    for (index, answer) in call.answers.iter().enumerate() {
        answers.extend(answer.at.map(|moment| (format!("answers[{index}].at"), moment)));
    }
    answers.extend(call.objection.as_ref().and_then(|one| one.at).map(|at| ("objection.at".to_owned(), at)));
    // Questions may be answered in any order, but all of them between being read out and the end.
    answers.sort_by_key(|(_, at)| *at);
    let steps =
        [("answered_at", call.answered_at)].into_iter().filter_map(|(path, at)| Some((path.to_owned(), at?)));
    let ended = call.ended_at.map(|at| ("ended_at".to_owned(), at));
    for (path, moment) in steps.chain(answers).chain(ended) {
        check_time(moment, now).map_err(|error| at(&path, error))?;
        if moment < last.1 {
            return Err(refuse(&path, format!("{moment} is before {} ({})", last.0, last.1)));
        }
        last = (path, moment);
    }
    if let Some(read) = call.read_at {
        check_time(read, now).map_err(|error| at("read_at", error))?;
        if read < call.answered_at.unwrap_or(started) {
            return Err(refuse("read_at", "the script was read out before anybody answered"));
        }
        if call.ended_at.is_some_and(|ended| read > ended) {
            return Err(refuse("read_at", "the script was read out after the call was over"));
        }
    }
    if call.ended_at.is_none() && !call.interrupted {
        return Err(refuse("ended_at", "it is not told when the call was over")
            .hint("only an interrupted call may lack its end"));
    }
    let ended = last.1.max(call.read_at.unwrap_or(started));
    if ended.millis() - started.millis() > LONGEST {
        return Err(refuse("ended_at", format!("no call lasts from {started} to {ended}")));
    }
    Ok(Times { started, ended, late: now.millis() - ended.millis() > LATE_AFTER })
}

/// The error of a check elsewhere, at a place of what was handed in.
pub fn at(path: &str, error: Error) -> Error {
    Error { message: format!("{path}: {}", error.message), field: Some(path.to_owned()), ..error }
}

/// Checks everything that needs nothing but what was handed in.
pub fn check(call: &CallAnswers, now: Timestamp) -> Result<Times, Error> {
    check_texts(call)?;
    if call.purpose.trim().is_empty() {
        return Err(Error::usage("purpose: it is not told what the call was for").at("purpose"));
    }
    let times = times(call, now)?;
    let outcome = call.outcome_or_follows();
    match call.answered_by {
        Answered::Person => {
            if call.answered_at.is_none() {
                return Err(refuse("answered_at", "it is not told when the person answered"));
            }
        }
        Answered::Other => {
            if let Some(index) = call.answers.iter().position(|_| true) {
                return Err(refuse(
                    format!("answers[{index}]"),
                    "somebody else answered: what they say counts for nothing",
                )
                .hint("leave the answers out; ask when the person can be reached"));
            }
        }
        Answered::Nobody => {
            let spoke = [
                ("answers", !call.answers.is_empty()),
                ("objection", call.objection.is_some()),
                ("requests", !call.requests.is_empty()),
                ("read_at", call.read_at.is_some()),
                ("identity", !call.identity.trim().is_empty()),
            ];
            if let Some((path, _)) = spoke.into_iter().find(|(_, spoke)| *spoke) {
                return Err(refuse(path, "nobody answered, so nothing was said"));
            }
            if outcome == CallOutcome::Reached {
                return Err(refuse("outcome", "nobody answered, so nobody was reached"));
            }
        }
    }
    match outcome {
        CallOutcome::WrongNumber if !call.answers.is_empty() => {
            return Err(refuse(
                "answers",
                "the number belongs to somebody else: what they say counts for nothing",
            ));
        }
        CallOutcome::Objected if call.objection.is_none() => {
            return Err(refuse("objection", "the person objected: say in which words"));
        }
        CallOutcome::CallBack if call.call_back.is_none() => {
            return Err(refuse("call_back", "it is not told when the person wants to be called"));
        }
        CallOutcome::Reached
        | CallOutcome::NotReached
        | CallOutcome::WrongNumber
        | CallOutcome::CallBack
        | CallOutcome::Objected
        | CallOutcome::HungUp => {}
    }
    if call.call_back.is_some_and(|back| back <= times.started) {
        return Err(refuse("call_back", "the person is to be called again before this call"));
    }
    for (index, one) in call.answers.iter().enumerate() {
        let path = |field: &str| format!("answers[{index}].{field}");
        if one.words.trim().is_empty() {
            return Err(refuse(path("words"), "an answer without the person's own words proves nothing"));
        }
        let twice = |other: &crate::domain::answers::Answer| {
            (other.purpose.trim(), other.channel) == (one.purpose.trim(), one.channel)
        };
        if call.answers.iter().take(index).any(twice) {
            return Err(refuse(
                format!("answers[{index}]"),
                format!("`{}` by {} was answered twice", one.purpose.trim(), one.channel),
            ));
        }
        if one.reply != Reply::Yes {
            continue;
        }
        if call.identity.trim().is_empty() {
            return Err(refuse("identity", "a yes counts only when it was confirmed who spoke")
                .hint("say how: the full name and the company, a call back to a known number"));
        }
        if call.script.trim().is_empty() {
            return Err(refuse(
                "script",
                "a yes counts only to what was read out: name the script, as NAME@VERSION",
            ));
        }
        let Some(read) = call.read_at else {
            return Err(refuse("read_at", "a yes counts only after the script was read to its end"));
        };
        let said = one.at.unwrap_or(times.ended);
        if said < read {
            return Err(refuse(
                path("at"),
                format!("the yes was said at {said}, before the script had been read out ({read})"),
            ));
        }
    }
    Ok(times)
}
