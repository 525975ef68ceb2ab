//! The host's side of the interfaces of WASI 0.2 that a command component may import.
//!
//! As for modules the layer is our own: everything is in memory, never blocks, is counted, charged and logged, and
//! gives the same answer every time. All of `wasi:cli`, `wasi:io`, `wasi:clocks` (but for the unstable time zones),
//! `wasi:random`, `wasi:filesystem` and `wasi:sockets` links, so that stock components start; other packages,
//! `wasi:http` among them, are denied imports.
//!
//! | Package | What a guest gets |
//! |---|---|
//! | `wasi:cli` | the input, two captures under caps, the argument `guest`, no environment, no terminal, exit |
//! | `wasi:io` | streams that are always ready; waiting advances the virtual clock and takes no time |
//! | `wasi:clocks` | a virtual clock that advances with fuel and with sleeps |
//! | `wasi:random` | SplitMix64 from the run's seed, secure and insecure alike; the insecure seed is two zeros |
//! | `wasi:filesystem` | no folders, hence nothing to open |
//! | `wasi:sockets` | `access-denied` for every socket and name |
//!
//! Each call costs what a module's call costs, and its bytes besides; dropping a handle is a call. The engine moves a
//! call's values before the host sees it: at most [`MOVED_MAX`] bytes a call, charged afterwards. At most
//! [`HANDLES_MAX`] handles are alive at a time; one more traps.

mod absent;
mod call;
mod io;

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Linker, Lower, Resource, ResourceType};

pub(crate) use self::io::Pollables;

use self::call::{Logged, enter};
use self::io::{InputStream, IoError, OutputStream, Pollable, StreamError};
use super::call::Call;
use crate::run::State;
use crate::stop::Stop;

/// Version of this layer. A change of what any function returns, charges or logs is a new version.
pub(crate) const P2_LAYER_VERSION: u32 = 1;

/// Bytes that one call may hand to the host; more traps. A well-behaved guest asks first and is told 64 KiB.
pub(crate) const MOVED_MAX: usize = 1 << 20;

/// Bytes of randomness that one call may ask for.
const RANDOM_MAX: u64 = 16 << 20;

/// Handles that may be alive at a time, resources of the component's own included.
pub(crate) const HANDLES_MAX: usize = 10_000;

/// Which 0.2 the layer is. A component that was built against any other 0.2 finds the same interfaces here.
const VERSION: &str = "0.2.12";

/// The one argument; some runtimes fail without one.
const ARGUMENT: &str = "guest";

const NS_PER_SECOND: u64 = 1_000_000_000;

/// Whether a component may import an instance of this name.
pub(crate) fn is_given(name: &str) -> bool {
    let Some((interface, version)) = name.split_once('@') else { return false };
    let patch = version.strip_prefix("0.2.");
    patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|digit| digit.is_ascii_digit()))
        && (INTERFACES.contains(&interface) || absent::has(interface))
}

/// Adds the layer to a linker.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    resource::<IoError>(linker, "wasi:io/error", "error", Function::drop_error)?;
    resource::<InputStream>(linker, "wasi:io/streams", "input-stream", Function::drop_input_stream)?;
    resource::<OutputStream>(linker, "wasi:io/streams", "output-stream", Function::drop_output_stream)?;
    resource::<TerminalInput>(linker, "wasi:cli/terminal-input", "terminal-input", Function::drop_terminal)?;
    resource::<TerminalOutput>(
        linker,
        "wasi:cli/terminal-output",
        "terminal-output",
        Function::drop_terminal,
    )?;
    instance(linker, "wasi:io/poll")?.resource(
        "pollable",
        ResourceType::host::<Pollable>(),
        |store, rep| {
            enter(store, Function::drop_pollable, &[], |call| {
                io::drop_pollable(call, rep);
                Ok(())
            })
        },
    )?;
    link_functions(linker)?;
    instance(linker, "wasi:io/poll")?.func_wrap(
        "[method]pollable.block",
        |store: StoreContextMut<'_, State>, (pollable,): (Resource<Pollable>,)| -> wasmtime::Result<()> {
            let logged = [pollable.logged()];
            enter(store, Function::block, &logged, |call| io::block(call, &pollable))
        },
    )?;
    let mut exit = instance(linker, "wasi:cli/exit")?;
    exit.func_wrap(
        "exit",
        |store: StoreContextMut<'_, State>, (status,): (Result<(), ()>,)| -> wasmtime::Result<()> {
            let code = i32::from(status.is_err());
            enter(store, Function::exit, &[Some(u64::from(status.is_err()))], |_| {
                Err::<(), _>(Stop::Exit(code))
            })
        },
    )?;
    exit.func_wrap(
        "exit-with-code",
        |store: StoreContextMut<'_, State>, (code,): (u8,)| -> wasmtime::Result<()> {
            let stop = Stop::Exit(i32::from(code));
            enter(store, Function::exit_with_code, &[Some(u64::from(code))], |_| Err::<(), _>(stop))
        },
    )?;
    absent::link(linker)
}

/// A resource of which dropping frees nothing.
fn resource<T: 'static>(
    linker: &mut Linker<State>,
    interface: &str,
    name: &str,
    function: Function,
) -> wasmtime::Result<()> {
    instance(linker, interface)?
        .resource(name, ResourceType::host::<T>(), move |store, _| enter(store, function, &[], |_| Ok(())))
}

fn instance<'a>(
    linker: &'a mut Linker<State>,
    interface: &str,
) -> wasmtime::Result<wasmtime::component::LinkerInstance<'a, State>> {
    linker.instance(&format!("{interface}@{VERSION}"))
}

enum TerminalInput {}
enum TerminalOutput {}

/// Seconds since 1970, and nanoseconds of the last.
#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl Datetime {
    fn from_ns(ns: u64) -> Self {
        let nanoseconds = u32::try_from(ns % NS_PER_SECOND).expect("less than a second");
        Self { seconds: ns / NS_PER_SECOND, nanoseconds }
    }
}

macro_rules! functions {
    ($($interface:literal {
        $($function:ident = $name:literal ($call:ident $(, $arg:ident: $ty:ty)*) -> $result:ty => $body:expr;)*
    })*) => {
        /// The functions, numbered in the order of this table for the log of calls.
        #[derive(Debug, Clone, Copy)]
        #[expect(non_camel_case_types, reason = "named close to how the interfaces name them")]
        #[repr(u8)]
        enum Function {
            $($($function,)*)*
            block,
            exit,
            exit_with_code,
            drop_error,
            drop_pollable,
            drop_input_stream,
            drop_output_stream,
            drop_terminal,
            absent,
        }

        /// The interfaces of the table, those without functions included.
        const INTERFACES: &[&str] =
            &[$($interface,)* "wasi:cli/exit", "wasi:cli/terminal-input", "wasi:cli/terminal-output"];

        fn link_functions(linker: &mut Linker<State>) -> wasmtime::Result<()> {
            $({
                let mut interface = instance(linker, $interface)?;
                $(interface.func_wrap(
                    $name,
                    |store: StoreContextMut<'_, State>, ($($arg,)*): ($($ty,)*)| -> wasmtime::Result<($result,)> {
                        let logged = [$(Logged::logged(&$arg)),*];
                        enter(store, Function::$function, &logged, |$call: &mut Call<'_>| $body)
                            .map(|result: $result| (result,))
                    },
                )?;)*
            })*
            Ok(())
        }
    };
}

type FromStream<T> = Result<T, StreamError>;

functions! {
    "wasi:cli/environment" {
        get_environment = "get-environment"(_call) -> Vec<(String, String)> => Ok(Vec::new());
        get_arguments = "get-arguments"(call) -> Vec<String> => {
            call.charge_bytes(ARGUMENT.len() as u64)?;
            Ok(vec![ARGUMENT.to_owned()])
        };
        initial_cwd = "initial-cwd"(_call) -> Option<String> => Ok(None);
    }
    "wasi:cli/stdin" {
        get_stdin = "get-stdin"(_call) -> Resource<InputStream> => Ok(io::stdin());
    }
    "wasi:cli/stdout" {
        get_stdout = "get-stdout"(_call) -> Resource<OutputStream> => Ok(io::stdout());
    }
    "wasi:cli/stderr" {
        get_stderr = "get-stderr"(_call) -> Resource<OutputStream> => Ok(io::stderr());
    }
    "wasi:cli/terminal-stdin" {
        get_terminal_stdin = "get-terminal-stdin"(_call) -> Option<Resource<TerminalInput>> => Ok(None);
    }
    "wasi:cli/terminal-stdout" {
        get_terminal_stdout = "get-terminal-stdout"(_call) -> Option<Resource<TerminalOutput>> => Ok(None);
    }
    "wasi:cli/terminal-stderr" {
        get_terminal_stderr = "get-terminal-stderr"(_call) -> Option<Resource<TerminalOutput>> => Ok(None);
    }
    "wasi:io/error" {
        to_debug_string = "[method]error.to-debug-string"(_call, _error: Resource<IoError>) -> String =>
            Ok(String::new());
    }
    "wasi:io/poll" {
        ready = "[method]pollable.ready"(call, pollable: Resource<Pollable>) -> bool =>
            Ok(io::ready(call, &pollable));
        poll = "poll"(call, list: Vec<Resource<Pollable>>) -> Vec<u32> => io::poll(call, &list);
    }
    "wasi:io/streams" {
        read = "[method]input-stream.read"(call, _stream: Resource<InputStream>, bytes: u64) -> FromStream<Vec<u8>> =>
            io::read(call, bytes);
        blocking_read = "[method]input-stream.blocking-read"(
            call, _stream: Resource<InputStream>, bytes: u64
        ) -> FromStream<Vec<u8>> => io::read(call, bytes);
        skip = "[method]input-stream.skip"(call, _stream: Resource<InputStream>, bytes: u64) -> FromStream<u64> =>
            io::skip(call, bytes);
        blocking_skip = "[method]input-stream.blocking-skip"(
            call, _stream: Resource<InputStream>, bytes: u64
        ) -> FromStream<u64> => io::skip(call, bytes);
        subscribe_input = "[method]input-stream.subscribe"(
            _call, _stream: Resource<InputStream>
        ) -> Resource<Pollable> => Ok(io::always_ready());
        check_write = "[method]output-stream.check-write"(
            _call, _stream: Resource<OutputStream>
        ) -> FromStream<u64> => Ok(Ok(io::PERMIT_BYTES));
        write = "[method]output-stream.write"(
            call, stream: Resource<OutputStream>, contents: Vec<u8>
        ) -> FromStream<()> => io::write(call, &stream, &contents);
        blocking_write_and_flush = "[method]output-stream.blocking-write-and-flush"(
            call, stream: Resource<OutputStream>, contents: Vec<u8>
        ) -> FromStream<()> => io::write(call, &stream, &contents);
        flush = "[method]output-stream.flush"(_call, _stream: Resource<OutputStream>) -> FromStream<()> => Ok(Ok(()));
        blocking_flush = "[method]output-stream.blocking-flush"(
            _call, _stream: Resource<OutputStream>
        ) -> FromStream<()> => Ok(Ok(()));
        subscribe_output = "[method]output-stream.subscribe"(
            _call, _stream: Resource<OutputStream>
        ) -> Resource<Pollable> => Ok(io::always_ready());
        write_zeroes = "[method]output-stream.write-zeroes"(
            call, stream: Resource<OutputStream>, bytes: u64
        ) -> FromStream<()> => io::write_zeroes(call, &stream, bytes);
        blocking_write_zeroes_and_flush = "[method]output-stream.blocking-write-zeroes-and-flush"(
            call, stream: Resource<OutputStream>, bytes: u64
        ) -> FromStream<()> => io::write_zeroes(call, &stream, bytes);
        splice = "[method]output-stream.splice"(
            call, stream: Resource<OutputStream>, _from: Resource<InputStream>, bytes: u64
        ) -> FromStream<u64> => io::splice(call, &stream, bytes);
        blocking_splice = "[method]output-stream.blocking-splice"(
            call, stream: Resource<OutputStream>, _from: Resource<InputStream>, bytes: u64
        ) -> FromStream<u64> => io::splice(call, &stream, bytes);
    }
    "wasi:clocks/monotonic-clock" {
        monotonic_now = "now"(call) -> u64 => Ok(call.monotonic_ns());
        monotonic_resolution = "resolution"(_call) -> u64 => Ok(1);
        subscribe_instant = "subscribe-instant"(call, when: u64) -> Resource<Pollable> =>
            Ok(io::at(call, when));
        subscribe_duration = "subscribe-duration"(call, ns: u64) -> Resource<Pollable> => {
            let when = call.monotonic_ns().saturating_add(ns);
            Ok(io::at(call, when))
        };
    }
    "wasi:clocks/wall-clock" {
        wall_now = "now"(call) -> Datetime => Ok(Datetime::from_ns(call.realtime_ns()));
        wall_resolution = "resolution"(_call) -> Datetime => Ok(Datetime::from_ns(1));
    }
    "wasi:random/random" {
        get_random_bytes = "get-random-bytes"(call, bytes: u64) -> Vec<u8> => random_bytes(call, bytes);
        get_random_u64 = "get-random-u64"(call) -> u64 => Ok(call.state.random.next());
    }
    "wasi:random/insecure" {
        get_insecure_random_bytes = "get-insecure-random-bytes"(call, bytes: u64) -> Vec<u8> =>
            random_bytes(call, bytes);
        get_insecure_random_u64 = "get-insecure-random-u64"(call) -> u64 => Ok(call.state.random.next());
    }
    "wasi:random/insecure-seed" {
        insecure_seed = "insecure-seed"(_call) -> (u64, u64) => Ok((0, 0));
    }
}

fn random_bytes(call: &mut Call<'_>, bytes: u64) -> Result<Vec<u8>, Stop> {
    call.charge_bytes(bytes)?;
    let length = usize::try_from(bytes).ok().filter(|_| bytes <= RANDOM_MAX);
    let length = length.ok_or(Stop::Trap("more than 16 MiB of randomness in one call"))?;
    let mut out = vec![0; length];
    call.state.random.fill(&mut out);
    Ok(out)
}
