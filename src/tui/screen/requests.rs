//! What persons ask for by right: the register, and one request with its deadlines.

use super::{Asked, Motion, Scroll, Want};
use crate::api::work::{RequestCard, RequestView};
use crate::api::{self, Call, Error};
use crate::domain::request::RequestState;
use crate::tui::effect::Lane;
use crate::tui::layer::Ctx;
use crate::tui::rights::lines;

/// The register: open requests first, the next due before the others, then those that are closed.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    pub rows: Vec<RequestView>,
    pub scroll: Scroll,
    pub loaded: bool,
    pub fault: Option<Error>,
}

impl Requests {
    pub fn resize(&mut self, height: u64) {
        self.scroll.height = height.max(1);
        self.scroll.settle(self.rows.len() as u64);
    }

    pub fn reload(&self) -> Want {
        let request = api::Requests { before: None, state: None, right: None, about: None }.into_request();
        Want { asked: Asked::Requests, lane: Some(Lane::Requests), request }
    }

    /// Takes the register; the cursor stays on its request.
    pub fn answer(&mut self, answer: Result<Vec<RequestView>, Error>) {
        self.loaded = true;
        match answer {
            Ok(rows) => {
                let before = self.current().map(|one| one.number);
                let again = before.and_then(|number| rows.iter().position(|one| one.number == number));
                self.scroll.cursor = again.map_or(self.scroll.cursor, |at| at as u64);
                self.rows = rows;
                self.fault = None;
            }
            Err(fault) => self.fault = Some(fault),
        }
        self.scroll.settle(self.rows.len() as u64);
    }

    pub fn current(&self) -> Option<&RequestView> {
        self.rows.get(usize::try_from(self.scroll.cursor).ok()?)
    }

    pub fn go(&mut self, motion: Motion) {
        self.scroll.go(motion, self.rows.len() as u64);
    }

    /// How many are open, and how many of those are overdue.
    pub fn counts(&self) -> (usize, usize) {
        let open = self.rows.iter().filter(|one| one.state == RequestState::Open);
        (open.clone().count(), open.filter(|one| one.overdue).count())
    }
}

/// One request with all that is known of it.
#[derive(Clone, Debug, Default)]
pub struct OneRequest {
    pub number: i64,
    pub card: Option<RequestCard>,
    /// The first line that is seen.
    pub top: usize,
    pub fault: Option<Error>,
    width: u16,
    height: u16,
}

impl OneRequest {
    pub fn new(number: i64) -> OneRequest {
        OneRequest { number, ..OneRequest::default() }
    }

    pub fn resize(&mut self, width: u16, height: u16, ctx: &Ctx) {
        (self.width, self.height) = (width.max(1), height.max(1));
        self.settle(ctx);
    }

    pub fn reload(&self) -> Want {
        let request = api::RequestShow { number: self.number }.into_request();
        Want { asked: Asked::Request(self.number), lane: Some(Lane::Requests), request }
    }

    pub fn answer(&mut self, answer: Result<RequestCard, Error>, ctx: &Ctx) {
        match answer {
            Ok(card) => {
                self.card = Some(card);
                self.fault = None;
            }
            // What is out of sight by now is shown no longer.
            Err(fault) => {
                self.card = None;
                self.fault = Some(fault);
            }
        }
        self.settle(ctx);
    }

    fn last(&self, ctx: &Ctx) -> usize {
        let many = self.card.as_ref().map_or(0, |card| lines(card, usize::from(self.width), ctx).len());
        many.saturating_sub(usize::from(self.height))
    }

    fn settle(&mut self, ctx: &Ctx) {
        self.top = self.top.min(self.last(ctx));
    }

    /// Scrolls: there is nothing in it that a cursor could be on.
    pub fn go(&mut self, motion: Motion, ctx: &Ctx) {
        let page = usize::from(self.height.saturating_sub(1)).max(1);
        self.top = match motion {
            Motion::Down => self.top + 1,
            Motion::Up => self.top.saturating_sub(1),
            Motion::Top => 0,
            Motion::Bottom => usize::MAX,
            Motion::PageDown => self.top + page,
            Motion::PageUp => self.top.saturating_sub(page),
            Motion::HalfDown => self.top + page.div_ceil(2),
            Motion::HalfUp => self.top.saturating_sub(page.div_ceil(2)),
        };
        self.settle(ctx);
    }
}
