//! What the invented people said about being called and written to.

use crate::api::Said;
use crate::demo::tables::Tongue;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Way};
use crate::domain::edit::FieldEdit;
use crate::domain::time::Timestamp;

/// What the `at`th person said when the firm first spoke with them. Most said yes to calls, some no, some later; of a good
/// part nothing is recorded, as in any store: unknown is not yes.
pub(crate) fn said(at: usize, tongue: Tongue) -> Vec<Said> {
    let (yes, no, later) = match tongue {
        Tongue::De => {
            ("ja, rufen Sie gerne an", "nein, bitte keine Anrufe", "fragen Sie mich im Herbst noch einmal")
        }
        Tongue::Nl => ("ja, u mag me bellen", "nee, liever geen telefoontjes", "vraag het me later nog eens"),
        Tongue::Fr => ("oui, vous pouvez m'appeler", "non, pas d'appels", "demandez-moi plus tard"),
        Tongue::En => ("yes, do give me a call", "no calls, please", "ask me again later"),
    };
    let say = |kind, purpose, channel, words| Said {
        language: tongue.tag().parse().ok(),
        ..Said::new(kind, purpose, channel, Way::InPerson, words)
    };
    let keep = say(ConsentKind::Given, "sales", Channel::Storage, yes);
    match at % 10 {
        0..=4 => vec![keep, say(ConsentKind::Given, "sales", Channel::Phone, yes)],
        5 => vec![
            keep,
            say(ConsentKind::Given, "sales", Channel::Phone, yes),
            say(ConsentKind::Given, "newsletter", Channel::Email, yes),
        ],
        6 => vec![keep, say(ConsentKind::Refused, "sales", Channel::Phone, no)],
        7 => vec![say(ConsentKind::Deferred, "sales", Channel::Phone, later)],
        _ => Vec::new(),
    }
}

/// What somebody means to do about the `at`th person around today; for most nothing.
pub(crate) fn task(at: usize, today: Timestamp, owner: &str) -> Option<Vec<FieldEdit>> {
    const TEXTS: [(&str, &str); 4] = [
        ("call", "call back about the offer"),
        ("mail", "send the price list"),
        ("call", "ask how the first weeks went"),
        ("meeting", "arrange a tasting"),
    ];
    if at % 12 != 3 {
        return None;
    }
    let nth = at / 12;
    let (kind, text) = TEXTS[nth % TEXTS.len()];
    // From three days ago to a week ahead.
    Some(fields(kind, text, due(today, nth as i64 % 11 - 3, 9), owner))
}

/// What the owner means to do about the firm's first customers, one after another, whom nobody else looks after.
pub(crate) fn of_the_owner(today: Timestamp, owner: &str) -> Vec<Vec<FieldEdit>> {
    const WORK: [(&str, &str, i64, i64); 5] = [
        ("call", "call back: wants to hear about the new grinder", 0, 10),
        ("mail", "send the service contract for signature", 0, 12),
        ("call", "ask whether the repair went well", -1, 9),
        ("call", "thank for ten years, ask about the second branch", 0, 14),
        ("meeting", "tasting with the kitchen team", 2, 11),
    ];
    WORK.map(|(kind, text, day, hour)| fields(kind, text, due(today, day, hour), owner)).to_vec()
}

/// So many days from today, at this hour.
fn due(today: Timestamp, days: i64, hour: i64) -> Timestamp {
    let day = Timestamp::start_of(today.date()).millis() + days * 24 * 60 * 60 * 1000;
    Timestamp::from_millis(day + hour * 60 * 60 * 1000)
}

fn fields(kind: &str, text: &str, due: Timestamp, owner: &str) -> Vec<FieldEdit> {
    let mut fields = vec![
        FieldEdit::text("text", text),
        FieldEdit::text("kind", kind),
        FieldEdit::text("due", due.to_string()),
        FieldEdit::text("owner", owner),
    ];
    if kind == "call" {
        fields.push(FieldEdit::text("purpose", "sales"));
    }
    fields
}
