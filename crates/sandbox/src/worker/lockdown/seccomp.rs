//! The calls to the system that a worker may make. Any other ends it, but for opening a file, which fails.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

/// What the engine, the compiler and the libraries under them call to read, compile, run and answer. None of them reaches
/// beyond the process but for what is written to its pipe.
const CALLS: &[libc::c_long] = &[
    // The pipes.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    // Memory, also that which code is put into.
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    // Images of a guest's memory.
    libc::SYS_memfd_create,
    libc::SYS_fcntl,
    libc::SYS_close,
    // Threads: those that were made already have yet to begin, and wait for one another.
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_gettid,
    libc::SYS_getpid,
    // Code on other processors that has changed.
    libc::SYS_membarrier,
    // Traps.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // Seeds of hash tables, and clocks where the kernel does not lend them out.
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_restart_syscall,
    // The end.
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Calls that fail and do not end the worker. The C library's allocator, when it gives memory back that a thread had, asks a
/// file how it should, and goes on as well when there is none; what else opens a file for advice does the same.
const REFUSED: &[libc::c_long] = &[libc::SYS_openat];

/// Allows the calls above, and signals of the process to itself (that is how it aborts), to all threads.
pub(super) fn seccomp() -> Result<String, String> {
    for program in [refusing(), ending()] {
        let program = program.map_err(|error| error.to_string())?;
        seccompiler::apply_filter_all_threads(&program).map_err(|error| match error {
            seccompiler::Error::Seccomp(error) | seccompiler::Error::Prctl(error) => error.to_string(),
            other => other.to_string(),
        })?;
    }
    Ok(format!("{} calls, and no file can be opened", CALLS.len() + 1))
}

/// Of two programs that disagree the stricter is followed, so this one takes back what the other lets through.
fn refusing() -> Result<BpfProgram, seccompiler::BackendError> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let refused = SeccompAction::Errno(libc::EACCES.cast_unsigned());
    SeccompFilter::new(without_conditions(REFUSED), SeccompAction::Allow, refused, arch)?.try_into()
}

fn ending() -> Result<BpfProgram, seccompiler::BackendError> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let to_itself =
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, u64::from(std::process::id()))?;
    let mut rules = without_conditions(CALLS);
    rules.append(&mut without_conditions(REFUSED));
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![to_itself])?]);
    SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, arch)?.try_into()
}

fn without_conditions(calls: &[libc::c_long]) -> BTreeMap<i64, Vec<SeccompRule>> {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_stands_twice_and_none_reaches_out() {
        let mut calls = CALLS.to_vec();
        calls.sort_unstable();
        calls.dedup();
        assert_eq!(calls.len(), CALLS.len());
        for call in [
            libc::SYS_openat,
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_execve,
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_ptrace,
            libc::SYS_kill,
            libc::SYS_tkill,
            libc::SYS_ioctl,
            libc::SYS_prctl,
            libc::SYS_mount,
            libc::SYS_unshare,
            libc::SYS_io_uring_setup,
            libc::SYS_bpf,
            libc::SYS_process_vm_readv,
        ] {
            assert!(!CALLS.contains(&call), "{call}");
        }
    }

    #[test]
    fn the_calls_make_a_program() {
        assert!(ending().unwrap().len() > CALLS.len());
        assert!(refusing().unwrap().len() > REFUSED.len());
    }
}
