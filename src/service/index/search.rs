//! Running a query.

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;
use uuid::Uuid;

use crate::domain::query::{Filter, Query, Value};
use crate::domain::time::Timestamp;

use super::filter::{Extra, Filters};
use super::order::SortKey;
use super::pattern::{FAMILY, NONE, Pattern, SEGMENT, cost, is_subsequence, start_bit, tier};
use super::pool::Pool;
use super::store::{Cold, State};
use super::{FieldKind, FieldSet, Index};

/// With fewer hits than this, words are matched fuzzily too. About a screen.
pub const FUZZY_BELOW: usize = 32;
/// Points the fuzzy matcher must give for each letter: a run of letters or word starts, not letters strewn about.
const FUZZY_SCORE: i64 = 14;
/// Entries looked at between two looks at the cancel flag.
const STRIDE: usize = 4_096;
/// Fewest entries worth another thread.
const PARALLEL: usize = 16_384;
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
    /// Those of any of these owners or teams.
    Of {
        owners: Vec<Uuid>,
        teams: Vec<String>,
    },
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

/// A scope as tables.
pub(super) struct ScopeTest(Option<(Vec<bool>, Vec<bool>)>);

impl ScopeTest {
    pub(super) fn holds(&self, cold: &Cold) -> bool {
        match &self.0 {
            None => true,
            Some((owners, teams)) => owners[cold.owner as usize] || teams[cold.team as usize],
        }
    }
}

/// A query word, and how well it is found in each shared text.
struct Word<'p> {
    pattern: &'p Pattern,
    company: Vec<u8>,
    tags: Vec<u8>,
    title: Vec<u8>,
    city: Vec<u8>,
    /// For each company the fuzzy matcher's points plus one; zero if the letters are not there.
    fuzzy_company: Vec<u32>,
    /// The word is this one letter.
    letter: Option<u8>,
}

struct Plan<'p> {
    index: &'p Index,
    words: Vec<Word<'p>>,
    excluded: Vec<Word<'p>>,
    filters: Filters,
    scope: ScopeTest,
    state: State,
    extra: &'p dyn Extra,
    fields: FieldSet,
}

/// How well an entry is found.
#[derive(Clone, Copy)]
enum Verdict {
    No,
    /// The letters are there, but too strewn to be a hit.
    Loose,
    Yes(u32),
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
        let patterns: Vec<Pattern> = query
            .terms
            .iter()
            .filter_map(|term| Pattern::new(&term.kind, term.excluded, context.fields))
            .collect();
        let filters: Vec<(bool, Filter)> =
            query.filters().map(|(excluded, filter)| (excluded, filter.clone())).collect();
        let last = session.0.take().filter(|last| {
            let age = context.now.millis().saturating_sub(last.now.millis());
            let still = last.now == context.now || !is_relative(query) || (0..NOW_KEPT).contains(&age);
            last.version == self.version
                && (last.epoch, last.me, last.fields) == (context.epoch, context.me, context.fields)
                && last.scope == *context.scope
                && last.filters == filters
                && still
                && last.covers(&patterns)
        });
        let now = last.as_ref().map_or(context.now, |last| last.now);
        let filters_test = Filters::new(self, query, now, context.me);
        let state = if filters_test.deleted { State::Deleted } else { State::Live };
        let (excluded, words): (Vec<&Pattern>, Vec<&Pattern>) = patterns.iter().partition(|p| p.excluded);
        let mut plan = Plan {
            index: self,
            words: words.into_iter().map(|pattern| self.word(pattern, context.fields)).collect(),
            excluded: excluded.into_iter().map(|pattern| self.word(pattern, context.fields)).collect(),
            filters: filters_test,
            scope: self.scope(context.scope),
            state,
            extra: context.extra,
            fields: context.fields,
        };
        let by_rank = sort.by == SortKey::Relevance && !plan.words.is_empty();
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
        if exact.len() < FUZZY_BELOW && plan.words.iter().any(|word| word.pattern.fuzzy) {
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
            filters,
            patterns,
            found: exact,
            loose,
        });
        Ok(Page { total, hits })
    }

    pub(super) fn scope(&self, scope: &Scope) -> ScopeTest {
        let Scope::Of { owners, teams } = scope else { return ScopeTest(None) };
        // Nobody's records, and those of no team, are in nobody's scope: their items have no id and no text.
        let owner = |item: &super::pool::Item| !item.id.is_nil() && owners.contains(&item.id);
        let team =
            |item: &super::pool::Item| !item.text.is_empty() && teams.iter().any(|team| **team == *item.text);
        let owners = self.pools.owner.items().iter().map(owner).collect();
        ScopeTest(Some((owners, self.pools.team.items().iter().map(team).collect())))
    }

    fn word<'p>(&self, pattern: &'p Pattern, fields: FieldSet) -> Word<'p> {
        let table = |pool: &Pool, field: FieldKind| {
            if !fields.contains(field) {
                return Vec::new();
            }
            let costs: Vec<u8> =
                parallel(pool.items(), |item| pattern.shared(item.folded.as_bytes(), item.mask, field));
            if costs.iter().all(|&cost| cost == NONE) { Vec::new() } else { costs }
        };
        let tag = table(&self.pools.tag, FieldKind::Tag);
        let tags = if tag.is_empty() {
            Vec::new()
        } else {
            let best = |n| {
                self.sets.get(n).iter().filter_map(|&t| tag.get(t as usize)).min().copied().unwrap_or(NONE)
            };
            (0..self.sets.len() as u32).map(best).collect()
        };
        let letter = match &*pattern.needles {
            [only] => only.letter(),
            _ => None,
        };
        Word {
            pattern,
            company: table(&self.pools.company, FieldKind::Company),
            tags,
            title: table(&self.pools.title, FieldKind::JobTitle),
            city: table(&self.pools.city, FieldKind::City),
            fuzzy_company: Vec::new(),
            letter,
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

fn is_relative(query: &Query) -> bool {
    query.filters().any(|(_, filter)| {
        filter.values.iter().any(|value| matches!(value, Value::When(when) if when.is_relative()))
    })
}

struct Run<'a> {
    /// How many of the best are kept.
    most: usize,
    /// Only what comes behind this one is kept.
    floor: Option<(u32, u32)>,
    fuzzy: bool,
    cancelled: &'a (dyn Fn() -> bool + Sync),
}

struct Found {
    hits: Vec<u32>,
    loose: Vec<u32>,
    top: Top,
    cursor_lost: bool,
}

impl Plan<'_> {
    /// Looks at the candidates, or at everything.
    fn run(&self, candidates: Option<&[u32]>, run: &Run<'_>, cursor: Option<u32>) -> Result<Found, Stop> {
        let mut floor = run.floor;
        let mut cursor_lost = false;
        if let Some(cursor) = cursor {
            let matcher = SkimMatcherV2::default().respect_case();
            match self.judge(cursor, run.fuzzy, &matcher) {
                Verdict::Yes(rank) => floor = Some((rank, cursor)),
                Verdict::No | Verdict::Loose => cursor_lost = true,
            }
        }
        let run = Run { floor, ..*run };
        let count = candidates.map_or(self.index.hot.len(), <[u32]>::len);
        let threads = threads_for(count);
        let share = count.div_ceil(threads).max(1);
        let part = |thread: usize| {
            let range = (thread * share).min(count)..((thread + 1) * share).min(count);
            match candidates {
                Some(list) => self.scan(list[range].iter().copied(), &run),
                None => self.scan(range.start as u32..range.end as u32, &run),
            }
        };
        let parts: Vec<Option<Found>> = if threads == 1 {
            vec![part(0)]
        } else {
            let part = &part;
            std::thread::scope(|scope| {
                let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || part(thread))).collect();
                let first = part(0);
                let others = others.into_iter().map(|other| match other.join() {
                    Ok(found) => found,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
                std::iter::once(first).chain(others).collect()
            })
        };
        let mut all = Found { hits: Vec::new(), loose: Vec::new(), top: Top::new(run.most), cursor_lost };
        for part in parts {
            let mut part = part.ok_or(Stop::Cancelled)?;
            if all.hits.is_empty() {
                all.hits = part.hits;
            } else {
                all.hits.append(&mut part.hits);
            }
            all.loose.append(&mut part.loose);
            for (rank, n) in part.top.kept {
                all.top.offer(self.index, rank, n);
            }
        }
        Ok(all)
    }

    /// None if cancelled.
    fn scan(&self, candidates: impl Iterator<Item = u32>, run: &Run<'_>) -> Option<Found> {
        let index = self.index;
        let matcher = SkimMatcherV2::default().respect_case();
        let mut found =
            Found { hits: Vec::new(), loose: Vec::new(), top: Top::new(run.most), cursor_lost: false };
        let letter = match &*self.words {
            [only] if !run.fuzzy => only.letter.map(|letter| (only, letter)),
            _ => None,
        };
        let open = self.filters.is_empty() && self.scope.0.is_none() && self.excluded.is_empty();
        for (count, n) in candidates.enumerate() {
            if count % STRIDE == 0 && (run.cancelled)() {
                return None;
            }
            let hot = &index.hot[n as usize];
            if hot.state != self.state {
                continue;
            }
            if let Some((word, letter)) = letter {
                // One letter matches nearly everything. The masks tell what matches and how well at best, and only
                // what could get onto the page is looked at.
                let bound = word.bound(index, n, letter, self.fields);
                if bound == NONE || !(open || self.admits(n)) {
                    continue;
                }
                found.hits.push(n);
                let best = if bound == 0 { 0 } else { (1 + u32::from(bound)) << 16 };
                if run.most > 0
                    && found.top.wants(index, best, n)
                    && let Verdict::Yes(rank) = self.rank(n, false, &matcher)
                {
                    found.top.offer_behind(index, rank, n, run.floor);
                }
                continue;
            }
            match self.rank(n, run.fuzzy, &matcher) {
                Verdict::No => {}
                Verdict::Loose | Verdict::Yes(_) if !(open || self.admits(n)) => {}
                Verdict::Loose => found.loose.push(n),
                Verdict::Yes(rank) => {
                    found.hits.push(n);
                    if run.fuzzy {
                        found.loose.push(n);
                    }
                    if run.most > 0 {
                        found.top.offer_behind(index, rank, n, run.floor);
                    }
                }
            }
        }
        Some(found)
    }

    /// Filters, scope and excluded words.
    fn admits(&self, n: u32) -> bool {
        let (cold, shared) = (&self.index.cold[n as usize], &self.index.shared[n as usize]);
        self.scope.holds(cold)
            && self.excluded.iter().all(|word| word.cost(self.index, n) == NONE)
            && self.filters.meet(cold, shared, self.extra)
    }

    fn judge(&self, n: u32, fuzzy: bool, matcher: &SkimMatcherV2) -> Verdict {
        if self.index.hot[n as usize].state != self.state || !self.admits(n) {
            return Verdict::No;
        }
        self.rank(n, fuzzy, matcher)
    }

    /// How well the words are found.
    fn rank(&self, n: u32, fuzzy: bool, matcher: &SkimMatcherV2) -> Verdict {
        let mut sum = 0;
        let mut points = None;
        let mut loose = false;
        for word in &self.words {
            let cost = word.cost(self.index, n);
            if cost != NONE {
                sum += u32::from(cost);
                continue;
            }
            if !fuzzy || !word.pattern.fuzzy {
                return Verdict::No;
            }
            match word.fuzzy(self.index, n, self.fields, matcher) {
                Some((cost, score)) => {
                    sum += u32::from(cost);
                    points = Some(points.unwrap_or(0) + score);
                }
                None if word.is_loose(self.index, n, self.fields) => loose = true,
                None => return Verdict::No,
            }
        }
        if loose {
            return Verdict::Loose;
        }
        if sum == 0 && !self.words.is_empty() && self.is_whole_name(n) {
            return Verdict::Yes(0);
        }
        let behind = points.map_or(0, |points: u32| 0xFFFF - points.min(0xFFFF));
        Verdict::Yes((1 + sum) << 16 | behind)
    }

    /// Whether words that are all whole words of the name leave nothing of it over.
    fn is_whole_name(&self, n: u32) -> bool {
        let (given, family) = self.index.name_parts(n);
        let gap = usize::from(!given.is_empty() && !family.is_empty());
        let words: usize =
            self.words.iter().filter_map(|word| word.pattern.base()).map(|base| base.text.len()).sum();
        words + self.words.len() - 1 == given.len() + gap + family.len()
    }

    fn prepare_fuzzy(&mut self) {
        if !self.fields.contains(FieldKind::Company) {
            return;
        }
        for word in &mut self.words {
            let Some(base) = word.pattern.base().filter(|_| word.pattern.fuzzy) else { continue };
            let text = std::str::from_utf8(&base.text).unwrap_or("");
            let points = parallel(self.index.pools.company.items(), |item| {
                if base.mask & !item.mask != 0 || !is_subsequence(&base.text, item.key().as_bytes()) {
                    return 0;
                }
                // Cheaper than keeping one for each thread: this runs for the few names the letters are in.
                let matcher = SkimMatcherV2::default().respect_case();
                1 + points(&matcher, item.key(), text)
            });
            word.fuzzy_company = points;
        }
    }

    fn hit(&self, n: u32, fuzzy: bool, matcher: &SkimMatcherV2) -> Hit {
        let cold = &self.index.cold[n as usize];
        let rank = match self.rank(n, fuzzy, matcher) {
            Verdict::Yes(rank) => rank,
            Verdict::No | Verdict::Loose => u32::MAX,
        };
        let mut fields = FieldSet::NONE;
        let mut any_fuzzy = false;
        for word in &self.words {
            let found = word.fields(self.index, n);
            if found == FieldSet::NONE {
                any_fuzzy = true;
                let field = match word.fuzzy(self.index, n, self.fields, matcher) {
                    Some((best, _)) if best == cost(tier::FUZZY, FieldKind::Company) => FieldKind::Company,
                    _ => FieldKind::Name,
                };
                fields = fields.with(field);
            }
            fields = found.iter().fold(fields, FieldSet::with);
        }
        Hit { id: cold.id, slot: cold.slot, rank, fields, fuzzy: any_fuzzy }
    }
}

/// The fuzzy matcher's points, zero if there are too few.
fn points(matcher: &SkimMatcherV2, text: &str, word: &str) -> u32 {
    let least = FUZZY_SCORE * word.chars().count() as i64;
    matcher
        .fuzzy_match(text, word)
        .filter(|&score| score >= least)
        .map_or(0, |score| score.clamp(1, 0xFFFF) as u32)
}

impl Word<'_> {
    /// The best cost of the word in an entry.
    fn cost(&self, index: &Index, n: u32) -> u8 {
        let hot = &index.hot[n as usize];
        let shared = self.shared(index, n);
        let possible = self
            .pattern
            .needles
            .iter()
            .any(|needle| needle.mask & !hot.names == 0 || needle.mask & !hot.rest == 0);
        if shared == 0 || !possible {
            return shared;
        }
        let (text, names_len) = index.text(n);
        shared.min(self.pattern.own(text, names_len, hot.names, hot.rest))
    }

    fn shared(&self, index: &Index, n: u32) -> u8 {
        if self.company.is_empty() && self.tags.is_empty() && self.title.is_empty() && self.city.is_empty() {
            return NONE;
        }
        let shared = &index.shared[n as usize];
        let at = |table: &[u8], number: u32| table.get(number as usize).copied().unwrap_or(NONE);
        at(&self.company, shared.company)
            .min(at(&self.tags, shared.tags))
            .min(at(&self.title, shared.title))
            .min(at(&self.city, shared.city))
    }

    /// No worse than the cost, and [`NONE`] exactly when that is: from the masks alone.
    fn bound(&self, index: &Index, n: u32, letter: u8, fields: FieldSet) -> u8 {
        let hot = &index.hot[n as usize];
        let bit = 1 << (letter - b'a');
        let own = |mask: u64, field| match (mask & bit != 0, mask & start_bit(letter) != 0) {
            (false, _) => NONE,
            (true, true) => cost(tier::WHOLE_WORD, field),
            (true, false) => cost(tier::INSIDE, field),
        };
        let mut best = self.shared(index, n);
        if fields.contains(FieldKind::Name) {
            best = best.min(own(hot.names, FieldKind::Name));
        }
        // Letters behind the names are those of e-mail addresses: numbers have none.
        if fields.contains(FieldKind::Email) {
            best = best.min(own(hot.rest, FieldKind::Email));
        }
        best
    }

    /// The fields that the word is found in, not fuzzily.
    fn fields(&self, index: &Index, n: u32) -> FieldSet {
        let shared = &index.shared[n as usize];
        let (text, names_len) = index.text(n);
        let mut fields = self.pattern.own_fields(text, names_len);
        for (table, number, field) in [
            (&self.company, shared.company, FieldKind::Company),
            (&self.tags, shared.tags, FieldKind::Tag),
            (&self.title, shared.title, FieldKind::JobTitle),
            (&self.city, shared.city, FieldKind::City),
        ] {
            if table.get(number as usize).is_some_and(|&cost| cost != NONE) {
                fields = fields.with(field);
            }
        }
        fields
    }

    /// The name in the base spelling, if the letters of the word occur in it in this order.
    fn loose_name<'i>(&self, index: &'i Index, n: u32, fields: FieldSet) -> Option<&'i [u8]> {
        let base = self.pattern.base()?;
        if !fields.contains(FieldKind::Name) || base.mask & !index.hot[n as usize].names != 0 {
            return None;
        }
        let (text, names_len) = index.text(n);
        let names = &text[..names_len];
        let name = &names[..memchr::memchr(SEGMENT, names).unwrap_or(names.len())];
        is_subsequence(&base.text, name).then_some(name)
    }

    fn is_loose(&self, index: &Index, n: u32, fields: FieldSet) -> bool {
        self.fuzzy_company.get(index.shared[n as usize].company as usize).is_some_and(|&points| points > 0)
            || self.loose_name(index, n, fields).is_some()
    }

    /// Cost and points of a fuzzy match.
    fn fuzzy(&self, index: &Index, n: u32, fields: FieldSet, matcher: &SkimMatcherV2) -> Option<(u8, u32)> {
        let word = std::str::from_utf8(&self.pattern.base()?.text).ok()?;
        if let Some(name) = self.loose_name(index, n, fields) {
            // The matcher knows a space as a place where words start.
            let name = std::str::from_utf8(name).ok()?.replace(char::from(FAMILY), " ");
            let points = points(matcher, &name, word);
            if points > 0 {
                return Some((cost(tier::FUZZY, FieldKind::Name), points));
            }
        }
        let company = *self.fuzzy_company.get(index.shared[n as usize].company as usize)?;
        (company > 1).then(|| (cost(tier::FUZZY, FieldKind::Company), company - 1))
    }
}

/// The best of what is offered, without sorting everything.
struct Top {
    most: usize,
    kept: Vec<(u32, u32)>,
    /// Rank and start of the name of the last that is good enough, once there are enough.
    limit: Option<(u32, u64)>,
}

impl Top {
    fn new(most: usize) -> Top {
        Top { most, kept: Vec::new(), limit: None }
    }

    /// Whether an entry with this rank or a worse one could be among the best.
    fn wants(&self, index: &Index, rank: u32, n: u32) -> bool {
        self.limit.is_none_or(|limit| (rank, index.names8[n as usize]) <= limit)
    }

    fn offer_behind(&mut self, index: &Index, rank: u32, n: u32, floor: Option<(u32, u32)>) {
        let behind = floor.is_none_or(|(floor, cursor)| {
            rank.cmp(&floor).then_with(|| index.compare_names(n, cursor)).is_gt()
        });
        if behind {
            self.offer(index, rank, n);
        }
    }

    fn offer(&mut self, index: &Index, rank: u32, n: u32) {
        if self.most == 0 || !self.wants(index, rank, n) {
            return;
        }
        self.kept.push((rank, n));
        if self.kept.len() >= self.most.saturating_mul(2).saturating_add(64) {
            let by_rank =
                |a: &(u32, u32), b: &(u32, u32)| a.0.cmp(&b.0).then_with(|| index.compare_names(a.1, b.1));
            let (_, last, _) = self.kept.select_nth_unstable_by(self.most - 1, by_rank);
            self.limit = Some((last.0, index.names8[last.1 as usize]));
            self.kept.truncate(self.most);
        }
    }

    fn into_sorted(mut self, index: &Index) -> Vec<u32> {
        self.kept.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| index.compare_names(a.1, b.1)));
        self.kept.truncate(self.most);
        self.kept.into_iter().map(|(_, n)| n).collect()
    }
}

fn threads_for(count: usize) -> usize {
    if count < PARALLEL {
        return 1;
    }
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(count / (PARALLEL / 2)).min(8)
}

/// The function of every item, in order, on several threads where that pays.
fn parallel<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = threads_for(items.len());
    if threads == 1 {
        return items.iter().map(f).collect();
    }
    let f = &f;
    std::thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(items.len().div_ceil(threads))
            .map(|part| scope.spawn(move || part.iter().map(f).collect::<Vec<R>>()))
            .collect();
        let joined = parts.into_iter().flat_map(|part| match part.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    })
}
