//! Filters compiled to look-ups in tables.

use uuid::Uuid;

use crate::domain::fold::{expanded, fold};
use crate::domain::query::{Bound, Filter, FilterKey, FilterName, Has, Is, Query, Value};
use crate::domain::time::Timestamp;

use super::pool::{NOTHING, Pool};
use super::store::{Cold, Shared};
use super::{Index, KeptOut, KeptOuts};

/// Answers filters on what the index does not hold: custom fields, and what other capabilities add.
pub trait Extra: Sync {
    /// Whether the record meets the filter, excluding or not being the index's business. Records it does not know
    /// do not meet it.
    fn meets(&self, filter: &Filter, id: Uuid, slot: u32) -> bool;
}

/// Meets nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoExtra;

impl Extra for NoExtra {
    fn meets(&self, _: &Filter, _: Uuid, _: u32) -> bool {
        false
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Column {
    Tags,
    Company,
    Owner,
    Team,
    Country,
    Language,
    Source,
    Supplier,
    Basis,
}

#[derive(Debug)]
enum Test {
    /// By the number in the column.
    Table(Column, Vec<bool>),
    Created(Vec<Bound>),
    Updated(Vec<Bound>),
    Has(Vec<Has>, Option<Filter>),
    /// Kept out for one of these reasons, or what else somebody else knows.
    Is(KeptOuts, Option<Filter>),
    Extra(Filter),
}

/// The filters of a query.
#[derive(Debug, Default)]
pub(super) struct Filters {
    /// Only records in this state are looked at.
    pub(super) deleted: bool,
    tests: Vec<(bool, Test)>,
}

impl Filters {
    pub(super) fn new(index: &Index, query: &Query, now: Timestamp, me: Option<Uuid>) -> Filters {
        let mut filters = Filters::default();
        for (excluded, filter) in query.filters() {
            let key = match filter.name {
                FilterName::Known(key) => key,
                FilterName::Field(_) => {
                    filters.tests.push((excluded, Test::Extra(filter.clone())));
                    continue;
                }
            };
            let bounds = || {
                let when = filter.values.iter().filter_map(|value| match value {
                    Value::When(when) => Some(when.resolve(now)),
                    _ => None,
                });
                when.collect()
            };
            let pools = &index.pools;
            let equal = |column, pool| Test::Table(column, table(pool, &filter.values, same_text));
            let test = match key {
                FilterKey::Tag => {
                    let tags = table(&pools.tag, &filter.values, same_text);
                    let set = |n| match n {
                        NOTHING => tags.first() == Some(&true),
                        n => index.sets.get(n).iter().any(|&tag| tags.get(tag as usize) == Some(&true)),
                    };
                    Test::Table(Column::Tags, (0..index.sets.len() as u32).map(set).collect())
                }
                FilterKey::Owner => Test::Table(Column::Owner, owners(index, &filter.values, me)),
                FilterKey::Team => equal(Column::Team, &pools.team),
                FilterKey::Country => equal(Column::Country, &pools.country),
                FilterKey::Language => {
                    Test::Table(Column::Language, table(&pools.language, &filter.values, language_range))
                }
                FilterKey::Company => {
                    Test::Table(Column::Company, table(&pools.company, &filter.values, words_start))
                }
                FilterKey::Source => equal(Column::Source, &pools.source),
                FilterKey::Supplier => equal(Column::Supplier, &pools.supplier),
                FilterKey::Basis => equal(Column::Basis, &pools.basis),
                FilterKey::Created => Test::Created(bounds()),
                FilterKey::Updated => Test::Updated(bounds()),
                FilterKey::Has => {
                    let known = filter.values.iter().filter_map(|value| match value {
                        Value::Has(has) if *has != Has::Consent => Some(*has),
                        _ => None,
                    });
                    let fields: Vec<Value> = filter
                        .values
                        .iter()
                        .filter(|value| matches!(value, Value::HasField(_) | Value::Has(Has::Consent)))
                        .cloned()
                        .collect();
                    let extra =
                        (!fields.is_empty()).then(|| Filter { name: filter.name.clone(), values: fields });
                    Test::Has(known.collect(), extra)
                }
                FilterKey::Consent => Test::Extra(filter.clone()),
                FilterKey::Is => {
                    let is = |word| filter.values.contains(&Value::Is(word));
                    if is(Is::Deleted) && !excluded {
                        // Nothing else finds deleted records, so that any of several words is met by all of them.
                        filters.deleted = true;
                        continue;
                    }
                    let kept =
                        [(Is::Quarantined, KeptOut::Quarantined), (Is::Restricted, KeptOut::Restricted)];
                    let kept =
                        KeptOuts::of(kept.into_iter().filter(|(word, _)| is(*word)).map(|(_, why)| why));
                    if kept.is_empty() && !is(Is::Leaving) {
                        continue;
                    }
                    let leaving = vec![Value::Is(Is::Leaving)];
                    let extra =
                        is(Is::Leaving).then(|| Filter { name: filter.name.clone(), values: leaving });
                    Test::Is(kept, extra)
                }
            };
            filters.tests.push((excluded, test));
        }
        filters
    }

    /// Whether all an entry has to do is be there.
    pub(super) fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    pub(super) fn meet(&self, cold: &Cold, shared: &Shared, extra: &dyn Extra) -> bool {
        self.tests.iter().all(|(excluded, test)| {
            let met = match test {
                Test::Table(column, table) => {
                    let number = match column {
                        Column::Tags => shared.tags,
                        Column::Company => shared.company,
                        Column::Owner => cold.owner,
                        Column::Team => cold.team,
                        Column::Country => cold.country,
                        Column::Language => cold.language,
                        Column::Source => cold.source,
                        Column::Supplier => cold.supplier,
                        Column::Basis => cold.basis,
                    };
                    table.get(number as usize) == Some(&true)
                }
                Test::Created(bounds) => bounds.iter().any(|bound| bound.contains(cold.created)),
                Test::Updated(bounds) => bounds.iter().any(|bound| bound.contains(cold.updated)),
                Test::Has(known, fields) => {
                    known.iter().any(|&has| cold.has.contains(has))
                        || fields.as_ref().is_some_and(|filter| extra.meets(filter, cold.id, cold.slot))
                }
                Test::Is(kept, others) => {
                    cold.has.kept_out_for(*kept)
                        || others.as_ref().is_some_and(|filter| extra.meets(filter, cold.id, cold.slot))
                }
                Test::Extra(filter) => extra.meets(filter, cold.id, cold.slot),
            };
            met != *excluded
        })
    }
}

/// For each text of a pool whether it meets any of the values.
fn table(pool: &Pool, values: &[Value], meets: fn(&str, &Wanted) -> bool) -> Vec<bool> {
    let nothing = values.contains(&Value::Nothing);
    let wanted: Vec<Wanted> = values
        .iter()
        .filter_map(|value| match value {
            Value::Text(text) => {
                Some(Wanted { raw: text.to_lowercase(), base: fold(text), expanded: expanded(text) })
            }
            _ => None,
        })
        .collect();
    let item = |(n, item): (usize, &super::pool::Item)| {
        if n == NOTHING as usize {
            return nothing;
        }
        wanted.iter().any(|wanted| meets(&item.folded, wanted) || *wanted.raw == item.text.to_lowercase())
    };
    pool.items().iter().enumerate().map(item).collect()
}

struct Wanted {
    /// Lower case only: for texts that consist of symbols.
    raw: String,
    base: String,
    expanded: Option<String>,
}

impl Wanted {
    fn spellings(&self) -> impl Iterator<Item = &str> {
        [Some(&*self.base), self.expanded.as_deref()].into_iter().flatten().filter(|key| !key.is_empty())
    }
}

fn spellings(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(char::from(super::pattern::SEGMENT))
}

fn same_text(folded: &str, wanted: &Wanted) -> bool {
    wanted.spellings().any(|key| spellings(folded).any(|text| text == key))
}

/// Basic filtering of language tags (RFC 4647, 3.3.1): the range or a more special tag. Folding made `-` a space.
fn language_range(folded: &str, wanted: &Wanted) -> bool {
    folded.strip_prefix(&*wanted.base).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        && !wanted.base.is_empty()
}

/// The wanted words stand next to each other, from the start of a word; the last may be unfinished.
fn words_start(folded: &str, wanted: &Wanted) -> bool {
    wanted.spellings().any(|key| {
        spellings(folded).any(|text| {
            text.match_indices(key).any(|(at, _)| at == 0 || text.as_bytes().get(at - 1) == Some(&b' '))
        })
    })
}

/// Owners by name: from the start of a word of it, or by id.
fn owners(index: &Index, values: &[Value], me: Option<Uuid>) -> Vec<bool> {
    let meets = |id: Uuid| {
        values.iter().any(|value| match value {
            Value::Nothing => id.is_nil(),
            Value::Me => !id.is_nil() && me == Some(id),
            Value::Text(text) if !id.is_nil() => {
                let wanted = Wanted { raw: String::new(), base: fold(text), expanded: expanded(text) };
                let name = index.owner_names.get(&id).map_or("", String::as_str);
                words_start(&fold(name), &wanted)
                    || expanded(name).is_some_and(|name| words_start(&name, &wanted))
                    || text.parse() == Ok(id)
            }
            _ => false,
        })
    };
    index
        .pools
        .owner
        .items()
        .iter()
        .enumerate()
        .map(|(n, item)| {
            // A freed item has no id either, but no entry refers to it.
            if n == NOTHING as usize { meets(Uuid::nil()) } else { meets(item.id) }
        })
        .collect()
}
