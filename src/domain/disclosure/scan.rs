//! Finding other persons in what somebody wrote: names, numbers and addresses.
//!
//! What the store knows of its other persons is asked for word by word, never by going through all of them, so that the
//! cost depends on the text and not on the store. Beside that are found: any number and address that is not the person's
//! own, and words after a title or a relation (`Frau Huber`, `his wife Maria`). What is found is proposed to be taken out;
//! somebody looks at it ([`super::redact`]).

use std::collections::BTreeSet;
use std::ops::Range;

use super::redact::{Found, Why};
use crate::domain::country::Country;
use crate::domain::fold;
use crate::domain::reach::{Email, Phone};

/// So much text is looked through for one answer, in bytes; what is beyond it is proposed to be taken out as a whole.
pub const MOST: usize = 2 << 20;

/// Words of a name that are looked up together.
const WORDS: usize = 4;

/// What is the person's own, or the controller's: no third person.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// Folded words of the person's names.
    pub words: BTreeSet<String>,
    /// E.164.
    pub phones: BTreeSet<String>,
    /// Folded.
    pub emails: BTreeSet<String>,
    /// For numbers without a country code.
    pub country: Option<Country>,
}

impl Own {
    /// Takes in a name of the person.
    pub fn name(&mut self, name: &str) {
        self.words.extend(fold::fold(name).split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
        self.words.extend(fold::expanded(name).iter().flat_map(|name| name.split(' ')).map(str::to_owned));
    }
}

/// What the store knows of others.
pub trait Others {
    /// Whether somebody else has this name: given name, space, family name, folded.
    fn person(&self, folded: &str) -> bool;
    /// Whether somebody who works here has this full name, folded.
    fn employee(&self, folded: &str) -> bool;
    /// Whether somebody else has this number, E.164.
    fn phone(&self, e164: &str) -> bool;
}

/// Titles after which a name follows, folded.
const TITLES: &[&str] = &[
    "dhr",
    "fraeulein",
    "frau",
    "frl",
    "fru",
    "heer",
    "herr",
    "herrn",
    "hr",
    "m",
    "madame",
    "mademoiselle",
    "meneer",
    "mevr",
    "mevrouw",
    "miss",
    "mlle",
    "mme",
    "monsieur",
    "mr",
    "mrs",
    "ms",
    "mw",
];

/// Degrees between a title and a name, folded.
const DEGREES: &[&str] = &["dr", "drs", "ing", "ir", "mag", "med", "prof"];

/// Relations after which a given name follows, folded.
const RELATIONS: &[&str] = &[
    "assistant",
    "assistente",
    "assistentin",
    "associe",
    "bro",
    "broer",
    "brother",
    "bruder",
    "chef",
    "chefin",
    "colleague",
    "collega",
    "collegue",
    "daughter",
    "dochter",
    "echtgenoot",
    "echtgenote",
    "ehefrau",
    "ehemann",
    "epouse",
    "father",
    "fils",
    "fille",
    "frere",
    "gatte",
    "gattin",
    "husband",
    "kollege",
    "kollegen",
    "kollegin",
    "lebensgefahrtin",
    "man",
    "mann",
    "mari",
    "mere",
    "moeder",
    "mother",
    "mutter",
    "partner",
    "partnerin",
    "pere",
    "schwager",
    "schwester",
    "secretaresse",
    "secretary",
    "sekretar",
    "sekretarin",
    "sister",
    "soeur",
    "sohn",
    "son",
    "tochter",
    "vader",
    "vater",
    "vrouw",
    "wife",
    "zoon",
    "zus",
];

struct Word<'t> {
    range: Range<usize>,
    text: &'t str,
    folded: String,
}

impl Word<'_> {
    fn is_capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// What in a text may tell of another person, in order; nothing overlaps.
pub fn others(text: &str, own: &Own, known: &dyn Others) -> Vec<(Range<usize>, Found, Why)> {
    let mut found = addresses(text, own);
    numbers(text, own, known, &mut found);
    names(text, own, known, &mut found);
    found.sort_by_key(|(range, _, _)| range.start);
    found
}

fn is_taken(found: &[(Range<usize>, Found, Why)], range: &Range<usize>) -> bool {
    found.iter().any(|(one, _, _)| one.start < range.end && range.start < one.end)
}

fn addresses(text: &str, own: &Own) -> Vec<(Range<usize>, Found, Why)> {
    let local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let domain = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let mut found: Vec<(Range<usize>, Found, Why)> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let start =
            before.char_indices().rev().take_while(|(_, c)| local(*c)).last().map_or(at, |(at, _)| at);
        let length: usize = after.chars().take_while(|c| domain(*c)).map(char::len_utf8).sum();
        let whole = text[start..at + 1 + length].trim_end_matches(['.', '-']);
        let trimmed = whole.trim_start_matches(['\'', '/', '.', '=']);
        let range = start + whole.len() - trimmed.len()..start + whole.len();
        let Ok(email) = Email::parse(trimmed) else { continue };
        if !own.emails.contains(&email.folded()) && !is_taken(&found, &range) {
            found.push((range, Found::Email, Why::ThirdPerson));
        }
    }
    found
}

/// Whether it is a day as people write it: 31.01.2026, 31/1/26, 2026-01-31.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['.', '/', '-']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        && matches!(lengths[..], [1 | 2, 1 | 2, 2 | 4] | [4, 1 | 2, 1 | 2])
}

fn numbers(text: &str, own: &Own, known: &dyn Others, found: &mut Vec<(Range<usize>, Found, Why)>) {
    let part = |c: char| c.is_ascii_digit() || " -/().\u{a0}\u{2011}".contains(c);
    let mut from = 0;
    while let Some(next) = text[from..].find(|c: char| c == '+' || c.is_ascii_digit() || c == '(') {
        let start = from + next;
        let first = text[start..].chars().next().map_or(1, char::len_utf8);
        let length: usize = text[start + first..].chars().take_while(|c| part(*c)).map(char::len_utf8).sum();
        let run = &text[start..start + first + length];
        if run.starts_with('(') && !run.contains(')') {
            from = start + 1;
            continue;
        }
        let run = run.trim_end_matches(|c: char| !c.is_ascii_digit());
        from = start + run.len().max(first);
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        // Part of a word, such as an order number, is none.
        let inside = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
        let longer = text[from..].chars().next().is_some_and(char::is_alphabetic);
        if inside || longer || !(6..=17).contains(&digits) || is_day(run) {
            continue;
        }
        let Ok(phone) = Phone::parse(run, own.country) else { continue };
        let written_so = run.starts_with(['+', '0']) || run.starts_with("(0");
        let range = start..start + run.len();
        if (written_so || known.phone(phone.e164()))
            && !own.phones.contains(phone.e164())
            && !is_taken(found, &range)
        {
            found.push((range, Found::Phone, Why::ThirdPerson));
        }
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let inside =
        |c: char| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | '\u{2010}' | '\u{2011}') || is_mark(c);
    let mut all = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, inside(c)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                let word = text[from..at].trim_matches(|c: char| !c.is_alphabetic());
                if !word.is_empty() {
                    let from = from + text[from..at].find(word).unwrap_or(0);
                    all.push(Word { range: from..from + word.len(), text: word, folded: fold::fold(word) });
                }
                start = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    all
}

/// A mark that combines with the letter before it.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}') || crate::domain::text::is_invisible(c)
}

/// A folded name in which an umlaut was written out: `mueller` for `muller`.
fn contracted(folded: &str) -> Option<String> {
    let short = folded.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    (short != folded).then_some(short)
}

/// The orders in which a name may be written, given name first: as it stands, and with the family name in front.
fn spellings(folded: &[&str]) -> Vec<String> {
    let mut all = vec![folded.join(" ")];
    if let [family, given @ ..] = folded
        && !given.is_empty()
    {
        all.push(format!("{} {family}", given.join(" ")));
    }
    let short: Vec<String> = all.iter().filter_map(|name| contracted(name)).collect();
    all.extend(short);
    all
}

fn names(text: &str, own: &Own, known: &dyn Others, found: &mut Vec<(Range<usize>, Found, Why)>) {
    let words = words(text);
    let gap = |one: &Word<'_>, next: &Word<'_>| {
        let between = &text[one.range.end..next.range.start];
        between.chars().all(|c| c.is_whitespace() || c == ',' || c == '.') && between.len() <= 3
    };
    let mut parts: BTreeSet<String> = BTreeSet::new();
    let mut at = 0;
    while at < words.len() {
        let mut run = 1;
        while run < WORDS && at + run < words.len() && gap(&words[at + run - 1], &words[at + run]) {
            run += 1;
        }
        let hit = (2..=run).rev().find_map(|count| {
            let slice = &words[at..at + count];
            let folded: Vec<&str> = slice.iter().map(|word| word.folded.as_str()).collect();
            if folded.iter().all(|word| own.words.contains(*word)) {
                return Some((count, None));
            }
            let spelled = spellings(&folded);
            if spelled.iter().any(|name| known.employee(name)) {
                return Some((count, Some(Why::Employee)));
            }
            spelled.iter().any(|name| known.person(name)).then_some((count, Some(Why::ThirdPerson)))
        });
        match hit {
            Some((count, why)) => {
                let range = words[at].range.start..words[at + count - 1].range.end;
                if let Some(why) = why
                    && !is_taken(found, &range)
                {
                    parts.extend(words[at..at + count].iter().map(|word| word.folded.clone()));
                    found.push((range, Found::Name, why));
                }
                at += count;
            }
            None => {
                called(&words, at, text, own, found, &mut parts);
                at += 1;
            }
        }
    }
    // Whoever was named in full is often named again by one word.
    for word in words.iter().filter(|word| word.is_capital() && word.folded.len() > 2) {
        if parts.contains(&word.folded) && !own.words.contains(&word.folded) && !is_taken(found, &word.range)
        {
            found.push((word.range.clone(), Found::Name, Why::ThirdPerson));
        }
    }
}

/// A name after a title or a relation.
fn called(
    words: &[Word<'_>],
    at: usize,
    text: &str,
    own: &Own,
    found: &mut Vec<(Range<usize>, Found, Why)>,
    parts: &mut BTreeSet<String>,
) {
    let Some(word) = words.get(at) else { return };
    let title = TITLES.contains(&word.folded.as_str());
    if !title && !RELATIONS.contains(&word.folded.as_str()) {
        return;
    }
    let near = |one: &Word<'_>, next: &Word<'_>| {
        let between = &text[one.range.end..next.range.start];
        !between.contains(['\n', ',', ';', ':'])
            && between.chars().all(|c| c.is_whitespace() || c == '.')
            && between.len() <= 2
    };
    let mut next = at + 1;
    while let (Some(before), Some(word)) = (words.get(next - 1), words.get(next)) {
        if !near(before, word) || !DEGREES.contains(&word.folded.as_str()) {
            break;
        }
        next += 1;
    }
    let mut end = next;
    while let (Some(before), Some(word)) = (words.get(end - 1), words.get(end)) {
        if !near(before, word) || !word.is_capital() || end - next == if title { 2 } else { 1 } {
            break;
        }
        // A full stop ends the sentence, but for one after a degree or title.
        if end > next && text[before.range.end..word.range.start].contains('.') {
            break;
        }
        end += 1;
    }
    let Some(name) = words.get(next..end).filter(|name| !name.is_empty()) else { return };
    if name.iter().any(|word| own.words.contains(&word.folded)) {
        return;
    }
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return };
    let range = first.range.start..last.range.end;
    if !is_taken(found, &range) {
        parts.extend(name.iter().map(|word| word.folded.clone()));
        found.push((range, Found::Name, Why::ThirdPerson));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Known;

    impl Others for Known {
        fn person(&self, folded: &str) -> bool {
            ["peter muller", "jan de vries", "eva lang"].contains(&folded)
        }
        fn employee(&self, folded: &str) -> bool {
            folded == "lena winter"
        }
        fn phone(&self, e164: &str) -> bool {
            e164 == "+4930901821"
        }
    }

    fn own() -> Own {
        let mut own = Own { country: "DE".parse().ok(), ..Own::default() };
        own.name("Anna Schöne");
        own.phones.insert("+4930901820".into());
        own.emails.insert("anna@example.com".into());
        own
    }

    fn found(text: &str) -> Vec<(&str, Why)> {
        others(text, &own(), &Known).into_iter().map(|(range, _, why)| (&text[range], why)).collect()
    }

    fn names_in(text: &str) -> Vec<&str> {
        found(text).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn others_are_found_however_they_are_written() {
        for (text, want) in [
            ("met with peter müller yesterday", vec!["peter müller"]),
            ("Mueller, Peter calls back", vec!["Mueller, Peter"]),
            ("PETER MU\u{308}LLER", vec!["PETER MU\u{308}LLER"]),
            ("Jan de Vries and Eva Lang", vec!["Jan de Vries", "Eva Lang"]),
            ("Peter Müller rief an. Müller will mehr.", vec!["Peter Müller", "Müller"]),
            ("sprach mit Frau Dr. Huber.", vec!["Huber"]),
            ("her husband Tom answered", vec!["Tom"]),
            ("demandez Mme Petit", vec!["Petit"]),
            ("write to tom@example.net.", vec!["tom@example.net"]),
            ("<tom@example.net>, anna@example.com", vec!["tom@example.net"]),
            ("or 030 90 18 99, not 030 901820", vec!["030 90 18 99"]),
            ("call +49 30 901-899!", vec!["+49 30 901-899"]),
            ("(030 901899, later)", vec!["030 901899"]),
            ("(030) 901899", vec!["(030) 901899"]),
            ("30901821", vec!["30901821"]),
        ] {
            assert_eq!(names_in(text), want, "{text}");
        }
        assert_eq!(found("Lena Winter wrote this"), [("Lena Winter", Why::Employee)]);
    }

    #[test]
    fn the_person_and_what_is_nobody_is_left_alone() {
        for text in [
            "Anna Schöne, Frau Schoene, Schöne Anna",
            "call 030/901820 or anna@example.com",
            "on 31.01.2026, 2026-01-31, at 09:30, order 0815, 12 pieces at 1 000",
            "Frau am Telefon",
            "invoice RE0301234567",
            "the man said no",
            "",
        ] {
            assert_eq!(names_in(text), Vec::<&str>::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "(\\PC|[ \n.,@+0-9()]|Frau |Peter |Müller |e\u{301}|\u{202e}|@|0049 ){0,60}") {
            let found = others(&text, &own(), &Known);
            for pair in found.windows(2) {
                prop_assert!(pair[0].0.end <= pair[1].0.start, "{:?}", found);
            }
            for (range, _, _) in found {
                prop_assert!(!text[range].is_empty());
            }
        }
    }
}
