//! Lists travel as pages: what a client asks is cut to what fits, and it asks for the rest.

use crate::api::{Request, Response, View, frame};

/// Records in one answer, at most.
pub(super) const ROWS: u64 = 500;
/// Bytes of the records in one answer, about; one record is sent however long it is.
const BYTES: u64 = 4 << 20;

/// Asks for no more than a page.
pub(super) fn cap(request: &mut Request) {
    let window = match request {
        Request::List(list) => &mut list.window,
        Request::Export(export) => &mut export.window,
        _ => return,
    };
    window.limit = Some(window.limit.map_or(ROWS, |limit| limit.min(ROWS)));
}

/// Leaves out the end of a page that is too long in bytes.
pub(super) fn fit(response: &mut Response) {
    match response {
        Response::List(page) => {
            let keep = fitting(&page.items, frame::size);
            page.items.truncate(keep);
        }
        Response::Export(export) => {
            let notes = |view: &View| {
                let own = export.notes.iter().filter(|(contact, _)| contact.0 == view.id);
                own.map(|(_, notes)| frame::size(notes)).sum::<u64>()
            };
            let keep = fitting(&export.page.items, |view| frame::size(view) + notes(view));
            export.page.items.truncate(keep);
            let kept: std::collections::HashSet<_> = export.page.items.iter().map(|view| view.id).collect();
            export.notes.retain(|(contact, _)| kept.contains(&contact.0));
        }
        _ => {}
    }
}

fn fitting(items: &[View], size: impl Fn(&View) -> u64) -> usize {
    let mut bytes = 0;
    let fits = items.iter().take_while(|view| {
        bytes += size(view);
        bytes <= BYTES
    });
    fits.count().max(1)
}
