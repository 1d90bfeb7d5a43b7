//! A store in memory with two hundred people, two users, and a clock that is moved by hand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use crate::api::{Error, Event, Import, Provenance, Request, Response};
use crate::client::open::{Local, in_memory};
use crate::client::{Client, Door};
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, Settings, User};
use crate::env::{Clock, Entropy, Env, Ids};
use crate::service::{Service, Session};

/// 2026-06-15T09:30:00Z.
const NOW: i64 = 1_781_515_800_000;

/// A clock that stands still until it is moved.
pub(super) struct Hands(pub(super) AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(NOW + self.0.load(Ordering::Relaxed) as i64)
    }
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

struct Counted(AtomicU64);

impl Ids for Counted {
    fn next(&self) -> uuid::Uuid {
        uuid::Uuid::from_u64_pair(
            0x6f96_19ff_8b86_4d11,
            0xb42d_0000_0000_0000 + self.0.fetch_add(1, Ordering::Relaxed),
        )
    }
}

struct Noise(AtomicU64);

impl Entropy for Noise {
    fn fill(&self, buf: &mut [u8]) {
        for byte in buf {
            let n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            *byte = (n ^ (n >> 29) ^ (n >> 43)) as u8;
        }
    }
}

const GIVEN: [&str; 20] = [
    "Anna",
    "José",
    "Søren",
    "Zoë",
    "太郎",
    "Łukasz",
    "Marie-Claire",
    "Ömer",
    "Nguyễn",
    "Olga",
    "Ben",
    "Chloé",
    "Dmitri",
    "Eva",
    "فاطمة",
    "Giulia",
    "Hannes",
    "Ingrid",
    "Jack",
    "Karin",
];
const FAMILY: [&str; 10] = [
    "Schmidt",
    "García",
    "Kierkegaard",
    "Müller",
    "山田",
    "Wójcik",
    "O’Brien",
    "Öztürk",
    "van der Berg",
    "Иванова",
];
const COMPANY: [&str; 7] = [
    "Muster GmbH",
    "Beispiel & Söhne KG",
    "Voorbeeld B.V.",
    "Exemple SARL",
    "株式会社サンプル",
    "Przykład Sp. z o.o.",
    "Ejemplo S.A.",
];

/// Two hundred people who do not exist. Numbers lie in the range Ofcom keeps for fiction.
fn people() -> Vec<Incoming> {
    (0..200_usize)
        .map(|n| {
            let mut fields = vec![
                FieldEdit::text("given_name", GIVEN[n % GIVEN.len()]),
                FieldEdit::text("family_name", FAMILY[n / GIVEN.len() % FAMILY.len()]),
                FieldEdit::text("phones", format!("+44 20 7946 0{:03}", n)),
                FieldEdit::text("emails", format!("person{n}@example.com")),
                FieldEdit::text("external_id", format!("x{n}")),
            ];
            if n % 3 != 2 {
                fields.push(FieldEdit::text("company", COMPANY[n % COMPANY.len()]));
                fields
                    .push(FieldEdit::text("job_title", ["Head of Purchasing", "Einkäuferin", "CTO"][n % 3]));
            }
            if n % 4 == 0 {
                fields.push(FieldEdit::text("tags", "fair, berlin"));
            }
            let notes = if n % 10 == 0 {
                vec![format!("Asked for an offer, lot {n}.\nCall again in May.")]
            } else {
                Vec::new()
            };
            Incoming { row: n as u64 + 1, fields, notes }
        })
        .collect()
}

pub(super) struct World {
    service: Arc<Service>,
    pub(super) hands: Arc<Hands>,
}

pub(super) fn world() -> World {
    let hands = Arc::new(Hands(AtomicU64::new(0)));
    let env = Env {
        clock: Arc::clone(&hands) as Arc<dyn Clock>,
        entropy: Arc::new(Noise(AtomicU64::new(7))),
        ids: Arc::new(Counted(AtomicU64::new(1))),
    };
    let settings =
        Settings { controller: "Muster GmbH".into(), country: "DE".parse().ok(), ..Settings::default() };
    let user = |name: &str, role: Role| User {
        name: name.into(),
        unix: name.into(),
        role: role.into(),
        ..User::default()
    };
    let service =
        in_memory(settings, vec![user("anna", Role::Owner), user("ben", Role::Rep)], true, &env).unwrap();
    let world = World { service, hands };
    let provenance = Provenance {
        source: "trade fair".into(),
        supplier: String::new(),
        basis: "consent".into(),
        reason: "asked to be called".into(),
        country: "GB".into(),
        tags: Vec::new(),
    };
    let report = world.client("anna").call(Import { rows: people(), provenance, dry_run: false }).unwrap();
    let rejected: Vec<_> = report.rows.iter().filter(|row| row.id.is_none()).collect();
    assert!(rejected.is_empty(), "{rejected:?}");
    world
}

impl World {
    pub(super) fn client(&self, unix: &str) -> Client {
        let session = self.service.session_of(unix).unwrap();
        Client::new(Arc::new(Local::new(Arc::clone(&self.service), session, None)))
    }
}

impl World {
    /// A session that hears of others.
    pub(super) fn listening(&self, unix: &str) -> Ears {
        let session = Arc::new(self.service.session_of(unix).unwrap());
        self.service.listen(&session, Box::new(|| {}));
        Ears { service: Arc::clone(&self.service), session }
    }
}

/// A session as a server holds it: it is asked, and what it hears is fetched.
#[derive(Clone)]
pub(super) struct Ears {
    service: Arc<Service>,
    session: Arc<Session>,
}

impl Ears {
    pub(super) fn client(&self) -> Client {
        Client::new(Arc::new(self.clone()))
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.service.events(&self.session)
    }
}

impl Door for Ears {
    fn request(&self, request: Request) -> Result<Response, Error> {
        self.service.call(&self.session, request)
    }
}

/// Building two hundred people takes a while; tests that only look share them.
pub(super) static SHARED: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(world()));
