//! Processes, as the system tells of them.

use std::fs;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, Signal};

/// Processes of the workers' program that were started in this mode with this mark.
pub(super) fn named(mode: &str, mark: &str) -> Vec<i32> {
    let ours = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut arguments = line.split(|byte| *byte == 0).skip(1);
        arguments.next() == Some(mode.as_bytes()) && arguments.next() == Some(mark.as_bytes())
    };
    all().filter(ours).collect()
}

fn all() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Children of this process that have ended and that nobody waited for.
pub(super) fn unreaped() -> usize {
    let parent = format!("PPid:\t{}\n", std::process::id());
    let status = |pid| fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    all().map(status).filter(|status| status.contains(&parent) && status.contains("State:\tZ")).count()
}

pub(super) fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

pub(super) fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

pub(super) fn kill(pid: i32) {
    // It may have ended by itself.
    let _ = rustix::process::kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

/// A process whose end can be waited for, although it is nobody's child here.
pub(super) struct Watched(OwnedFd);

impl Watched {
    pub(super) fn new(pid: i32) -> Self {
        let pid = Pid::from_raw(pid).unwrap();
        Self(rustix::process::pidfd_open(pid, PidfdFlags::empty()).unwrap())
    }

    /// Waits for its end, which has to come.
    pub(super) fn ended(&self) {
        let most = Timespec { tv_sec: 20, tv_nsec: 0 };
        let ended = rustix::event::poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&most)).unwrap();
        assert_eq!(ended, 1, "the process is still there");
    }
}
