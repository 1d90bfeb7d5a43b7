//! Names of the accounts on this machine: the one place where a uid becomes a name.
//!
//! The name comes from where the system keeps it (`getpwuid_r`: /etc/passwd, a directory service), never from the
//! environment, which says what it was told to say.

/// The name of an account; `uid N` where the system knows none.
pub fn of(uid: u32) -> String {
    let name = uzers::get_user_by_uid(uid).map(|user| clean(&user.name().to_string_lossy()));
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("uid {uid}"))
}

/// The uid of an account.
pub fn uid_of(name: &str) -> Option<u32> {
    uzers::get_user_by_name(name).map(|user| user.uid())
}

/// The name of the account this process runs under.
pub fn own() -> String {
    of(own_uid())
}

/// The uid this process acts with.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// What of a name may be shown: names of accounts can come from files that anybody wrote.
pub fn clean(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || "._-@$+ ".contains(*c)).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_of_accounts() {
        assert_eq!(of(0), "root");
        assert_eq!(uid_of("root"), Some(0));
        assert_eq!(of(3_999_999_999), "uid 3999999999");
        assert_eq!(uid_of("nobody has this account"), None);
        assert_eq!(own(), of(own_uid()));
        assert_eq!(clean("\x1b[2Janna;rm\n"), "2Jannarm");
    }
}
