//! Tells the service manager how the server is: `sd_notify(3)`, a datagram to the socket in `NOTIFY_SOCKET`.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The server listens and answers.
pub const READY: &str = "READY=1";
/// The server is about to end.
pub const STOPPING: &str = "STOPPING=1";

/// Sends a state. Without a manager that listens, nothing is lost.
pub fn tell(socket: Option<&OsStr>, state: &str) -> std::io::Result<()> {
    let Some(socket) = socket.filter(|socket| !socket.is_empty()) else { return Ok(()) };
    let address = match socket.as_bytes() {
        // An abstract name is written with an @ in front.
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manager_hears_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        tell(Some(path.as_os_str()), READY).unwrap();
        let mut bytes = [0; 64];
        let length = manager.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"READY=1");
        let name = format!("callbook-test-{}", std::process::id());
        let hidden = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        tell(Some(OsStr::new(&format!("@{name}"))), STOPPING).unwrap();
        let length = hidden.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"STOPPING=1");
        tell(None, READY).unwrap();
        assert!(tell(Some(OsStr::new("/nowhere/notify")), READY).is_err());
    }
}
