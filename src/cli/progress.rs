//! A bar on stderr, where somebody sees it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::ctx::Ctx;

pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar up to `total`, or a count where that is not known. Without a terminal, or when quiet, nothing is drawn.
    pub(crate) fn new(ctx: &Ctx<'_>, total: Option<u64>, unit: &str) -> Progress {
        let shown = ctx.io.live && !ctx.globals.quiet;
        // Twice a second is enough for people, and little for a thin link.
        let target = if shown { ProgressDrawTarget::stderr_with_hz(2) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        let template = match (total, unit) {
            (Some(_), "bytes") => "{bar:30} {bytes}/{total_bytes} {eta}",
            (None, "bytes") => "{bytes} {elapsed}",
            (Some(_), _) => "{bar:30} {human_pos}/{human_len} {eta}",
            (None, _) => "{human_pos} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress(bar)
    }

    pub(crate) fn set(&self, done: u64) {
        self.0.set_position(done);
    }

    pub(crate) fn set_total(&self, total: u64) {
        self.0.set_length(total);
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
