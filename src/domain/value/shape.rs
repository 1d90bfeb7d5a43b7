//! What kinds and values have in common. Whoever treats several alike asks here and names none, so that a new kind is
//! sorted in once.

use uuid::Uuid;

use super::{Kind, Value};
use crate::domain::basis::Basis;
use crate::domain::reach::Labelled;

/// How the values of a kind are built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// One value, which is no choice and no other record.
    Single,
    /// Any number of values, each with a label: ways to reach somebody.
    Labelled,
    /// Any number of words.
    Words,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Another record: named by its id, known to people by its name.
    Record,
}

impl Kind {
    pub fn shape(self) -> Shape {
        match self {
            Kind::Text
            | Kind::LongText
            | Kind::Slug
            | Kind::Country
            | Kind::Language
            | Kind::Day
            | Kind::Time
            | Kind::Flag
            | Kind::Number => Shape::Single,
            Kind::Phones | Kind::Emails | Kind::Links | Kind::Addresses => Shape::Labelled,
            Kind::Tags | Kind::Words => Shape::Words,
            Kind::Basis => Shape::Choice(Basis::WORDS),
            Kind::Word(words) => Shape::Choice(words),
            Kind::Company | Kind::Contact | Kind::User => Shape::Record,
        }
    }

    /// Whether a field of this kind holds any number of items.
    pub fn is_list(self) -> bool {
        match self.shape() {
            Shape::Labelled | Shape::Words => true,
            Shape::Single | Shape::Choice(_) | Shape::Record => false,
        }
    }
}

impl Value {
    /// The id of the record it names.
    pub fn record(&self) -> Option<Uuid> {
        match self {
            Value::Company(id) => Some(id.0),
            Value::Contact(id) => Some(id.0),
            Value::User(id) => Some(id.0),
            Value::Text(_)
            | Value::Phones(_)
            | Value::Emails(_)
            | Value::Links(_)
            | Value::Addresses(_)
            | Value::Tags(_)
            | Value::Country(_)
            | Value::Language(_)
            | Value::Basis(_)
            | Value::Day(_)
            | Value::Time(_)
            | Value::Flag(_)
            | Value::Number(_)
            | Value::Word(_)
            | Value::Words(_) => None,
        }
    }

    /// The value as it is written, where `text` is what people call the record that it names.
    pub fn named(&self, text: &str) -> String {
        if self.record().is_some() { text.to_owned() } else { self.to_string() }
    }

    /// The items of a list with labels, each as it is written; `None` when it is no such list.
    pub fn items(&self) -> Option<Vec<Labelled<String>>> {
        self.each(ToString::to_string, ToString::to_string, ToString::to_string, ToString::to_string)
    }

    /// The items of a list with labels, each as people read it; `None` when it is no such list.
    pub fn readable_items(&self) -> Option<Vec<Labelled<String>>> {
        use crate::domain::reach::{Address, Phone};
        self.each(Phone::readable, ToString::to_string, ToString::to_string, Address::readable)
    }

    /// The items of a list with labels, each made text by the one for its kind; `None` when it is no such list.
    pub(in crate::domain) fn each(
        &self,
        phone: impl Fn(&crate::domain::reach::Phone) -> String,
        email: impl Fn(&crate::domain::reach::Email) -> String,
        link: impl Fn(&crate::domain::reach::Url) -> String,
        address: impl Fn(&crate::domain::reach::Address) -> String,
    ) -> Option<Vec<Labelled<String>>> {
        fn all<T>(items: &[Labelled<T>], one: impl Fn(&T) -> String) -> Option<Vec<Labelled<String>>> {
            let one = |item: &Labelled<T>| Labelled { label: item.label.clone(), value: one(&item.value) };
            Some(items.iter().map(one).collect())
        }
        match self {
            Value::Phones(items) => all(items, phone),
            Value::Emails(items) => all(items, email),
            Value::Links(items) => all(items, link),
            Value::Addresses(items) => all(items, address),
            Value::Text(_)
            | Value::Tags(_)
            | Value::Country(_)
            | Value::Language(_)
            | Value::Basis(_)
            | Value::Company(_)
            | Value::Contact(_)
            | Value::User(_)
            | Value::Day(_)
            | Value::Time(_)
            | Value::Flag(_)
            | Value::Number(_)
            | Value::Word(_)
            | Value::Words(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CompanyId;

    #[test]
    fn lists_are_read_item_by_item() {
        let phones = Kind::Phones.parse("work: +4930901820; +4930901821", None).unwrap().unwrap();
        let labelled = |label: &str, value: &str| Labelled { label: label.into(), value: value.into() };
        let written = [labelled("work", "+4930901820"), labelled("", "+4930901821")];
        assert_eq!(phones.items().unwrap(), written);
        let readable = phones.readable_items().unwrap();
        assert_eq!(readable[0], labelled("work", "+49 30 901820"));
        let address = Kind::Addresses.parse("Musterstr. 1 | 13513 | Berlin", None).unwrap().unwrap();
        assert_eq!(address.items().unwrap().len(), 1);
        assert_ne!(address.items(), address.readable_items());
        assert_eq!(Value::Tags(vec!["fair".into()]).items(), None);
    }

    #[test]
    fn what_names_a_record_is_written_by_its_name() {
        let id = Uuid::from_u128(7);
        let company = Value::Company(CompanyId(id));
        assert_eq!((company.record(), company.named("Muster")), (Some(id), "Muster".to_owned()));
        let text = Value::Text("x".into());
        assert_eq!((text.record(), text.named("Muster")), (None, "x".to_owned()));
    }

    #[test]
    fn lists_and_choices_say_so() {
        assert!(Kind::Tags.is_list() && Kind::Emails.is_list() && !Kind::Basis.is_list());
        assert_eq!(Kind::Basis.shape(), Shape::Choice(Basis::WORDS));
        assert_eq!(Kind::Word(&["a"]).shape(), Shape::Choice(&["a"]));
        assert_eq!(Kind::User.shape(), Shape::Record);
    }
}
