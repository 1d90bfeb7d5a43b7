//! Words offered under a field while somebody types into it.

use crate::api::Completion;
use crate::domain::country::Country;
use crate::domain::field::FieldKey;
use crate::domain::value::Kind;
use crate::tui::forms::field::{FormField, Offers};
use crate::tui::forms::pick::{Choice, rank};

/// Most that are shown.
const MOST: usize = 5;

/// The languages that are offered by name; any other tag can be typed.
const LANGUAGES: [(&str, &str); 16] = [
    ("de", "German, Deutsch"),
    ("en", "English"),
    ("nl", "Dutch, Nederlands"),
    ("fr", "French, français"),
    ("es", "Spanish, español"),
    ("it", "Italian, italiano"),
    ("pl", "Polish, polski"),
    ("pt", "Portuguese, português"),
    ("cs", "Czech, čeština"),
    ("da", "Danish, dansk"),
    ("sv", "Swedish, svenska"),
    ("tr", "Turkish, Türkçe"),
    ("uk", "Ukrainian, українська"),
    ("ru", "Russian, русский"),
    ("ja", "Japanese, 日本語"),
    ("zh", "Chinese, 中文"),
];

/// What is offered for the focused field.
#[derive(Clone, Default, Debug)]
pub(crate) struct Offered {
    pub(crate) list: Vec<Choice>,
    /// The highlighted one; none until somebody goes down into the list, so that Enter alone takes nothing.
    pub(crate) at: Option<usize>,
    /// The prefix the service was asked for and has not answered.
    asked: Option<(FieldKey, String)>,
    /// The prefix there is now, when another one was asked for.
    wanted: Option<(FieldKey, String)>,
}

impl Offered {
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.at = None;
        self.wanted = None;
    }

    /// Something was typed. Gives the prefix to ask the service for, one question at a time.
    pub(crate) fn typed(&mut self, field: &FormField, last: Option<String>) -> Option<String> {
        self.list.clear();
        self.at = None;
        let prefix = prefix(field);
        if let Some(last) = last.filter(|last| *last != field.text() && last.starts_with(&prefix)) {
            self.list.push(Choice::new(last.clone(), last, "used last"));
        }
        match field.offers() {
            Offers::Nothing => None,
            Offers::Countries => {
                let all: Vec<Choice> = Country::all()
                    .iter()
                    .map(|country| Choice::new(country.code(), country.name(), country.code()))
                    .collect();
                self.local(&all, &prefix);
                None
            }
            Offers::Languages => {
                let all: Vec<Choice> =
                    LANGUAGES.iter().map(|(tag, name)| Choice::new(*tag, *name, *tag)).collect();
                self.local(&all, &prefix);
                None
            }
            Offers::Store if prefix.is_empty() && field.info.kind != Kind::User => None,
            Offers::Store => match self.asked {
                None => {
                    self.asked = Some((field.info.key, prefix.clone()));
                    Some(prefix)
                }
                Some(_) => {
                    self.wanted = Some((field.info.key, prefix));
                    None
                }
            },
        }
    }

    fn local(&mut self, all: &[Choice], prefix: &str) {
        if prefix.is_empty() {
            return;
        }
        let hits = rank(all, prefix).into_iter().filter_map(|at| all.get(at));
        self.list.extend(hits.filter(|one| one.value != prefix).take(MOST).cloned());
    }

    /// The service's answer. Gives the next prefix to ask for, if it changed meanwhile.
    pub(crate) fn answered(&mut self, field: &FormField, words: Vec<Completion>) -> Option<String> {
        let asked = self.asked.take();
        let now = (field.info.key, prefix(field));
        if self.wanted.take().is_some_and(|wanted| wanted == now) {
            self.asked = Some(now.clone());
            return Some(now.1);
        }
        if asked != Some(now) {
            return None;
        }
        let text = field.text();
        for word in words {
            let known = self.list.iter().any(|one| one.value == word.text);
            if !known && word.text != text && self.list.len() < MOST {
                self.list.push(Choice::new(word.text.clone(), word.text, format!("{} records", word.count)));
            }
        }
        None
    }

    /// The text of the field once the highlighted word is taken.
    pub(crate) fn take(&self, field: &FormField) -> Option<String> {
        let word = &self.list.get(self.at?)?.value;
        Some(match field.info.kind {
            Kind::Tags => {
                let text = field.text();
                let before = text.rsplit_once(',').map_or("", |(before, _)| before);
                if before.is_empty() { format!("{word}, ") } else { format!("{before}, {word}, ") }
            }
            _ => word.clone(),
        })
    }
}

/// What the offers have to begin with: of a list, only its last item.
fn prefix(field: &FormField) -> String {
    let text = field.text();
    match field.info.kind {
        Kind::Tags => text.rsplit(',').next().unwrap_or_default().trim().to_owned(),
        _ => text.trim().to_owned(),
    }
}
