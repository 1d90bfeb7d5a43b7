//! The preferences page (R32): a person's data and choices as one HTML file, whose answer is a file that the store takes in.
//!
//! The page needs nothing from anywhere: no network, no other file. Its content security policy allows the one script and the
//! one style sheet in it, by their hashes, so that nothing that data could smuggle in would run; and all data are escaped. It
//! can be read, printed and filled in by hand without scripts; the script alone makes the answer file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::domain::consent::State;
use crate::domain::preferences::{ASKED, FORMAT, Form};
use crate::domain::text::neutralise;
use crate::domain::wording::letter::right_in;
use crate::domain::wording::sentence::Tongue;

const STYLE: &str = include_str!("../../assets/preferences/page.css");
const SCRIPT: &str = include_str!("../../assets/preferences/page.js");
const TEXTS: &str = include_str!("../../assets/preferences/texts.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    title: String,
    intro: String,
    until: String,
    your_data: String,
    field: String,
    now: String,
    right: String,
    consents: String,
    no_consents: String,
    withdraw: String,
    object: String,
    ask: String,
    words: String,
    save: String,
    saved: String,
    nothing: String,
    print: String,
    rights: String,
    authority: String,
    signature: String,
    state: States,
    /// By the names of fields; others are called what the store calls them.
    fields: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct States {
    given: String,
    asserted: String,
    refused: String,
    withdrawn: String,
    objected: String,
    expired: String,
    pending: String,
    other: String,
}

static ALL: LazyLock<BTreeMap<Tongue, Texts>> = LazyLock::new(|| {
    // A test reads the file; if it could not be read there would be no page.
    toml::from_str(TEXTS).unwrap_or_default()
});

/// A text that means nothing in HTML, in an element or an attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in neutralise(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The same of a text of several lines.
fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("<br>")
}

/// The source that a content security policy allows, by its hash.
fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", BASE64.encode(Sha256::digest(text.as_bytes())))
}

impl States {
    fn of(&self, state: State) -> &str {
        match state {
            State::Given => &self.given,
            State::Asserted => &self.asserted,
            State::Refused => &self.refused,
            State::Withdrawn | State::Revoked => &self.withdrawn,
            State::Objected => &self.objected,
            State::Expired | State::Invalidated => &self.expired,
            State::Pending => &self.pending,
            State::Unknown | State::Requested | State::Deferred => &self.other,
        }
    }
}

/// The page of a form. `key` is what its answer is authenticated by, in hexadecimal digits: whoever has the page can answer.
pub fn page(form: &Form, key: &str) -> String {
    let Some(texts) = ALL.get(&form.tongue) else { return String::new() };
    // What is filled in is escaped first, so the holes are filled in escaped words.
    let fill = |text: &str, hole: &str, value: &str| escape(text).replace(hole, &escape(value));
    let contact = if form.contact.trim().is_empty() { &form.address } else { &form.contact };
    let contact = contact.lines().collect::<Vec<_>>().join(", ");
    let mut out = String::with_capacity(16 << 10);
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash_source(SCRIPT),
        hash_source(STYLE)
    );
    out.push_str(&format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n",
        form.tongue,
        escape(&texts.title)
    ));
    out.push_str(&format!(
        "<body data-format=\"{FORMAT}\" data-invitation=\"{}\" data-key=\"{}\" data-nothing=\"{}\" data-saved=\"{}\">\n",
        form.invitation,
        escape(key),
        escape(&texts.nothing),
        fill(&texts.saved, "{contact}", &contact)
    ));
    out.push_str(&format!(
        "<p class=\"quiet\">{}<br>{}</p>\n<p>{}</p>\n<h1>{}</h1>\n<p>{}</p>\n<p>{}</p>\n",
        escape(&form.controller),
        escape_lines(&form.address),
        escape(&form.person),
        escape(&texts.title),
        fill(&texts.intro, "{controller}", &form.controller),
        fill(&texts.until, "{until}", &form.until)
    ));
    out.push_str(&format!(
        "<h2>{}</h2>\n<table>\n<thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead>\n<tbody>\n",
        escape(&texts.your_data),
        escape(&texts.field),
        escape(&texts.now),
        escape(&texts.right)
    ));
    for line in &form.lines {
        let label = escape(texts.fields.get(&line.field).unwrap_or(&line.label));
        out.push_str(&format!(
            "<tr><th scope=\"row\">{label}</th><td>{}</td><td><input type=\"text\" maxlength=\"1000\" data-field=\"{}\" aria-label=\"{label}: {}\"></td></tr>\n",
            escape_lines(&line.value),
            escape(&line.field),
            escape(&texts.right)
        ));
    }
    out.push_str(&format!("</tbody>\n</table>\n<h2>{}</h2>\n", escape(&texts.consents)));
    if form.consents.is_empty() {
        out.push_str(&format!("<p>{}</p>\n", escape(&texts.no_consents)));
    } else {
        out.push_str("<table>\n<tbody>\n");
        for one in &form.consents {
            let tick = if one.state.allows() {
                format!(
                    "<label><input type=\"checkbox\" data-purpose=\"{}\" data-channel=\"{}\"> {}</label>",
                    escape(&one.purpose),
                    one.channel,
                    escape(&texts.withdraw)
                )
            } else {
                String::new()
            };
            out.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}, {}</td><td>{tick}</td></tr>\n",
                escape(&one.title),
                escape(form.tongue.reached(one.channel)),
                escape(texts.state.of(one.state))
            ));
        }
        out.push_str("</tbody>\n</table>\n");
    }
    out.push_str(&format!(
        "<label><input type=\"checkbox\" id=\"object\"> {}</label>\n<h2>{}</h2>\n",
        escape(&texts.object),
        escape(&texts.ask)
    ));
    for right in ASKED {
        out.push_str(&format!(
            "<label><input type=\"checkbox\" data-right=\"{right}\"> {}</label>\n",
            escape(right_in(form.tongue, right))
        ));
    }
    out.push_str(&format!(
        "<h2><label for=\"words\">{}</label></h2>\n<textarea id=\"words\" rows=\"5\" maxlength=\"9000\"></textarea>\n\
         <p><button id=\"save\" type=\"button\" hidden>{}</button></p>\n<p id=\"said\" role=\"status\"></p>\n<p>{}</p>\n<p class=\"signature\">{}</p>\n",
        escape(&texts.words),
        escape(&texts.save),
        fill(&texts.print, "{contact}", &contact),
        escape(&texts.signature)
    ));
    let authority = match form.authority.trim() {
        "" => String::new(),
        name => fill(&texts.authority, "{name}", name),
    };
    out.push_str(&format!("<p class=\"quiet\">{}", escape(&texts.rights).replace("{authority}", &authority)));
    if !form.dpo.trim().is_empty() {
        out.push_str(&format!("<br>{}", escape_lines(&form.dpo)));
    }
    out.push_str(&format!("</p>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"));
    out
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::channel::Channel;
    use crate::domain::preferences::{Agreed, Line};
    use crate::domain::request::Right;
    use crate::domain::time::Timestamp;

    const HOSTILE: &str =
        "\"><script>alert('x')</script><img src=x onerror=alert(1)>{contact}{until}\u{202e}\u{1b}[31m";

    fn form(tongue: Tongue, words: &str) -> Form {
        let text = || words.to_owned();
        Form {
            invitation: Uuid::from_u128(7),
            tongue,
            expires: Timestamp::from_millis(0),
            until: "2027-03-01".into(),
            controller: text(),
            address: text(),
            contact: text(),
            dpo: text(),
            authority: text(),
            person: text(),
            lines: vec![
                Line { field: "phones".into(), label: "Phones".into(), value: text() },
                Line { field: text(), label: text(), value: text() },
            ],
            consents: vec![
                Agreed { purpose: text(), title: text(), channel: Channel::Email, state: State::Given },
                Agreed {
                    purpose: "sales".into(),
                    title: text(),
                    channel: Channel::Phone,
                    state: State::Refused,
                },
            ],
        }
    }

    /// The page without its own script and style, which have no data in them.
    fn without_own(page: &str) -> String {
        assert_eq!((page.matches(SCRIPT).count(), page.matches(STYLE).count()), (1, 1));
        page.replace(SCRIPT, "").replace(STYLE, "")
    }

    #[test]
    fn every_language_has_every_word() {
        let all: BTreeMap<Tongue, Texts> = toml::from_str(TEXTS).unwrap();
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), Tongue::ALL);
        let names: Vec<&String> = all[&Tongue::En].fields.keys().collect();
        for (tongue, texts) in &all {
            assert_eq!(texts.fields.keys().collect::<Vec<_>>(), names, "{tongue}");
            for (text, hole) in [
                (&texts.intro, "{controller}"),
                (&texts.until, "{until}"),
                (&texts.saved, "{contact}"),
                (&texts.print, "{contact}"),
                (&texts.rights, "{authority}"),
                (&texts.authority, "{name}"),
            ] {
                assert!(text.contains(hole), "{tongue}: {text}");
            }
            let page = page(&form(*tongue, "Muster"), "00");
            assert!(
                page.contains(&format!("<html lang=\"{tongue}\">")) && page.contains(&escape(&texts.title))
            );
            for right in Right::ALL {
                assert_eq!(
                    page.contains(&format!("data-right=\"{right}\"")),
                    ASKED.contains(right),
                    "{right}"
                );
            }
        }
    }

    #[test]
    fn hostile_data_stay_words() {
        for tongue in Tongue::ALL {
            let page = page(&form(*tongue, HOSTILE), HOSTILE);
            let rest = without_own(&page);
            assert_eq!((rest.matches("<script").count(), rest.matches("</script").count()), (1, 1), "{rest}");
            for bad in ["<img", "onerror=alert(1)>", "\u{202e}", "\u{1b}"] {
                assert!(!rest.contains(bad), "{bad:?} in {rest}");
            }
            assert!(rest.contains("&lt;img src=x onerror=alert(1)&gt;"), "{rest}");
            // Each attribute ends where it should: as many quotes as attributes have.
            assert_eq!(rest.matches('"').count() % 2, 0);
        }
    }

    #[test]
    fn the_page_needs_nothing_from_anywhere_and_runs_nothing_else() {
        let page = page(&form(Tongue::De, "Muster"), "00");
        let rest = without_own(&page);
        for bad in ["http:", "https:", "src=", "href=", "@import", "url(", "fetch", " on", "<form"] {
            let found = rest.matches(bad).count();
            assert_eq!(found, 0, "{bad}: {rest}");
        }
        for bad in
            ["http", "fetch(", "XMLHttp", "WebSocket", "sendBeacon", "eval(", "innerHTML", "localStorage"]
        {
            assert!(!SCRIPT.contains(bad), "{bad}");
        }
        assert!(page.contains("default-src 'none'") && page.contains(&hash_source(SCRIPT)));
        assert!(!SCRIPT.contains("</") && !STYLE.contains("</"), "nothing in them ends them early");
        // A consent that holds can be taken back; there is nothing to tick that would give one.
        assert_eq!(page.matches("data-purpose=").count(), 1);
        assert!(page.contains("hidden>"), "without scripts there is no button that does nothing");
    }
}
