//! Data that is refused by its name (R8, R9): in columns of imports, in custom fields, in properties of a vCard.
//!
//! The words are data, `assets/forbidden.tsv`, in the four languages of the product. A name is compared word by word,
//! without case, accents and separators, so that `Geburts-Datum`, `geburtsdatum` and `DATE_OF_BIRTH` are all seen.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// A kind of data that is not held, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forbidden {
    /// The word for it in reports: `religion`.
    pub kind: &'static str,
    /// The rule that forbids it.
    pub why: &'static str,
}

struct Pattern {
    words: Vec<String>,
    /// Also found inside a longer word, as German and Dutch build them.
    inside: bool,
    forbidden: Forbidden,
}

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    for line in include_str!("../../assets/forbidden.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(kind), Some(why)) = (columns.next(), columns.next()) else { continue };
        for word in columns.flat_map(|column| column.split('|')) {
            let inside = word.starts_with('*');
            let words = words_of(word.trim_start_matches('*'));
            if !words.is_empty() {
                patterns.push(Pattern { words, inside, forbidden: Forbidden { kind, why } });
            }
        }
    }
    patterns
});

/// What the name of a column, property or custom field says it holds, if that is not to be held.
pub fn by_name(name: &str) -> Option<Forbidden> {
    let words = words_of(name);
    let joined = words.concat();
    PATTERNS
        .iter()
        .find(|pattern| {
            let whole = pattern.words.concat();
            words.windows(pattern.words.len()).any(|window| *window == *pattern.words)
                || joined == whole
                || pattern.inside && joined.contains(&whole)
        })
        .map(|pattern| pattern.forbidden)
}

/// What a free text seems to tell that should not be held; for a warning, since words have other meanings too.
///
/// Only words that hardly mean anything else are looked for: "race" and "title" stand in harmless notes.
pub fn in_text(text: &str) -> Vec<Forbidden> {
    let words = words_of(text);
    let mut found: Vec<Forbidden> = Vec::new();
    for pattern in PATTERNS.iter() {
        let plain = [
            "age",
            "alter",
            "sex",
            "genre",
            "ras",
            "race",
            "image",
            "bild",
            "picture",
            "partner naam",
            "kinder",
            "children",
            "enfants",
            "kinderen",
            "ip",
            "church",
            "kirche",
            "faith",
            "belief",
            "culte",
            "nir",
            "portrait",
            "health",
        ];
        if plain.contains(&pattern.words.join(" ").as_str()) || found.contains(&pattern.forbidden) {
            continue;
        }
        let one = pattern.words.first().map(String::as_str).unwrap_or_default();
        let hit = words.windows(pattern.words.len()).any(|window| *window == *pattern.words)
            || pattern.inside && pattern.words.len() == 1 && words.iter().any(|word| word.contains(one));
        if hit {
            found.push(pattern.forbidden);
        }
    }
    found
}

/// The words of a name, lower case, without accents: `dateOfBirth`, `date-of-birth` and `Date of Birth` are the same.
fn words_of(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut after_lower = false;
    for c in name.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        let ends = !c.is_alphanumeric() || (after_lower && c.is_uppercase());
        if ends && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            if c == 'ß' { word.push_str("ss") } else { word.extend(c.to_lowercase()) }
        }
        after_lower = c.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{by_name, in_text};

    #[test]
    fn forbidden_names_in_four_languages_and_any_spelling() {
        let cases = [
            ("Religion", "religion"),
            ("Religionszugehörigkeit", "religion"),
            ("KONFESSION", "religion"),
            ("godsdienst", "religion"),
            ("dateOfBirth", "birth_date"),
            ("Geburts-Datum", "birth_date"),
            ("date_de_naissance", "birth_date"),
            ("BDAY", "birth_date"),
            ("Geboorteplaats", "birth_place"),
            ("Familienstand", "marital_status"),
            ("Burgerlijke staat", "marital_status"),
            ("Passport No.", "passport"),
            ("BSN", "national_id"),
            ("Syndicat", "union"),
            ("Gewerkschaftsmitglied", "union"),
            ("Gesundheit", "health"),
            ("IP-Adresse", "ip_address"),
            ("Photo", "photo"),
            ("sexuelle Orientierung", "sex_life"),
            ("Gender", "sex_life"),
        ];
        for (name, kind) in cases {
            assert_eq!(by_name(name).map(|f| f.kind), Some(kind), "{name}");
        }
    }

    #[test]
    fn the_fields_of_the_product_are_not_forbidden() {
        use crate::domain::entity::Entity;
        let specs =
            crate::domain::contact::Contact::specs().iter().chain(crate::domain::contact::Company::specs());
        for spec in specs {
            for name in [&spec.name, &spec.label].into_iter().chain(spec.headers) {
                assert_eq!(by_name(name), None, "{name}");
            }
        }
        for name in [
            "Shipping",
            "Zip",
            "Recipient",
            "Strategie",
            "Grace",
            "Manage",
            "Storage",
            "Email",
            "Membership level",
            "Tripadvisor",
        ] {
            assert_eq!(by_name(name), None, "{name}");
        }
    }

    #[test]
    fn notes_warn_on_words_that_mean_nothing_else() {
        assert_eq!(in_text("Ist in der Gewerkschaft, Diagnose folgt").len(), 2);
        assert!(in_text("wants the race car in red; image campaign; ask about sex of the market").is_empty());
    }
}
