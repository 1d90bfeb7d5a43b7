//! What could stand at the caret of the `:` line: from the definition of the command line, the schema and the store.

use clap::{Arg, Command};

use crate::api;
use crate::cli::{globals, help};
use crate::domain::entity::RecordKind;
use crate::domain::query::FILTERS;
use crate::domain::schema::Schema;
use crate::tui::grammar::{Offer, Values, Word};

/// Most values that the store is asked for.
const MOST: u64 = 20;

/// Says what could follow the text before the caret.
pub(crate) fn complete(before: &str, schema: &Schema) -> Offer {
    let mut words = words(before);
    // The last one is being written; between two words it is empty.
    let (start, word) = words.pop().unwrap_or((before.len(), String::new()));
    let mut definition = help::command();
    definition.build();
    let mut at =
        Place { command: &definition, kind: RecordKind::Contact, value_of: None, given: 0, lost: false };
    for (_, word) in &words {
        at.pass(word);
    }
    let mut offer = at.offer(&word, schema);
    offer.start = start;
    offer.words.sort_by(|a, b| a.text.cmp(&b.text));
    offer.words.dedup_by(|a, b| a.text == b.text);
    offer
}

/// Where in the grammar one is after some words.
struct Place<'c> {
    command: &'c Command,
    /// The kind of record that the noun is about.
    kind: RecordKind,
    /// The option whose value comes next.
    value_of: Option<&'c Arg>,
    /// How many arguments without a name were given.
    given: usize,
    /// A word was none of those that could stand there.
    lost: bool,
}

impl<'c> Place<'c> {
    fn pass(&mut self, word: &str) {
        if self.value_of.take().is_some() {
            return;
        }
        if let Some(option) = word.strip_prefix("--") {
            if !option.contains('=') {
                self.value_of = self.option(option).filter(|arg| arg.get_action().takes_values());
            }
        } else if let Some(next) = self.command.find_subcommand(word) {
            if next.get_name() == "company" {
                self.kind = RecordKind::Company;
            }
            self.command = next;
        } else if self.command.has_subcommands() {
            self.lost = true;
        } else {
            self.given += 1;
        }
    }

    fn option(&self, name: &str) -> Option<&'c Arg> {
        let is_it =
            |arg: &&Arg| arg.get_long_and_visible_aliases().is_some_and(|names| names.contains(&name));
        self.command.get_arguments().find(is_it)
    }

    fn offer(&self, word: &str, schema: &Schema) -> Offer {
        if self.lost {
            return Offer::default();
        }
        if let Some(arg) = self.value_of {
            return self.values(arg, "", word, schema);
        }
        if let Some(option) = word.strip_prefix("--") {
            return match option.split_once('=') {
                Some((name, value)) => match self.option(name) {
                    Some(arg) => self.values(arg, &format!("--{name}="), value, schema),
                    None => Offer::default(),
                },
                None => self.options(option),
            };
        }
        let verbs = self.command.get_subcommands().filter(|one| !one.is_hide_set());
        let verbs: Vec<Word> = verbs
            .filter(|one| one.get_name().starts_with(word))
            .map(|one| Word { text: one.get_name().to_owned(), note: first_line(one.get_about()) })
            .collect();
        if !verbs.is_empty() || self.command.has_subcommands() {
            return Offer { words: verbs, ..Offer::default() };
        }
        let unnamed: Vec<&Arg> = self.command.get_positionals().collect();
        let arg = unnamed.get(self.given).or_else(|| {
            // The last one may take several.
            unnamed.last().filter(|arg| arg.get_num_args().is_some_and(|count| count.max_values() > 1))
        });
        match arg {
            Some(arg) if !word.is_empty() || !self.has_values(arg) => self.values(arg, "", word, schema),
            Some(arg) => {
                // Nothing is typed yet: options may follow as well.
                let mut offer = self.values(arg, "", word, schema);
                offer.words.extend(self.options("").words);
                offer
            }
            None if word.is_empty() => self.options(""),
            None => Offer::default(),
        }
    }

    fn has_values(&self, arg: &Arg) -> bool {
        !arg.get_possible_values().is_empty() || value_name(arg) == "QUERY" || value_name(arg) == "TAG"
    }

    /// Options that begin so; not those that name another store, for this one is open.
    fn options(&self, prefix: &str) -> Offer {
        let elsewhere = |arg: &&Arg| {
            arg.get_help_heading() == Some(globals::HEADING)
                && arg.get_value_hint() != clap::ValueHint::Unknown
        };
        let words = self
            .command
            .get_arguments()
            .filter(|arg| !arg.is_hide_set() && !elsewhere(arg))
            .filter_map(|arg| {
                // The first of its names that begins so stands for it.
                let names = arg.get_long_and_visible_aliases()?;
                let name = names.into_iter().find(|name| name.starts_with(prefix))?;
                Some(Word { text: format!("--{name}"), note: first_line(arg.get_help()) })
            })
            .collect();
        Offer { words, ..Offer::default() }
    }

    /// Values of an option or argument, behind `before` in the same word.
    fn values(&self, arg: &Arg, before: &str, typed: &str, schema: &Schema) -> Offer {
        let begins = |name: &str| name.starts_with(typed);
        let word = |name: &str, note: String| Word { text: format!("{before}{}", quote(name)), note };
        let possible = arg.get_possible_values();
        if !possible.is_empty() {
            let words = possible.iter().filter(|value| !value.is_hide_set() && begins(value.get_name()));
            let words = words.map(|value| word(value.get_name(), first_line(value.get_help()))).collect();
            return Offer { words, ..Offer::default() };
        }
        let ask = |field: &str, before: String, prefix: &str| Offer {
            values: Some(Values {
                request: api::Complete {
                    kind: self.kind,
                    field: field.to_owned(),
                    prefix: prefix.to_owned(),
                    limit: MOST,
                },
                before,
                quote,
            }),
            ..Offer::default()
        };
        let fields = |before: &str, typed: &str, after: &str| -> Vec<Word> {
            let fields = schema.of(self.kind).iter().map(|info| (info.address(), info.label.clone()));
            fields
                .filter(|(name, _)| name.starts_with(typed))
                .map(|(name, label)| Word { text: format!("{before}{name}{after}"), note: label })
                .collect()
        };
        let words = match value_name(arg).as_str() {
            "TAG" => return ask("tags", before.to_owned(), typed),
            "FIELD" => fields(before, typed, ""),
            "[-]FIELD" => {
                let sign = if typed.starts_with('-') { "-" } else { "" };
                fields(&format!("{before}{sign}"), typed.trim_start_matches('-'), "")
            }
            "A,B" => {
                let at = typed.rfind(',').map_or(0, |at| at + 1);
                let (listed, typed) = typed.split_at(at);
                fields(&format!("{before}{listed}"), typed, "")
            }
            "FIELD=VALUE" => match typed.split_once('=') {
                Some((field, value)) => {
                    return ask(field.trim(), format!("{before}{field}="), value);
                }
                None => fields(before, typed, "="),
            },
            "QUERY" => {
                // What is being written is the last word of the query.
                let at = typed.rfind(' ').map_or(0, |at| at + 1);
                let (earlier, last) = typed.split_at(at);
                match last.split_once(':') {
                    Some((name, value)) => {
                        return ask(name, format!("{before}{earlier}{name}:"), value);
                    }
                    None if earlier.is_empty() => FILTERS
                        .iter()
                        .filter(|filter| filter.name.starts_with(last))
                        .map(|filter| Word {
                            text: format!("{before}{}:", filter.name),
                            note: filter.help.to_owned(),
                        })
                        .collect(),
                    None => Vec::new(),
                }
            }
            _ => match arg.get_id().as_str().strip_prefix("field.") {
                Some(field) => return ask(field, before.to_owned(), typed),
                None => Vec::new(),
            },
        };
        Offer { words, ..Offer::default() }
    }
}

fn value_name(arg: &Arg) -> String {
    let named = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    named.unwrap_or_else(|| arg.get_id().as_str().to_uppercase())
}

fn first_line(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

/// A text as one word of the line.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.,:=+@/%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The words of an unfinished line, each with where it begins; the last is the one at the caret, also when it is empty
/// or a quote in it is still open. As [`split_line`](super::split_line) separates them.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut open: Option<char> = None;
    let mut between = true;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if open.is_none() && !escaped && c.is_whitespace() {
            between = true;
            continue;
        }
        if std::mem::take(&mut between) {
            words.push((at, String::new()));
        }
        let Some((_, word)) = words.last_mut() else { continue };
        match (open, c) {
            _ if std::mem::take(&mut escaped) => word.push(c),
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => open = Some(c),
            (Some(quote), c) if quote == c => open = None,
            (_, c) => word.push(c),
        }
    }
    if between {
        words.push((text.len(), String::new()));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{complete, quote, words};
    use crate::cli::split_line;
    use crate::domain::entity::RecordKind;
    use crate::domain::schema::Schema;

    fn offered(text: &str) -> Vec<String> {
        complete(text, &Schema::new(&[])).words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn nouns_verbs_and_options_come_from_the_definition() {
        assert!(offered("").contains(&"contact".to_owned()));
        assert_eq!(offered("cont"), ["contact"]);
        assert!(offered("contact ").contains(&"list".to_owned()));
        assert_eq!(offered("contact exp"), ["export"]);
        let options = offered("contact export --");
        assert!(options.contains(&"--purpose".to_owned()) && options.contains(&"--channel".to_owned()));
        assert!(!options.contains(&"--passphrase-file".to_owned()), "the store is open already");
        assert_eq!(offered("contact add --bas"), ["--basis"]);
        assert_eq!(complete("contact  exp", &Schema::new(&[])).start, 9);
        assert_eq!(offered("nonsense and more "), Vec::<String>::new());
    }

    #[test]
    fn values_come_from_the_definition_the_schema_and_the_store() {
        assert!(offered("contact add --basis ").contains(&"consent".to_owned()));
        assert_eq!(offered("contact add --basis=conse"), ["--basis=consent"]);
        assert_eq!(offered("contact list --sort -jo"), ["-job_title"]);
        assert_eq!(offered("contact list --columns title,job"), ["title,job_title"]);
        assert_eq!(offered("contact edit --set job"), ["job_title="]);
        let asked = |text: &str| {
            complete(text, &Schema::new(&[])).values.map(|values| {
                (values.request.kind, values.request.field, values.request.prefix, values.before)
            })
        };
        let expect = |kind, field: &str, prefix: &str, before: &str| {
            Some((kind, field.to_owned(), prefix.to_owned(), before.to_owned()))
        };
        assert_eq!(asked("contact add --owner an"), expect(RecordKind::Contact, "owner", "an", ""));
        assert_eq!(asked("company add --tag=fa"), expect(RecordKind::Company, "tags", "fa", "--tag="));
        assert_eq!(asked("contact edit --set city=Ber"), expect(RecordKind::Contact, "city", "Ber", "city="));
        assert_eq!(asked("contact list 'tag:fa"), expect(RecordKind::Contact, "tag", "fa", "tag:"));
    }

    #[test]
    fn an_unfinished_line_is_read_as_a_finished_one() {
        for text in ["a  'b c' d", r#"x "y \" z" e\ f"#, "", "  lead", "--set x='a'"] {
            let read: Vec<String> =
                words(text).into_iter().map(|(_, word)| word).filter(|word| !word.is_empty()).collect();
            assert_eq!(read, split_line(text).unwrap(), "{text}");
        }
        assert_eq!(words("a 'b c").last().unwrap(), &(2, "b c".to_owned()));
        assert_eq!(words("a ").last().unwrap(), &(2, String::new()));
        for text in ["plain", "two words", "it's", "", "$HOME"] {
            assert_eq!(split_line(&quote(text)).unwrap(), [text], "{text}");
        }
    }
}
