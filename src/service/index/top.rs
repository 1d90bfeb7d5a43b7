//! The best of many, and work on several threads.

use super::Index;

/// Fewest entries worth another thread.
const PARALLEL: usize = 16_384;

/// The best of what is offered, without sorting everything.
pub(super) struct Top {
    most: usize,
    pub(super) kept: Vec<(u32, u32)>,
    /// Rank and start of the name of the last that is good enough, once there are enough.
    limit: Option<(u32, u64)>,
}

impl Top {
    pub(super) fn new(most: usize) -> Top {
        Top { most, kept: Vec::new(), limit: None }
    }

    /// Whether an entry with this rank or a worse one could be among the best.
    pub(super) fn wants(&self, index: &Index, rank: u32, n: u32) -> bool {
        self.limit.is_none_or(|limit| (rank, index.names8[n as usize]) <= limit)
    }

    pub(super) fn offer_behind(&mut self, index: &Index, rank: u32, n: u32, floor: Option<(u32, u32)>) {
        let behind = floor.is_none_or(|(floor, cursor)| {
            rank.cmp(&floor).then_with(|| index.compare_names(n, cursor)).is_gt()
        });
        if behind {
            self.offer(index, rank, n);
        }
    }

    pub(super) fn offer(&mut self, index: &Index, rank: u32, n: u32) {
        if self.most == 0 || !self.wants(index, rank, n) {
            return;
        }
        self.kept.push((rank, n));
        if self.kept.len() >= self.most.saturating_mul(2).saturating_add(64) {
            let by_rank =
                |a: &(u32, u32), b: &(u32, u32)| a.0.cmp(&b.0).then_with(|| index.compare_names(a.1, b.1));
            let (_, last, _) = self.kept.select_nth_unstable_by(self.most - 1, by_rank);
            self.limit = Some((last.0, index.names8[last.1 as usize]));
            self.kept.truncate(self.most);
        }
    }

    pub(super) fn into_sorted(mut self, index: &Index) -> Vec<u32> {
        self.kept.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| index.compare_names(a.1, b.1)));
        self.kept.truncate(self.most);
        self.kept.into_iter().map(|(_, n)| n).collect()
    }
}

pub(super) fn threads_for(count: usize) -> usize {
    if count < PARALLEL {
        return 1;
    }
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(count / (PARALLEL / 2)).min(8)
}

/// The function of every item, in order, on several threads where that pays.
pub(in crate::service) fn parallel<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = threads_for(items.len());
    if threads == 1 {
        return items.iter().map(f).collect();
    }
    let f = &f;
    std::thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(items.len().div_ceil(threads))
            .map(|part| scope.spawn(move || part.iter().map(f).collect::<Vec<R>>()))
            .collect();
        let joined = parts.into_iter().flat_map(|part| match part.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    })
}
