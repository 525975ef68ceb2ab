//! What a worker that was taken over can do: nothing.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use genesis_sandbox::{Layer, available_lockdown};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::FdFlags;

use super::processes::{Watched, named};
use super::{PROGRAM, config, endless, load_with};
use crate::guests::busy;

/// Has a process lock itself down as a worker does and then try something.
fn attempt(what: &str) -> (Option<i32>, String) {
    let parent = std::process::id().to_string();
    let output = Command::new(PROGRAM)
        .args([&format!("attempt-{what}"), "escape", "small", "6442450944", "67108864", "60", &parent])
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    (output.status.signal(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn whoever_takes_a_worker_over_is_ended_at_the_first_attempt_to_get_out() {
    let lockdown = available_lockdown(&config("escape")).unwrap();
    assert!(lockdown.seccomp.is_on(), "{}", lockdown.missing());
    assert!(lockdown.is_enough(), "this system cannot show what it does not have: {}", lockdown.missing());
    assert_eq!(attempt("nothing"), (None, "locked\ndone\n".to_owned()));
    // The C library opens files for advice and does without, so that one is refused and ends nobody.
    assert_eq!(attempt("file"), (None, "locked\nrefused\n".to_owned()));
    for what in [
        "folder", "socket", "listen", "exec", "spawn", "thread", "kill", "limits", "fork", "ptrace", "uring",
        "bpf", "unshare", "signal",
    ] {
        assert_eq!(attempt(what), (Some(libc::SIGSYS), "locked\n".to_owned()), "{what}");
    }
}

#[test]
fn what_is_in_force_can_be_seen_from_outside() {
    let guest = load_with(&busy(), &config("outside")).unwrap();
    let lockdown = guest.lockdown().unwrap();
    let [pid] = named("serve", "outside")[..] else { panic!("one worker was started") };
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    let status = read("status");
    for line in ["Seccomp:\t2", "NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000"] {
        assert!(status.contains(line), "{line} in {status}");
    }
    let limits = read("limits");
    for (name, value) in [("Max processes", "0"), ("Max core file size", "0"), ("Max open files", "256")] {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        assert_eq!(line.split_whitespace().next(), Some(value), "{name}");
    }
    if let Layer::On(_) = lockdown.namespaces {
        let mounts = read("mountinfo");
        assert_eq!(mounts.lines().count(), 1, "{mounts}");
        assert!(mounts.contains(" / / ro,") && mounts.contains("tmpfs"), "{mounts}");
        let devices = read("net/dev");
        let names: Vec<&str> =
            devices.lines().filter_map(|line| Some(line.split_once(':')?.0.trim())).collect();
        assert_eq!(names, ["lo"]);
    }
}

#[test]
fn a_worker_inherits_no_open_file() {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    // Without the flag that closes it in a new program, as files of libraries in other languages may be.
    rustix::io::fcntl_setfd(&writer, FdFlags::empty()).unwrap();
    let guest = load_with(&busy(), &config("inherits")).unwrap();
    drop(writer);
    let most = Timespec { tv_sec: 20, tv_nsec: 0 };
    let mut closed = [PollFd::new(&reader, PollFlags::IN)];
    assert_eq!(rustix::event::poll(&mut closed, Some(&most)).unwrap(), 1, "somebody still has the other end");
    assert_eq!(rustix::io::read(&reader, &mut [0; 1]).unwrap(), 0);
    assert_eq!(named("serve", "inherits").len(), 1, "and that while the worker is there");
    drop(guest);
}

#[test]
fn a_worker_does_not_outlive_the_process_that_started_it() {
    let mut host = Command::new(PROGRAM)
        .args(["host", "orphan"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    host.stdin.take().unwrap().write_all(&endless().0).unwrap();
    let mut line = String::new();
    BufReader::new(host.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "loaded\n");
    let workers: Vec<Watched> = named("serve", "orphan").into_iter().map(Watched::new).collect();
    assert_eq!(workers.len(), 1);
    host.kill().unwrap();
    host.wait().unwrap();
    workers.iter().for_each(Watched::ended);
}
