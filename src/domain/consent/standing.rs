//! What holds, derived from events.
//!
//! The order in which events become known does not matter: of those that decide, the one that happened last counts; of
//! two at one moment, the stricter. So an event that is recorded late changes nothing that happened after it, and a store
//! may read its events in any order.

use serde::{Deserialize, Serialize};

use super::{ConsentEvent, ConsentKind};
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::time::Timestamp;
use crate::domain::value::words;

words! {
    /// What holds for a person, a purpose and a channel. The first is what there is without any event.
    State {
        Unknown = "unknown",
        /// Asked, and not answered.
        Requested = "requested",
        Deferred = "deferred",
        /// Said yes, where the yes counts only when it is confirmed.
        Pending = "pending",
        Given = "given",
        /// Another legal basis than consent holds.
        Asserted = "asserted",
        Expired = "expired",
        Revoked = "revoked",
        Invalidated = "invalidated",
        Refused = "refused",
        Withdrawn = "withdrawn",
        Objected = "objected",
    }
}

impl State {
    /// Whether there is a ground to use the person's data.
    pub fn allows(self) -> bool {
        match self {
            State::Given | State::Asserted => true,
            State::Unknown
            | State::Requested
            | State::Deferred
            | State::Pending
            | State::Expired
            | State::Revoked
            | State::Invalidated
            | State::Refused
            | State::Withdrawn
            | State::Objected => false,
        }
    }

    /// Whether something was decided. What is only under way undoes neither a no nor a yes.
    pub fn decides(self) -> bool {
        match self {
            State::Unknown | State::Requested | State::Deferred | State::Pending => false,
            State::Given
            | State::Asserted
            | State::Expired
            | State::Revoked
            | State::Invalidated
            | State::Refused
            | State::Withdrawn
            | State::Objected => true,
        }
    }

    /// Whether the person said no.
    pub fn is_no(self) -> bool {
        match self {
            State::Refused | State::Withdrawn | State::Objected => true,
            State::Unknown
            | State::Requested
            | State::Deferred
            | State::Pending
            | State::Given
            | State::Asserted
            | State::Expired
            | State::Revoked
            | State::Invalidated => false,
        }
    }
}

/// What holds for one purpose and channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Standing {
    pub state: State,
    /// When what decides happened; in milliseconds since 1970.
    pub since: Timestamp,
    /// When it expires.
    pub until: Option<Timestamp>,
    /// The ground, where there is one.
    pub basis: Option<Basis>,
}

impl Default for Standing {
    fn default() -> Standing {
        Standing { state: State::Unknown, since: Timestamp::from_millis(i64::MIN), until: None, basis: None }
    }
}

impl Standing {
    /// What an event alone would leave; `None` when it changes nothing.
    fn of(event: &ConsentEvent) -> Option<Standing> {
        let kind = event.kind.0?;
        let state = match kind {
            ConsentKind::Requested => State::Requested,
            ConsentKind::Deferred => State::Deferred,
            ConsentKind::Given if event.unconfirmed => State::Pending,
            ConsentKind::Given | ConsentKind::Confirmed | ConsentKind::Renewed => State::Given,
            ConsentKind::Refused => State::Refused,
            ConsentKind::Withdrawn => State::Withdrawn,
            ConsentKind::Objected => State::Objected,
            ConsentKind::Expired => State::Expired,
            ConsentKind::Revoked => State::Revoked,
            ConsentKind::Invalidated => State::Invalidated,
            ConsentKind::Asserted => State::Asserted,
            ConsentKind::Used | ConsentKind::Notified => return None,
        };
        let basis = match state {
            State::Given | State::Pending => Some(Basis::Consent),
            State::Asserted => event.basis,
            State::Unknown
            | State::Requested
            | State::Deferred
            | State::Expired
            | State::Revoked
            | State::Invalidated
            | State::Refused
            | State::Withdrawn
            | State::Objected => None,
        };
        Some(Standing { state, since: event.at.unwrap_or_default(), until: event.until, basis })
    }

    /// The one of two that counts: one that decides, before one that tells that something is under way; then the later;
    /// then the stricter. The order in which they come does not matter.
    fn join(self, other: Standing) -> Standing {
        let rank = |one: &Standing| {
            (
                one.state.decides(),
                one.since,
                one.state,
                one.until.is_some(),
                std::cmp::Reverse(one.until),
                one.basis,
            )
        };
        if rank(&other) > rank(&self) { other } else { self }
    }

    /// What holds at a moment: a consent whose time is up is none.
    pub fn at(self, now: Timestamp) -> Standing {
        match self.until {
            Some(until) if self.state.allows() && until <= now => {
                Standing { state: State::Expired, since: until, ..self }
            }
            _ => self,
        }
    }
}

/// What holds for one person, for every purpose and channel that an event named. `P` stands for a purpose: its name, or
/// a number where very many people are held in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger<P = String> {
    /// In ascending order of purpose and channel.
    standings: Vec<(P, Channel, Standing)>,
}

impl<P> Default for Ledger<P> {
    fn default() -> Ledger<P> {
        Ledger { standings: Vec::new() }
    }
}

impl Ledger {
    /// What these events leave.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e ConsentEvent>) -> Ledger {
        let mut ledger = Ledger::default();
        for event in events {
            ledger.add(event.purpose.clone(), event);
        }
        ledger
    }
}

impl<P: Ord> Ledger<P> {
    /// Takes one more event about a purpose in. Whether it says anything about what holds.
    pub fn add(&mut self, purpose: P, event: &ConsentEvent) -> bool {
        let Some(channel) = event.channel.0 else { return false };
        let Some(standing) = Standing::of(event) else { return false };
        match self.find(&purpose, channel) {
            Ok(at) => {
                if let Some((_, _, held)) = self.standings.get_mut(at) {
                    *held = held.join(standing);
                }
            }
            Err(at) => {
                self.standings.reserve_exact(1);
                self.standings.insert(at, (purpose, channel, standing));
            }
        }
        true
    }

    fn find(&self, purpose: &P, channel: Channel) -> Result<usize, usize> {
        self.standings.binary_search_by(|(one, on, _)| (one, on).cmp(&(purpose, &channel)))
    }

    /// What holds at a moment. A person who objected to direct marketing has objected to all of it (Art. 21(3) GDPR),
    /// also for purposes that came later; `marketing` says whether this is one. Only a yes said since undoes it.
    pub fn standing(&self, purpose: &P, channel: Channel, marketing: bool, now: Timestamp) -> Standing {
        let held = self.find(purpose, channel).ok().and_then(|at| self.standings.get(at));
        let holds = held.map_or_else(Standing::default, |(_, _, standing)| *standing);
        match self.objected_at() {
            Some(objected) if marketing && holds.since <= objected => {
                Standing { state: State::Objected, since: objected, until: None, basis: None }
            }
            _ => holds.at(now),
        }
    }

    /// When the person last objected.
    pub fn objected_at(&self) -> Option<Timestamp> {
        let all = self.standings.iter().map(|(_, _, standing)| standing);
        all.filter(|one| one.state == State::Objected).map(|one| one.since).max()
    }

    /// What was given and whose time is up, with the moment it was.
    pub fn ended(&self, now: Timestamp) -> impl Iterator<Item = (&P, Channel, Timestamp)> {
        self.standings.iter().filter_map(move |(purpose, channel, standing)| {
            let until = standing.until.filter(|until| standing.state.allows() && *until <= now)?;
            Some((purpose, *channel, until))
        })
    }

    /// What holds for each purpose and channel that events named, whatever the time.
    pub fn places(&self) -> impl Iterator<Item = (&P, Channel, Standing)> {
        self.standings.iter().map(|(purpose, channel, standing)| (purpose, *channel, *standing))
    }

    /// When the last thing happened that counts.
    pub fn latest(&self) -> Option<Timestamp> {
        self.standings.iter().map(|(_, _, standing)| standing.since).max()
    }

    /// The purposes and channels that events named.
    pub fn named(&self) -> impl Iterator<Item = (&P, Channel)> {
        self.standings.iter().map(|(purpose, channel, _)| (purpose, *channel))
    }

    pub fn is_empty(&self) -> bool {
        self.standings.is_empty()
    }

    /// Whether an event gave a ground that no later one took away, whenever it ends. `marketing` says of a purpose whether
    /// an objection reaches it.
    pub fn grounded(&self, marketing: impl Fn(&P) -> bool) -> bool {
        let objected = self.objected_at();
        self.standings.iter().any(|(purpose, _, standing)| {
            standing.state.allows()
                && objected.is_none_or(|objected| standing.since > objected || !marketing(purpose))
        })
    }

    /// Since when no ground is left, where there was one or the person said no; `None` while one holds or is being asked
    /// for, or when nothing was ever recorded.
    pub fn without_ground_since(&self, now: Timestamp) -> Option<Timestamp> {
        let mut last = None;
        for (_, _, standing) in &self.standings {
            let standing = standing.at(now);
            if standing.state.allows() || !standing.state.decides() {
                return None;
            }
            last = last.max(Some(standing.since));
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::value::OneOf;

    fn event(kind: ConsentKind, at: i64, channel: Channel) -> ConsentEvent {
        ConsentEvent {
            kind: OneOf(Some(kind)),
            purpose: "sales".into(),
            channel: OneOf(Some(channel)),
            at: Some(Timestamp::from_millis(at)),
            unconfirmed: channel == Channel::Email,
            ..ConsentEvent::default()
        }
    }

    fn state(events: &[ConsentEvent], now: i64) -> State {
        let ledger = Ledger::of(events);
        ledger.standing(&"sales".to_owned(), Channel::Phone, true, Timestamp::from_millis(now)).state
    }

    #[test]
    fn what_happened_last_counts() {
        use ConsentKind as K;
        let on = |kind, at| event(kind, at, Channel::Phone);
        assert_eq!(state(&[], 9), State::Unknown);
        assert_eq!(state(&[on(K::Given, 1)], 9), State::Given);
        assert_eq!(state(&[on(K::Given, 1), on(K::Withdrawn, 2)], 9), State::Withdrawn);
        // Recorded late: it was said before the withdrawal.
        assert_eq!(state(&[on(K::Withdrawn, 2), on(K::Given, 1)], 9), State::Withdrawn);
        assert_eq!(state(&[on(K::Withdrawn, 2), on(K::Given, 2)], 9), State::Withdrawn);
        assert_eq!(
            state(&[on(K::Withdrawn, 2), on(K::Requested, 3), on(K::Deferred, 4)], 9),
            State::Withdrawn
        );
        assert_eq!(state(&[on(K::Deferred, 3)], 9), State::Deferred);
        assert_eq!(state(&[on(K::Given, 1), on(K::Used, 5)], 9), State::Given);
        assert_eq!(state(&[event(K::Given, 1, Channel::Storage)], 9), State::Unknown, "R4");
    }

    #[test]
    fn an_objection_is_to_all_marketing_and_a_consent_runs_out() {
        use ConsentKind as K;
        let objection = event(K::Objected, 5, Channel::Storage);
        assert_eq!(state(&[event(K::Given, 1, Channel::Phone), objection.clone()], 9), State::Objected);
        assert_eq!(state(&[objection, event(K::Given, 6, Channel::Phone)], 9), State::Given);
        let mut given = event(K::Given, 1, Channel::Phone);
        given.until = Some(Timestamp::from_millis(8));
        assert_eq!(state(std::slice::from_ref(&given), 7), State::Given);
        assert_eq!(state(&[given], 8), State::Expired);
    }

    #[test]
    fn a_yes_waits_for_its_confirmation() {
        use ConsentKind as K;
        let on = |kind, at| event(kind, at, Channel::Email);
        let mail = |events: &[ConsentEvent]| {
            let ledger = Ledger::of(events);
            ledger.standing(&"sales".to_owned(), Channel::Email, true, Timestamp::from_millis(9)).state
        };
        assert_eq!(mail(&[on(K::Requested, 1), on(K::Given, 2)]), State::Pending);
        assert_eq!(mail(&[on(K::Given, 2), on(K::Confirmed, 3)]), State::Given);
        assert_eq!(mail(&[on(K::Withdrawn, 1), on(K::Given, 2)]), State::Withdrawn);
    }

    proptest! {
        #[test]
        fn the_order_of_reading_does_not_matter(
            events in prop::collection::vec((0..14usize, 0..6i64, 0..3usize, prop::option::of(4..12i64)), 0..12),
            seed in any::<u64>(),
        ) {
            let events: Vec<ConsentEvent> = events
                .into_iter()
                .map(|(kind, at, channel, until)| ConsentEvent {
                    until: until.map(Timestamp::from_millis),
                    ..event(ConsentKind::ALL[kind], at, [Channel::Phone, Channel::Email, Channel::Storage][channel])
                })
                .collect();
            let mut shuffled = events.clone();
            let mut random = seed;
            for at in (1..shuffled.len()).rev() {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(at, (random >> 33) as usize % (at + 1));
            }
            prop_assert_eq!(Ledger::of(&events), Ledger::of(&shuffled));
        }

        #[test]
        fn nothing_that_happens_later_but_a_yes_loosens(
            kinds in prop::collection::vec(0..14usize, 0..8),
            no in 0..3usize,
            after in prop::collection::vec(0..14usize, 0..4),
        ) {
            use ConsentKind as K;
            let mut events: Vec<ConsentEvent> = kinds
                .iter()
                .enumerate()
                .map(|(at, kind)| event(K::ALL[*kind], at as i64, Channel::Phone))
                .collect();
            events.push(event([K::Refused, K::Withdrawn, K::Objected][no], 50, Channel::Phone));
            let yes = [K::Given, K::Confirmed, K::Renewed, K::Asserted];
            let later = after.iter().map(|kind| K::ALL[*kind]).filter(|kind| !yes.contains(kind));
            events.extend(later.enumerate().map(|(at, kind)| event(kind, 60 + at as i64, Channel::Phone)));
            prop_assert!(!state(&events, 100).allows());
        }
    }
}
