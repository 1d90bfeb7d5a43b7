//! Custom fields: the same description as a built-in field, read from the store.

use crate::domain::entity::{RecordKind, entity};
use crate::domain::field::Category;
use crate::domain::value::{Kind, OneOf, WordList, words};

words! {
    /// The kinds of values a custom field may take.
    CustomKind {
        Text = "text",
        LongText = "long_text",
        Number = "number",
        Date = "date",
        Flag = "flag",
        Choice = "choice",
    }
}

words! {
    /// The entities that take custom fields.
    CustomOn {
        Contact = "contact",
        Company = "company",
    }
}

impl CustomOn {
    pub fn record(self) -> RecordKind {
        match self {
            CustomOn::Contact => RecordKind::Contact,
            CustomOn::Company => RecordKind::Company,
        }
    }
}

impl CustomKind {
    pub fn kind(self) -> Kind {
        match self {
            CustomKind::Text | CustomKind::Choice => Kind::Text,
            CustomKind::LongText => Kind::LongText,
            CustomKind::Number => Kind::Number,
            CustomKind::Date => Kind::Day,
            CustomKind::Flag => Kind::Flag,
        }
    }
}

entity! {
    /// A field that a store adds to contacts or companies. It needs a purpose and a justification (R7); its values are
    /// kept when it is retired, so that history stays readable.
    CustomField, CustomFieldField, CustomField {
        1 name "name": String, Kind::Text, Operation, Needed, "Name", "the word for the field in commands and files", [], None, None;
        2 label "label": String, Kind::Text, Operation, Free, "Label", "what people read on screen", [], None, None;
        3 on "on": OneOf<CustomOn>, Kind::Word(CustomOn::WORDS), Operation, Needed, "On", "which records have the field", [], None, None;
        4 kind "kind": OneOf<CustomKind>, Kind::Word(CustomKind::WORDS), Operation, Needed, "Kind", "what values it takes", [], None, None;
        5 choices "choices": WordList, Kind::Words, Operation, Free, "Choices", "the words a choice is made from", [], None, None;
        6 purpose "purpose": String, Kind::Text, Operation, Needed, "Purpose", "Art. 5(1)(b) GDPR: what the data is for", [], None, None;
        7 justification "justification": String, Kind::Text, Operation, Needed, "Justification", "Art. 5(1)(c) GDPR: why it cannot be done without", [], None, None;
        8 category "category": OneOf<Category>, Kind::Word(Category::WORDS), Operation, Free, "Category", "for the inventory", [], None, None;
        9 number "number": i64, Kind::Number, Operation, Operation, "Number", "the stored number of the field", [], None, None;
        10 retired "retired": bool, Kind::Flag, Operation, Free, "Retired", "the field takes no new values", [], None, None;
    }
}
