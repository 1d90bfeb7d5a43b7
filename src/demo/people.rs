//! Invented people, one after the other.

use std::collections::HashSet;

use crate::demo::company::{Company, CompanyKey, Place};
use crate::demo::numbers::{Number, Numbers};
use crate::demo::rng::{Rng, scatter};
use crate::demo::tables::{Foreign, Land, Tongue, foreign, plain};
use crate::demo::{DACH, USERS, WEST};
use crate::domain::user::Role;

/// How many people share a company, on average.
const PEOPLE_PER_COMPANY: u64 = 8;

/// Somebody who does not exist.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Counted from 0.
    pub(crate) number: u64,
    pub(crate) land: Land,
    pub(crate) tongue: Tongue,
    pub(crate) prefix: &'static str,
    pub(crate) given: String,
    pub(crate) middle: String,
    pub(crate) family: String,
    pub(crate) suffix: &'static str,
    /// The name in an e-mail address: `anna.weiss`.
    pub(crate) local: String,
    pub(crate) company: Company,
    pub(crate) job_title: &'static str,
    pub(crate) department: &'static str,
    pub(crate) line: Option<Number>,
    pub(crate) mobile: Option<Number>,
    pub(crate) email: String,
    pub(crate) place: Place,
    pub(crate) origin: Origin,
    pub(crate) tags: Vec<&'static str>,
    /// Index into the users.
    pub(crate) owner: usize,
}

/// Where a person's data comes from, and on what ground it is held.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Origin {
    pub(crate) basis: &'static str,
    pub(crate) source: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) supplier: &'static str,
    pub(crate) tag: &'static str,
}

impl Origin {
    fn read(line: &'static str) -> Origin {
        let mut parts = line.split(';');
        let mut next = || parts.next().unwrap_or_default();
        Origin { basis: next(), source: next(), reason: next(), supplier: next(), tag: next() }
    }
}

/// Tags that colleagues give.
pub(crate) const TAGS: &[&str] = &[
    "key-account",
    "decision-maker",
    "maintenance",
    "beans",
    "partner",
    "pilot",
    "reseller",
    "spring-offer",
];

/// Makes people without end; numbers, names and e-mail addresses come once each.
pub(crate) struct People {
    seed: u64,
    /// For how many people companies are to be spread.
    total: u64,
    next: u64,
    named: [u64; 4],
    pub(crate) numbers: Numbers,
    emails: HashSet<String>,
}

impl People {
    pub(crate) fn new(seed: u64, total: u64) -> People {
        People {
            seed,
            total,
            next: 0,
            named: [0; 4],
            numbers: Numbers::default(),
            emails: HashSet::with_capacity(total.min(1 << 20) as usize),
        }
    }

    /// A company of a country that some person works for.
    pub(crate) fn company(&self, land: Land, rng: &mut Rng) -> Company {
        let companies = (self.total * land.share() / 100 / PEOPLE_PER_COMPANY).max(3);
        // Taking the lower of two makes a few companies large and most of them small.
        let number = rng.below(companies).min(rng.below(companies));
        Company::of(CompanyKey { land, number }, self.seed)
    }

    /// An address of this name at a host that nobody has yet.
    pub(crate) fn email(&mut self, local: &str, host: &str) -> String {
        let mut email = format!("{local}@{host}");
        let mut again = 1;
        while !self.emails.insert(email.clone()) {
            again += 1;
            email = format!("{local}{again}@{host}");
        }
        email
    }

    pub(crate) fn person(&mut self) -> Person {
        let number = self.next;
        self.next += 1;
        let mut rng = Rng::new(self.seed, number);
        let land = land(&mut rng);
        let company = self.company(land, &mut rng);
        let tongue = company.tongue;
        let words = tongue.words();
        // Each of the names that are written otherwise comes once, among the first few hundred people.
        let other = if number % 12 == 5 { foreign((number / 12) as usize) } else { None };
        let name = match other {
            Some(name) => Name::foreign(name),
            None => self.name(tongue, &mut rng),
        };
        let local = format!("{}.{}", clip(&name.latin_given), clip(&name.latin_family));
        let host = match rng.below(20) {
            0 => rng.pick(&["example.com", "example.org", "example.net"]),
            _ => &company.host,
        };
        let email = self.email(&local, host);
        let origin = Origin::read(rng.pick(words.get("origin")));
        let mut tags: Vec<&str> = Vec::new();
        if !origin.tag.is_empty() {
            tags.push(origin.tag);
        }
        if rng.percent(30) {
            tags.push(rng.pick(TAGS));
        }
        let line = rng.percent(92).then(|| self.numbers.line(land)).flatten();
        let mobile = rng.percent(45).then(|| self.numbers.mobile(land)).flatten();
        // A third works somewhere else than at the seat.
        let place = if rng.percent(34) {
            Place::new(rng.pick(words.local("town", land)), land, tongue, &mut rng)
        } else {
            company.place.clone()
        };
        Person {
            number,
            land,
            tongue,
            prefix: if rng.percent(6) { rng.pick(words.get("prefix")) } else { "" },
            given: name.given,
            middle: name.middle,
            family: name.family,
            suffix: if rng.percent(2) { rng.pick(words.get("suffix")) } else { "" },
            local,
            job_title: rng.pick(words.get("title")),
            department: if rng.percent(40) { rng.pick(words.get("department")) } else { "" },
            company,
            line,
            mobile,
            email,
            place,
            origin,
            tags,
            owner: owner(land, &mut rng),
        }
    }

    fn name(&mut self, tongue: Tongue, rng: &mut Rng) -> Name {
        let words = tongue.words();
        let (givens, families) = (words.get("given"), words.get("family"));
        let names = (givens.len() * families.len()) as u64;
        let count = self.named.get(tongue as usize).copied().unwrap_or_default();
        if let Some(named) = self.named.get_mut(tongue as usize) {
            *named += 1;
        }
        // Each pair of names once before any comes again: people of one name would all look like duplicates.
        let pair = scatter(count, names, self.seed);
        let given = givens.get((pair % givens.len().max(1) as u64) as usize).copied().unwrap_or_default();
        let family = families.get((pair / givens.len().max(1) as u64) as usize).copied().unwrap_or_default();
        let again = count >= names;
        let middle = if again || rng.percent(6) { rng.pick(givens) } else { "" };
        let double = if rng.percent(6) { rng.pick(families) } else { "" };
        let particles = match tongue {
            Tongue::De => 2,
            Tongue::Nl => 24,
            Tongue::Fr => 5,
            Tongue::En => 0,
        };
        let particle = if rng.percent(particles) { rng.pick(words.get("particle")) } else { "" };
        let mut full = String::new();
        if !particle.is_empty() {
            full.push_str(particle);
            if !particle.ends_with('’') {
                full.push(' ');
            }
        }
        full.push_str(family);
        if !double.is_empty() && double != family {
            full.push('-');
            full.push_str(double);
        }
        Name {
            given: given.to_owned(),
            middle: middle.to_owned(),
            latin_given: plain(given, tongue),
            latin_family: plain(&full, tongue),
            family: full,
        }
    }
}

struct Name {
    given: String,
    middle: String,
    family: String,
    latin_given: String,
    latin_family: String,
}

impl Name {
    fn foreign(name: Foreign) -> Name {
        Name {
            given: name.given.to_owned(),
            middle: String::new(),
            family: name.family.to_owned(),
            latin_given: plain(name.latin_given, Tongue::En),
            latin_family: plain(name.latin_family, Tongue::En),
        }
    }
}

/// At most 30 letters: RFC 5321 allows 64 bytes before the @.
fn clip(text: &str) -> &str {
    text.get(..30).unwrap_or(text).trim_end_matches('-')
}

fn land(rng: &mut Rng) -> Land {
    let mut ticket = rng.below(100);
    for land in Land::ALL {
        if ticket < land.share() {
            return land;
        }
        ticket -= land.share();
    }
    Land::De
}

/// Somebody of the team that works with a country, mostly one who speaks its language.
pub(crate) fn owner(land: Land, rng: &mut Rng) -> usize {
    let (team, language) = (team(land), land.tongue(rng.next()).tag());
    let sellers = USERS
        .iter()
        .enumerate()
        .filter(|(_, user)| user.team == team && matches!(user.role, Role::Lead | Role::Rep));
    let all: Vec<usize> = sellers.clone().map(|(at, _)| at).collect();
    let fluent: Vec<usize> =
        sellers.filter(|(_, user)| user.language == language).map(|(at, _)| at).collect();
    if fluent.is_empty() || rng.percent(20) { rng.pick(&all) } else { rng.pick(&fluent) }
}

/// The team that works with a country.
pub(crate) fn team(land: Land) -> &'static str {
    match land {
        Land::De | Land::At => DACH,
        Land::Nl | Land::Be | Land::Fr | Land::Gb => WEST,
    }
}
