//! Callbook: the CRM that sales people keep open in a terminal all day, and that a data protection officer trusts.
//!
//! This page is the architecture of the crate. `tests/imports.rs` proves the picture's arrows.
//!
//! # The idea
//!
//! Everything anyone does is one **request** ([`api::Request`]) that goes through **one door**
//! ([`service::Service::call`]), in **one transaction** ([`store::WriteTxn`]), and leaves **history that was computed, not
//! written**: from the difference of the fields.
//!
//! ```text
//! key press ─ keymap ─ action ─ App::update ─ Effect::Call ─┐
//! command line ─ clap ─ request ────────────────────────────┼─ Client ─ Request ─ Service::call ─ policy ─ handler ─ WriteTxn
//! import file ─ interchange ─ rows ─────────────────────────┘                                                   │
//!                                     memory (index, names) ◄── records touched ── journal, one fdatasync ───┘
//! ```
//!
//! # Rooms
//!
//! ```text
//! domain       pure types and rules: fields described once, values, changes, the query language, what is forbidden
//! law          rules over data (assets/law): calls, deadlines, periods         sees domain
//! env          clock, randomness, ids: the only ambient input, passed in
//! api          requests, views, errors                                        sees domain
//! interchange  CSV, vCard, JSContact, JSON: bytes ↔ domain, no I/O of its own  sees domain
//! store        backend, keys, envelope, history log, transactions             sees domain, env
//! service      the one door: policy, then a handler for each capability       sees store, api, law, domain, env
//! server       a socket for many sessions: uid of the peer → user, events     sees service, api, domain, env
//! client       the only way to the service; jobs of many requests             sees service, api, law, interchange, domain, env
//! tui          App::update(Input) → effects, pure drawing, the terminal       sees client, api, interchange, domain, env
//! config       config.toml                                                    sees api, law, domain, env
//! demo         an invented team and two years of its work, told as requests   sees client, api, domain, env
//! cli          one file for each noun: arguments → requests → output          sees all above but store and service
//! ```
//!
//! What differs from the first design: `interchange` is read by the client, not by the service, for files belong to whoever
//! asks and what comes out of them are ordinary requests; `cli` starts the screens and hands them its grammar for the `:`
//! line, so `tui` does not know `cli`; ids are UUIDv7 instead of random, because rows that are made together then lie
//! together, which made imports a third faster and the files a third smaller, and tells nobody more than the order of
//! writing does.
//!
//! A journal stands in front of sled (`store::backend::journal`): sled's own flush waits for its threads, which cost a
//! commit five to ten times an append; sled gets the rows later, in key order, many at a time. The first entry of a
//! record's history is not written down until the record changes, for until then the record says the same.
//!
//! # Invariants
//!
//! - Nothing is carried out without a [`service::policy::Grant`], which only `policy::authorize` makes; its tables have no
//!   `_` arm. Handlers cannot reach the store around a transaction, and get at rows only through the grant's sight
//!   (`service::sight`), which knows scope and masks; `tests/imports.rs` proves it. What roles have is data
//!   (`assets/roles.toml`, [`domain::access`]); a configuration only takes away.
//! - No code writes a history entry: [`store::WriteTxn::update`] takes whole records and computes it. Undo, merge and import
//!   are changes like any other.
//! - One thread owns the store and commits in groups; nobody is answered before fdatasync returned; nobody reads rows that
//!   could still be lost. A failed sync closes the store; it is never tried again.
//! - A value on disk is sealed under its subject's key, bound to its place; leaf hashes and tree nodes alone lie in clear.
//!   Keys are outside the database. Nothing searchable is on disk; the index lives in memory.
//! - Every stored form has a schema version; a newer one is refused, a frozen sample of each is kept in the tests.
//! - Nobody's data leaves the door as a record, a history or an export before who asked is durable in the read log
//!   ([`store::readings`]), which lies under that person's key and outside the history.
//! - Whatever is denied is recorded ([`service::Service::call`], `service::denials`): who, what, why and how often, in rows
//!   that no flood makes many, and without a word of what was sent.
//! - Who is erased is gone: the person's key is destroyed in one step with all others of the batch ([`store::forget`]), rows
//!   follow, and only what `service::erasure` lists remains. No row about a person lies under another key than the person's.
//! - What a person said is an event that nothing changes ([`domain::consent`]); what holds is derived from events, at the
//!   moment it is asked, and without one it is unknown. Only operations of their own write events: no edit, import, merge,
//!   bulk operation or undo gives or loosens a consent.
//! - Nobody is listed for use, exported or called but through the gate ([`service::gate`]), for a purpose and a channel; who
//!   is held back is counted by reason. Of a call the law decides as well ([`law::telephone`]), from data, and its decision
//!   is stored with the call. Whoever is on a suppression list comes in no more, known by a keyed hash alone.
//! - Whoever is kept out, as a bought lead without a basis or as restricted (Art. 18 GDPR), is there for those alone who decide
//!   about it: one notion in the index and in the sight, so that no list, count or event forgets it.
//! - An answer of a person ([`domain::preferences`]) is authenticated, taken in once, and can take away or ask, never give.
//! - What is read out to persons ([`domain::wording`]) is a version that never changes; a call keeps the very words.
//! - Whoever asks what is held is told all of it ([`domain::disclosure`]), whatever a role sees of a field; other persons are
//!   taken out of it after a review that is bound to the texts, each time with a reason, and employees are told by their role.
//!   What is handed over is sealed before it touches a disk ([`interchange::seal`]).
//! - A field of an entity is declared once ([`domain::contact`]); forms, history, import, export, inventory, filters and
//!   completion derive from it.
//! - Text from outside is data: it is neutralised where it is shown, never where it is stored.
//! - There is no clock, randomness or network but through [`mod@env`]; no switch of the release binary makes keys predictable.
//! - A backup holds no key, and a store is made of one with the keys of today ([`store::backup`], [`service::recover`]):
//!   whoever was erased since stays erased. Every copy of keys that lies elsewhere is registered, and follows each erasure or
//!   has a day on which it ends ([`store::keyring::escrow`]).
//! - There is no `unsafe` in this crate.

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
pub mod demo;
pub mod domain;
pub mod env;
pub mod interchange;
pub mod law;
pub mod server;
pub mod service;
pub mod store;
pub mod tui;
