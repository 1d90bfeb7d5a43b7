//! What a search should find, computed the slow way: from the documents, without masks, pools, sessions or heaps.

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;
use uuid::Uuid;

use super::super::{FieldKind, SortKey};
use crate::domain::fold::{email, expanded, fold};
use crate::domain::query::{Filter, FilterKey, FilterName, Has, Query, TermKind, Value};
use crate::domain::time::Timestamp;

/// An owned [`super::super::Doc`].
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: Uuid,
    pub(crate) given: String,
    pub(crate) family: String,
    pub(crate) display: String,
    pub(crate) company: Option<(Uuid, String)>,
    pub(crate) phones: Vec<String>,
    pub(crate) emails: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) job_title: String,
    pub(crate) city: String,
    pub(crate) owner: Option<Uuid>,
    pub(crate) country: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) deleted: bool,
}

impl Record {
    pub(crate) fn with_doc<R>(&self, f: impl FnOnce(&super::super::Doc<'_>) -> R) -> R {
        fn list(texts: &[String]) -> Vec<&str> {
            texts.iter().map(String::as_str).collect()
        }
        let (phones, emails, tags) = (list(&self.phones), list(&self.emails), list(&self.tags));
        f(&super::super::Doc {
            id: self.id,
            given: &self.given,
            family: &self.family,
            display: &self.display,
            company: self.company.as_ref().map(|(id, name)| (*id, &**name)),
            phones: &phones,
            emails: &emails,
            tags: &tags,
            job_title: &self.job_title,
            city: &self.city,
            owner: self.owner,
            country: self.country.as_deref(),
            created: self.created,
            updated: self.updated,
            deleted: self.deleted,
            slot: self.id.as_u128() as u32,
            ..Default::default()
        })
    }

    fn name(&self) -> (String, String) {
        match (fold(&self.given), fold(&self.family)) {
            (given, family) if given.is_empty() && family.is_empty() => (String::new(), fold(&self.display)),
            (given, family) if family.is_empty() => (String::new(), given),
            names => names,
        }
    }

    fn sort_key(&self) -> (String, String, Uuid) {
        let (given, family) = self.name();
        (family, given, self.id)
    }

    /// Field, text, and the places where a field starts.
    fn texts(&self) -> Vec<(FieldKind, String, Vec<usize>)> {
        let mut out = Vec::new();
        let names = [
            Some((fold(&self.given), fold(&self.family))),
            Some((
                expanded(&self.given).unwrap_or(fold(&self.given)),
                expanded(&self.family).unwrap_or(fold(&self.family)),
            )),
        ];
        for (given, family) in names.into_iter().flatten() {
            let text = format!("{given} {family}").trim().to_owned();
            let family_at = if given.is_empty() { 0 } else { given.len() + 1 };
            out.push((FieldKind::Name, text, vec![0, family_at]));
        }
        let mut plain = |field, text: &str| {
            out.push((field, fold(text), vec![0]));
            out.extend(expanded(text).map(|text| (field, text, vec![0])));
        };
        plain(FieldKind::Name, &self.display);
        plain(FieldKind::Company, self.company.as_ref().map_or("", |(_, name)| name));
        self.tags.iter().for_each(|tag| plain(FieldKind::Tag, tag));
        plain(FieldKind::JobTitle, &self.job_title);
        plain(FieldKind::City, &self.city);
        out.extend(self.emails.iter().map(|address| (FieldKind::Email, email(address), vec![0])));
        out.extend(self.phones.iter().map(|phone| (FieldKind::Phone, phone[1..].to_owned(), vec![0])));
        out
    }
}

const ORDER: [FieldKind; 7] = [
    FieldKind::Name,
    FieldKind::Company,
    FieldKind::Email,
    FieldKind::Phone,
    FieldKind::Tag,
    FieldKind::JobTitle,
    FieldKind::City,
];

fn cost(tier: u32, field: FieldKind) -> u32 {
    let place = ORDER.iter().position(|&known| known == field).unwrap() as u32;
    // E-mail and phone rank alike.
    tier * 8 + if place > 2 { place - 1 } else { place }
}

/// Only of the countries in the fixtures.
fn country_code(number: &str) -> usize {
    if number.starts_with('1') { 1 } else { 2 }
}

fn word_cost(record: &Record, word: &str) -> Option<u32> {
    let mut needles = vec![fold(word)];
    needles.extend(expanded(word));
    let edge = |b: u8| b.is_ascii() && !b.is_ascii_alphanumeric();
    let mut best = None;
    for (field, text, starts) in record.texts() {
        let mut needles = needles.clone();
        if field == FieldKind::Email {
            needles.push(email(word));
        }
        for needle in needles {
            for at in 0..text.len() {
                let Some(part) = text.as_bytes().get(at..at + needle.len()) else { break };
                let same = part.iter().zip(needle.bytes()).all(|(&a, b)| a == b || (b == b' ' && edge(a)));
                if !same || needle.is_empty() {
                    continue;
                }
                let ends = text.as_bytes().get(at + needle.len()).is_none_or(|&b| edge(b));
                let tier = if starts.contains(&at) {
                    1
                } else if edge(text.as_bytes()[at - 1])
                    || (field == FieldKind::Phone && at == country_code(&text))
                {
                    2
                } else {
                    3
                };
                let tier = if ends && tier < 3 { 0 } else { tier };
                best = Some(best.unwrap_or(u32::MAX).min(cost(tier, field)));
            }
        }
    }
    best
}

fn fuzzy_cost(record: &Record, word: &str) -> Option<(u32, u32)> {
    let word = fold(word);
    if word.chars().count() < 3 || !word.chars().all(char::is_alphabetic) {
        return None;
    }
    let points = |text: &str| {
        let score = SkimMatcherV2::default().respect_case().fuzzy_match(text, &word)?;
        (score >= 14 * word.chars().count() as i64).then_some(score as u32)
    };
    let (given, family) = record.name();
    let name = format!("{given} {family}").trim().to_owned();
    if let Some(points) = points(&name) {
        return Some((cost(4, FieldKind::Name), points));
    }
    let (_, company) = record.company.as_ref()?;
    points(&fold(company)).map(|points| (cost(4, FieldKind::Company), points))
}

fn rank(record: &Record, words: &[&str], fuzzy: bool) -> Option<u32> {
    let mut sum = 0;
    let mut points = None;
    for word in words {
        match word_cost(record, word) {
            Some(cost) => sum += cost,
            None if fuzzy => {
                let (cost, more) = fuzzy_cost(record, word)?;
                sum += cost;
                points = Some(points.unwrap_or(0) + more);
            }
            None => return None,
        }
    }
    let (given, family) = record.name();
    let name = format!("{given} {family}").trim().len();
    let typed = words.iter().map(|word| fold(word).len()).sum::<usize>() + words.len().saturating_sub(1);
    if sum == 0 && typed == name && !words.is_empty() {
        return Some(0);
    }
    Some((1 + sum) << 16 | points.map_or(0, |points: u32| 0xFFFF - points.min(0xFFFF)))
}

fn meets(record: &Record, filter: &Filter, now: Timestamp, me: Uuid) -> bool {
    let FilterName::Known(key) = filter.name else { return false };
    filter.values.iter().any(|value| match (key, value) {
        (FilterKey::Tag, Value::Text(text)) => record.tags.iter().any(|tag| fold(tag) == fold(text)),
        (FilterKey::Tag, Value::Nothing) => record.tags.is_empty(),
        (FilterKey::Country, Value::Text(text)) => {
            record.country.as_deref().is_some_and(|c| fold(c) == fold(text))
        }
        (FilterKey::Country, Value::Nothing) => record.country.is_none(),
        (FilterKey::Owner, Value::Me) => record.owner == Some(me),
        (FilterKey::Owner, Value::Nothing) => record.owner.is_none(),
        (FilterKey::Created, Value::When(when)) => when.resolve(now).contains(record.created),
        (FilterKey::Has, Value::Has(Has::Phone)) => !record.phones.is_empty(),
        (FilterKey::Has, Value::Has(Has::Email)) => !record.emails.is_empty(),
        (FilterKey::Is, Value::Is(_)) => record.deleted,
        other => panic!("the reference does not know {other:?}"),
    })
}

/// The ids found, with their ranks, in order.
pub(crate) fn search(
    records: &[Record],
    query: &Query,
    by: SortKey,
    descending: bool,
    now: Timestamp,
    me: Uuid,
) -> Vec<(Uuid, u32)> {
    let mut words = Vec::new();
    let mut excluded = Vec::new();
    let mut deleted = false;
    for term in &query.terms {
        match &term.kind {
            TermKind::Word(word) if term.excluded => excluded.push(&**word),
            TermKind::Word(word) => words.push(&**word),
            TermKind::Filter(filter) => {
                deleted |= !term.excluded && filter.name == FilterName::Known(FilterKey::Is);
            }
            other => panic!("the reference does not know {other:?}"),
        }
    }
    let candidates: Vec<&Record> = records
        .iter()
        .filter(|record| record.deleted == deleted)
        .filter(|record| query.filters().all(|(excluded, filter)| meets(record, filter, now, me) != excluded))
        .filter(|record| excluded.iter().all(|word| word_cost(record, word).is_none()))
        .collect();
    let ranked = |fuzzy| -> Vec<(u32, &Record)> {
        candidates.iter().filter_map(|record| Some((rank(record, &words, fuzzy)?, *record))).collect()
    };
    let mut found = ranked(false);
    if found.len() < super::super::FUZZY_BELOW {
        found = ranked(true);
    }
    found.sort_by(|(rank_a, a), (rank_b, b)| {
        let text = |text: Option<&str>| text.map(fold).unwrap_or_default();
        let company = |r: &Record| text(r.company.as_ref().map(|(_, name)| &**name));
        let first = match by {
            SortKey::Relevance if words.is_empty() => std::cmp::Ordering::Equal,
            SortKey::Relevance => rank_a.cmp(rank_b),
            SortKey::Name => std::cmp::Ordering::Equal,
            SortKey::Company => company(a).cmp(&company(b)),
            SortKey::Created => a.created.cmp(&b.created),
            SortKey::Updated => a.updated.cmp(&b.updated),
            SortKey::Country => text(a.country.as_deref()).cmp(&text(b.country.as_deref())),
            SortKey::Owner => a.owner.cmp(&b.owner),
        };
        first.then_with(|| a.sort_key().cmp(&b.sort_key()))
    });
    if descending && by != SortKey::Relevance {
        found.reverse();
    }
    found.into_iter().map(|(rank, record)| (record.id, rank)).collect()
}
