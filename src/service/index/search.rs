//! Running a query.

use fuzzy_matcher::skim::SkimMatcherV2;
use uuid::Uuid;

use crate::domain::query::{Filter, Has, Is, Query, Value};
use crate::domain::time::Timestamp;

use super::filter::{Extra, Filters};
use super::order::SortKey;
use super::pattern::Pattern;
use super::plan::{Plan, Run};
use super::store::State;
use super::{FieldSet, Index, KeptOuts};

/// With fewer hits than this, words are matched fuzzily too. About a screen.
pub const FUZZY_BELOW: usize = 32;
/// How long a session keeps the moment that `today` and `<7d` are counted from, in milliseconds.
const NOW_KEPT: i64 = 60_000;

/// Who asks, and what they may see.
pub struct Context<'a> {
    pub now: Timestamp,
    /// For `owner:me`.
    pub me: Option<Uuid>,
    /// Records out of scope are not there.
    pub scope: &'a Scope,
    /// Fields that free text may be found in; leave out what the asker may not read, or finding would tell.
    pub fields: FieldSet,
    /// Records that are closer to the asker: in the first of these scopes that holds one, it is found in these fields
    /// instead.
    pub closer: &'a [(Scope, FieldSet)],
    /// Answers filters the index cannot.
    pub extra: &'a dyn Extra,
    /// Must change when what `extra` answers changes.
    pub epoch: u64,
    /// Asked every few thousand records whether to give up.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// Which records there are for the asker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    All,
    /// Those of any of these owners or teams, and of these pools: records without an owner that are of the team, or of
    /// no team where it is empty.
    Of {
        owners: Vec<Uuid>,
        teams: Vec<String>,
        pools: Vec<String>,
    },
    /// Those of this scope that are not kept out for any of these reasons.
    Without(Box<Scope>, KeptOuts),
}

/// The order of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sort {
    pub by: SortKey,
    /// Reversed, ties too. Relevance has one direction.
    pub descending: bool,
}

impl Sort {
    pub const RELEVANCE: Sort = Sort { by: SortKey::Relevance, descending: false };
}

/// The part of a list that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// How many to pass over: from the start, or from behind `after`.
    pub offset: usize,
    pub limit: usize,
    /// Start behind this record.
    pub after: Option<Uuid>,
}

impl Window {
    pub fn first(limit: usize) -> Window {
        Window { offset: 0, limit, after: None }
    }
}

/// One record found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    pub id: Uuid,
    pub slot: u32,
    /// Smaller is better. Comparable within one query.
    pub rank: u32,
    /// The fields that words of the query were found in.
    pub fields: FieldSet,
    /// A word was found fuzzily only.
    pub fuzzy: bool,
}

/// A part of the list of what was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// All hits, not just this page's.
    pub total: usize,
    /// Where in the list the first of `hits` stands. Behind a cursor in a list by relevance it is not known, and 0.
    pub start: usize,
    pub hits: Vec<Hit>,
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Stop {
    #[error("the search was cancelled")]
    Cancelled,
    #[error("the record to go on behind is not in the list any more")]
    CursorGone,
}

/// What the last query matched, so that a longer one is matched against less. One for each search box.
#[derive(Debug, Default)]
pub struct Session(Option<Last>);

#[derive(Debug)]
struct Last {
    version: u64,
    epoch: u64,
    now: Timestamp,
    me: Option<Uuid>,
    scope: Scope,
    fields: FieldSet,
    closer: Vec<(Scope, FieldSet)>,
    filters: Vec<(bool, Filter)>,
    patterns: Vec<Pattern>,
    /// Matches without fuzziness.
    found: Vec<u32>,
    /// What could match fuzzily, if that was looked for.
    loose: Option<Vec<u32>>,
}

impl Last {
    /// Whether the answer to the new query is within the old one's.
    fn covers(&self, patterns: &[Pattern]) -> bool {
        self.patterns.iter().all(|old| match old.excluded {
            true => patterns.contains(old),
            false => patterns.iter().any(|new| !new.excluded && new.narrows(old)),
        })
    }

    /// Whether what the new query could match fuzzily is within what the old one could.
    fn covers_loosely(&self, patterns: &[Pattern]) -> bool {
        let holds = |new: &Pattern, old: &Pattern| match (new.base(), old.base()) {
            (Some(a), Some(b)) if new.fuzzy => old.fuzzy && memchr::memmem::find(&a.text, &b.text).is_some(),
            _ => true,
        };
        self.patterns
            .iter()
            .filter(|old| !old.excluded)
            .all(|old| patterns.iter().any(|new| !new.excluded && new.narrows(old) && holds(new, old)))
    }
}

impl Index {
    /// Runs a query. The session may be a fresh one; the answer is the same, but for `<7d` and the like, which in
    /// one session are counted from the same moment for a minute.
    pub fn search(
        &self,
        session: &mut Session,
        query: &Query,
        sort: Sort,
        window: Window,
        context: &Context<'_>,
    ) -> Result<Page, Stop> {
        let patterns = patterns(query, context.fields);
        let filters = filters(query);
        let last = session.0.take().filter(|last| {
            let age = context.now.millis().saturating_sub(last.now.millis());
            let still = last.now == context.now || !is_relative(query) || (0..NOW_KEPT).contains(&age);
            last.version == self.version
                && (last.epoch, last.me, last.fields) == (context.epoch, context.me, context.fields)
                && last.scope == *context.scope
                && last.closer == context.closer
                && last.filters == filters
                && still
                && last.covers(&patterns)
        });
        let now = last.as_ref().map_or(context.now, |last| last.now);
        let nearer = nearer(query, context);
        let mut plan = self.plan(query, &patterns, &nearer, context, now);
        let by_rank = sort.by == SortKey::Relevance && !plan.words.found.is_empty();
        let cursor = match window.after {
            Some(id) => Some(self.entry(id).ok_or(Stop::CursorGone)?),
            None => None,
        };
        let most = if by_rank { window.offset.saturating_add(window.limit) } else { 0 };

        let candidates = last.as_ref().map(|last| &*last.found);
        let run = Run { most, floor: None, fuzzy: false, cancelled: context.cancelled };
        let mut found = plan.run(candidates, &run, cursor.filter(|_| by_rank))?;
        let exact = std::mem::take(&mut found.hits);
        let mut hits = None;
        let mut loose = None;
        if exact.len() < FUZZY_BELOW && plan.is_fuzzy() {
            plan.prepare_fuzzy();
            let covered = last.as_ref().filter(|last| last.covers_loosely(&patterns));
            let candidates = covered.and_then(|last| last.loose.as_deref());
            let run = Run { fuzzy: true, ..run };
            found = plan.run(candidates, &run, cursor.filter(|_| by_rank))?;
            hits = Some(std::mem::take(&mut found.hits));
            loose = Some(std::mem::take(&mut found.loose));
        }
        let fuzzy = hits.is_some();
        let all = hits.as_ref().unwrap_or(&exact);
        let total = all.len();
        let before = match cursor {
            Some(cursor) if !by_rank => {
                let rank = |n: u32| {
                    let order = self.compare(sort.by, n, cursor);
                    if sort.descending && sort.by != SortKey::Relevance { order.reverse() } else { order }
                };
                all.iter().filter(|&&n| rank(n).is_le()).count()
            }
            _ => 0,
        };
        let entries: Vec<u32> = if by_rank {
            if cursor.is_some() && found.cursor_lost {
                return Err(Stop::CursorGone);
            }
            found.top.into_sorted(self).into_iter().skip(window.offset).take(window.limit).collect()
        } else {
            self.window(all, sort, window, cursor)
        };
        let matcher = SkimMatcherV2::default().respect_case();
        let hits = entries.into_iter().map(|n| plan.hit(n, fuzzy, &matcher)).collect();
        drop(plan);
        session.0 = Some(Last {
            version: self.version,
            epoch: context.epoch,
            now,
            me: context.me,
            scope: context.scope.clone(),
            fields: context.fields,
            closer: context.closer.to_vec(),
            filters,
            patterns,
            found: exact,
            loose,
        });
        Ok(Page { total, start: before.saturating_add(window.offset), hits })
    }

    /// Which of these records a query finds, in their order. Words are matched fuzzily where the session's last search was
    /// this one and matched them so, or was another one.
    pub fn among(
        &self,
        session: &Session,
        query: &Query,
        ids: &[Uuid],
        context: &Context<'_>,
    ) -> Result<Vec<Uuid>, Stop> {
        let patterns = patterns(query, context.fields);
        let nearer = nearer(query, context);
        let mut plan = self.plan(query, &patterns, &nearer, context, context.now);
        let entries: Vec<u32> = ids.iter().filter_map(|id| self.entry(*id)).collect();
        let run = Run { most: 0, floor: None, fuzzy: false, cancelled: context.cancelled };
        let mut hits = plan.run(Some(&entries), &run, None)?.hits;
        if hits.len() < entries.len() && plan.is_fuzzy() {
            let filters = filters(query);
            let same = session.0.as_ref().filter(|last| last.patterns == patterns && last.filters == filters);
            if same.is_none_or(|last| last.loose.is_some()) {
                plan.prepare_fuzzy();
                hits = plan.run(Some(&entries), &Run { fuzzy: true, ..run }, None)?.hits;
            }
        }
        let found: std::collections::HashSet<u32> = hits.into_iter().collect();
        let is_hit = |id: &&Uuid| self.entry(**id).is_some_and(|n| found.contains(&n));
        Ok(ids.iter().filter(is_hit).copied().collect())
    }

    fn plan<'p>(
        &'p self,
        query: &Query,
        patterns: &'p [Pattern],
        nearer: &'p [Nearer<'p>],
        context: &'p Context<'_>,
        now: Timestamp,
    ) -> Plan<'p> {
        let filters = Filters::new(self, query, now, context.me);
        Plan {
            index: self,
            words: self.words(patterns, context.fields),
            closer: nearer
                .iter()
                .map(|(scope, fields, patterns)| (self.scope(scope), self.words(patterns, *fields)))
                .collect(),
            state: if filters.deleted { State::Deleted } else { State::Live },
            filters,
            scope: self.scope(context.scope),
            extra: context.extra,
        }
    }

    /// The window of a list sorted by something else than relevance.
    fn window(&self, hits: &[u32], sort: Sort, window: Window, cursor: Option<u32>) -> Vec<u32> {
        /// Fewer hits are sorted; more are picked out of the sorted order of everything.
        const FEW: usize = 1_000;
        let compare = |a: u32, b: u32| {
            let order = self.compare(sort.by, a, b);
            if sort.descending && sort.by != SortKey::Relevance { order.reverse() } else { order }
        };
        let behind = |n: u32| cursor.is_none_or(|cursor| compare(n, cursor).is_gt());
        if hits.len() < FEW {
            let mut few: Vec<u32> = hits.iter().copied().filter(|&n| behind(n)).collect();
            few.sort_unstable_by(|&a, &b| compare(a, b));
            return few.into_iter().skip(window.offset).take(window.limit).collect();
        }
        let mut bits = vec![0_u64; self.hot.len().div_ceil(64)];
        for &n in hits {
            bits[n as usize / 64] |= 1 << (n % 64);
        }
        let order = self.order(sort.by);
        let is_hit = |n: &u32| bits[*n as usize / 64] & 1 << (n % 64) != 0;
        let take = |entries: &mut dyn Iterator<Item = u32>| {
            entries.filter(is_hit).skip(window.offset).take(window.limit).collect()
        };
        if sort.descending && sort.by != SortKey::Relevance {
            let end = cursor
                .map_or(order.len(), |c| order.partition_point(|&n| self.compare(sort.by, n, c).is_lt()));
            take(&mut order[..end].iter().rev().copied())
        } else {
            let start = cursor.map_or(0, |c| order.partition_point(|&n| self.compare(sort.by, n, c).is_le()));
            take(&mut order[start..].iter().copied())
        }
    }
}

fn patterns(query: &Query, fields: FieldSet) -> Vec<Pattern> {
    query.terms.iter().filter_map(|term| Pattern::new(&term.kind, term.excluded, fields)).collect()
}

fn filters(query: &Query) -> Vec<(bool, Filter)> {
    query.filters().map(|(excluded, filter)| (excluded, filter.clone())).collect()
}

/// The words of a query for records that are closer to the asker.
type Nearer<'c> = (&'c Scope, FieldSet, Vec<Pattern>);

/// The same words, made of other fields: what the widest set covers covers each of them.
fn nearer<'c>(query: &Query, context: &'c Context<'_>) -> Vec<Nearer<'c>> {
    context.closer.iter().map(|(scope, fields)| (scope, *fields, patterns(query, *fields))).collect()
}

fn is_relative(query: &Query) -> bool {
    query.filters().any(|(_, filter)| {
        filter.values.iter().any(|value| match value {
            Value::When(when) => when.is_relative(),
            // A consent ends.
            Value::Consent(_) | Value::Has(Has::Consent) | Value::Is(Is::Leaving) => true,
            Value::Text(_)
            | Value::Nothing
            | Value::Me
            | Value::Has(_)
            | Value::HasField(_)
            | Value::Is(Is::Deleted | Is::Quarantined | Is::Restricted) => false,
        })
    })
}
