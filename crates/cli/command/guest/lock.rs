//! `genesis guest lock`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use genesis_domain::Digest;
use genesis_policy::{Guest, Policy};

use crate::args::{Global, GuestLock};
use crate::command::print;
use crate::config::{self, Config};
use crate::exit::{Exit, Failure};
use crate::lock::Lock;
use crate::{host, policies};

/// Pins guests by digest.
pub(super) fn run(args: &GuestLock, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let mut lock = Lock::open()?.ok_or_else(|| {
        Failure::usage(format!("there is no {} here or above, beside which guests are pinned", config::FILE))
            .with_help("`genesis init` writes one")
    })?;
    let name = args.policy.as_deref().unwrap_or(&config.policy.value);
    let policy = Policy::load_pinned(name, &policies::read, host::today(), &|_| Some(unpinned()))?;

    let mut gone = Vec::new();
    let mut wanted: Vec<(String, PathBuf)> = Vec::new();
    if args.files.is_empty() {
        let folder = lock.path().parent().map_or_else(PathBuf::new, Path::to_owned);
        for (key, _) in lock.pins.pins() {
            let path = folder.join(key);
            if path.exists() { wanted.push((key.to_owned(), path)) } else { gone.push(key.to_owned()) }
        }
        for path in paths(&policy) {
            wanted.push((lock.key(&path)?, path));
        }
    } else {
        for path in &args.files {
            wanted.push((lock.key(path)?, path.clone()));
        }
    }
    wanted.sort();
    wanted.dedup_by(|a, b| a.0 == b.0);
    if wanted.is_empty() && gone.is_empty() {
        return Err(Failure::nothing("there is no guest to pin").with_help(
            "name files, or give the policy a [[check]] with the path of a guest and without a digest",
        ));
    }

    let mut text = String::new();
    let mut changed = false;
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to a string cannot fail");
    for (key, path) in wanted {
        let digest = Digest::of(&policies::module(&path, &policy)?);
        match lock.pins.pin(&key, digest.clone()) {
            Some(old) if old == digest => line(format!("same     {key}  {digest}")),
            Some(old) => {
                changed = true;
                line(format!("changed  {key}  {digest}\n         it was {old}"));
            }
            None => {
                changed = true;
                line(format!("pinned   {key}  {digest}"));
            }
        }
    }
    for key in gone {
        changed = true;
        lock.pins.unpin(&key);
        line(format!("removed  {key}, the file is gone"));
    }
    if args.check {
        print(&text)?;
        if changed {
            return Err(Failure::findings(format!("{} is out of date", lock.path().display()))
                .with_help("`genesis guest lock` brings it up to date"));
        }
        return Ok(Exit::Success);
    }
    if changed {
        lock.save()?;
    }
    print(&text)?;
    Ok(Exit::Success)
}

/// Files that the policy's checks name and do not pin themselves. A digest that the policy says is the policy's to keep.
fn paths(policy: &Policy) -> BTreeSet<PathBuf> {
    let unpinned = unpinned();
    policy
        .checks()
        .iter()
        .filter(|check| check.digest.as_ref() == Some(&unpinned))
        .filter_map(|check| match &check.guest {
            Guest::File { path, .. } => Some(PathBuf::from(path)),
            Guest::BuiltIn(_) => None,
        })
        .collect()
}

/// Stands for the digest of a guest that the policy leaves to the lock file; no module is empty.
fn unpinned() -> Digest {
    Digest::of(b"")
}
