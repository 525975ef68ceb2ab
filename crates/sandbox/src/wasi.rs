//! The host's side of `wasi_snapshot_preview1`; [`p2`] is that of components.
//!
//! A layer of our own rather than wasmtime-wasi: everything here is in memory, never blocks, costs fuel, and gives
//! the same answer every time. Every function of the interface links, so that stock modules start; those without a
//! capability return the errno that a program expects. There are no preopened folders, no environment, no sockets.
//! `argv` is `["guest"]`.
//!
//! | Group | What a guest gets |
//! |---|---|
//! | descriptors 0, 1, 2 | the input, and two captures under caps; a flood ends the run |
//! | clocks, `poll_oneoff` | a virtual clock that advances with fuel and with sleeps, which take no time |
//! | `random_get` | SplitMix64 from the run's seed |
//! | `path_*`, `sock_*`, everything on other descriptors | `badf`, `notdir`, `notsock` |
//! | `proc_raise` | `nosys` |

mod call;
mod errno;
mod log;
mod p2;
mod poll;
mod process;
mod random;
mod stdio;

use wasmparser::ValType;
use wasmtime::{Caller, Linker};

pub(crate) use self::log::CallLog;
pub(crate) use self::p2::{
    HANDLES_MAX, MOVED_MAX, P2_LAYER_VERSION, Pollables, is_given, link as link_components,
};
pub(crate) use self::random::SplitMix64;
pub(crate) use self::stdio::Stdio;

use self::call::enter;
use self::errno::Errno;
use crate::run::State;
use crate::stop::Stop;

/// Version of this layer. A change of what any function returns, charges or logs is a new version.
pub const WASI_LAYER_VERSION: u32 = 1;

/// The one module that guests may import from.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

/// Parameters and results of the host function `name`, if there is one.
pub(crate) fn signature(name: &str) -> Option<(&'static [ValType], &'static [ValType])> {
    if name == "proc_exit" {
        return Some((&[ValType::I32], &[]));
    }
    SIGNATURES.iter().find(|(known, _)| *known == name).map(|(_, params)| (*params, &[ValType::I32][..]))
}

/// Adds the layer to a linker.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    link_functions(linker)?;
    linker.func_wrap(
        MODULE,
        "proc_exit",
        |caller: Caller<'_, State>, code: u32| -> wasmtime::Result<()> {
            let exit =
                |_: &mut call::Call<'_>| -> Result<Errno, Stop> { Err(Stop::Exit(code.cast_signed())) };
            enter(caller, Function::proc_exit, &[Some(u64::from(code))], exit).map(drop)
        },
    )?;
    Ok(())
}

macro_rules! value {
    (i64) => {
        ValType::I64
    };
    ($kind:ident) => {
        ValType::I32
    };
}

macro_rules! rust {
    (i64) => {
        u64
    };
    ($kind:ident) => {
        u32
    };
}

/// What the log takes down of an argument: pointers into memory say nothing and are left out.
macro_rules! logged {
    (ptr $arg:ident) => {{
        let _ = $arg;
        None
    }};
    ($kind:ident $arg:ident) => {
        Some(u64::from($arg))
    };
}

macro_rules! functions {
    ($($name:ident($call:ident $(, $arg:ident: $kind:ident)*) => $body:expr;)*) => {
        /// The functions, numbered in the order of this table for the log of calls.
        #[derive(Debug, Clone, Copy)]
        #[expect(non_camel_case_types, reason = "named as the interface names them")]
        #[repr(u8)]
        enum Function {
            $($name,)*
            proc_exit,
        }

        /// All that return an errno, with their parameters.
        const SIGNATURES: &[(&str, &[ValType])] = &[$((stringify!($name), &[$(value!($kind)),*])),*];

        fn link_functions(linker: &mut Linker<State>) -> wasmtime::Result<()> {
            $(linker.func_wrap(
                MODULE,
                stringify!($name),
                |caller: Caller<'_, State> $(, $arg: rust!($kind))*| -> wasmtime::Result<u32> {
                    enter(caller, Function::$name, &[$(logged!($kind $arg)),*], |$call| $body)
                },
            )?;)*
            Ok(())
        }
    };
}

functions! {
    args_get(call, argv: ptr, text: ptr) => process::args_get(call, argv, text);
    args_sizes_get(call, count: ptr, bytes: ptr) => Ok(process::args_sizes_get(call, count, bytes));
    environ_get(_call, _list: ptr, _text: ptr) => Ok(Errno::Success);
    environ_sizes_get(call, count: ptr, bytes: ptr) => Ok(process::environ_sizes_get(call, count, bytes));
    clock_res_get(call, clock: i32, out: ptr) => Ok(poll::clock_res_get(call, clock, out));
    clock_time_get(call, clock: i32, _precision: i64, out: ptr) => Ok(poll::clock_time_get(call, clock, out));
    poll_oneoff(call, subscriptions: ptr, events: ptr, count: i32, written: ptr) =>
        poll::poll_oneoff(call, subscriptions, events, count, written);
    sched_yield(_call) => Ok(Errno::Success);
    random_get(call, out: ptr, bytes: i32) => random::random_get(call, out, bytes);
    proc_raise(_call, _signal: i32) => Ok(Errno::Nosys);

    fd_read(call, fd: i32, iovs: ptr, count: i32, read: ptr) => stdio::fd_read(call, fd, iovs, count, read);
    fd_write(call, fd: i32, iovs: ptr, count: i32, written: ptr) => stdio::fd_write(call, fd, iovs, count, written);
    fd_close(call, fd: i32) => Ok(stdio::fd_close(call, fd));
    fd_renumber(call, from: i32, to: i32) => Ok(stdio::fd_renumber(call, from, to));
    fd_fdstat_get(call, fd: i32, out: ptr) => stdio::fd_fdstat_get(call, fd, out);
    fd_fdstat_set_flags(call, fd: i32, flags: i32) => Ok(stdio::fd_fdstat_set_flags(call, fd, flags));
    fd_fdstat_set_rights(call, fd: i32, _base: i64, _inheriting: i64) => Ok(call.on_stdio(fd, Errno::Notcapable));
    fd_filestat_get(call, fd: i32, out: ptr) => stdio::fd_filestat_get(call, fd, out);
    fd_filestat_set_size(call, fd: i32, _size: i64) => Ok(call.on_stdio(fd, Errno::Inval));
    fd_filestat_set_times(call, fd: i32, _accessed: i64, _modified: i64, _flags: i32) =>
        Ok(call.on_stdio(fd, Errno::Notcapable));
    fd_seek(call, fd: i32, _offset: i64, _whence: i32, _out: ptr) => Ok(call.on_stdio(fd, Errno::Spipe));
    fd_tell(call, fd: i32, _out: ptr) => Ok(call.on_stdio(fd, Errno::Spipe));
    fd_pread(call, fd: i32, _iovs: ptr, _count: i32, _offset: i64, _read: ptr) => Ok(call.on_stdio(fd, Errno::Spipe));
    fd_pwrite(call, fd: i32, _iovs: ptr, _count: i32, _offset: i64, _written: ptr) =>
        Ok(call.on_stdio(fd, Errno::Spipe));
    fd_advise(call, fd: i32, _offset: i64, _bytes: i64, _advice: i32) => Ok(call.on_stdio(fd, Errno::Spipe));
    fd_allocate(call, fd: i32, _offset: i64, _bytes: i64) => Ok(call.on_stdio(fd, Errno::Spipe));
    fd_sync(call, fd: i32) => Ok(call.on_stdio(fd, Errno::Inval));
    fd_datasync(call, fd: i32) => Ok(call.on_stdio(fd, Errno::Inval));
    fd_prestat_get(_call, _fd: i32, _out: ptr) => Ok(Errno::Badf);
    fd_prestat_dir_name(_call, _fd: i32, _path: ptr, _bytes: i32) => Ok(Errno::Badf);
    fd_readdir(call, fd: i32, _out: ptr, _bytes: i32, _cookie: i64, _used: ptr) =>
        Ok(call.on_stdio(fd, Errno::Notdir));

    path_create_directory(call, fd: i32, _path: ptr, _bytes: i32) => Ok(call.on_stdio(fd, Errno::Notdir));
    path_filestat_get(call, fd: i32, _flags: i32, _path: ptr, _bytes: i32, _out: ptr) =>
        Ok(call.on_stdio(fd, Errno::Notdir));
    path_filestat_set_times(
        call, fd: i32, _flags: i32, _path: ptr, _bytes: i32, _accessed: i64, _modified: i64, _set: i32
    ) => Ok(call.on_stdio(fd, Errno::Notdir));
    path_link(
        call, fd: i32, _flags: i32, _path: ptr, _bytes: i32, _new_fd: i32, _new_path: ptr, _new_bytes: i32
    ) => Ok(call.on_stdio(fd, Errno::Notdir));
    path_open(
        call, fd: i32, _lookup: i32, _path: ptr, _bytes: i32, _open: i32, _base: i64, _inheriting: i64, _flags: i32,
        _out: ptr
    ) => Ok(call.on_stdio(fd, Errno::Notdir));
    path_readlink(call, fd: i32, _path: ptr, _bytes: i32, _out: ptr, _room: i32, _used: ptr) =>
        Ok(call.on_stdio(fd, Errno::Notdir));
    path_remove_directory(call, fd: i32, _path: ptr, _bytes: i32) => Ok(call.on_stdio(fd, Errno::Notdir));
    path_rename(call, fd: i32, _path: ptr, _bytes: i32, _new_fd: i32, _new_path: ptr, _new_bytes: i32) =>
        Ok(call.on_stdio(fd, Errno::Notdir));
    path_symlink(call, _path: ptr, _bytes: i32, fd: i32, _new_path: ptr, _new_bytes: i32) =>
        Ok(call.on_stdio(fd, Errno::Notdir));
    path_unlink_file(call, fd: i32, _path: ptr, _bytes: i32) => Ok(call.on_stdio(fd, Errno::Notdir));

    sock_accept(call, fd: i32, _flags: i32, _out: ptr) => Ok(call.on_stdio(fd, Errno::Notsock));
    sock_recv(call, fd: i32, _iovs: ptr, _count: i32, _flags: i32, _read: ptr, _out_flags: ptr) =>
        Ok(call.on_stdio(fd, Errno::Notsock));
    sock_send(call, fd: i32, _iovs: ptr, _count: i32, _flags: i32, _written: ptr) =>
        Ok(call.on_stdio(fd, Errno::Notsock));
    sock_shutdown(call, fd: i32, _how: i32) => Ok(call.on_stdio(fd, Errno::Notsock));
}

#[cfg(test)]
mod tests;
