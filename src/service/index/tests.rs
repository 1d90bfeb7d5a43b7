mod naive;

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::fold;
use crate::domain::query::{Filter, Query};
use naive::Record;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DAY: i64 = 86_400_000;
const ME: Uuid = Uuid::from_u128(0xFE);

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn person(n: u128, given: &str, family: &str) -> Record {
    Record {
        id: id(n),
        given: given.into(),
        family: family.into(),
        display: String::new(),
        company: None,
        phones: Vec::new(),
        emails: Vec::new(),
        tags: Vec::new(),
        job_title: String::new(),
        city: String::new(),
        owner: None,
        country: None,
        created: NOW,
        updated: NOW,
        deleted: false,
    }
}

fn index_of(records: &[Record]) -> Index {
    let mut index = Index::new();
    records.iter().for_each(|record| record.with_doc(|doc| index.insert(doc)));
    index
}

const SORT: Sort = Sort::RELEVANCE;

fn context<'a>(scope: &'a Scope, cancelled: &'a (dyn Fn() -> bool + Sync)) -> Context<'a> {
    Context {
        now: NOW,
        me: Some(ME),
        scope,
        fields: FieldSet::ALL,
        closer: &[],
        extra: &NoExtra,
        epoch: 0,
        cancelled,
    }
}

fn run(index: &Index, session: &mut Session, query: &Query, sort: Sort, window: Window) -> Page {
    index.search(session, query, sort, window, &context(&Scope::All, &|| false)).unwrap()
}

fn page(index: &Index, text: &str) -> Page {
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
    run(index, &mut Session::default(), &query, SORT, Window::first(1_000))
}

fn ids(index: &Index, text: &str) -> Vec<u128> {
    page(index, text).hits.iter().map(|hit| hit.id.as_u128()).collect()
}

#[test]
fn spelling_does_not_matter() {
    let index =
        index_of(&[person(1, "José", "García"), person(2, "Hans", "Müller"), person(3, "Rosa", "Mueller")]);
    assert_eq!(ids(&index, "garcia jose"), [1]);
    assert_eq!(ids(&index, "JOSÉ gar"), [1]);
    // The second one fuzzily.
    assert_eq!(ids(&index, "muller"), [2, 3]);
    assert_eq!(ids(&index, "mueller"), [3, 2]);
    assert_eq!(ids(&index, "Müller"), [3, 2]);
    assert_eq!(ids(&index, "\"hans mueller\""), [2]);
    assert_eq!(ids(&index, "\"mueller hans\""), [0_u128; 0]);
}

#[test]
fn numbers_are_found_in_any_notation() {
    let mut berlin = person(1, "Anna", "Berg");
    berlin.phones = vec!["+4930901820".into()];
    let mut rome = person(2, "Ada", "Riva");
    rome.phones = vec!["+390612345678".into(), "+12025550123".into()];
    let mut named = person(3, "Studio", "030");
    named.phones = vec!["+441632960001".into()];
    let index = index_of(&[berlin, rome, named]);
    for text in [
        "030901820",
        "030 901820",
        "+49 30 901820",
        "+49 (0)30 901820",
        "0049 (0)30 901820",
        "0049 30 90 18 20",
        "01149309018 20",
        "030/90 18 20",
        "(030) 901-820",
        "30901820",
        "901820",
        "+493090",
        "030 9018",
        "berg 901820",
        "\"030 901820\"",
    ] {
        assert_eq!(ids(&index, text), [1], "{text}");
    }
    for text in
        ["06 12345678", "+39 06 12345678", "0039 06 123", "(202) 555-0123", "1 202 555 0123", "+1 (202) 555"]
    {
        assert_eq!(ids(&index, text), [2], "{text}");
    }
    assert_eq!(ids(&index, "030"), [3, 1]);
    assert_eq!(ids(&index, "+309"), [0_u128; 0]);
    assert_eq!(ids(&index, "930901820"), [1]);
    assert_eq!(ids(&index, "+4930901821"), [0_u128; 0]);
    assert_eq!(index.by_phone("+4930901820"), [id(1)]);
    assert_eq!(index.by_phone("12025550123"), [id(2)]);
    assert!(index.by_phone("+493090182").is_empty());
}

#[test]
fn an_address_is_found_exactly() {
    let mut a = person(1, "A", "One");
    a.emails = vec!["Anna.Schmidt@Example.com".into()];
    let mut b = person(2, "B", "Two");
    b.emails =
        vec!["anna-schmidt@example.com".into(), "xanna.schmidt@example.com".into(), "+jo@example.net".into()];
    let mut c = person(3, "C", "Three");
    c.emails = vec!["müller@example.org".into()];
    let index = index_of(&[a, b, c]);
    assert_eq!(ids(&index, "anna.schmidt@example.com"), [1]);
    assert_eq!(ids(&index, "anna.schmidt@exa"), [1]);
    assert_eq!(ids(&index, "@example.com"), [1, 2]);
    assert_eq!(ids(&index, "anna.schmidt"), [1, 2]);
    assert_eq!(ids(&index, "müller"), [3]);
    assert_eq!(index.by_email(&fold::email("ANNA.schmidt@example.COM")), [id(1)]);
    assert_eq!(index.by_email("+jo@example.net"), [id(2)]);
    assert!(index.by_email("muller@example.org").is_empty());
}

#[test]
fn the_better_place_comes_first() {
    let mut company = person(6, "Zoe", "Zorn");
    company.company = Some((id(100), "Berg GmbH".into()));
    let mut tagged = person(7, "Zoe", "Zorn");
    tagged.tags = vec!["berg".into()];
    let index = index_of(&[
        person(1, "Eva", "Hamberger"),
        person(2, "Eva", "Bergmann"),
        person(3, "Eva", "van den Berg"),
        person(4, "Eva", "von Bergen"),
        person(5, "Berg", ""),
        company,
        tagged,
    ]);
    assert_eq!(ids(&index, "berg"), [5, 3, 6, 7, 2, 4, 1]);
    assert_eq!(ids(&index, "eva berg"), [3, 2, 4, 1]);
    let hit = page(&index, "zoe berg").hits[0];
    assert!(hit.fields.contains(FieldKind::Name) && hit.fields.contains(FieldKind::Company) && !hit.fuzzy);
}

#[test]
fn letters_strewn_about_are_found_when_little_else_is() {
    let mut many: Vec<Record> = (0..40).map(|n| person(100 + n, "Milr", "Same")).collect();
    let mut few = vec![person(1, "Hans", "Müller"), person(2, "Amelia", "Tolbert")];
    let index = index_of(&few);
    let found = page(&index, "mlr");
    assert_eq!(found.hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [id(1)]);
    assert!(found.hits[0].fuzzy && found.hits[0].fields == FieldSet::of([FieldKind::Name]));
    assert_eq!(ids(&index, "ml"), [0_u128; 0]);
    many.append(&mut few);
    assert_eq!(page(&index_of(&many), "milr").total, 40);
}

#[test]
fn filters_and_exclusion() {
    let mut a = person(1, "Anna", "Berg");
    (a.tags, a.country, a.owner) = (vec!["Fair".into(), "vip".into()], Some("DE".into()), Some(ME));
    a.company = Some((id(100), "Muster GmbH & Co".into()));
    let mut b = person(2, "Anna", "Tal");
    (b.tags, b.owner, b.created) =
        (vec!["fair".into()], Some(id(0xFD)), Timestamp::from_millis(NOW.millis() - 10 * DAY));
    let mut c = person(3, "Carl", "Tal");
    (c.deleted, c.phones) = (true, vec!["+4930901820".into()]);
    let mut index = index_of(&[a, b, c, person(4, "Dora", "Johannsen")]);
    index.name_owner(id(0xFD), "Bär, Petra");
    let none = [0_u128; 0];
    for (text, found) in [
        ("tag:FAIR", &[1, 2][..]),
        ("tag:fair -tag:vip", &[2]),
        ("tag:vip,none", &[1, 4]),
        ("owner:me", &[1]),
        ("owner:none", &[4]),
        ("owner:petra", &[2]),
        ("owner:baer", &[2]),
        ("company:muster", &[1]),
        ("company:\"Muster GmbH\"", &[1]),
        ("company:uster", &none),
        ("country:de", &[1]),
        ("-country:none", &[1]),
        ("created:<7d", &[1, 4]),
        ("created:>7d", &[2]),
        ("has:tag,phone", &[1, 2]),
        ("-has:company anna", &[2]),
        ("anna -berg", &[2]),
        ("-ann", &none),
        ("is:deleted", &[3]),
        ("carl", &none),
        ("030901820", &none),
        ("is:deleted 030901820", &[3]),
        ("field.size:xl", &none),
    ] {
        let mut got = ids(&index, text);
        got.sort_unstable();
        assert_eq!(got, found, "{text}");
    }
    let count = |kind, prefix: &str, scope: &Scope| index.completions(kind, prefix, scope);
    assert_eq!(count(Completion::Tag, "FA", &Scope::All), [("Fair".to_owned(), 2)]);
    assert_eq!(count(Completion::Owner, "pet", &Scope::All), [("Bär, Petra".to_owned(), 1)]);
    assert_eq!(
        count(Completion::Tag, "", &Scope::Of { owners: vec![id(0xFD)], teams: vec![], pools: vec![] }),
        [("fair".to_owned(), 1)]
    );
}

struct Sized;

impl Extra for Sized {
    fn meets(&self, filter: &Filter, id: Uuid, slot: u32) -> bool {
        filter.to_string() == "field.size:xl" && id.as_u128() == 2 && slot == 2
    }
}

#[test]
fn what_is_out_of_reach_is_not_found() {
    let mut a = person(1, "Anna", "Berg");
    (a.owner, a.phones) = (Some(ME), vec!["+4930901820".into()]);
    let index = index_of(&[a, person(2, "Anna", "Tal")]);
    let own = Scope::Of { owners: vec![ME], teams: Vec::new(), pools: Vec::new() };
    let find = |text: &str, context: &Context<'_>| {
        let query = Query::parse(text).unwrap();
        index.search(&mut Session::default(), &query, SORT, Window::first(9), context).unwrap().total
    };
    let never = || false;
    assert_eq!(find("anna", &context(&own, &never)), 1);
    assert_eq!(find("", &context(&own, &never)), 1);
    let no_phones =
        Context { fields: FieldSet::ALL.without(FieldKind::Phone), ..context(&Scope::All, &never) };
    assert_eq!(find("030901820", &no_phones), 0);
    assert_eq!(find("901", &no_phones), 0);
    // Closer records are found in more fields; of the others, what is masked finds nothing.
    let closer = [(own.clone(), FieldSet::ALL)];
    let base = FieldSet::ALL.without(FieldKind::Phone);
    let near = Context { fields: base, closer: &closer, ..context(&Scope::All, &never) };
    assert_eq!((find("030901820", &near), find("anna", &near), find("tal 1", &near)), (1, 2, 0));
    let pool = |pools: &[&str]| Scope::Of {
        owners: vec![],
        teams: vec![],
        pools: pools.iter().map(|pool| (*pool).to_owned()).collect(),
    };
    assert_eq!(find("", &context(&pool(&[]), &never)), 0);
    assert_eq!(
        find("", &context(&pool(&[""]), &never)),
        1,
        "one has an owner, the other neither owner nor team"
    );
    assert_eq!(find("", &context(&pool(&["north"]), &never)), 0);
    let no_names = Context { fields: FieldSet::ALL.without(FieldKind::Name), ..context(&Scope::All, &never) };
    assert_eq!((find("a", &no_names), find("brg", &no_names)), (0, 0));
    let extra = Context { extra: &Sized, ..context(&Scope::All, &never) };
    assert_eq!((find("field.size:xl", &extra), find("-field.size:xl", &extra)), (1, 1));
}

#[test]
fn a_removed_record_leaves_nothing() {
    let mut a = person(1, "Xaver", "Quast");
    (a.emails, a.phones) = (vec!["quast@example.com".into()], vec!["+4930901820".into()]);
    (a.tags, a.company) = (vec!["rare".into()], Some((id(9), "Quast KG".into())));
    let mut index = index_of(&[a]);
    assert!(index.remove(id(1)) && !index.remove(id(1)));
    assert!(index.is_empty() && page(&index, "").total == 0);
    assert!(index.by_name("xaver quast").is_empty() && index.by_email("quast@example.com").is_empty());
    assert!(index.completions(Completion::Tag, "", &Scope::All).is_empty());
    assert!(!format!("{index:?}").contains("Quast"));
    let name = format!("{:?}", b"quast");
    assert!(!format!("{index:?}").contains(name.trim_matches(['[', ']'])));
}

#[test]
fn a_new_key_stops_a_scan() {
    let records: Vec<Record> = (0..20_000).map(|n| person(n + 1, "Anna", "Berg")).collect();
    let index = index_of(&records);
    let asked = AtomicUsize::new(0);
    let cancelled = || asked.fetch_add(1, Ordering::Relaxed) > 1;
    let query = Query::parse("berg").unwrap();
    let mut session = Session::default();
    let context = context(&Scope::All, &cancelled);
    let stopped = index.search(&mut session, &query, SORT, Window::first(10), &context);
    assert_eq!(stopped, Err(Stop::Cancelled));
    assert_eq!(run(&index, &mut session, &query, SORT, Window::first(10)).total, 20_000);
}

#[test]
fn highlights() {
    let lit = |query: &str, field, text: &str, fuzzy| -> Vec<String> {
        let highlighter = Highlighter::new(&Query::parse(query).unwrap());
        highlighter.highlight(field, text, fuzzy).into_iter().map(|range| text[range].to_owned()).collect()
    };
    use FieldKind::{Email, Name, Phone};
    assert_eq!(lit("jose", Name, "José María", false), ["José"]);
    assert_eq!(lit("jose", Name, "Jose\u{301} María", false), ["Jose\u{301}"]);
    assert_eq!(lit("mueller", Name, "Hans Müller", false), ["Müller"]);
    assert_eq!(lit("weiss", Name, "Hans Weiß", false), ["Weiß"]);
    assert_eq!(lit("ffi", Name, "Oﬃce", false), ["ﬃ"]);
    assert_eq!(lit("an ann", Name, "Anna-Annika", false), ["Ann", "Ann"]);
    assert_eq!(lit("mlr", Name, "Müller", false), [""; 0]);
    assert_eq!(lit("mlr", Name, "Müller", true).concat().replace('l', "").as_str(), "Mr");
    assert_eq!(lit("030 9018", Phone, "+49 30 901820", false), ["30 9018"]);
    assert_eq!(lit("0049 (0)30 90", Phone, "+49 30 901820", false), ["49 30 90"]);
    assert_eq!(lit("ann@ex", Email, "Ann@Example.com", false), ["Ann@Ex"]);
    assert_eq!(lit("-anna tag:x", Name, "Anna", false), [""; 0]);
    assert_eq!(lit("\"de la\"", Name, "Del de la Cruz", false), ["de la"]);
}

fn words() -> impl Strategy<Value = Vec<String>> {
    let given =
        prop::sample::select(vec!["", "Anna", "Änne", "Jo", "José", "Bär-bel", "Ann Marie", "e\u{301}va"]);
    let family =
        prop::sample::select(vec!["", "Müller", "Mueller", "Berg", "van den Berg", "O'Brien", "Łuk", "Anna"]);
    let display = prop::sample::select(vec!["", "Dr. Anna Berg", "Muenster KG", "Anna Berg"]);
    let company = prop::sample::select(vec!["", "Berg GmbH", "Müller & Co", "Annex"]);
    let email = prop::sample::select(vec!["", "anna.berg@example.com", "jo@example.org", "ü@example.net"]);
    (given, family, display, company, email)
        .prop_map(|t| [t.0, t.1, t.2, t.3, t.4].map(String::from).to_vec())
}

fn record() -> impl Strategy<Value = Record> {
    let tags = prop::collection::vec(prop::sample::select(vec!["fair", "Fair", "vip", "berg"]), 0..3);
    let country = prop::sample::select(vec![None, Some("DE"), Some("at")]);
    let owner = prop::sample::select(vec![None, Some(ME), Some(id(0xFD))]);
    let phones = prop::sample::select(vec![vec![], vec!["+4930901820"], vec!["+12025550123", "+4930901820"]]);
    (1..14_u128, words(), tags, country, owner, phones, 0..20_i64, 0..9_u8).prop_map(
        |(n, words, tags, country, owner, phones, age, other)| {
            let mut record = person(n, &words[0], &words[1]);
            record.display = words[2].clone();
            record.company = (!words[3].is_empty()).then(|| (id(words[3].len() as u128), words[3].clone()));
            record.emails = words[4..].iter().filter(|email| !email.is_empty()).cloned().collect();
            record.tags = tags.into_iter().map(String::from).collect();
            record.phones = phones.into_iter().map(String::from).collect();
            (record.country, record.owner) = (country.map(String::from), owner);
            record.created = Timestamp::from_millis(NOW.millis() - age * DAY);
            record.updated = Timestamp::from_millis(NOW.millis() - age * age % 7 * DAY);
            record.deleted = other == 0;
            record.city = if other < 3 { "Bergen".into() } else { String::new() };
            record.job_title = if other > 6 { "Annahme".into() } else { String::new() };
            record
        },
    )
}

const QUERIES: &[&str] = &[
    "",
    "a",
    "an",
    "ann",
    "anna",
    "anna b",
    "anna berg",
    "m",
    "mue",
    "mueller",
    "müller",
    "mlr",
    "brg",
    "ü",
    "obr",
    "e",
    "anna -berg",
    "-anna",
    "tag:fair",
    "tag:none b",
    "tag:vip,fair -country:de",
    "owner:me an",
    "-owner:none",
    "created:<7d",
    "created:>7d a",
    "has:phone -has:email",
    "is:deleted",
    "is:deleted a",
    "example",
    "gmbh b",
    "30",
    "co",
    "bär-b",
    "ann-marie",
];

fn sorts() -> impl Iterator<Item = Sort> {
    use SortKey::{Company, Country, Created, Name, Owner, Relevance, Updated};
    [Relevance, Name, Company, Created, Updated, Country, Owner]
        .into_iter()
        .flat_map(|by| [false, true].map(|descending| Sort { by, descending }))
}

fn check(index: &Index, records: &[Record], text: &str, sort: Sort, window: Window, session: &mut Session) {
    let query = Query::parse(text).unwrap();
    let expected = naive::search(records, &query, sort.by, sort.descending, NOW, ME);
    let got = run(index, session, &query, sort, window);
    assert_eq!(got.total, expected.len(), "{text} {sort:?}");
    let start = window.after.map_or(0, |after| 1 + expected.iter().position(|(id, _)| *id == after).unwrap());
    let expected: Vec<_> = expected.into_iter().skip(start + window.offset).take(window.limit).collect();
    let got: Vec<_> = got.hits.iter().map(|hit| (hit.id, hit.rank)).collect();
    assert_eq!(got, expected, "{text} {sort:?} {window:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// After any changes the index answers as one built afresh, and as the reference does; with and without
    /// orders and sessions made before.
    #[test]
    fn changes_keep_the_index_true(steps in prop::collection::vec((record(), any::<prop::sample::Index>()), 1..60)) {
        let mut index = Index::new();
        sorts().for_each(|sort| index.warm(sort.by));
        let mut records: Vec<Record> = Vec::new();
        let mut session = Session::default();
        for (record, pick) in steps {
            if pick.index(4) == 0 {
                let known = records.iter().any(|other| other.id == record.id);
                prop_assert_eq!(index.remove(record.id), known);
                records.retain(|other| other.id != record.id);
            } else {
                record.with_doc(|doc| index.insert(doc));
                records.retain(|other| other.id != record.id);
                records.push(record);
            }
            let text = pick.get(QUERIES);
            check(&index, &records, text, SORT, Window::first(100), &mut session);
        }
        let fresh = index_of(&records);
        prop_assert_eq!(index.len(), records.iter().filter(|record| !record.deleted).count());
        for (n, text) in QUERIES.iter().enumerate() {
            for sort in sorts().skip(n % 2).step_by(2) {
                check(&index, &records, text, sort, Window::first(100), &mut Session::default());
                check(&fresh, &records, text, sort, Window { offset: 1, limit: 3, after: None }, &mut session);
            }
        }
        for record in &records {
            let name = fold::fold(&format!("{} {}", record.given, record.family));
            if !name.is_empty() {
                prop_assert!(index.by_name(&name).contains(&record.id));
            }
            for phone in &record.phones {
                let mut with: Vec<Uuid> =
                    records.iter().filter(|other| other.phones.contains(phone)).map(|other| other.id).collect();
                with.sort();
                prop_assert_eq!(index.by_phone(phone), with);
            }
        }
    }

    /// Typing letter by letter finds what the whole query finds.
    #[test]
    fn narrowing_loses_nothing(records in prop::collection::vec(record(), 1..60), text in "(an|mu|mü|be|m|a|e|030|-b|tag:fair )[a-zü09 .@-]{0,6}") {
        let index = index_of(&records);
        let mut session = Session::default();
        for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
            let Ok((query, _)) = Query::parse_typing(&text[..end]) else { continue };
            let window = Window::first(100);
            let fresh = run(&index, &mut Session::default(), &query, SORT, window);
            prop_assert_eq!(run(&index, &mut session, &query, SORT, window), fresh, "{}", &text[..end]);
        }
    }

    #[test]
    fn highlighting_never_fails(query in "[a-zäß0-9@ .+-]{1,8}|.{1,6}", text in any::<String>()) {
        if let Ok(query) = Query::parse(&query) {
            let highlighter = Highlighter::new(&query);
            for field in FIELDS {
                let mut end = 0;
                for range in highlighter.highlight(field, &text, true) {
                    prop_assert!(range.start >= end && text.get(range.clone()).is_some());
                    end = range.end;
                }
            }
        }
    }
}

/// Enough records for several threads, for orders walked instead of hits sorted, and for the heap to be cut.
#[test]
fn many_records() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy = record();
    let records: Vec<Record> = (1..=18_000)
        .map(|n| {
            let mut record = strategy.new_tree(&mut runner).unwrap().current();
            record.id = id(n * 7_919 % 1_000_003);
            record
        })
        .collect();
    let index = index_of(&records);
    let mut session = Session::default();
    for (text, sort) in ["a", "mue", "anna b", "", "brgm"].iter().zip(sorts().skip(2).step_by(2)) {
        for sort in [SORT, Sort { descending: true, ..sort }] {
            let window = Window { offset: 30, limit: 20, after: None };
            let first = run(&index, &mut session, &Query::parse(text).unwrap(), sort, Window::first(7)).hits;
            check(&index, &records, text, sort, window, &mut session);
            let after = first.last().map(|hit| hit.id);
            check(&index, &records, text, sort, Window { offset: 0, limit: 5, after }, &mut session);
        }
    }
    assert_eq!(
        index.search(
            &mut session,
            &Query::default(),
            SORT,
            Window { offset: 0, limit: 1, after: Some(id(0)) },
            &context(&Scope::All, &|| false)
        ),
        Err(Stop::CursorGone)
    );
}
