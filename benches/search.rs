//! Search at 100 000 and 1 000 000 contacts: time for each further letter, for a first page, for changes; memory.
//!
//! `cargo bench --bench search` prints a table, next to a plain scan of the same strings with `fuzzy-matcher` as the
//! baseline of the same run. `-- 100000` measures that size only.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark")]

use std::time::{Duration, Instant};

use callbook::domain::query::Query;
use callbook::domain::time::Timestamp;
use callbook::service::index::{
    Context, Doc, FieldSet, Highlighter, Index, NoExtra, Scope, Session, Sort, SortKey, Window,
};
use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;
use uuid::Uuid;

/// SplitMix64 (Steele, Lea, Flood 2014): the same contacts in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Small numbers more often, as with names.
    fn skewed(&mut self, n: usize) -> usize {
        self.below(n).min(self.below(n))
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.skewed(list.len())]
    }
}

const GIVEN: &[&str] = &[
    "Anna",
    "Thomas",
    "Maria",
    "José",
    "Michael",
    "Petra",
    "Hans",
    "Sophie",
    "Łukasz",
    "Zoë",
    "Andreas",
    "Claudia",
    "Jürgen",
    "Søren",
    "François",
    "Élodie",
    "Giulia",
    "Matteo",
    "Ayşe",
    "Mehmet",
    "Katarzyna",
    "Piotr",
    "Emma",
    "Noah",
    "Olga",
    "Dmitri",
    "Wei",
    "Yuki",
    "Fatima",
    "Omar",
    "Ingrid",
    "Björn",
    "Aoife",
    "Liam",
    "Renée",
    "Guðrún",
];
const STEMS: &[&str] = &[
    "Müll", "Schmid", "Schneid", "Fisch", "Web", "Mey", "Wagn", "Beck", "Hoffm", "Schulz", "Garc", "Fernánd",
    "Lóp", "Ross", "Russ", "Ferrar", "Kowalsk", "Nowak", "Jens", "Niels", "Dubo", "Lefèv", "Mor", "O'Bri",
    "Mac", "Lind", "Berg", "Novák", "Horv", "Popesc", "Ivan", "Petr", "Yılm", "Öztür", "Vries", "Jansz",
];
const ENDS: &[&str] = &[
    "er", "t", "ann", "mann", "ía", "ez", "i", "a", "en", "sen", "is", "re", "eau", "en-Lang", "ström",
    "ová", "áth", "u", "ov", "ski", "az", "k", "inger", "hold",
];
const COMPANY: &[&str] =
    &["Technik", "Bau", "Medien", "Logistik", "Energie", "Software", "Druck", "Handel", "Pharma"];
const FORMS: &[&str] = &["GmbH", "AG", "Ltd", "S.A.", "KG", "B.V.", "SpA"];
const CITIES: &[&str] =
    &["Berlin", "Wien", "München", "Lyon", "Kraków", "Roma", "Madrid", "Malmö", "Zürich", "Gent"];
const COUNTRIES: &[(&str, &str)] = &[
    ("DE", "+4930"),
    ("AT", "+431"),
    ("FR", "+334"),
    ("PL", "+4812"),
    ("IT", "+3906"),
    ("ES", "+3491"),
    ("SE", "+4640"),
];
const TITLES: &[&str] =
    &["Einkauf", "Geschäftsführer", "Buyer", "CTO", "Assistant", "Sales Manager", "Director"];
const TAGS: &[&str] = &["fair", "vip", "newsletter", "cold", "partner", "2026", "renewal", "reseller"];

struct Contact {
    id: Uuid,
    given: String,
    family: String,
    company: Option<(Uuid, String)>,
    phone: String,
    email: String,
    tags: Vec<&'static str>,
    city: &'static str,
    title: &'static str,
    country: &'static str,
    owner: Uuid,
    created: i64,
}

fn contacts(count: usize) -> Vec<Contact> {
    let mut random = Random(20_260_101);
    (0..count)
        .map(|n| {
            let given = random.pick(GIVEN).to_owned();
            let family = format!("{}{}", random.pick(STEMS), random.pick(ENDS));
            let company = (random.below(10) < 8).then(|| {
                let number = random.skewed(count / 10 + 1) as u64;
                let mut own = Random(number);
                let stem = format!("{}{}", own.pick(STEMS), own.pick(ENDS));
                let name = format!("{stem} {} {}", own.pick(COMPANY), own.pick(FORMS));
                (Uuid::from_u64_pair(1, number), name)
            });
            let (country, prefix) = COUNTRIES[random.skewed(COUNTRIES.len())];
            let plain = |text: &str| callbook::domain::fold::fold(text).replace(' ', "");
            Contact {
                id: Uuid::from_u64_pair(random.next(), n as u64),
                email: format!("{}.{}{}@example.com", plain(&given), plain(&family), random.below(1_000)),
                phone: format!("{prefix}{:07}", random.below(10_000_000)),
                tags: (0..random.below(3)).map(|_| random.pick(TAGS)).collect(),
                city: random.pick(CITIES),
                title: random.pick(TITLES),
                owner: Uuid::from_u64_pair(2, random.below(40) as u64),
                created: 1_700_000_000_000 + random.below(1 << 36) as i64,
                given,
                family,
                company,
                country,
            }
        })
        .collect()
}

fn with_doc(contact: &Contact, slot: usize, f: impl FnOnce(&Doc<'_>)) {
    f(&Doc {
        id: contact.id,
        given: &contact.given,
        family: &contact.family,
        company: contact.company.as_ref().map(|(id, name)| (*id, &**name)),
        phones: &[&contact.phone],
        emails: &[&contact.email],
        tags: &contact.tags,
        job_title: contact.title,
        city: contact.city,
        owner: Some(contact.owner),
        team: Some("north"),
        country: Some(contact.country),
        language: Some("de"),
        source: "fair-2026",
        basis: "consent",
        created: Timestamp::from_millis(contact.created),
        updated: Timestamp::from_millis(contact.created + 1),
        slot: slot as u32,
        ..Doc::default()
    });
}

/// Resident memory of the process in bytes, where /proc tells.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) * 1_024
}

fn time<R>(mut f: impl FnMut() -> R) -> (Duration, R) {
    let start = Instant::now();
    let result = f();
    (start.elapsed(), result)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

const ROUNDS: usize = 7;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    for size in if sizes.is_empty() { vec![100_000, 1_000_000] } else { sizes } {
        measure(size);
    }
}

fn measure(size: usize) {
    let contacts = contacts(size);
    let before = resident();
    let mut index = Index::new();
    let (built, ()) = time(|| {
        index.reserve(size);
        contacts
            .iter()
            .enumerate()
            .for_each(|(slot, contact)| with_doc(contact, slot, |doc| index.insert(doc)));
    });
    let (warm, ()) = time(|| {
        [SortKey::Name, SortKey::Company, SortKey::Updated].map(|key| index.warm(key)).into_iter().collect()
    });
    println!("\n{size} contacts");
    println!("  built in {:.0} ms; three orders in {:.0} ms", ms(built), ms(warm));
    println!(
        "  index {} B for each contact ({} B more resident)",
        index.bytes() / size,
        resident().saturating_sub(before) / size
    );

    // The baseline: the same names, addresses and numbers, folded, scored one by one.
    let strings: Vec<String> = contacts
        .iter()
        .map(|c| {
            let company = c.company.as_ref().map_or("", |(_, name)| name);
            format!(
                "{} {} {} {}",
                callbook::domain::fold::fold(&format!("{} {} {company}", c.given, c.family)),
                c.email,
                c.phone,
                c.tags.join(" ")
            )
        })
        .collect();
    let matcher = SkimMatcherV2::default().respect_case();

    println!("  {:<24}{:>10}{:>12}{:>14}{:>8}", "query", "hits", "index ms", "plain scan ms", "ratio");
    for text in ["muller anna", "jose garcia", "kowalskov", "mlrtm", "0309012", "zzz"] {
        let mut typed = vec![Vec::new(); text.len()];
        let mut hits = vec![0; text.len()];
        for _ in 0..ROUNDS {
            let mut session = Session::default();
            for end in 1..=text.len() {
                let (took, total) = time(|| search(&index, &mut session, &text[..end], Sort::RELEVANCE, 0));
                typed[end - 1].push(took);
                hits[end - 1] = total;
            }
        }
        for end in (1..=text.len()).filter(|&end| !text[..end].ends_with(' ')) {
            let took = median(typed[end - 1].clone());
            let words: Vec<&str> = text[..end].split(' ').collect();
            let rounds = if size > 100_000 { 1 } else { 3 };
            let plain = median(
                (0..rounds)
                    .map(|_| {
                        time(|| {
                            strings
                                .iter()
                                .filter_map(|s| {
                                    words.iter().map(|word| matcher.fuzzy_match(s, word)).sum::<Option<i64>>()
                                })
                                .collect::<Vec<i64>>()
                                .len()
                        })
                        .0
                    })
                    .collect(),
            );
            println!(
                "  {:<24}{:>10}{:>12.2}{:>14.1}{:>8.0}",
                &text[..end],
                hits[end - 1],
                ms(took),
                ms(plain),
                plain.as_secs_f64() / took.as_secs_f64()
            );
        }
    }

    println!("  {:<40}{:>10}{:>12}", "first page, nothing remembered", "hits", "ms");
    for (text, by, offset) in [
        ("", SortKey::Name, 0),
        ("", SortKey::Name, size / 2),
        ("a", SortKey::Relevance, 0),
        ("e", SortKey::Relevance, 0),
        ("an", SortKey::Relevance, 0),
        ("anna schmidt", SortKey::Relevance, 0),
        ("e", SortKey::Updated, 0),
        ("a", SortKey::Relevance, 10_000),
        ("030 9012", SortKey::Relevance, 0),
        ("qzx", SortKey::Relevance, 0),
        ("tag:fair country:de created:>2025-01-01", SortKey::Company, 0),
        ("owner:me a", SortKey::Relevance, 0),
    ] {
        let sort = Sort { by, descending: false };
        let mut hits = 0;
        let times = (0..ROUNDS).map(|_| {
            let (took, total) = time(|| search(&index, &mut Session::default(), text, sort, offset));
            hits = total;
            took
        });
        let took = median(times.collect());
        println!("  {:<40}{hits:>10}{:>12.2}", format!("{text:?} by {by:?}, from {offset}"), ms(took));
    }

    let changed = size.min(2_000);
    let (updates, ()) = time(|| {
        contacts.iter().take(changed).enumerate().for_each(|(n, c)| with_doc(c, n, |doc| index.update(doc)))
    });
    let (lookups, found) =
        time(|| contacts.iter().take(changed).map(|c| index.by_phone(&c.phone).len()).sum::<usize>());
    println!(
        "  an update {:.1} µs, three orders kept; a number looked up {:.2} µs ({found} found)",
        ms(updates) * 1_000.0 / changed as f64,
        ms(lookups) * 1_000.0 / changed as f64
    );
    let query = Query::parse("mueller an").unwrap();
    let (lit, _) = time(|| {
        let highlighter = Highlighter::new(&query);
        contacts
            .iter()
            .take(50)
            .map(|c| {
                highlighter
                    .highlight(
                        callbook::service::index::FieldKind::Name,
                        &format!("{} {}", c.given, c.family),
                        true,
                    )
                    .len()
            })
            .sum::<usize>()
    });
    println!("  highlights of 50 rows {:.3} ms", ms(lit));
}

fn search(index: &Index, session: &mut Session, text: &str, sort: Sort, offset: usize) -> usize {
    let query = Query::parse(text).unwrap();
    let context = Context {
        now: Timestamp::from_millis(1_800_000_000_000),
        me: Some(Uuid::from_u64_pair(2, 7)),
        scope: &Scope::All,
        fields: FieldSet::ALL,
        closer: &[],
        extra: &NoExtra,
        epoch: 0,
        cancelled: &|| false,
    };
    let page =
        index.search(session, &query, sort, Window { offset, limit: 50, after: None }, &context).unwrap();
    assert!(page.hits.len() <= 50);
    page.total
}
