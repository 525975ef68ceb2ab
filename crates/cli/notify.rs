//! Telling the system's service manager how far this process is, when there is one that wants to know (`Type=notify`).

/// Says it: `READY=1`, `STOPPING=1`. Who does not listen is not there.
#[cfg(target_os = "linux")]
pub(crate) fn service_manager(state: &str) {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let Ok(Some((socket, _))) = crate::config::variable("NOTIFY_SOCKET") else { return };
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&socket),
    };
    // A manager that cannot be reached notices that it was not told.
    let _unheard =
        address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
}

/// Only Linux has one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn service_manager(_state: &str) {}
