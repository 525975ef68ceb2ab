//! What Linux has.

use std::fs;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr as _, RulesetStatus, Scope,
};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::process::{DumpableBehavior, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets, UnshareFlags};

pub(super) use super::seccomp::seccomp;

/// The newest Landlock that is asked for; of an older one everything that it has.
const LANDLOCK: ABI = ABI::V7;

/// Closes every file but standard input, output and error.
///
/// The standard library opens its files so that they are not passed on; libraries in other languages, and whatever
/// started the program, need not have.
#[expect(unsafe_code, reason = "closing files by their number, of whom nobody here knows")]
pub(super) fn close_inherited() {
    // SAFETY: nothing in this process owns a file above 2: it is the first thing that a worker does.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    if closed != 0 {
        // Before Linux 5.9. The numbers are read first, because reading them has one of its own.
        let Ok(entries) = fs::read_dir("/proc/self/fd") else { return };
        let numbers: Vec<i32> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        for number in numbers.into_iter().filter(|number| *number > 2) {
            // SAFETY: as above.
            unsafe { libc::close(number) };
        }
    }
}

/// Namespaces of its own, and an empty file system that cannot be written to.
///
/// There is no process namespace: it takes hold with the first child, and what it would keep a worker from, signals to
/// others and looking into them, are calls that seccomp has no room for.
pub(super) fn namespaces() -> Result<String, String> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    unshare(
        UnshareFlags::NEWUSER
            | UnshareFlags::NEWNS
            | UnshareFlags::NEWNET
            | UnshareFlags::NEWIPC
            | UnshareFlags::NEWUTS
            | UnshareFlags::NEWCGROUP,
    )
    .map_err(|error| format!("the system gives none: {error}"))?;
    for (file, text) in [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("{user} {user} 1")),
        ("/proc/self/gid_map", format!("{group} {group} 1")),
    ] {
        fs::write(file, text).map_err(|error| format!("the system gives them, but no users: {error}"))?;
    }
    empty_root().map_err(|error| format!("the system gives them, but no empty file system: {error}"))?;
    Ok("user, mount, network, IPC, host name, cgroup; an empty file system".to_owned())
}

#[expect(unsafe_code, reason = "rustix has no safe call for it")]
fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    // SAFETY: the table of files is not among the flags.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}

/// Puts an empty file system in the place of the one that is there, which is then out of reach.
fn empty_root() -> rustix::io::Result<()> {
    // Any folder that is there for certain; it was just written to.
    const PLACE: &str = "/proc";
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC | MountFlags::RDONLY;
    rustix::mount::mount("none", PLACE, "tmpfs", flags, c"size=4k,nr_inodes=2,mode=0555")?;
    rustix::process::chdir(PLACE)?;
    // The old root is put under the new one's own place, and taken away.
    if rustix::process::pivot_root(".", ".").is_ok() {
        rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    } else {
        // A system that runs from its first memory disk cannot change its root like this. Without a file of the old
        // one open, and without privileges, there is no way back either.
        rustix::process::chroot(".")?;
    }
    rustix::process::chdir("/")
}

/// Access to nothing: no rule allows anything.
pub(super) fn landlock() -> Result<String, String> {
    let made = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(|error| error.to_string())?;
    match (made.ruleset, made.landlock) {
        (
            RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced,
            LandlockStatus::Available { effective_abi, .. },
        ) => Ok(format!("ABI {}", effective_abi as i32)),
        (_, LandlockStatus::NotEnabled) => Err("the kernel has it, switched off".to_owned()),
        (_, LandlockStatus::NotImplemented) => Err("the kernel has none".to_owned()),
        (RulesetStatus::NotEnforced, LandlockStatus::Available { .. }) => {
            Err("the kernel did not take it".to_owned())
        }
    }
}

/// No privileges, and none to be gained; not to be traced or dumped; ends with the thread that started it.
///
/// After the namespaces, because a new user has all privileges within them, and because the system forgets whose end to
/// share when the user changes.
pub(super) fn privileges() -> Result<String, String> {
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, none).map_err(|error| format!("not given up: {error}"))?;
    rustix::thread::set_no_new_privs(true).map_err(|error| format!("they can be gained: {error}"))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| format!("it can be traced: {error}"))?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| format!("it may outlive its parent: {error}"))?;
    Ok("none, and none to be gained; not traceable; ends with its parent".to_owned())
}
