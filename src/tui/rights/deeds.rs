//! The forms by which a request is taken in, looked after and decided. The rules are the service's; what it would refuse
//! for want of a word is said here before it is sent.

use super::form::{Given, RightsForm, Slot, Wrong};
use crate::api::work::{RequestDecided, RequestView};
use crate::api::{
    Call, RequestAssign, RequestClose, RequestExtend, RequestIdentify, RequestOpen, RequestRefuse, Response,
};
use crate::domain::id::ContactId;
use crate::domain::request::{IdentityCheck, IdentityOutcome, Right};
use crate::domain::value::Day;

fn title(what: &str, one: &RequestView) -> String {
    format!("{what}: request {}, {}, {}", one.number, one.right.replace('_', " "), one.name)
}

/// A day that may be left out.
fn day(given: &Given, name: &'static str) -> Result<Option<Day>, Wrong> {
    let text = given.get(name);
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| (name, format!("`{text}` is no day; write it as 2026-01-31")))
}

/// A text that has to be there.
fn needed(given: &Given, name: &'static str, why: &str) -> Result<String, Wrong> {
    match given.get(name) {
        "" => Err((name, why.to_owned())),
        text => Ok(text.to_owned()),
    }
}

fn seen(response: Response) -> Option<(String, Vec<String>)> {
    let (one, what) = match response {
        Response::RequestOpen(one) => (one, "is taken in"),
        Response::RequestIdentify(one) => (one, "has a note on identity; its deadline runs on"),
        Response::RequestAssign(one) => {
            let what = match one.assigned.as_str() {
                "" => format!("request {} is nobody's", one.number),
                name => format!("request {} is {name}'s", one.number),
            };
            return Some((what, Vec::new()));
        }
        _ => return None,
    };
    let due = one.due.map(|day| format!("; due on {day}")).unwrap_or_default();
    Some((format!("request {} {what}{due}", one.number), Vec::new()))
}

fn decided(response: Response) -> Option<(String, Vec<String>)> {
    let (RequestDecided { request, letter, warnings }, what) = match response {
        Response::RequestExtend(decided) => {
            let until = decided.request.due.map(|day| format!(" to {day}")).unwrap_or_default();
            (decided, format!("is extended{until}"))
        }
        Response::RequestRefuse(decided) => (decided, "is refused".to_owned()),
        Response::RequestClose(decided) => (decided, "is answered and closed".to_owned()),
        _ => return None,
    };
    let letter = if letter.is_empty() { "" } else { "; the letter to the person stands at its end" };
    Some((format!("request {} {what}{letter}", request.number), warnings))
}

/// Takes in what a person asks for: a contact, or somebody who is none.
pub fn take_in(person: Option<(ContactId, &str)>) -> RightsForm {
    let mut slots = Vec::new();
    if person.is_none() {
        slots.push(Slot::text("person", "Person", "name and address of somebody who is no contact here"));
    }
    slots.extend([
        Slot::choice("right", "Asks for", Right::WORDS),
        Slot::text("words", "Words", "what the person wrote or said"),
        Slot::text("how", "How it came", "by call, mail, letter, in person"),
        Slot::text("received", "Received", "the day it came, such as 2026-01-31; today when empty"),
    ]);
    let contact = person.map(|(contact, _)| contact);
    let make = move |given: &Given| {
        let who = match contact {
            Some(_) => String::new(),
            None => needed(given, "person", "who asks? a name, and where to answer")?,
        };
        let right: Right = given
            .get("right")
            .parse()
            .map_err(|_| ("right", "what does the person ask for? left and right choose".to_owned()))?;
        let open = RequestOpen {
            contact,
            person: who,
            language: None,
            right,
            received: day(given, "received")?,
            how: given.get("how").to_owned(),
            words: given.get("words").to_owned(),
        };
        Ok(open.into_request())
    };
    let name = person.map_or("somebody who is no contact", |(_, name)| name);
    let about = "Whatever words were used: it counts from the day it came, and is answered within a month.";
    RightsForm::new(format!("Request of {name}"), about, slots, Box::new(make), seen)
}

/// Notes how it was made sure who asks.
pub fn identify(one: &RequestView) -> RightsForm {
    let slots = vec![
        Slot::choice("outcome", "Outcome", IdentityOutcome::WORDS),
        Slot::choice("method", "Made sure by", IdentityCheck::WORDS),
        Slot::text("on", "On", "the day, such as 2026-01-31; today when empty"),
    ];
    let number = one.number;
    let make = move |given: &Given| {
        let outcome: IdentityOutcome =
            given.get("outcome").parse().map_err(|_| ("outcome", "what came of it?".to_owned()))?;
        let method: Option<IdentityCheck> = given.get("method").parse().ok();
        if method.is_none() && outcome == IdentityOutcome::Confirmed {
            return Err(("method", "how was it made sure who asks?".to_owned()));
        }
        Ok(RequestIdentify { number, method, outcome, on: day(given, "on")? }.into_request())
    };
    let about = "It pauses no deadline. Copies of identity papers are not kept.";
    RightsForm::new(title("Identity", one), about, slots, Box::new(make), seen)
}

/// Extends the time to answer.
pub fn extend(one: &RequestView) -> RightsForm {
    let slots = vec![
        Slot::text("reason", "Reason", "as the person is told: complexity, or the number of requests"),
        Slot::text("told", "Told on", "when the person was told, such as 2026-01-31; today when empty"),
    ];
    let number = one.number;
    let make = move |given: &Given| {
        let reason = needed(given, "reason", "why? The person is told (Art. 12(3) GDPR)")?;
        Ok(RequestExtend { number, reason, told: day(given, "told")? }.into_request())
    };
    let about = "To three months in all, once, and only if the person is told within the first month.";
    RightsForm::new(title("Extend", one), about, slots, Box::new(make), decided)
}

/// Refuses a request.
pub fn refuse(one: &RequestView) -> RightsForm {
    let slots = vec![Slot::text("reason", "Reason", "as the person is told, with the remedies")];
    let number = one.number;
    let make = move |given: &Given| {
        let reason = needed(given, "reason", "why? The person is told (Art. 12(4) GDPR)")?;
        Ok(RequestRefuse { number, reason }.into_request())
    };
    let about = "It closes the request; the letter names the reason, the authority and the courts.";
    RightsForm::new(title("Refuse", one), about, slots, Box::new(make), decided)
}

/// Notes that a request was answered.
pub fn answered(one: &RequestView) -> RightsForm {
    let slots = vec![
        Slot::text("delivered_by", "Way it went", "letter, e-mail, in person"),
        Slot::text("sha256", "SHA-256", "of the answer, in hexadecimal digits; may be left out"),
    ];
    let number = one.number;
    let make = move |given: &Given| {
        let delivered_by = needed(given, "delivered_by", "which way did the answer go?")?;
        let sha256 = given.get("sha256").to_lowercase();
        Ok(RequestClose { number, delivered_by, delivered_at: None, sha256 }.into_request())
    };
    let about = "It notes that the answer goes out now, and closes the request.";
    RightsForm::new(title("Answered", one), about, slots, Box::new(make), decided)
}

/// Says who carries a request out.
pub fn assign(one: &RequestView) -> RightsForm {
    let slots = vec![Slot::text("user", "Carried out by", "a user's name, or me; nobody when empty")];
    let number = one.number;
    let make =
        move |given: &Given| Ok(RequestAssign { number, user: given.get("user").to_owned() }.into_request());
    RightsForm::new(title("Assign", one), "", slots, Box::new(make), seen)
}
