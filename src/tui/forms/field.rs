//! One field of a form: its editor, and what is said about what stands in it.

use ratatui::layout::Rect;

use crate::domain::basis::Basis;
use crate::domain::country::Country;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::RecordKind;
use crate::domain::field::{Category, Edit};
use crate::domain::forbidden;
use crate::domain::reach::Labelled;
use crate::domain::schema::FieldInfo;
use crate::domain::value::{Kind, Shape, Value};
use crate::tui::forms::line::{Area, Line};
use crate::tui::forms::pick::Choice;

/// What a field is edited with.
#[derive(Clone, Debug)]
pub(crate) enum Editor {
    Line(Line),
    /// Running text.
    Text(Area),
    /// One item a line, `label: value`.
    Items(Area),
    /// One of a closed set: the word, empty when nothing is chosen. Nothing ever is chosen beforehand.
    Choice(String),
}

/// Where the words come from that are offered while somebody types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Offers {
    Nothing,
    Countries,
    Languages,
    /// Values that other records have.
    Store,
}

/// A field in a form.
#[derive(Clone, Debug)]
pub(crate) struct FormField {
    pub(crate) info: FieldInfo,
    pub(crate) group: &'static str,
    pub(crate) editor: Editor,
    /// The text when the form was opened.
    initial: String,
    /// May not be changed here, and why.
    pub(crate) locked: Option<&'static str>,
    pub(crate) required: bool,
    pub(crate) error: Option<String>,
    /// How the value reads once it is understood, where that is not how it was typed.
    pub(crate) normal: String,
    /// The person has been in it, or tried to save: an empty required field is told only then.
    pub(crate) visited: bool,
}

impl FormField {
    pub(crate) fn new(record: RecordKind, info: &FieldInfo, initial: &str) -> FormField {
        FormField {
            group: group(record, info),
            editor: editor(info, initial),
            initial: String::new(),
            locked: info.retired.then_some("retired: takes no new values"),
            required: info.needed,
            error: None,
            normal: String::new(),
            visited: false,
            info: info.clone(),
        }
        .settled()
    }

    /// What stands in it now is what it began with.
    fn settled(mut self) -> FormField {
        self.initial = self.text();
        self
    }

    /// Takes `text` for what the store has.
    pub(crate) fn rebase(&mut self, text: &str, take: bool) {
        let mine = self.text();
        self.set(text);
        self.initial = self.text();
        if !take {
            self.set(&mine);
        }
    }

    pub(crate) fn text(&self) -> String {
        match &self.editor {
            Editor::Line(line) => line.text().to_owned(),
            Editor::Text(area) | Editor::Items(area) => area.text(),
            Editor::Choice(word) => word.clone(),
        }
    }

    pub(crate) fn set(&mut self, text: &str) {
        match &mut self.editor {
            Editor::Line(line) => line.set(text),
            Editor::Text(area) | Editor::Items(area) => area.set(text),
            Editor::Choice(word) => text.trim().clone_into(word),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &self.editor {
            Editor::Line(line) => line.text().trim().is_empty(),
            Editor::Text(area) | Editor::Items(area) => area.is_empty(),
            Editor::Choice(word) => word.is_empty(),
        }
    }

    pub(crate) fn changed(&self) -> bool {
        self.locked.is_none() && self.text().trim() != self.initial.trim()
    }

    /// What would be sent.
    fn input(&self) -> Input {
        if self.is_empty() {
            return Input::Clear;
        }
        match (&self.editor, self.info.kind) {
            (Editor::Items(area), _) => Input::Items(items(area.lines())),
            _ => Input::Text(self.text().trim_end().to_owned()),
        }
    }

    pub(crate) fn edit(&self) -> FieldEdit {
        FieldEdit { field: self.info.address(), input: self.input() }
    }

    /// Reads the text as the service will, and says what is wrong with it or how it is understood.
    pub(crate) fn check(&mut self, record: RecordKind, country: Option<Country>) {
        self.error = None;
        self.normal.clear();
        if self.locked.is_some() {
            return;
        }
        if self.is_empty() {
            if self.required && self.visited {
                self.error = Some(format!("needed: {}", self.info.why));
            }
            return;
        }
        // Names of companies and users are known to the service alone.
        if self.info.kind.shape() == Shape::Record {
            return;
        }
        if record == RecordKind::CustomField
            && matches!(self.info.name.as_str(), "name" | "label" | "purpose")
            && let Some(found) = forbidden::by_name(&self.text())
        {
            self.error = Some(format!("{} is not held: {}", found.kind.replace('_', " "), found.why));
            return;
        }
        match self.input().resolve(self.info.kind, None, country) {
            Err(invalid) => self.error = Some(invalid.to_string()),
            Ok(None) => {}
            Ok(Some(value)) => match self.info.check(&value) {
                Err(invalid) => self.error = Some(invalid.to_string()),
                Ok(()) => self.normal = readable(&value, &self.text()),
            },
        }
    }

    /// Rows of the editor.
    pub(crate) fn height(&self, focused: bool) -> u16 {
        match &self.editor {
            Editor::Line(_) | Editor::Choice(_) => 1,
            Editor::Items(area) => {
                let lines = u16::try_from(area.lines().len()).unwrap_or(u16::MAX);
                lines.clamp(1, 5).max(if focused { 2 } else { 1 })
            }
            Editor::Text(area) => {
                let lines = u16::try_from(area.lines().len()).unwrap_or(u16::MAX);
                if focused { lines.clamp(4, 8) } else { lines.clamp(1, 4) }
            }
        }
    }

    pub(crate) fn offers(&self) -> Offers {
        match (&self.editor, self.info.kind) {
            (Editor::Line(_), Kind::Country) => Offers::Countries,
            (Editor::Line(_), Kind::Language) => Offers::Languages,
            (Editor::Line(_), Kind::Company | Kind::User | Kind::Tags) => Offers::Store,
            (Editor::Line(_), Kind::Text) => match self.info.category {
                // Words that many records share; names and ids are not.
                Category::Work | Category::Relation | Category::Provenance => Offers::Store,
                Category::Identity
                | Category::Reach
                | Category::Preference
                | Category::Content
                | Category::Operation => Offers::Nothing,
            },
            _ => Offers::Nothing,
        }
    }

    /// What a field of a closed set is chosen from.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        let mut choices = match self.info.kind {
            Kind::Basis => Basis::ALL
                .iter()
                .map(|basis| Choice::new(basis.word(), basis.label(), explain(*basis)))
                .collect(),
            Kind::Flag => vec![Choice::new("yes", "yes", ""), Choice::new("no", "no", "")],
            Kind::Word(words) => {
                words.iter().map(|word| Choice::new(*word, word.replace('_', " "), "")).collect()
            }
            _ => self.info.choices.iter().map(|word| Choice::new(word, word, "")).collect::<Vec<_>>(),
        };
        if !self.required {
            choices.push(Choice::new("", "—", "leave it empty"));
        }
        choices
    }

    /// What a chosen word looks like.
    pub(crate) fn chosen(&self) -> String {
        let Editor::Choice(word) = &self.editor else { return String::new() };
        match self.info.kind {
            Kind::Basis => {
                word.parse::<Basis>().map_or_else(|_| word.clone(), |basis| basis.label().to_owned())
            }
            Kind::Word(_) => word.replace('_', " "),
            _ => word.clone(),
        }
    }

    /// Where the editor stands beside a label of `label` cells.
    pub(crate) fn room(area: Rect, label: u16) -> Rect {
        let used = (label + 2).min(area.width);
        Rect { x: area.x + used, width: area.width - used, ..area }
    }
}

/// The items of lines `label: value`. A line without a label is a value.
pub(crate) fn items(lines: &[String]) -> Vec<Labelled<String>> {
    lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .map(|line| match line.split_once(": ") {
            Some((label, value)) => {
                Labelled { label: label.trim().to_owned(), value: value.trim().to_owned() }
            }
            None => Labelled::plain(line.to_owned()),
        })
        .collect()
}

/// The text in which a value is edited: lists with one item a line.
pub(crate) fn editable(value: &Value, text: &str) -> String {
    match value.items() {
        Some(items) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        // Ids are for machines: people see and write names.
        None => value.named(text),
    }
}

/// How a value reads, if that tells more than what was typed.
fn readable(value: &Value, typed: &str) -> String {
    let text = match (value, value.readable_items()) {
        (_, Some(items)) => items.into_iter().map(|item| item.value).collect::<Vec<_>>().join(" · "),
        (Value::Country(country), None) => format!("{} {}", country.code(), country.name()),
        (Value::Basis(_) | Value::Flag(_) | Value::Word(_) | Value::Text(_), None) => return String::new(),
        (value, None) => value.to_string(),
    };
    let bare: Vec<String> = items(&typed.split('\n').map(str::to_owned).collect::<Vec<_>>())
        .into_iter()
        .map(|item| item.value)
        .collect();
    if text == typed.trim() || text == bare.join(" · ") { String::new() } else { text }
}

fn editor(info: &FieldInfo, text: &str) -> Editor {
    match info.kind {
        Kind::Basis | Kind::Flag | Kind::Word(_) => Editor::Choice(text.trim().to_owned()),
        Kind::Text if !info.choices.is_empty() => Editor::Choice(text.trim().to_owned()),
        Kind::LongText => Editor::Text(Area::text_of(text)),
        Kind::Phones | Kind::Emails | Kind::Links | Kind::Addresses => Editor::Items(Area::items(text)),
        Kind::Text
        | Kind::Tags
        | Kind::Country
        | Kind::Language
        | Kind::Company
        | Kind::Contact
        | Kind::User
        | Kind::Day
        | Kind::Time
        | Kind::Slug
        | Kind::Number => Editor::Line(Line::new(text)),
        // A hundred words of a choice are longer than one line of text.
        Kind::Words => Editor::Line(Line::new(text).limit(64 * 1024)),
    }
}

/// The heading a field stands under.
fn group(record: RecordKind, info: &FieldInfo) -> &'static str {
    if info.custom {
        return "Custom fields";
    }
    match (info.kind.shape(), info.category) {
        (Shape::Labelled, _) => "Reach",
        (_, Category::Identity) => "Name",
        (_, Category::Work) => "Work",
        (_, Category::Reach) => "Reach",
        (_, Category::Preference) => "Preferences",
        (_, Category::Relation) => "Relations",
        (_, Category::Provenance) => "Provenance",
        (_, Category::Content) => "Content",
        (_, Category::Operation) => match record {
            RecordKind::Company => "Company",
            RecordKind::User => "User",
            RecordKind::CustomField => "Field",
            RecordKind::Settings => "Settings",
            RecordKind::View => "View",
            RecordKind::Purpose => "Purpose",
            RecordKind::Recipient => "Recipient",
            RecordKind::CallList => "Call list",
            _ => "Record",
        },
    }
}

/// Whether a form shows a field: one that an operation of its own changes, it does not.
pub(crate) fn shown(info: &FieldInfo, has_value: bool) -> bool {
    match info.edit {
        Edit::Free => !info.retired || has_value,
        Edit::Operation | Edit::Secret => false,
    }
}

fn explain(basis: Basis) -> &'static str {
    match basis {
        Basis::Consent => "the person has agreed to named purposes",
        Basis::Contract => "a contract with the person, or steps before one they asked for",
        Basis::LegalObligation => "a law obliges us",
        Basis::VitalInterests => "somebody's life depends on it",
        Basis::PublicTask => "a public task or official authority",
        Basis::LegitimateInterests => "our interests, weighed in the reason against the person's",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entity::Entity;
    use crate::domain::schema::Schema;

    fn field(record: RecordKind, name: &str, text: &str) -> FormField {
        let schema = Schema::new(&[]);
        let mut field = FormField::new(record, schema.by_name(record, name).unwrap(), "");
        field.set(text);
        field.check(record, "DE".parse().ok());
        field
    }

    #[test]
    fn numbers_are_read_as_the_service_reads_them() {
        let phones = field(RecordKind::Contact, "phones", "work: 030 901820\n+31 20 555 0100");
        assert_eq!(phones.error, None);
        assert_eq!(phones.normal, "+49 30 901820 · +31 20 555 0100");
        assert!(field(RecordKind::Contact, "phones", "work: nonsense").error.unwrap().contains("nonsense"));
        assert_eq!(field(RecordKind::Contact, "country", "Duitsland").normal, "DE Germany");
        assert_eq!(field(RecordKind::Contact, "tags", "Fair, fair ,vip").normal, "fair, vip");
        assert_eq!(field(RecordKind::Contact, "emails", "anna@example.com").normal, "");
    }

    #[test]
    fn what_is_required_exists_in_the_schema() {
        for (record, count) in
            [(RecordKind::Contact, 3), (RecordKind::CustomField, 5), (RecordKind::Company, 1)]
        {
            let schema = Schema::new(&[]);
            assert_eq!(schema.of(record).iter().filter(|info| info.needed).count(), count);
        }
        let basis = field(RecordKind::Contact, "basis", "");
        assert_eq!(basis.error, None, "nobody was there yet");
        assert!(
            basis.choices().iter().all(|choice| !choice.value.is_empty()),
            "a required choice has no empty one"
        );
        assert_eq!(basis.text(), "", "nothing is chosen beforehand (R3)");
    }

    #[test]
    fn a_custom_field_of_a_forbidden_kind_is_told_while_it_is_named() {
        let error = field(RecordKind::CustomField, "label", "Konfession").error.unwrap();
        assert!(error.contains("religion"), "{error}");
    }

    #[test]
    fn every_free_field_of_a_contact_is_shown() {
        let schema = Schema::new(&[]);
        let count = schema.of(RecordKind::Contact).iter().filter(|info| shown(info, false)).count();
        let free =
            crate::domain::contact::Contact::specs().iter().filter(|spec| spec.edit == Edit::Free).count();
        assert_eq!(count, free);
    }

    #[test]
    fn text_forms_survive() {
        let phones = Kind::Phones.parse("work: +4930901820; +4930901821", None).unwrap().unwrap();
        let text = editable(&phones, "");
        assert_eq!(text, "work: +4930901820\n+4930901821");
        let read = Input::Items(items(&text.split('\n').map(str::to_owned).collect::<Vec<_>>()));
        assert_eq!(read.resolve(Kind::Phones, None, None).unwrap(), Some(phones));
    }
}
