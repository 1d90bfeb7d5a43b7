//! Who runs this process, as the operating system knows the account.

use crate::api::{Code, Error};

/// The name of the account. Taken from the kernel's user id, never from `$USER`, which anybody can set.
pub fn name() -> Result<String, Error> {
    let uid = rustix::process::getuid().as_raw();
    let accounts = std::fs::read("/etc/passwd").unwrap_or_default();
    if let Some(name) = in_passwd(&String::from_utf8_lossy(&accounts), uid) {
        return Ok(name);
    }
    // Accounts of a directory service are not in the file; `id` asks all that the system is set up to ask.
    let answer = std::process::Command::new("/usr/bin/id").args(["-un", "--", &uid.to_string()]).output();
    match answer {
        Ok(answer) if answer.status.success() => {
            let name = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
            if name.is_empty() { Err(nameless(uid)) } else { Ok(name) }
        }
        _ => Err(nameless(uid)),
    }
}

fn nameless(uid: u32) -> Error {
    Error::new(Code::Denied, format!("the account with number {uid} has no name on this machine"))
        .hint("add it to /etc/passwd, or to the directory service")
}

fn in_passwd(accounts: &str, uid: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next().filter(|name| !name.is_empty())?;
        (parts.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::in_passwd;

    #[test]
    fn accounts_by_number() {
        let file = "root:x:0:0:root:/root:/bin/sh\n\nbroken\n:x:7:7\nanna:x:1000:1000:Anna:/home/anna:/bin/sh\n";
        assert_eq!(in_passwd(file, 1000).as_deref(), Some("anna"));
        assert_eq!(in_passwd(file, 0).as_deref(), Some("root"));
        assert_eq!(in_passwd(file, 7), None);
        assert_eq!(in_passwd(file, 1), None);
    }
}
