//! Keys in the memory of the process: not swapped, not dumped, wiped.

use zeroize::Zeroize;

/// The secrets all others follow from, in one place that is locked into memory: master key, epoch secret, and the root of
/// keys with a purpose.
pub(super) struct Roots {
    keys: Box<[[u8; 32]; 3]>,
    /// `None` where the system refuses to lock (RLIMIT_MEMLOCK); that is no reason not to open the store.
    /// Dropped after `drop` has wiped the keys and before their memory is given back.
    guard: Option<region::LockGuard>,
}

impl Roots {
    pub(super) fn new() -> Roots {
        let keys = Box::new([[0; 32]; 3]);
        let guard = region::lock(keys.as_ptr(), size_of_val(&*keys)).ok();
        Roots { keys, guard }
    }

    pub(super) fn master(&self) -> &[u8; 32] {
        &self.keys[0]
    }

    pub(super) fn epoch(&self) -> &[u8; 32] {
        &self.keys[1]
    }

    pub(super) fn root(&self) -> &[u8; 32] {
        &self.keys[2]
    }

    pub(super) fn set_root(&mut self, key: &[u8; 32]) {
        self.keys[2].copy_from_slice(key);
    }

    pub(super) fn set_master(&mut self, key: &[u8; 32]) {
        self.keys[0].copy_from_slice(key);
    }

    pub(super) fn set_epoch(&mut self, key: &[u8; 32]) {
        self.keys[1].copy_from_slice(key);
    }

    pub(super) fn locked(&self) -> bool {
        self.guard.is_some()
    }
}

impl Drop for Roots {
    fn drop(&mut self) {
        self.keys.iter_mut().for_each(Zeroize::zeroize);
        self.guard = None;
    }
}

/// What [`harden_process`] could not do.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Hardening {
    pub no_core_dumps: bool,
    pub not_dumpable: bool,
}

/// Keeps the process's memory out of core dumps and debuggers of the same user. To be called once, before any key is
/// read. Best effort: says what was achieved.
pub fn harden_process() -> Hardening {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Hardening {
        no_core_dumps: setrlimit(Resource::Core, none).is_ok(),
        not_dumpable: set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_hold_what_was_set() {
        let mut roots = Roots::new();
        roots.set_master(&[1; 32]);
        roots.set_epoch(&[2; 32]);
        roots.set_root(&[3; 32]);
        assert!(*roots.master() == [1; 32] && *roots.epoch() == [2; 32] && *roots.root() == [3; 32]);
    }

    #[test]
    fn hardens() {
        let done = harden_process();
        assert_eq!(done, Hardening { no_core_dumps: true, not_dumpable: true });
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
        let dumpable = rustix::process::dumpable_behavior().unwrap();
        assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
    }
}
