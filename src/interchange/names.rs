//! A name in one piece, taken apart.

/// The parts of a name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Name {
    pub form_of_address: String,
    pub prefix: String,
    pub given: String,
    pub family: String,
    pub suffix: String,
}

/// Words with which people are addressed; not part of the name.
const ADDRESS: &[&str] = &[
    "mr", "mrs", "ms", "miss", "mx", "herr", "frau", "dhr", "mevr", "mevrouw", "mw", "monsieur", "madame",
    "mme", "mlle",
];
/// Titles that stand before a name.
const TITLES: &[&str] =
    &["dr", "prof", "dipl-ing", "ing", "ir", "drs", "mag", "pd", "me", "maître", "sir", "dame"];
/// What stands after a name.
const SUFFIXES: &[&str] = &[
    "jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "msc", "bsc", "ma", "ba", "llm", "esq", "cpa", "jun",
    "sen", "bba", "ph.d", "m.sc", "b.sc", "m.d", "ll.m", "m.a", "b.a", "mag",
];
/// With these a family name begins, though they are written apart from it.
const PARTICLES: &[&str] = &[
    "van", "von", "vom", "zu", "zum", "zur", "der", "den", "de", "du", "des", "del", "della", "di", "da",
    "dos", "das", "do", "la", "le", "ter", "ten", "te", "'t", "’t", "op", "in", "af", "av", "bin", "ibn",
    "al", "el",
];

fn is_in(word: &str, list: &[&str]) -> bool {
    let word = word.trim_end_matches(['.', ',']).to_lowercase();
    list.contains(&word.as_str())
}

/// Takes apart `Anna Schmidt`, `Schmidt, Anna`, `Dr. Jan van der Berg`, `John Doe, Jr.`.
///
/// The last word is the family name, with the particles before it; a single word is a family name, which is what lists
/// of customers hold. Nobody's name is certain this way, so whoever has the parts should give the parts.
pub fn split(full: &str) -> Name {
    let mut name = Name::default();
    let full = full.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut pieces: Vec<&str> = full.split(',').map(str::trim).filter(|piece| !piece.is_empty()).collect();
    // Only a piece made of nothing but degrees is a suffix: `Doe, Jr.` is no given name, `Schmidt, Anna MBA` has one.
    let mut suffixes = Vec::new();
    while pieces.len() > 1
        && pieces.last().is_some_and(|piece| piece.split(' ').all(|word| is_in(word, SUFFIXES)))
    {
        suffixes.extend(pieces.pop());
    }
    suffixes.reverse();
    let (family_first, rest) = match pieces.as_slice() {
        [] => (None, String::new()),
        [one] => (None, (*one).to_owned()),
        [family, given @ ..] => (Some(*family), given.join(", ")),
    };
    let mut words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).collect();
    let keep = usize::from(family_first.is_none());
    let (mut address, mut titles) = (Vec::new(), Vec::new());
    while words.len() > keep {
        match words.first() {
            Some(word) if is_in(word, ADDRESS) => address.push(words.remove(0)),
            Some(word) if is_in(word, TITLES) => titles.push(words.remove(0)),
            _ => break,
        }
    }
    if words.len() > 1 + keep
        && words.last().is_some_and(|word| {
            is_in(word, SUFFIXES)
                && (word.contains('.') || word.chars().all(char::is_uppercase) || is_in(word, &["jr", "sr"]))
        })
    {
        suffixes.splice(0..0, words.pop());
    }
    name.form_of_address = address.join(" ");
    name.prefix = titles.join(" ");
    name.suffix = suffixes.join(", ");
    match family_first {
        Some(family) => {
            // `Berg, Jan van der`: how the Dutch sort their names.
            let particles = words.iter().rev().take_while(|word| is_in(word, PARTICLES)).count();
            let tail = words.split_off(words.len() - particles.min(words.len().saturating_sub(1)));
            name.given = words.join(" ");
            name.family = tail.into_iter().chain([family]).collect::<Vec<_>>().join(" ");
        }
        None => {
            let particle = words.iter().enumerate().skip(1).find(|(_, word)| is_in(word, PARTICLES));
            let starts_with_one = words.len() > 1 && words.first().is_some_and(|word| is_in(word, PARTICLES));
            let at = match particle {
                _ if starts_with_one => 0,
                Some((at, _)) if at + 1 < words.len() => at,
                _ => words.len().saturating_sub(1),
            };
            name.family = words.split_off(at).join(" ");
            name.given = words.join(" ");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::split;

    #[test]
    fn names_as_people_write_them() {
        let cases = [
            ("Anna Schmidt", ["", "", "Anna", "Schmidt", ""]),
            ("Schmidt, Anna", ["", "", "Anna", "Schmidt", ""]),
            ("  Anna   Maria  Schmidt ", ["", "", "Anna Maria", "Schmidt", ""]),
            ("Jan van der Berg", ["", "", "Jan", "van der Berg", ""]),
            ("Berg, Jan van der", ["", "", "Jan", "van der Berg", ""]),
            ("van der Berg, Jan", ["", "", "Jan", "van der Berg", ""]),
            ("van der Berg", ["", "", "", "van der Berg", ""]),
            ("Ludwig von Musterhausen", ["", "", "Ludwig", "von Musterhausen", ""]),
            ("Marie de la Tour", ["", "", "Marie", "de la Tour", ""]),
            ("Herr Dr. Max Muster", ["Herr", "Dr.", "Max", "Muster", ""]),
            ("Prof. Dr. Erika Muster, MBA", ["", "Prof. Dr.", "Erika", "Muster", "MBA"]),
            ("John Doe, Jr.", ["", "", "John", "Doe", "Jr."]),
            ("John Doe Jr.", ["", "", "John", "Doe", "Jr."]),
            ("Muster, Dr. Max", ["", "Dr.", "Max", "Muster", ""]),
            ("Muster", ["", "", "", "Muster", ""]),
            ("Yo Yo Ma", ["", "", "Yo Yo", "Ma", ""]),
            ("Ma Li", ["", "", "Ma", "Li", ""]),
            ("Herr", ["", "", "", "Herr", ""]),
            ("", ["", "", "", "", ""]),
            (",", ["", "", "", "", ""]),
            ("'t Hart", ["", "", "", "'t Hart", ""]),
        ];
        for (full, want) in cases {
            let name = split(full);
            let got = [&name.form_of_address, &name.prefix, &name.given, &name.family, &name.suffix];
            assert_eq!(got.map(String::as_str), want, "{full}");
        }
    }

    proptest! {
        #[test]
        fn no_word_is_lost(full in "([A-Za-zäöü.'-]{1,6}[ ,]{1,2}){0,6}") {
            let name = split(&full);
            let all = [name.form_of_address, name.prefix, name.given, name.family, name.suffix].join(" ");
            let words = |text: &str| {
                let mut words: Vec<String> = text.split([' ', ',']).filter(|w| !w.is_empty()).map(str::to_owned).collect();
                words.sort();
                words
            };
            prop_assert_eq!(words(&all), words(&full));
        }
    }
}
