//! Which column of a table means what: guessed from the headers, corrected by a person.

mod headers;

use crate::domain::contact::ContactField;
use crate::domain::entity::Entity;
use crate::domain::field::Edit;
use crate::domain::forbidden::{self, Forbidden};
use headers::{Known, understand, words};

pub(crate) use headers::{is_list, join_labels, label_word};

/// A part of a postal address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Street,
    /// The number of the house, where it stands in a column of its own.
    Number,
    PostalCode,
    City,
    Region,
    Country,
}

impl Part {
    const ALL: [(Part, &'static str); 6] = [
        (Part::Street, "street"),
        (Part::Number, "house_number"),
        (Part::PostalCode, "postal_code"),
        (Part::City, "city"),
        (Part::Region, "region"),
        (Part::Country, "address_country"),
    ];

    fn word(self) -> &'static str {
        Part::ALL.iter().find(|(part, _)| *part == self).map_or("", |(_, word)| word)
    }
}

/// What a column holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Nothing that is taken.
    Skip,
    /// A field; `label` is that of its items, if it has any.
    Field {
        field: ContactField,
        label: String,
    },
    /// A whole name, used where no column holds its parts.
    Name,
    Part {
        part: Part,
        label: String,
    },
    /// The label of the items in the column with the same number, as Google exports it.
    LabelOf(ContactField),
    Note,
    /// A custom field, by its name.
    Custom(String),
}

impl Target {
    fn field(field: ContactField) -> Target {
        Target::Field { field, label: String::new() }
    }

    /// Whether two columns cannot both hold it.
    fn is_single(&self) -> bool {
        match self {
            Target::Field { field, .. } => !is_list(*field) && *field != ContactField::tags,
            Target::Name | Target::Custom(_) => true,
            Target::Skip | Target::Part { .. } | Target::LabelOf(_) | Target::Note => false,
        }
    }
}

impl std::fmt::Display for Target {
    /// The text that [`Mapping::apply`] reads.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let labelled = |f: &mut std::fmt::Formatter<'_>, word: &str, label: &str| match label {
            "" => f.write_str(word),
            _ => write!(f, "{word}:{label}"),
        };
        match self {
            Target::Skip => f.write_str("skip"),
            Target::Field { field, label } => labelled(f, field.spec().name, label),
            Target::Name => f.write_str("name"),
            Target::Part { part, label } => labelled(f, part.word(), label),
            Target::LabelOf(field) => write!(f, "label_of.{}", field.spec().name),
            Target::Note => f.write_str("note"),
            Target::Custom(name) => write!(f, "custom.{name}"),
        }
    }
}

/// A custom field that columns may be taken for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CustomColumn {
    pub name: String,
    pub label: String,
}

/// What one column was taken for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Guess {
    /// From 0.
    pub column: usize,
    pub header: String,
    pub target: Target,
    /// Whether the header leaves no doubt.
    pub sure: bool,
    /// Whether a person decided it.
    pub chosen: bool,
    /// The first values that are not empty. Of a forbidden column, none.
    pub samples: Vec<String>,
    /// Why the column cannot be taken, whatever it is mapped to.
    pub forbidden: Option<Forbidden>,
    /// Which of several addresses or phones it belongs to.
    pub(crate) group: String,
}

/// A column or target that there is not.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MapError {
    #[error("the file has no column `{header}`{}", did_you_mean(nearest))]
    NoColumn { header: String, nearest: Option<String> },
    #[error("there is no field `{target}` to map to{}", did_you_mean(nearest))]
    NoTarget { target: String, nearest: Option<String> },
    #[error("the column `{header}` holds what is not to be stored ({kind}: {why}); it can only be skipped")]
    Forbidden { header: String, kind: &'static str, why: &'static str },
    #[error("the field `{0}` changes only by an operation of its own, not by an import")]
    Operation(&'static str),
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}

fn nearest<'a>(wanted: &str, among: impl Iterator<Item = &'a str>) -> Option<String> {
    let wanted = wanted.to_lowercase();
    among
        .map(|one| (strsim::jaro_winkler(&wanted, &one.to_lowercase()), one))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, one)| one.to_owned())
}

/// What each column of a table is taken for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    columns: Vec<Guess>,
    custom: Vec<CustomColumn>,
}

impl Mapping {
    /// Guesses from the headers. `samples` are the first records.
    pub fn guess(headers: &[String], samples: &[Vec<String>], custom: &[CustomColumn]) -> Mapping {
        let mut mapping = Mapping { columns: Vec::new(), custom: custom.to_vec() };
        let understood: Vec<_> = headers.iter().map(|header| understand(header)).collect();
        for (column, header) in headers.iter().enumerate() {
            let forbidden = forbidden_header(header);
            let (target, group) = match &forbidden {
                Some(_) => (Target::Skip, String::new()),
                None => mapping.target_for(header, understood.get(column).and_then(Option::as_ref)),
            };
            let samples = match &forbidden {
                Some(_) => Vec::new(),
                None => values(samples, column),
            };
            let sure = target != Target::Skip;
            let header = header.clone();
            mapping.columns.push(Guess {
                column,
                header,
                target,
                sure,
                chosen: false,
                samples,
                forbidden,
                group,
            });
        }
        mapping.settle();
        mapping
    }

    /// For a table without headers: only what the values themselves show, and never for sure.
    pub fn guess_without_headers(samples: &[Vec<String>], width: usize, custom: &[CustomColumn]) -> Mapping {
        let mut mapping = Mapping { columns: Vec::new(), custom: custom.to_vec() };
        for column in 0..width {
            let samples = values(samples, column);
            let all = |test: fn(&str) -> bool| !samples.is_empty() && samples.iter().all(|value| test(value));
            let target = if all(is_email) {
                Target::field(ContactField::emails)
            } else if all(|value| value.starts_with("http://") || value.starts_with("https://")) {
                Target::field(ContactField::websites)
            } else if all(is_phone) {
                Target::field(ContactField::phones)
            } else {
                Target::Skip
            };
            mapping.columns.push(Guess {
                column,
                header: format!("column {}", column + 1),
                target,
                sure: false,
                chosen: false,
                samples,
                forbidden: None,
                group: String::new(),
            });
        }
        mapping
    }

    fn target_for(&self, header: &str, understood: Option<&headers::Understood>) -> (Target, String) {
        let compact = words(header).concat();
        if let Some(custom) = self.custom.iter().find(|custom| {
            header.trim().strip_prefix("custom.") == Some(&custom.name)
                || words(&custom.name).concat() == compact
                || words(&custom.label).concat() == compact
        }) {
            return (Target::Custom(custom.name.clone()), String::new());
        }
        // `E-mail 1 - Type`, as Google names the column with the label of `E-mail 1 - Value`.
        if let Some((item, "Type" | "Label")) = header.trim().rsplit_once(" - ")
            && let Some((known, number)) =
                item.rsplit_once(' ').and_then(|(kind, number)| Some((understand(kind)?, number)))
        {
            let field = match known.known {
                Known::Address => Some(ContactField::addresses),
                Known::Field(field, _) if is_list(field) => Some(field),
                _ => None,
            };
            return match field {
                Some(field) => (Target::LabelOf(field), number.to_owned()),
                None => (Target::Skip, String::new()),
            };
        }
        match understood {
            Some(found) => {
                let mut target = found.known.target(&found.label);
                if found.known == Known::Country && !(found.label.is_empty() && found.number.is_empty()) {
                    target = Target::Part { part: Part::Country, label: found.label.clone() };
                }
                (target, found.number.clone())
            }
            None => (Target::Skip, String::new()),
        }
    }

    /// Decides what only the table as a whole shows.
    fn settle(&mut self) {
        let has = |columns: &[Guess], wanted: fn(&Target) -> bool| {
            columns.iter().any(|guess| wanted(&guess.target))
        };
        // The country of a person stands in many tables without any address, and so does not make one.
        let parts = has(
            &self.columns,
            |target| matches!(target, Target::Part { part, .. } if *part != Part::Country),
        );
        let given = has(&self.columns, |target| *target == Target::field(ContactField::given_name));
        let family = has(&self.columns, |target| *target == Target::field(ContactField::family_name));
        let region = has(&self.columns, |target| matches!(target, Target::Part { part: Part::Region, .. }));
        let titles = self
            .columns
            .iter()
            .filter(|guess| guess.target == Target::field(ContactField::job_title))
            .count();
        for guess in &mut self.columns {
            let compact = words(&guess.header).concat();
            match &guess.target {
                // Beside columns for city and postal code, "Address" is the street.
                Target::Field { field: ContactField::addresses, label }
                    if parts && guess.header.trim() != "addresses" =>
                {
                    guess.target = Target::Part { part: Part::Street, label: label.clone() };
                    if compact.ends_with("formatted") {
                        guess.target = Target::Skip;
                        guess.sure = false;
                    }
                }
                // In the program's own files, what is shown for want of a name stands there too.
                Target::Name if given && family && guess.header.trim() == "display_name" => {
                    guess.target = Target::Skip;
                    guess.sure = false;
                }
                // Beside a given name, "Name" is the family name.
                Target::Name if given && !family && matches!(compact.as_str(), "name" | "naam") => {
                    guess.target = Target::field(ContactField::family_name);
                    guess.sure = false;
                }
                // Beside a job title, "Title" stands before the name.
                Target::Field { field: ContactField::job_title, .. } if titles > 1 && compact == "title" => {
                    guess.target = Target::field(ContactField::name_prefix);
                    guess.sure = false;
                }
                Target::Skip if compact == "county" && parts && !region => {
                    guess.target = Target::Part { part: Part::Region, label: String::new() };
                    guess.sure = false;
                }
                _ => {}
            }
        }
        // A field that holds one value takes one column: the one that bears its name, else the first.
        for at in 0..self.columns.len() {
            let Some(guess) = self.columns.get(at).filter(|guess| guess.target.is_single()) else { continue };
            let rivals: Vec<usize> = (0..self.columns.len())
                .filter(|i| self.columns.get(*i).is_some_and(|g| g.target == guess.target))
                .collect();
            let named =
                |i: &&usize| self.columns.get(**i).is_some_and(|g| g.header.trim() == g.target.to_string());
            let winner = rivals.iter().find(named).or(rivals.first()).copied();
            for rival in rivals.into_iter().filter(|rival| Some(*rival) != winner) {
                if let Some(guess) = self.columns.get_mut(rival) {
                    guess.target = Target::Skip;
                    guess.sure = false;
                }
            }
        }
    }

    pub fn columns(&self) -> &[Guess] {
        &self.columns
    }

    /// Columns that are not to be read, unless skipped by name: the import is refused as long as there are any.
    pub fn forbidden(&self) -> Vec<&Guess> {
        self.columns.iter().filter(|guess| guess.forbidden.is_some() && !guess.chosen).collect()
    }

    /// Columns nothing is taken from.
    pub fn not_taken(&self) -> Vec<&Guess> {
        self.columns.iter().filter(|guess| guess.target == Target::Skip).collect()
    }

    fn find(&self, header: &str) -> Result<usize, MapError> {
        let exact = self.columns.iter().position(|guess| guess.header.trim() == header.trim());
        let compact = words(header).concat();
        let alike = || {
            self.columns
                .iter()
                .position(|guess| !compact.is_empty() && words(&guess.header).concat() == compact)
        };
        exact.or_else(alike).ok_or_else(|| MapError::NoColumn {
            header: header.to_owned(),
            nearest: nearest(header, self.columns.iter().map(|guess| guess.header.as_str())),
        })
    }

    /// Maps a column to what a person named: `email`, `phones:mobile`, `street:home`, `custom.NAME`, `skip`.
    pub fn apply(&mut self, header: &str, target: &str) -> Result<(), MapError> {
        let at = self.find(header)?;
        let target = self.read_target(target)?;
        if let Some(guess) = self.columns.get(at)
            && let Some(Forbidden { kind, why }) = guess.forbidden
            && target != Target::Skip
        {
            return Err(MapError::Forbidden { header: guess.header.clone(), kind, why });
        }
        for (i, guess) in self.columns.iter_mut().enumerate() {
            if i == at {
                guess.target = target.clone();
                guess.sure = true;
                guess.chosen = true;
            } else if target.is_single() && guess.target == target {
                guess.target = Target::Skip;
            }
        }
        Ok(())
    }

    /// Takes nothing from a column; what is forbidden no longer stands in the way.
    pub fn skip(&mut self, header: &str) -> Result<(), MapError> {
        self.apply(header, "skip")
    }

    fn read_target(&self, text: &str) -> Result<Target, MapError> {
        let text = text.trim();
        let (word, label) = text.split_once(':').unwrap_or((text, ""));
        let (word, label) = (word.trim(), label.trim().to_owned());
        if matches!(word, "skip" | "-" | "") {
            return Ok(Target::Skip);
        }
        if let Some(name) = word.strip_prefix("custom.")
            && let Some(custom) = self.custom.iter().find(|custom| custom.name == name)
        {
            return Ok(Target::Custom(custom.name.clone()));
        }
        if let Some(spec) = crate::domain::contact::Contact::spec(word) {
            let field = ContactField::of(spec.key).filter(|_| spec.edit == Edit::Free);
            return field.map(|field| Target::Field { field, label }).ok_or(MapError::Operation(spec.name));
        }
        if let Some((part, _)) = Part::ALL.iter().find(|(_, name)| *name == word) {
            return Ok(Target::Part { part: *part, label });
        }
        let labelled = |found: headers::Understood| {
            let label = if label.is_empty() { found.label.as_str() } else { &label };
            found.known.target(label)
        };
        let found = understand(word).map(labelled);
        found.ok_or_else(|| {
            let choices = self.choices();
            MapError::NoTarget {
                target: text.to_owned(),
                nearest: nearest(word, choices.iter().map(String::as_str)),
            }
        })
    }

    /// Everything a column can be mapped to, without labels, for a screen to offer.
    pub fn choices(&self) -> Vec<String> {
        let fields = ContactField::ALL.iter().filter(|field| field.spec().edit == Edit::Free);
        let mut all: Vec<String> = ["skip", "name"].map(str::to_owned).into();
        all.extend(fields.map(|field| field.spec().name.to_owned()));
        all.extend(Part::ALL.iter().map(|(_, word)| (*word).to_owned()));
        all.push("note".to_owned());
        all.extend(self.custom.iter().map(|custom| format!("custom.{}", custom.name)));
        all
    }
}

/// Why what stands under a header or key is not held, if it is not.
///
/// A header that is known as a whole is what it is known for: `Straße` is no race, though its letters hold the German
/// word for one.
pub(crate) fn forbidden_header(header: &str) -> Option<Forbidden> {
    forbidden::by_name(header).filter(|_| understand(header).is_none())
}

/// What a key of an object means by itself.
pub(crate) fn target_of(key: &str) -> Option<Target> {
    understand(key).map(|found| found.known.target(&found.label))
}

/// The first values of a column that are not blank, cut to what a screen shows.
fn values(samples: &[Vec<String>], column: usize) -> Vec<String> {
    let cells = samples.iter().filter_map(|record| record.get(column)).map(|cell| cell.trim());
    cells.filter(|cell| !cell.is_empty()).take(5).map(|cell| cell.chars().take(60).collect()).collect()
}

fn is_email(text: &str) -> bool {
    crate::domain::reach::Email::parse(text).is_ok()
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=16).contains(&digits)
        && text.chars().all(|c| c.is_ascii_digit() || "+-/(). x".contains(c))
        && !text.contains("..")
}

/// Whether a first record looks like headers: a header is known, or all are words and no value.
pub(crate) fn looks_like_headers(first: &[String]) -> bool {
    let filled = first.iter().filter(|cell| !cell.trim().is_empty()).count();
    let is_value = |cell: &String| {
        let cell = cell.trim();
        is_email(cell) || is_phone(cell) || cell.contains("://") || cell.parse::<f64>().is_ok()
    };
    if first.iter().any(is_value) || filled == 0 {
        return false;
    }
    let known =
        first.iter().filter(|cell| understand(cell).is_some() || forbidden_header(cell).is_some()).count();
    known > 0 || filled == first.len() && first.iter().all(|cell| cell.trim().chars().count() <= 40)
}

#[cfg(test)]
mod tests;
