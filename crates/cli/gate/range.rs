//! From where to where a change goes.

use super::snapshot::Snapshot;
use crate::exit::Failure;
use crate::git::{Repository, Revision};
use crate::progress::note;

/// What a base is called when nobody names one, in order. In full, because a tag could have the short name.
const BASES: [&str; 3] =
    ["refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master"];
/// The word for the files as they lie there.
const FILES: &str = "worktree";
/// The word for what the next commit would have.
const INDEX: &str = "index";

/// A change: what it is to be merged into, where it left that, and what it leads to.
pub(crate) struct Range<'r> {
    /// What the change is to be merged into.
    pub(crate) base: Revision,
    /// Where the change branched off; the base itself when that is not known.
    pub(crate) fork: Revision,
    /// The head, when it is a revision.
    pub(crate) head: Option<Revision>,
    /// The files that the head has.
    pub(crate) files: Snapshot<'r>,
}

impl<'r> Range<'r> {
    /// Resolves what was asked for. `None` when the head is a branch that is being deleted.
    pub(crate) fn of(
        repository: &'r Repository,
        base: Option<&str>,
        head: &str,
    ) -> Result<Option<Self>, Failure> {
        if is_nothing(head) {
            return Ok(None);
        }
        let files = match head {
            FILES => Some(Snapshot::of_files(repository)?),
            INDEX => Some(Snapshot::of_index(repository)?),
            _ => None,
        };
        let (tip, files) = if let Some(files) = files {
            // What is not committed yet grows on the commit that is checked out, when there is one.
            (repository.revision("HEAD")?, files)
        } else {
            let revision = repository.revision(head)?.ok_or_else(|| missing("head", head))?;
            let files = Snapshot::of_revision(repository, &revision)?;
            (Some(revision), files)
        };
        let base = match base {
            Some(given) if is_nothing(given) => match repository.revision("HEAD")? {
                Some(head) => head,
                None => repository.nothing()?,
            },
            Some(given) => repository.revision(given)?.ok_or_else(|| missing("base", given))?,
            None => default_base(repository)?,
        };
        let fork = match &tip {
            Some(tip) => fork_point(repository, &base, tip)?,
            None => base.clone(),
        };
        let head = tip.filter(|_| ![FILES, INDEX].contains(&head));
        if let Some(head) = &head {
            describe(repository, head)?;
        }
        Ok(Some(Self { base, fork, head, files }))
    }
}

/// What a server's hook is given for a branch that is not there before or after.
fn is_nothing(named: &str) -> bool {
    named.len() >= 40 && named.bytes().all(|byte| byte == b'0')
}

fn default_base(repository: &Repository) -> Result<Revision, Failure> {
    for name in BASES {
        if let Some(revision) = repository.revision(name)? {
            note(&format!("note: the base is {}", revision.shown()));
            return Ok(revision);
        }
    }
    Err(Failure::usage(format!("no base was named, and there is none of {}", BASES.join(", ")))
        .with_help("name one with --base, such as the branch that the change is to be merged into"))
}

fn missing(what: &str, named: &str) -> Failure {
    Failure::usage(format!("the {what} `{named}` is not in this repository")).with_help(
        "a clone may lack it: `git fetch origin BRANCH` gets a branch, and in a workflow's checkout \
         `fetch-depth: 0` gets them all",
    )
}

fn fork_point(repository: &Repository, base: &Revision, tip: &Revision) -> Result<Revision, Failure> {
    if let Some(fork) = repository.fork_point(base, tip)? {
        return Ok(fork);
    }
    if base.is_commit && tip.is_commit {
        note(&if repository.is_shallow()? {
            format!(
                "note: the clone is shallow, and where the change branched off is cut off; it is compared with {} as it \
                 is now, so what changed there since is taken for part of the change",
                base.shown()
            )
        } else {
            format!(
                "note: {} and {} have no history in common; they are compared as they are",
                base.shown(),
                tip.shown()
            )
        });
    }
    Ok(base.clone())
}

fn describe(repository: &Repository, head: &Revision) -> Result<(), Failure> {
    if head.named == "HEAD" && repository.top().is_some() && repository.branch()?.is_none() {
        note(&format!("note: the head is detached, at {}", head.shown()));
    }
    let parents = repository.parents(head)?;
    if parents > 1 {
        note(&format!(
            "note: {} is a merge of {parents} commits; what the merge made is judged",
            head.shown()
        ));
    }
    Ok(())
}
