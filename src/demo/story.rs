//! Two years of work, told as requests.

use std::collections::HashMap;

use uuid::Uuid;

use crate::api::{
    Add, Added, Bulk, Call, CallListMake, Code, ConsentRecord, Deed, Delete, Edit, Error, Import, Merge,
    Outcome, Provenance, Request, Response, Restore, Targets, Undo,
};
use crate::demo::company::{Company, CompanyKey};
use crate::demo::consents;
use crate::demo::people::{People, Person, TAGS, owner, team};
use crate::demo::request::{self, BEST_TIMES, Edits, Employer, lead_of, user_name};
use crate::demo::rng::Rng;
use crate::demo::schedule::{Planned, Step, plan};
use crate::demo::tables::{Land, Tongue, plain};
use crate::demo::{DACH, SEED, USERS};
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::RecordKind;
use crate::domain::id::{CompanyId, ContactId};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Value};

/// One thing somebody did.
#[derive(Clone, PartialEq, Debug)]
pub struct Act {
    /// When; never earlier than the act before.
    pub at: Timestamp,
    /// Who: index into [`users`](crate::demo::users).
    pub user: usize,
    pub request: Request,
}

/// The way acts take to the store: sets its clock to the act's time, asks as the act's user.
pub type StoryDoor<'a> = &'a mut dyn FnMut(&Act) -> Result<Response, Error>;

/// Tells the story of `n` contacts that ends at `today`.
///
/// Answers are needed, since edits name the ids of what was added; the first error ends the story.
pub fn play(n: usize, today: Timestamp, door: StoryDoor<'_>) -> Result<(), Error> {
    let n = n as u64;
    let mut rng = Rng::new(SEED, u64::MAX);
    let steps = plan(n, today, &mut rng);
    let mut story = Story {
        people: People::new(SEED, n),
        rng,
        door,
        now: Timestamp::from_millis(i64::MIN),
        today,
        known: Vec::new(),
        by_hand: Vec::new(),
        pairs: Vec::new(),
        deleted: HashMap::new(),
        employers: HashMap::new(),
        companies: HashMap::new(),
    };
    steps.into_iter().try_for_each(|planned| story.step(planned))
}

/// What the story remembers of a contact.
struct Known {
    id: ContactId,
    land: Land,
    tongue: Tongue,
    /// The name in an e-mail address.
    local: Box<str>,
    owner: usize,
    /// Deleted, or merged into another.
    gone: bool,
    /// Somebody else is the same person; left alone until they are merged.
    twin: bool,
}

struct Story<'a> {
    people: People,
    rng: Rng,
    door: StoryDoor<'a>,
    now: Timestamp,
    /// The last day of the story.
    today: Timestamp,
    known: Vec<Known>,
    /// Who was added by hand, with the index among the known.
    by_hand: Vec<(usize, Person)>,
    /// The same person twice: indices among the known.
    pairs: Vec<(usize, usize)>,
    deleted: HashMap<usize, usize>,
    employers: HashMap<CompanyKey, Employer>,
    /// The companies there are, by country.
    companies: HashMap<Land, Vec<CompanyKey>>,
}

const OWNER: usize = 0;
/// So many of the firm's first customers, of those of the owner's team.
const FIRST: usize = 20;

/// An edit that was made: by whom, of whom, who owned that contact before, and whether anything changed.
struct Done {
    user: usize,
    at: usize,
    owner: usize,
    changed: bool,
}

impl Story<'_> {
    fn step(&mut self, planned: Planned) -> Result<(), Error> {
        self.now = self.now.max(planned.at);
        match planned.step {
            Step::CustomFields => request::custom_fields()
                .into_iter()
                .try_for_each(|fields| self.add(OWNER, RecordKind::CustomField, None, fields).map(drop)),
            Step::Contact => self.contact(),
            Step::Duplicate => self.duplicate(),
            Step::Import(rows) => self.import(rows),
            Step::Edit => self.edit().map(drop),
            Step::EditAndUndo => {
                match self.edit()? {
                    Some(Done { user, at, owner, changed: true }) => {
                        self.wait_minutes(4);
                        match self.ask(user, Undo { seq: None }) {
                            // A change from consent to contract is not taken back: consent comes from the person.
                            Err(error) if error.code == Code::Refused => Ok(()),
                            undone => {
                                if let Some(known) = self.known.get_mut(at) {
                                    known.owner = owner;
                                }
                                undone.map(drop)
                            }
                        }
                    }
                    // Everything was so already: an undo would take back something older.
                    _ => Ok(()),
                }
            }
            Step::Log => self.log(),
            Step::Bulk => self.bulk(),
            Step::Delete(slot) => self.delete(slot),
            Step::Restore(slot) => self.restore(slot),
            Step::Merge => self.merge(),
            Step::Desk => self.desk(),
        }
    }

    fn ask<C: Call>(&mut self, user: usize, call: C) -> Result<C::Answer, Error> {
        let act = Act { at: self.now, user, request: call.into_request() };
        let response = (self.door)(&act)?;
        C::answer(response).ok_or_else(|| Error::failed("the store answered another question than was asked"))
    }

    fn add(
        &mut self,
        user: usize,
        kind: RecordKind,
        about: Option<ContactId>,
        fields: Vec<FieldEdit>,
    ) -> Result<Added, Error> {
        self.ask(user, Add { kind, about, fields })
    }

    fn wait_minutes(&mut self, minutes: u64) {
        let ms = 1 + self.rng.below(minutes * 60_000);
        self.now = Timestamp::from_millis(self.now.millis() + ms as i64);
    }

    fn contact(&mut self) -> Result<(), Error> {
        let mut person = self.people.person();
        // Whoever was there from the beginning is looked after by whom the firm belongs to.
        if self.known.len() < FIRST && team(person.land) == DACH {
            person.owner = OWNER;
        }
        self.add_person(person).map(drop)
    }

    fn add_person(&mut self, person: Person) -> Result<usize, Error> {
        let employer = self.employer(&person.company, person.owner)?;
        let fields = request::contact(&person, &employer, self.now)?;
        let added = self.add(person.owner, RecordKind::Contact, None, fields)?;
        let at = self.remember(ContactId(added.id), &person);
        self.ask_consent(at, person.owner)?;
        if let Some(fields) = consents::task(at, self.today, user_name(person.owner)) {
            self.add(person.owner, RecordKind::Task, Some(ContactId(added.id)), fields)?;
        }
        self.by_hand.push((at, person));
        Ok(at)
    }

    /// Records what a new contact said of the use of the data.
    fn ask_consent(&mut self, at: usize, user: usize) -> Result<(), Error> {
        let Some(known) = self.known.get(at) else { return Ok(()) };
        let (contact, said) = (known.id, consents::said(at, known.tongue));
        if !said.is_empty() {
            self.ask(user, ConsentRecord { contact, said })?;
        }
        Ok(())
    }

    fn remember(&mut self, id: ContactId, person: &Person) -> usize {
        self.known.push(Known {
            id,
            land: person.land,
            tongue: person.tongue,
            local: person.local.as_str().into(),
            owner: person.owner,
            gone: false,
            twin: false,
        });
        self.known.len() - 1
    }

    /// The company, added the first time somebody works there.
    fn employer(&mut self, company: &Company, user: usize) -> Result<Employer, Error> {
        if let Some(employer) = self.employers.get(&company.key) {
            return Ok(employer.clone());
        }
        let line = self.people.numbers.line(company.key.land);
        let fields = request::company(company, line.as_ref(), user, &mut self.rng)?;
        let added = self.add(user, RecordKind::Company, None, fields)?;
        let employer = Employer::Id(CompanyId(added.id));
        self.know_company(company.key, employer.clone());
        Ok(employer)
    }

    fn know_company(&mut self, key: CompanyKey, employer: Employer) {
        self.employers.insert(key, employer);
        self.companies.entry(key.land).or_default().push(key);
    }

    /// Somebody enters a person who is there already, a little differently.
    fn duplicate(&mut self) -> Result<(), Error> {
        let at = self.rng.index(self.by_hand.len());
        let free = |(known, _): &&(usize, Person)| self.known.get(*known).is_some_and(|k| !k.gone && !k.twin);
        let Some((first, person)) = self.by_hand.iter().skip(at).find(free).cloned() else {
            return self.contact();
        };
        let mut again = person;
        match self.rng.below(3) {
            // From a business card: another address, the same number.
            0 if again.line.is_some() => {
                again.given = again.given.chars().take(1).chain(['.']).collect();
                again.email = self.people.email(&again.local, "example.org");
            }
            // From an e-mail: no number, letters without accents.
            1 => {
                again.given = plain_name(&again.given, again.tongue);
                again.family = plain_name(&again.family, again.tongue);
                (again.line, again.mobile) = (None, None);
            }
            // The same name at the same company, everything else new.
            _ => {
                again.line = self.people.numbers.line(again.land);
                again.mobile = None;
                again.email = self.people.email(&again.local, "example.net");
            }
        }
        again.middle.clear();
        again.owner = owner(again.land, &mut self.rng);
        let second = self.add_person(again)?;
        for at in [first, second] {
            if let Some(known) = self.known.get_mut(at) {
                known.twin = true;
            }
        }
        self.pairs.push((first, second));
        Ok(())
    }

    fn import(&mut self, count: u64) -> Result<(), Error> {
        let people: Vec<Person> = (0..count).map(|_| self.people.person()).collect();
        let mut rows = Vec::with_capacity(people.len());
        for (row, person) in (1..).zip(&people) {
            rows.push(request::incoming(person, row, self.now, &mut self.rng)?);
        }
        let report = self.ask(OWNER, Import { rows, provenance: Provenance::default(), dry_run: false })?;
        for row in report.rows {
            let person = usize::try_from(row.row).ok().and_then(|row| people.get(row.checked_sub(1)?));
            match (row.outcome, row.id, person) {
                (Outcome::Created, Some(id), Some(person)) => {
                    let at = self.remember(id, person);
                    self.ask_consent(at, OWNER)?;
                    if !self.employers.contains_key(&person.company.key) {
                        self.know_company(person.company.key, Employer::Name(person.company.name.clone()));
                    }
                }
                (Outcome::Rejected, ..) => {
                    return Err(Error::failed(format!("an invented person was refused: {}", row.reason)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Some contact that is there.
    fn somebody(&mut self) -> Option<usize> {
        for _ in 0..20 {
            let at = self.rng.index(self.known.len());
            if self.known.get(at).is_some_and(|known| !known.gone) {
                return Some(at);
            }
        }
        None
    }

    /// Mostly the owner of a contact, else who leads the team, or the owner of the store.
    fn user_for(&mut self, known: usize) -> usize {
        let Some(known) = self.known.get(known) else { return OWNER };
        match self.rng.below(10) {
            0 => OWNER,
            1 => lead_of(team(known.land)),
            _ => known.owner,
        }
    }

    /// Changes somebody, if there is anybody.
    fn edit(&mut self) -> Result<Option<Done>, Error> {
        let Some(at) = self.somebody() else { return Ok(None) };
        let user = self.user_for(at);
        let Some(known) = self.known.get(at) else { return Ok(None) };
        let (id, land, tongue, local) = (known.id.0, known.land, known.tongue, known.local.clone());
        let owned_by = known.owner;
        let words = tongue.words();
        let mut edits = Edits::default();
        match self.rng.below(20) {
            0..4 => {
                let line = self.people.numbers.line(land);
                let mobile = if self.rng.percent(30) { self.people.numbers.mobile(land) } else { None };
                edits.phones(&[("work", line.as_ref()), ("mobile", mobile.as_ref())])?;
            }
            4..8 => self.new_job(&mut edits, land, tongue, &local)?,
            8 | 9 => {
                edits.text("job_title", self.rng.pick(words.get("title")));
            }
            10..14 => {
                let tags = vec![self.rng.pick(TAGS).to_owned()];
                let input = if self.rng.percent(75) { Input::AddTags(tags) } else { Input::RemoveTags(tags) };
                edits.0.push(FieldEdit { field: "tags".to_owned(), input });
            }
            14 | 15 => {
                let next = owner(land, &mut self.rng);
                edits.text("owner", user_name(next));
                if let Some(known) = self.known.get_mut(at) {
                    known.owner = next;
                }
            }
            16 | 17 => {
                edits.value("verified_on", Value::Day(Day(self.now.date())));
            }
            18 => {
                edits.text("custom.best_time", self.rng.pick(BEST_TIMES));
            }
            _ => {
                let renewal = request::renewal(self.now, &mut self.rng);
                edits.value("custom.renewal_on", renewal).text("basis", "contract");
            }
        }
        let fields = edits.0;
        let edit = Edit { kind: RecordKind::Contact, id, fields, expect_revision: None };
        let edited = self.ask(user, edit)?;
        Ok(Some(Done { user, at, owner: owned_by, changed: !edited.changed.is_empty() }))
    }

    fn new_job(&mut self, edits: &mut Edits, land: Land, tongue: Tongue, local: &str) -> Result<(), Error> {
        edits.text("job_title", self.rng.pick(tongue.words().get("title")));
        let Some(keys) = self.companies.get(&land) else { return Ok(()) };
        let Some(key) = keys.get(self.rng.index(keys.len())).copied() else { return Ok(()) };
        if let Some(employer) = self.employers.get(&key) {
            employer.put(edits);
        }
        let company = Company::of(key, SEED);
        let email = self.people.email(local, &company.host);
        edits.email("work", &email)?.address(&company.place, land);
        Ok(())
    }

    fn log(&mut self) -> Result<(), Error> {
        let Some(at) = self.somebody() else { return Ok(()) };
        let user = self.user_for(at);
        let Some(known) = self.known.get(at) else { return Ok(()) };
        let (about, tongue) = (known.id, known.tongue);
        let kind = self.rng.pick(&["call", "call", "call", "email", "email", "meeting", "note"]);
        let text = request::note_in(tongue, kind, &mut self.rng);
        // Written down a few minutes after it happened.
        let happened = Timestamp::from_millis(self.now.millis() - 60_000 * (1 + self.rng.below(40) as i64));
        let mut edits = Edits::default();
        edits.text("kind", kind).text("text", &text).value("happened_at", Value::Time(happened));
        self.add(user, RecordKind::Note, Some(about), edits.0).map(drop)
    }

    fn bulk(&mut self) -> Result<(), Error> {
        let mut ids: Vec<Uuid> = Vec::new();
        for _ in 0..25 {
            if let Some(known) = self.somebody().and_then(|at| self.known.get(at))
                && !ids.contains(&known.id.0)
            {
                ids.push(known.id.0);
            }
        }
        let tag = self.rng.pick(&["fair-berlin", "newsletter-summer", "open-house", "price-list-2026"]);
        let fields =
            vec![FieldEdit { field: "tags".to_owned(), input: Input::AddTags(vec![tag.to_owned()]) }];
        let bulk = Bulk {
            kind: RecordKind::Contact,
            targets: Targets::Ids(ids),
            deed: Deed::Edit(fields),
            dry_run: false,
            expect: None,
        };
        self.ask(OWNER, bulk).map(drop)
    }

    fn delete(&mut self, slot: usize) -> Result<(), Error> {
        let Some(at) = self.somebody() else { return Ok(()) };
        let Some(known) = self.known.get_mut(at) else { return Ok(()) };
        if known.twin {
            return Ok(());
        }
        known.gone = true;
        let (id, user) = (known.id.0, lead_of(team(known.land)));
        self.deleted.insert(slot, at);
        self.ask(user, Delete { kind: RecordKind::Contact, id, expect_revision: None }).map(drop)
    }

    fn restore(&mut self, slot: usize) -> Result<(), Error> {
        let Some(known) = self.deleted.remove(&slot).and_then(|at| self.known.get_mut(at)) else {
            return Ok(());
        };
        known.gone = false;
        let (id, user) = (known.id.0, lead_of(team(known.land)));
        self.ask(user, Restore { kind: RecordKind::Contact, id }).map(drop)
    }

    /// The evening before today: what is to be done next is put down.
    fn desk(&mut self) -> Result<(), Error> {
        let own = self.known.iter().filter(|known| !known.gone && known.owner == OWNER);
        let own: Vec<ContactId> = own.map(|known| known.id).collect();
        for (id, fields) in own.into_iter().zip(consents::of_the_owner(self.today, user_name(OWNER))) {
            self.add(OWNER, RecordKind::Task, Some(id), fields)?;
        }
        let list = CallListMake {
            name: "Tasting in Vienna".to_owned(),
            purpose: "sales".to_owned(),
            query: "country:AT".to_owned(),
            team: DACH.to_owned(),
        };
        match self.ask(lead_of(DACH), list) {
            // Nobody there may be called.
            Err(error) if error.code == Code::Refused => Ok(()),
            made => made.map(drop),
        }
    }

    fn merge(&mut self) -> Result<(), Error> {
        let Some((first, second)) = self.pairs.pop() else { return Ok(()) };
        let (Some(keep), Some(other)) = (self.known.get(first), self.known.get(second)) else {
            return Ok(());
        };
        let (keep, other) = (keep.id, other.id);
        if let Some(known) = self.known.get_mut(second) {
            known.gone = true;
        }
        self.ask(OWNER, Merge { keep, other, dry_run: false }).map(drop)
    }
}

/// A name as somebody types it without accents; as it is when that leaves nothing.
fn plain_name(name: &str, tongue: Tongue) -> String {
    let words: Vec<String> = plain(name, tongue)
        .split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        })
        .collect();
    let typed = words.join(" ");
    if typed.chars().count() * 2 > name.chars().count() { typed } else { name.to_owned() }
}

const _: () = assert!(OWNER < USERS.len());
