//! Policies from disk.

use std::path::Path;

use genesis_experiment::UserGuest;
use genesis_policy::{Guest, Policy};

use crate::exit::Failure;
use crate::host;
use crate::lock::Lock;

/// Most bytes of a policy file.
const MOST_BYTES: u64 = 1 << 20;

/// Loads a policy by name or file. The digests of its guests are its own, or pinned in genesis.lock.
pub(crate) fn load(name: &str) -> Result<Policy, Failure> {
    let lock = Lock::open()?;
    let pinned = |path: &str| lock.as_ref()?.digest(Path::new(path)).cloned();
    Ok(Policy::load_pinned(name, &read, host::today(), &pinned)?)
}

/// Reads a policy file.
pub(crate) fn read(path: &str) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    if metadata.len() > MOST_BYTES {
        return Err(format!("it has {} bytes, more than {MOST_BYTES}", metadata.len()));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The modules that a policy's checks name.
pub(crate) fn guests(policy: &Policy) -> Result<Vec<UserGuest>, Failure> {
    let lock = Lock::open()?;
    let mut guests = Vec::new();
    for check in policy.checks() {
        if let Guest::File { written, path } = &check.guest {
            let wasm = module(Path::new(path), policy).map_err(|failure| {
                failure.with_help(format!("check `{}` of the policy names {written}", check.name))
            })?;
            if let Some(lock) = &lock {
                lock.verify(Path::new(path), &wasm)?;
            }
            guests.push(UserGuest { name: check.name.clone(), wasm, required: check.required });
        }
    }
    Ok(guests)
}

/// Reads a module; one that is far larger than the policy allows is not read at all.
pub(crate) fn module(path: &Path, policy: &Policy) -> Result<Vec<u8>, Failure> {
    let metadata = std::fs::metadata(path)
        .map_err(|error| Failure::usage(format!("the guest {} cannot be read: {error}", path.display())))?;
    if !metadata.is_file() {
        return Err(Failure::usage(format!("the guest {} is not a file", path.display())));
    }
    let most = policy.module_limits().module_bytes;
    if metadata.len() > most {
        return Err(Failure::usage(format!(
            "the guest {} has {} bytes, the policy allows {most} (key `module_bytes` in [module])",
            path.display(),
            metadata.len()
        )));
    }
    std::fs::read(path)
        .map_err(|error| Failure::usage(format!("the guest {} cannot be read: {error}", path.display())))
}
