//! Flags for the fields of a record, made from the description of the fields: a new field has its flag at once.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::Entity;
use crate::domain::field::{Edit, FieldSpec};
use crate::domain::reach::Labelled;
use crate::domain::value::{Kind, Shape};

/// The fields named on a command line, as edits: `--given Anna`, `--phone 'work: 030 901820'`, `--set custom.budget=12`.
#[derive(Clone, Debug)]
pub(crate) struct FieldArgs<E> {
    pub(crate) edits: Vec<FieldEdit>,
    entity: PhantomData<E>,
}

/// The flags of a field: the first is shown, the others are understood too.
pub(crate) fn flags(spec: &FieldSpec) -> Vec<String> {
    let name = spec.name.replace('_', "-");
    let short = match spec.kind {
        // A list takes one item a flag.
        Kind::Addresses => Some("address".to_owned()),
        Kind::Phones | Kind::Emails | Kind::Links | Kind::Tags => name.strip_suffix('s').map(str::to_owned),
        Kind::Text => {
            let part = name.strip_suffix("-name").or_else(|| name.strip_prefix("name-"));
            part.map(str::to_owned)
        }
        Kind::Words => match name.strip_suffix("ies") {
            Some(stem) => Some(format!("{stem}y")),
            None => name.strip_suffix('s').map(str::to_owned),
        },
        Kind::LongText
        | Kind::Country
        | Kind::Language
        | Kind::Basis
        | Kind::Company
        | Kind::Contact
        | Kind::User
        | Kind::Day
        | Kind::Time
        | Kind::Flag
        | Kind::Number
        | Kind::Word(_)
        | Kind::Slug => None,
    };
    let other = (spec.name == "job_title").then(|| "title".to_owned());
    short.into_iter().chain([name]).chain(other).collect()
}

/// What the value of a flag looks like.
fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::LongText => "TEXT",
        Kind::Phones => "[LABEL: ]NUMBER",
        Kind::Emails => "[LABEL: ]ADDRESS",
        Kind::Links => "[LABEL: ]URL",
        Kind::Addresses => "STREET|CODE|CITY|REGION|COUNTRY",
        Kind::Tags => "TAG",
        Kind::Country => "COUNTRY",
        Kind::Language => "LANGUAGE",
        Kind::Basis => "BASIS",
        Kind::Company => "COMPANY",
        Kind::Contact => "ID",
        Kind::User => "USER",
        Kind::Day => "DAY",
        Kind::Time => "TIME",
        Kind::Flag => "YES|NO",
        Kind::Number => "NUMBER",
        Kind::Word(_) | Kind::Slug => "WORD",
        Kind::Words => "WORD",
    }
}

/// The fields that have a flag.
pub(crate) fn flagged<E: Entity>() -> impl Iterator<Item = &'static FieldSpec> {
    E::specs().iter().copied().filter(|spec| spec.edit == Edit::Free)
}

/// The id of a field's argument, apart from all others.
fn arg_id(spec: &FieldSpec) -> String {
    format!("field.{}", spec.name)
}

fn arg(spec: &'static FieldSpec) -> Arg {
    let mut names = flags(spec).into_iter();
    let long = names.next().unwrap_or_default();
    let rest: Vec<String> = names.collect();
    let mut arg = Arg::new(arg_id(spec))
        .long(long)
        .value_name(value_name(spec.kind))
        .help(format!("{}: {}", spec.label, spec.why))
        .help_heading("Fields")
        .action(if spec.kind.is_list() { ArgAction::Append } else { ArgAction::Set });
    for alias in rest {
        arg = arg.visible_alias(alias);
    }
    match spec.kind.shape() {
        Shape::Choice(words) => arg.value_parser(known(words)),
        Shape::Single | Shape::Labelled | Shape::Words | Shape::Record => arg,
    }
}

/// Words that may also be written with dashes, as the service reads them.
fn known(words: &'static [&'static str]) -> impl clap::builder::TypedValueParser<Value = String> {
    use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
    let values = words.iter().map(|word| PossibleValue::new(*word).alias(word.replace('_', "-")));
    PossibleValuesParser::new(values).map(|word| word.replace('-', "_"))
}

fn set_arg() -> Arg {
    Arg::new("field.set")
        .long("set")
        .value_name("FIELD=VALUE")
        .help("Any field by its name, own fields as custom.NAME; an empty value clears it")
        .help_heading("Fields")
        .action(ArgAction::Append)
        .value_parser(assignment)
}

/// Reads `FIELD=VALUE`.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.trim().is_empty() => Ok((field.trim().to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not FIELD=VALUE")),
    }
}

/// The edit of `--set`.
pub(crate) fn set(field: &str, text: String) -> FieldEdit {
    let input = if text.trim().is_empty() { Input::Clear } else { Input::Text(text) };
    FieldEdit { field: field.to_owned(), input }
}

fn item(text: &str) -> Labelled<String> {
    match text.split_once(": ") {
        Some((label, value)) => Labelled { label: label.trim().to_owned(), value: value.trim().to_owned() },
        None => Labelled::plain(text.trim().to_owned()),
    }
}

impl<E: Entity> clap::Args for FieldArgs<E> {
    fn augment_args(command: Command) -> Command {
        command.args(flagged::<E>().map(arg)).arg(set_arg())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<E: Entity> FromArgMatches for FieldArgs<E> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<FieldArgs<E>, clap::Error> {
        let mut edits: Vec<FieldEdit> = Vec::new();
        for spec in flagged::<E>() {
            let Some(given) = matches.get_many::<String>(&arg_id(spec)) else { continue };
            let given: Vec<&String> = given.collect();
            let input = if spec.kind.shape() == Shape::Labelled {
                Input::Items(given.iter().map(|text| item(text)).collect())
            } else {
                let texts: Vec<&str> = given.iter().map(|text| text.as_str()).collect();
                set(spec.name, texts.join(",")).input
            };
            edits.push(FieldEdit { field: spec.name.to_owned(), input });
        }
        for (field, value) in matches.get_many::<(String, String)>("field.set").into_iter().flatten() {
            if edits.iter().any(|edit| edit.field == *field) {
                return Err(clap::Error::raw(
                    clap::error::ErrorKind::ArgumentConflict,
                    format!("the field `{field}` is given twice\n"),
                ));
            }
            edits.push(set(field, value.clone()));
        }
        Ok(FieldArgs { edits, entity: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::{FieldArgs, flagged, flags};
    use crate::domain::contact::{Company, Contact};
    use crate::domain::edit::{FieldEdit, Input};
    use crate::domain::entity::Entity;
    use crate::domain::reach::Labelled;

    fn parse(words: &[&str]) -> Result<Vec<FieldEdit>, clap::Error> {
        let command = FieldArgs::<Contact>::augment_args(Command::new("add"));
        let matches = command.try_get_matches_from(std::iter::once("add").chain(words.iter().copied()))?;
        Ok(FieldArgs::<Contact>::from_arg_matches(&matches)?.edits)
    }

    #[test]
    fn the_contract_has_its_flags() {
        let all: Vec<String> = flagged::<Contact>().flat_map(flags).collect();
        for flag in [
            "given",
            "family",
            "middle",
            "prefix",
            "suffix",
            "phone",
            "email",
            "address",
            "website",
            "company",
            "title",
            "job-title",
            "department",
            "country",
            "language",
            "owner",
            "team",
            "tag",
            "basis",
            "reason",
            "source",
            "supplier",
            "obtained-on",
            "external-id",
        ] {
            assert!(all.iter().any(|one| one == flag), "--{flag}");
        }
        let mut distinct = all.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), all.len(), "no flag means two fields");
    }

    #[test]
    fn every_flag_is_a_field_and_every_free_field_has_a_flag() {
        FieldArgs::<Contact>::augment_args(Command::new("add")).debug_assert();
        FieldArgs::<Company>::augment_args(Command::new("add")).debug_assert();
        for spec in flagged::<Contact>() {
            for flag in flags(spec) {
                let value = match spec.name {
                    "basis" => "consent".to_owned(),
                    _ => "x".to_owned(),
                };
                let edits = parse(&[&format!("--{flag}"), &value])
                    .unwrap_or_else(|error| panic!("--{flag}: {error}"));
                assert_eq!(edits.len(), 1);
                assert_eq!(edits[0].field, spec.name);
                assert!(Contact::spec(&edits[0].field).is_some());
            }
        }
        assert!(parse(&["--deleted-at", "2026-01-01"]).is_err(), "only an operation of its own deletes");
    }

    #[test]
    fn lists_repeat_and_have_labels() {
        let edits = parse(&[
            "--phone",
            "work: 030 901820",
            "--phone",
            "0171 39200; 1",
            "--tag",
            "Fair",
            "--tag",
            "vip",
        ]);
        assert_eq!(
            edits.unwrap(),
            [
                FieldEdit {
                    field: "phones".to_owned(),
                    input: Input::Items(vec![
                        Labelled { label: "work".to_owned(), value: "030 901820".to_owned() },
                        Labelled::plain("0171 39200; 1".to_owned()),
                    ]),
                },
                FieldEdit::text("tags", "Fair,vip"),
            ]
        );
    }

    #[test]
    fn set_takes_any_field_once() {
        let edits = parse(&["--set", "custom.budget=a=b", "--set", "team="]).unwrap();
        assert_eq!(edits[0], FieldEdit::text("custom.budget", "a=b"));
        assert_eq!(edits[1].input, Input::Clear);
        assert!(parse(&["--set", "novalue"]).is_err());
        assert!(parse(&["--set", "=x"]).is_err());
        assert!(parse(&["--given", "A", "--set", "given_name=B"]).is_err());
        assert!(parse(&["--basis", "whim"]).is_err());
        assert_eq!(
            parse(&["--basis", "legitimate-interests"]).unwrap()[0],
            FieldEdit::text("basis", "legitimate_interests")
        );
    }
}
