//! What the tests of workers start: a worker, one that is none, one that tries to get out, and a host to be killed.
//!
//! The arguments are a mode, a mark by which a test finds its processes, and what a worker is told.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a part of tests, whose output is read by them"
)]

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use genesis_abi::{Limits, ModuleLimits};
use genesis_sandbox::{Cancel, Class, Sandbox, SandboxConfig, WorkerCommand, WorkerConfig};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [mode, mark, orders @ ..] = &arguments[..] else { return ExitCode::from(2) };
    let mode = mode.to_str().unwrap();
    match mode.split_once('-') {
        None if mode == "serve" => genesis_sandbox::serve_worker(orders),
        None if mode == "host" => host(mark),
        Some(("fake", what)) => fake(what),
        Some(("attempt", what)) => attempt(what, orders),
        _ => ExitCode::from(2),
    }
}

/// Runs a guest that never ends in a worker, until it is killed itself.
fn host(mark: &OsString) -> ExitCode {
    const LIMITS: Limits = Limits {
        fuel: u64::MAX,
        wall_time_ms: 600_000,
        memory_bytes: 1 << 20,
        table_elements: 0,
        stdout_bytes: 0,
        stderr_bytes: 0,
        host_calls: 0,
    };
    let module = ModuleLimits::of(|_| 1 << 20);
    let mut wasm = Vec::new();
    std::io::stdin().read_to_end(&mut wasm).unwrap();
    let config = WorkerConfig {
        command: WorkerCommand {
            program: std::env::current_exe().unwrap(),
            arguments: vec!["serve".into(), mark.clone()],
        },
        workers: 1,
        compile_time_ms: 60_000,
        largest: LIMITS,
        required: false,
    };
    let sandbox = Sandbox::new(SandboxConfig { slots: 1, cache_dir: None }).unwrap();
    let guest = sandbox.load_in_worker(&wasm, Class::Small, &module, &config).unwrap().unwrap();
    println!("loaded");
    let run = sandbox.run(&guest, b"", &LIMITS, 0, &Cancel::new());
    println!("{run:?}");
    ExitCode::FAILURE
}

/// Says hello as a worker that is not locked down, takes what comes, and gives no good answer.
#[expect(
    clippy::disallowed_methods,
    reason = "what a worker inherits of the environment is what a test asks for"
)]
fn fake(what: &str) -> ExitCode {
    if what == "noise" {
        tell(&[0x55; 4096]);
        return wait();
    }
    if what == "gone" {
        return ExitCode::from(7);
    }
    if what == "environment" {
        return u8::try_from(std::env::vars_os().count()).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    let layer = r#"{"off":"this one only plays a worker"}"#;
    let hello = format!(
        r#"{{"seccomp":{layer},"namespaces":{layer},"landlock":{layer},"limits":{layer},"privileges":{layer}}}"#
    );
    answer(1, &[hello.len() as u64], hello.as_bytes());
    if what == "silence" {
        return wait();
    }
    take();
    if what == "rude" {
        answer(3, &[23], br#"{"outcome":"completed"}"#);
        return wait();
    }
    answer(2, &[], b"");
    take();
    let timed_out = br#"{"outcome":"timed_out","limit":"wall_time_ms","value":1,"peak":2}"#;
    match what {
        "garbage" => tell(&[0xff; 4096]),
        "huge-text" => answer(6, &[u64::MAX], b""),
        "huge-stdout" => answer(4, &[0, u64::MAX / 2], b""),
        "huge-stderr" => answer(4, &[0, 0, 1 << 40], b""),
        "flood" => answer(4, &[0, 1], &vec![b'x'; 60_000]),
        "half-head" => tell(&[4, 0, 0, 0, 0, 0, 0, 0, 0]),
        "half-body" => answer(4, &[0, 100], b"x"),
        "half-then-gone" => {
            answer(4, &[0, 100], b"x");
            return ExitCode::SUCCESS;
        }
        "more-fuel" => answer(4, &[0, 0, 0, u64::MAX], b""),
        "other-limit" => answer(6, &[timed_out.len() as u64], timed_out),
        "completed" => answer(6, &[23], br#"{"outcome":"completed"}"#),
        "no-outcome" => answer(6, &[2], b"{}"),
        "hello-again" => answer(1, &[0], b""),
        "escape" => answer(7, &[8], b"\x1b[31mred"),
        _ => return ExitCode::from(2),
    }
    wait()
}

/// A head with these lengths and counts after its kind, and a body.
fn answer(kind: u64, numbers: &[u64], body: &[u8]) {
    let mut bytes: Vec<u8> = [&[kind][..], numbers].concat().into_iter().flat_map(u64::to_le_bytes).collect();
    bytes.resize(72, 0);
    bytes.extend([b'0'; 64]);
    bytes.extend(body);
    tell(&bytes);
}

fn tell(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    // Whoever listens may have heard enough.
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

/// A request, or as much of it as there is.
fn take() {
    let mut bytes = vec![0; 64 << 10];
    assert_ne!(std::io::stdin().read(&mut bytes).unwrap(), 0);
}

/// Until it is killed, or nobody is left to kill it.
fn wait() -> ExitCode {
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    ExitCode::SUCCESS
}

/// Locks itself down and then does what a worker must not be able to do. It should not come to say how that went.
fn attempt(what: &str, orders: &[OsString]) -> ExitCode {
    let lockdown = genesis_sandbox::lock_down(orders).unwrap();
    println!("{}", if lockdown.is_enough() { "locked" } else { "not locked" });
    let done = match what {
        "nothing" => true,
        "file" => std::fs::read("/etc/passwd").is_ok(),
        "folder" => std::fs::create_dir("/made").is_ok(),
        "socket" => std::net::UdpSocket::bind("127.0.0.1:0").is_ok(),
        "listen" => std::os::unix::net::UnixListener::bind("socket").is_ok(),
        "exec" => {
            let _ = Command::new("/bin/true").exec();
            false
        }
        "spawn" => Command::new("/bin/true").spawn().is_ok(),
        "thread" => std::thread::Builder::new().spawn(|| ()).is_ok(),
        "kill" => rustix::process::getppid()
            .is_some_and(|parent| rustix::process::test_kill_process(parent).is_ok()),
        "limits" => rustix::process::setrlimit(
            rustix::process::Resource::Nofile,
            rustix::process::Rlimit { current: Some(1), maximum: Some(1) },
        )
        .is_ok(),
        #[cfg(target_os = "linux")]
        "fork" => call(libc::SYS_clone, libc::SIGCHLD.into()),
        #[cfg(target_os = "linux")]
        "ptrace" => call(libc::SYS_ptrace, 0),
        #[cfg(target_os = "linux")]
        "uring" => call(libc::SYS_io_uring_setup, 1),
        #[cfg(target_os = "linux")]
        "bpf" => call(libc::SYS_bpf, 0),
        #[cfg(target_os = "linux")]
        "unshare" => call(libc::SYS_unshare, 0),
        #[cfg(target_os = "linux")]
        "signal" => call(libc::SYS_tgkill, 1),
        _ => return ExitCode::from(2),
    };
    println!("{}", if done { "done" } else { "refused" });
    ExitCode::SUCCESS
}

/// A call by its number, with one argument that is not 0.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "calls that no library makes for us")]
fn call(number: libc::c_long, argument: libc::c_long) -> bool {
    // SAFETY: none of the calls above reads or writes memory with these arguments.
    unsafe { libc::syscall(number, argument, 0, 0, 0, 0) >= 0 }
}
