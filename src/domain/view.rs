//! Saved views: a filter with columns and an order, under a name that stands for it in a query (`@name`).
//!
//! A view belongs to one user, a team, a role or everybody, and the program ships some for each role
//! (`assets/views.toml`). Of several with one name the nearest wins: one's own, the team's, the role's, everybody's,
//! the shipped one. A view only narrows what its reader would see anyway, and names no other view.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::entity::{RecordKind, entity};
use crate::domain::id::UserId;
use crate::domain::query::Query;
use crate::domain::time::Timestamp;
use crate::domain::value::{Invalid, Kind, OneOf, WordList, words};

words! {
    /// What a view lists.
    ViewOn {
        Contact = "contact",
        Company = "company",
    }
}

impl ViewOn {
    pub fn record(self) -> RecordKind {
        match self {
            ViewOn::Contact => RecordKind::Contact,
            ViewOn::Company => RecordKind::Company,
        }
    }
}

words! {
    /// Whose a view is, the nearest first.
    Belongs {
        User = "user",
        Team = "team",
        Role = "role",
        Everybody = "everybody",
        Shipped = "shipped",
    }
}

entity! {
    /// A view as somebody saved it. The filter may name a person, so the record is encrypted like any other.
    SavedView, ViewField, View {
        1 name "name": String, Kind::Text, Operation, Needed, "Name", "the word for the view in queries", [], None, None;
        2 title "title": String, Kind::Text, Operation, Free, "Title", "what people read above the list", [], None, None;
        3 kind "kind": OneOf<ViewOn>, Kind::Word(ViewOn::WORDS), Operation, Needed, "Kind", "which records it lists", [], None, None;
        4 filter "filter": String, Kind::Text, Operation, Free, "Filter", "what it finds", [], None, None;
        5 columns "columns": WordList, Kind::Words, Operation, Free, "Columns", "what it shows", [], None, None;
        6 sort "sort": String, Kind::Text, Operation, Free, "Order", "in which order", [], None, None;
        7 user "user": Option<UserId>, Kind::User, Operation, Free, "User", "whose alone it is", [], None, None;
        8 team "team": String, Kind::Text, Operation, Free, "Team", "which team has it", [], None, None;
        9 role "role": String, Kind::Text, Operation, Free, "Role", "which role has it", [], None, None;
        10 everybody "everybody": bool, Kind::Flag, Operation, Free, "For everybody", "everybody has it", [], None, None;
        60 deleted_at "deleted_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Deleted at", "a deleted view can be restored", [], None, None;
    }
}

impl SavedView {
    /// Whose it is; an error when that is nobody, or more than one.
    pub fn belongs(&self) -> Result<Belongs, Invalid> {
        let all = [
            (self.user.is_some(), Belongs::User),
            (!self.team.is_empty(), Belongs::Team),
            (!self.role.is_empty(), Belongs::Role),
            (self.everybody, Belongs::Everybody),
        ];
        let mut whose = all.into_iter().filter(|(is, _)| *is).map(|(_, whose)| whose);
        match (whose.next(), whose.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(Invalid::new(
                "a view belongs to one user, a team, a role or everybody, and to one of them alone",
            )),
        }
    }

    /// Checks what needs no schema: the name and the filter.
    pub fn check(&self) -> Result<(), Invalid> {
        if !is_name(&self.name) {
            return Err(Invalid::new(format!(
                "`{}` cannot name a view: up to {MAX_NAME} lower-case letters, digits, - and _, beginning with a letter or digit",
                self.name
            )));
        }
        if self.kind.0.is_none() {
            return Err(Invalid::new(format!("a view is of a kind: {}", ViewOn::WORDS.join(" or "))));
        }
        let query = Query::parse(&self.filter)
            .map_err(|error| Invalid::new(format!("the filter: {}", error.render(&self.filter))))?;
        match query.views().next() {
            Some(name) => Err(Invalid::new(format!(
                "the filter names the view `@{name}`, and a view names no other view"
            ))),
            None => Ok(()),
        }
    }
}

/// The longest name of a view, in characters.
pub const MAX_NAME: usize = 40;

/// Whether a text can name a view as it is saved.
pub fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && crate::domain::query::is_view_name(text)
        && !text.bytes().any(|c| c.is_ascii_uppercase())
}

/// The name that a title suggests: its words, folded, with `-` between.
pub fn name_of(title: &str) -> String {
    let folded = crate::domain::fold::expanded(title).unwrap_or_else(|| crate::domain::fold::fold(title));
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = String::new();
    for word in words {
        if name.len() + word.len() >= MAX_NAME {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(word);
    }
    name
}

/// A view that comes with the program.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipped {
    pub name: String,
    pub title: String,
    #[serde(default = "contact")]
    pub kind: ViewOn,
    /// The roles that have it; all that see such records when empty.
    #[serde(default)]
    pub roles: Vec<String>,
    pub filter: String,
    pub columns: Vec<String>,
    #[serde(default)]
    pub sort: String,
}

fn contact() -> ViewOn {
    ViewOn::Contact
}

#[derive(Deserialize)]
struct File {
    view: Vec<Shipped>,
}

/// The views of `assets/views.toml`; a test proves that the file is sound.
pub fn shipped() -> &'static [Shipped] {
    static SHIPPED: LazyLock<Vec<Shipped>> = LazyLock::new(|| {
        let file: Result<File, _> = toml::from_str(include_str!("../../assets/views.toml"));
        file.map(|file| file.view).unwrap_or_default()
    });
    &SHIPPED
}

impl Shipped {
    /// As if somebody had saved it for everybody.
    pub fn view(&self) -> SavedView {
        SavedView {
            name: self.name.clone(),
            title: self.title.clone(),
            kind: OneOf(Some(self.kind)),
            filter: self.filter.clone(),
            columns: WordList(self.columns.clone()),
            sort: self.sort.clone(),
            everybody: true,
            ..SavedView::default()
        }
    }

    pub fn is_for(&self, role: &str) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|one| one == role)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::user::Role;

    #[test]
    fn the_file_is_sound() {
        let file: Result<File, _> = toml::from_str(include_str!("../../assets/views.toml"));
        let views = file.unwrap().view;
        assert_eq!(views, shipped());
        let mut names = HashSet::new();
        for view in &views {
            assert!(names.insert((view.kind, &view.name)), "{} is there twice", view.name);
            view.view().check().unwrap_or_else(|error| panic!("{}: {error}", view.name));
            assert!(!view.title.is_empty() && !view.columns.is_empty(), "{}", view.name);
            for role in &view.roles {
                role.parse::<Role>().unwrap_or_else(|error| panic!("{}: {error}", view.name));
            }
        }
        for role in [Role::Owner, Role::Dpo, Role::Lead, Role::Rep, Role::Marketing] {
            let own = |view: &&Shipped| view.roles.iter().any(|one| one == role.word());
            assert!(views.iter().filter(own).count() >= 2, "{role} has views of its own");
        }
    }

    #[test]
    fn a_view_belongs_to_one() {
        let mine = SavedView { user: Some(UserId(uuid::Uuid::nil())), ..SavedView::default() };
        assert_eq!(mine.belongs(), Ok(Belongs::User));
        assert_eq!(SavedView { everybody: true, ..SavedView::default() }.belongs(), Ok(Belongs::Everybody));
        assert!(SavedView { team: "south".into(), ..mine }.belongs().is_err());
        assert!(SavedView::default().belongs().is_err());
    }

    #[test]
    fn names() {
        for name in ["mine", "fair-2026", "a_b", "7days"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "Mine", "my views", "-x", "a.b", "ü", "@mine", &"x".repeat(41)] {
            assert!(!is_name(name), "{name}");
        }
        for (title, name) in
            [("My fair, 2026", "my-fair-2026"), ("Müller & Söhne", "mueller-soehne"), ("東京", "")]
        {
            assert_eq!(name_of(title), name);
        }
        assert!(is_name(&name_of(&"long words ".repeat(20))));
    }
}
