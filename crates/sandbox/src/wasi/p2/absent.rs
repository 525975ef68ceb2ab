//! Files and sockets: what there is none of.
//!
//! No folder is ever open and no socket is ever made, so that no guest holds a handle on which a method could be
//! called: the engine refuses the handle before the host is asked.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, Val};

use super::call::enter;
use super::{Function, instance};
use crate::run::State;
use crate::stop::Stop;

/// Folders that a guest may open, each with its path.
type Folders = Vec<(Resource<Descriptor>, String)>;

enum Descriptor {}
enum DirectoryEntryStream {}
enum Network {}
enum TcpSocket {}
enum UdpSocket {}
enum IncomingDatagramStream {}
enum OutgoingDatagramStream {}
enum ResolveAddressStream {}

/// Methods by interface and resource.
const METHODS: &[(&str, &str, &[&str])] = &[
    (
        "wasi:filesystem/types",
        "descriptor",
        &[
            "read-via-stream",
            "write-via-stream",
            "append-via-stream",
            "advise",
            "sync-data",
            "get-flags",
            "get-type",
            "set-size",
            "set-times",
            "read",
            "write",
            "read-directory",
            "sync",
            "create-directory-at",
            "stat",
            "stat-at",
            "set-times-at",
            "link-at",
            "open-at",
            "readlink-at",
            "remove-directory-at",
            "rename-at",
            "symlink-at",
            "unlink-file-at",
            "is-same-object",
            "metadata-hash",
            "metadata-hash-at",
        ],
    ),
    ("wasi:filesystem/types", "directory-entry-stream", &["read-directory-entry"]),
    ("wasi:sockets/ip-name-lookup", "resolve-address-stream", &["resolve-next-address", "subscribe"]),
    (
        "wasi:sockets/tcp",
        "tcp-socket",
        &[
            "start-bind",
            "finish-bind",
            "start-connect",
            "finish-connect",
            "start-listen",
            "finish-listen",
            "accept",
            "local-address",
            "remote-address",
            "is-listening",
            "address-family",
            "set-listen-backlog-size",
            "keep-alive-enabled",
            "set-keep-alive-enabled",
            "keep-alive-idle-time",
            "set-keep-alive-idle-time",
            "keep-alive-interval",
            "set-keep-alive-interval",
            "keep-alive-count",
            "set-keep-alive-count",
            "hop-limit",
            "set-hop-limit",
            "receive-buffer-size",
            "set-receive-buffer-size",
            "send-buffer-size",
            "set-send-buffer-size",
            "subscribe",
            "shutdown",
        ],
    ),
    (
        "wasi:sockets/udp",
        "udp-socket",
        &[
            "start-bind",
            "finish-bind",
            "stream",
            "local-address",
            "remote-address",
            "address-family",
            "unicast-hop-limit",
            "set-unicast-hop-limit",
            "receive-buffer-size",
            "set-receive-buffer-size",
            "send-buffer-size",
            "set-send-buffer-size",
            "subscribe",
        ],
    ),
    ("wasi:sockets/udp", "incoming-datagram-stream", &["receive", "subscribe"]),
    ("wasi:sockets/udp", "outgoing-datagram-stream", &["check-send", "send", "subscribe"]),
];

/// Functions that answer with the error `access-denied`.
const DENIED: &[(&str, &str)] = &[
    ("wasi:sockets/tcp-create-socket", "create-tcp-socket"),
    ("wasi:sockets/udp-create-socket", "create-udp-socket"),
    ("wasi:sockets/ip-name-lookup", "resolve-addresses"),
];

/// Functions that find no error code in an error.
const CODES: &[(&str, &str)] =
    &[("wasi:filesystem/types", "filesystem-error-code"), ("wasi:sockets/network", "network-error-code")];

/// Interfaces with neither methods nor any of the above.
const OTHERS: &[&str] = &["wasi:filesystem/preopens", "wasi:sockets/instance-network"];

pub(super) fn has(interface: &str) -> bool {
    METHODS.iter().any(|(known, _, _)| *known == interface)
        || DENIED.iter().chain(CODES).any(|(known, _)| *known == interface)
        || OTHERS.contains(&interface)
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    resource::<Descriptor>(linker, "wasi:filesystem/types", "descriptor")?;
    resource::<DirectoryEntryStream>(linker, "wasi:filesystem/types", "directory-entry-stream")?;
    resource::<Network>(linker, "wasi:sockets/network", "network")?;
    resource::<TcpSocket>(linker, "wasi:sockets/tcp", "tcp-socket")?;
    resource::<UdpSocket>(linker, "wasi:sockets/udp", "udp-socket")?;
    resource::<IncomingDatagramStream>(linker, "wasi:sockets/udp", "incoming-datagram-stream")?;
    resource::<OutgoingDatagramStream>(linker, "wasi:sockets/udp", "outgoing-datagram-stream")?;
    resource::<ResolveAddressStream>(linker, "wasi:sockets/ip-name-lookup", "resolve-address-stream")?;

    for (interface, resource, methods) in METHODS {
        let mut interface = instance(linker, interface)?;
        for method in *methods {
            interface.func_new(&format!("[method]{resource}.{method}"), |store, _, _, _| {
                enter(store, Function::absent, &[], |_| Err(Stop::Trap("a method of what there is none of")))
            })?;
        }
    }
    for (interface, name) in DENIED {
        instance(linker, interface)?.func_new(name, |store, _, arguments, results| {
            let bytes = arguments
                .iter()
                .map(|argument| if let Val::String(text) = argument { text.len() } else { 0 });
            let bytes = bytes.sum::<usize>() as u64;
            enter(store, Function::absent, &[], |call| call.charge_bytes(bytes))?;
            answer(results, Val::Result(Err(Some(Box::new(Val::Enum("access-denied".to_owned()))))));
            Ok(())
        })?;
    }
    for (interface, name) in CODES {
        instance(linker, interface)?.func_new(name, |store, _, _, results| {
            enter(store, Function::absent, &[], |_| Ok(()))?;
            answer(results, Val::Option(None));
            Ok(())
        })?;
    }
    instance(linker, "wasi:filesystem/preopens")?.func_wrap(
        "get-directories",
        |store: StoreContextMut<'_, State>, (): ()| -> wasmtime::Result<(Folders,)> {
            enter(store, Function::absent, &[], |_| Ok(Vec::new())).map(|folders| (folders,))
        },
    )?;
    instance(linker, "wasi:sockets/instance-network")?.func_wrap(
        "instance-network",
        |store: StoreContextMut<'_, State>, (): ()| -> wasmtime::Result<(Resource<Network>,)> {
            enter(store, Function::absent, &[], |_| Ok(Resource::new_own(0))).map(|network| (network,))
        },
    )
}

fn resource<T: 'static>(linker: &mut Linker<State>, interface: &str, name: &str) -> wasmtime::Result<()> {
    super::resource::<T>(linker, interface, name, Function::absent)
}

fn answer(results: &mut [Val], value: Val) {
    if let Some(result) = results.first_mut() {
        *result = value;
    }
}
