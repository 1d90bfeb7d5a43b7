//! A query made ready to run, and the scan itself.

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

use super::filter::{Extra, Filters};
use super::pattern::{FAMILY, NONE, Pattern, SEGMENT, cost, is_subsequence, start_bit, tier};
use super::pool::{NOTHING, Pool};
use super::search::{Hit, Scope, Stop};
use super::store::{Cold, State};
use super::top::{Top, parallel, threads_for};
use super::{FieldKind, FieldSet, Index, KeptOuts};

/// Points the fuzzy matcher must give for each letter: a run of letters or word starts, not letters strewn about.
const FUZZY_SCORE: i64 = 14;
/// Entries looked at between two looks at the cancel flag.
const STRIDE: usize = 4_096;

/// A scope as tables.
pub(super) struct ScopeTest {
    tables: Option<[Vec<bool>; 3]>,
    /// Without what is kept out for these reasons.
    without: KeptOuts,
}

impl ScopeTest {
    fn is_all(&self) -> bool {
        self.tables.is_none() && self.without.is_empty()
    }

    pub(super) fn holds(&self, cold: &Cold) -> bool {
        if cold.has.kept_out_for(self.without) {
            return false;
        }
        match &self.tables {
            None => true,
            Some([owners, teams, pools]) => {
                owners[cold.owner as usize]
                    || teams[cold.team as usize]
                    || cold.owner == NOTHING && pools[cold.team as usize]
            }
        }
    }
}

/// A query word, and how well it is found in each shared text.
pub(super) struct Word<'p> {
    pub(super) pattern: &'p Pattern,
    pub(super) company: Vec<u8>,
    pub(super) tags: Vec<u8>,
    pub(super) title: Vec<u8>,
    pub(super) city: Vec<u8>,
    /// For each company the fuzzy matcher's points plus one; zero if the letters are not there.
    pub(super) fuzzy_company: Vec<u32>,
    /// The word is this one letter.
    pub(super) letter: Option<u8>,
}

/// The words of a query, to be found in a set of fields.
pub(super) struct Words<'p> {
    pub(super) found: Vec<Word<'p>>,
    pub(super) excluded: Vec<Word<'p>>,
    fields: FieldSet,
}

pub(super) struct Plan<'p> {
    pub(super) index: &'p Index,
    pub(super) words: Words<'p>,
    /// In the first of these scopes that holds a record, these words count.
    pub(super) closer: Vec<(ScopeTest, Words<'p>)>,
    pub(super) filters: Filters,
    pub(super) scope: ScopeTest,
    pub(super) state: State,
    pub(super) extra: &'p dyn Extra,
}

/// How well an entry is found.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    No,
    /// The letters are there, but too strewn to be a hit.
    Loose,
    Yes(u32),
}

impl Index {
    pub(super) fn scope(&self, scope: &Scope) -> ScopeTest {
        let (owners, teams, pools) = match scope {
            Scope::All => return ScopeTest { tables: None, without: KeptOuts::default() },
            Scope::Of { owners, teams, pools } => (owners, teams, pools),
            Scope::Without(inner, why) => {
                return ScopeTest { without: self.any_kept_out(*why), ..self.scope(inner) };
            }
        };
        // Nobody's records, and those of no team, are in nobody's scope but a pool's: their items have no id and no text.
        let owner = |item: &super::pool::Item| !item.id.is_nil() && owners.contains(&item.id);
        let team =
            |item: &super::pool::Item| !item.text.is_empty() && teams.iter().any(|team| **team == *item.text);
        let pool = |(n, item): (usize, &super::pool::Item)| {
            (n == NOTHING as usize || !item.text.is_empty()) && pools.iter().any(|pool| **pool == *item.text)
        };
        let owners = self.pools.owner.items().iter().map(owner).collect();
        let pools = self.pools.team.items().iter().enumerate().map(pool).collect();
        let tables = Some([owners, self.pools.team.items().iter().map(team).collect(), pools]);
        ScopeTest { tables, without: KeptOuts::default() }
    }

    pub(super) fn words<'p>(&self, patterns: &'p [Pattern], fields: FieldSet) -> Words<'p> {
        let of = |excluded: bool| {
            let of = patterns.iter().filter(move |pattern| pattern.excluded == excluded);
            of.map(|pattern| self.word(pattern, fields)).collect()
        };
        Words { found: of(false), excluded: of(true), fields }
    }

    pub(super) fn word<'p>(&self, pattern: &'p Pattern, fields: FieldSet) -> Word<'p> {
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
}

pub(super) struct Run<'a> {
    /// How many of the best are kept.
    pub(super) most: usize,
    /// Only what comes behind this one is kept.
    pub(super) floor: Option<(u32, u32)>,
    pub(super) fuzzy: bool,
    pub(super) cancelled: &'a (dyn Fn() -> bool + Sync),
}

pub(super) struct Found {
    pub(super) hits: Vec<u32>,
    pub(super) loose: Vec<u32>,
    pub(super) top: Top,
    pub(super) cursor_lost: bool,
}

impl Plan<'_> {
    /// The words that count for an entry.
    fn words_for(&self, n: u32) -> &Words<'_> {
        let cold = &self.index.cold[n as usize];
        self.closer.iter().find(|(scope, _)| scope.holds(cold)).map_or(&self.words, |(_, words)| words)
    }

    /// Whether a word may be matched fuzzily.
    pub(super) fn is_fuzzy(&self) -> bool {
        let mut all = std::iter::once(&self.words).chain(self.closer.iter().map(|(_, words)| words));
        all.any(|words| words.found.iter().any(|word| word.pattern.fuzzy))
    }

    /// Looks at the candidates, or at everything.
    pub(super) fn run(
        &self,
        candidates: Option<&[u32]>,
        run: &Run<'_>,
        cursor: Option<u32>,
    ) -> Result<Found, Stop> {
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
        let letter = match &*self.words.found {
            [only] if !run.fuzzy && self.closer.is_empty() => only.letter.map(|letter| (only, letter)),
            _ => None,
        };
        let open = self.filters.is_empty() && self.scope.is_all() && self.words.excluded.is_empty();
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
                let bound = word.bound(index, n, letter, self.words.fields);
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
            && self.words_for(n).excluded.iter().all(|word| word.cost(self.index, n) == NONE)
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
        let words = self.words_for(n);
        for word in &words.found {
            let cost = word.cost(self.index, n);
            if cost != NONE {
                sum += u32::from(cost);
                continue;
            }
            if !fuzzy || !word.pattern.fuzzy {
                return Verdict::No;
            }
            match word.fuzzy(self.index, n, words.fields, matcher) {
                Some((cost, score)) => {
                    sum += u32::from(cost);
                    points = Some(points.unwrap_or(0) + score);
                }
                None if word.is_loose(self.index, n, words.fields) => loose = true,
                None => return Verdict::No,
            }
        }
        if loose {
            return Verdict::Loose;
        }
        if sum == 0 && !words.found.is_empty() && self.is_whole_name(n, &words.found) {
            return Verdict::Yes(0);
        }
        let behind = points.map_or(0, |points: u32| 0xFFFF - points.min(0xFFFF));
        Verdict::Yes((1 + sum) << 16 | behind)
    }

    /// Whether words that are all whole words of the name leave nothing of it over.
    fn is_whole_name(&self, n: u32, found: &[Word<'_>]) -> bool {
        let (given, family) = self.index.name_parts(n);
        let gap = usize::from(!given.is_empty() && !family.is_empty());
        let words: usize =
            found.iter().filter_map(|word| word.pattern.base()).map(|base| base.text.len()).sum();
        words + found.len() - 1 == given.len() + gap + family.len()
    }

    pub(super) fn prepare_fuzzy(&mut self) {
        let index = self.index;
        let all = std::iter::once(&mut self.words).chain(self.closer.iter_mut().map(|(_, words)| words));
        let with = all.filter(|words| words.fields.contains(FieldKind::Company));
        for word in with.flat_map(|words| &mut words.found) {
            let Some(base) = word.pattern.base().filter(|_| word.pattern.fuzzy) else { continue };
            let text = std::str::from_utf8(&base.text).unwrap_or("");
            let points = parallel(index.pools.company.items(), |item| {
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

    pub(super) fn hit(&self, n: u32, fuzzy: bool, matcher: &SkimMatcherV2) -> Hit {
        let cold = &self.index.cold[n as usize];
        let rank = match self.rank(n, fuzzy, matcher) {
            Verdict::Yes(rank) => rank,
            Verdict::No | Verdict::Loose => u32::MAX,
        };
        let mut fields = FieldSet::NONE;
        let mut any_fuzzy = false;
        let words = self.words_for(n);
        for word in &words.found {
            let found = word.fields(self.index, n);
            if found == FieldSet::NONE {
                any_fuzzy = true;
                let field = match word.fuzzy(self.index, n, words.fields, matcher) {
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
        let alone = hot.rest & start_bit(letter) != 0;
        let mut best = self.shared(index, n);
        if fields.contains(FieldKind::Name) && hot.names & bit != 0 {
            let tier = match hot.names & start_bit(letter) != 0 {
                true if alone => tier::WHOLE_WORD,
                true => tier::FIELD_START,
                false => tier::INSIDE,
            };
            best = best.min(cost(tier, FieldKind::Name));
        }
        // Letters behind the names are those of e-mail addresses: numbers have none.
        if fields.contains(FieldKind::Email) && hot.rest & bit != 0 {
            let tier = if alone { tier::WHOLE_WORD } else { tier::FIELD_START };
            best = best.min(cost(tier, FieldKind::Email));
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
