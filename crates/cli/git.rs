//! The user's own repository, read through the `git` program.
//!
//! The program rather than a library: a hook runs in a quarantine of objects that only its environment names, a clone may
//! be shallow, partial, a worktree or share objects with another one, and what git makes of all that is by definition
//! right. It only reads, and runs nothing that the repository configures: no hooks, no file watcher, no filters, no text
//! conversions, and objects are those that their names say, without replacements.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::exit::Failure;

/// Arguments that each call begins with.
const ALWAYS: [&str; 9] = [
    "--no-pager",
    "--no-replace-objects",
    "--no-optional-locks",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.quotePath=false",
];
/// Most bytes that git may say of a listing.
const MOST_LISTED_BYTES: u64 = 512 << 20;

/// A repository.
pub(crate) struct Repository {
    /// Where git is called.
    folder: PathBuf,
    /// The folder of files; none in a bare repository.
    top: Option<PathBuf>,
    /// Where the program was started, below the top, with `/` at its end; empty at the top.
    prefix: String,
    objects: Mutex<Option<Objects>>,
}

/// A commit or tree of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    /// As the user named it.
    pub(crate) named: String,
    /// The object's name.
    pub(crate) id: String,
    /// Whether it is a commit; else a tree, which has no history.
    pub(crate) is_commit: bool,
}

impl Revision {
    /// For people: the name, and the id when the name does not say it.
    pub(crate) fn shown(&self) -> String {
        let short = self.id.get(..12).unwrap_or(&self.id);
        if self.id.starts_with(&self.named) { short.to_owned() } else { format!("{} ({short})", self.named) }
    }
}

/// What stands at a path of a tree or index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// File, link or submodule.
    pub(crate) kind: ListedKind,
    /// The object's name.
    pub(crate) id: String,
    /// The path from the top, with `/`.
    pub(crate) path: String,
}

/// What kind of thing stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListedKind {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// Another repository.
    Submodule,
    /// Something whose path is not UTF-8; what is no text of it is shown as such.
    NotUtf8,
}

/// What came of asking for an object's bytes.
pub(crate) enum Blob {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It has more bytes than were asked for.
    TooLarge(u64),
    /// The repository does not have it.
    Missing,
}

impl Repository {
    /// The repository that a folder lies in.
    pub(crate) fn find(folder: &Path) -> Result<Self, Failure> {
        let asked = call(folder, &["rev-parse", "--is-bare-repository"])?;
        let bare = match asked.stdout.as_deref() {
            Ok("true\n") => true,
            Ok(_) => false,
            Err(why) => {
                return Err(Failure::usage(format!("{} lies in no git repository: {why}", folder.display()))
                    .with_help(
                        "`genesis ci` compares revisions of a repository; `genesis check` needs none",
                    ));
            }
        };
        // A bare repository, and the folder `.git` of one that is not, have no files beside them.
        let top = call(folder, &["rev-parse", "--show-toplevel"])?.stdout.ok().filter(|_| !bare);
        let top = top.map(|top| PathBuf::from(top.trim_end_matches('\n')));
        let prefix = match &top {
            Some(_) => told(folder, &["rev-parse", "--show-prefix"])?.trim_end_matches('\n').to_owned(),
            None => String::new(),
        };
        Ok(Self { folder: folder.to_owned(), top, prefix, objects: Mutex::default() })
    }

    /// The folder of files; none in a bare repository.
    pub(crate) fn top(&self) -> Option<&Path> {
        self.top.as_deref()
    }

    /// Where the program was started, below the top, with `/` at its end; empty at the top.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The folder of its own hooks, whatever it is configured to use.
    pub(crate) fn hooks(&self) -> Result<PathBuf, Failure> {
        let folder = told(&self.folder, &["rev-parse", "--git-common-dir"])?;
        let folder = self.folder.join(folder.trim_end_matches('\n')).join("hooks");
        // A bare repository calls its own folder `.`.
        Ok(folder.components().collect())
    }

    /// Whether history is cut off.
    pub(crate) fn is_shallow(&self) -> Result<bool, Failure> {
        Ok(told(&self.folder, &["rev-parse", "--is-shallow-repository"])?.trim() == "true")
    }

    /// The branch that is checked out; none when the head is detached.
    pub(crate) fn branch(&self) -> Result<Option<String>, Failure> {
        let asked = call(&self.folder, &["symbolic-ref", "--quiet", "--short", "HEAD"])?;
        Ok(asked.stdout.ok().map(|name| name.trim_end().to_owned()))
    }

    /// The commit or tree that a name leads to.
    pub(crate) fn revision(&self, named: &str) -> Result<Option<Revision>, Failure> {
        for (kind, is_commit) in [("commit", true), ("tree", false)] {
            let asked = format!("{named}^{{{kind}}}");
            let asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", &asked];
            if let Ok(id) = call(&self.folder, &asked)?.stdout {
                let id = id.trim().to_owned();
                return Ok(Some(Revision { named: named.to_owned(), id, is_commit }));
            }
        }
        Ok(None)
    }

    /// The commit that two revisions have grown from; none when they have none, or history is cut off before it.
    pub(crate) fn fork_point(&self, one: &Revision, other: &Revision) -> Result<Option<Revision>, Failure> {
        if !one.is_commit || !other.is_commit {
            return Ok(None);
        }
        let asked = call(&self.folder, &["merge-base", &one.id, &other.id])?;
        Ok(asked.stdout.ok().and_then(|ids| ids.lines().next().map(str::to_owned)).map(|id| Revision {
            named: id.clone(),
            id,
            is_commit: true,
        }))
    }

    /// The tree that has nothing in it.
    pub(crate) fn nothing(&self) -> Result<Revision, Failure> {
        let id = told(&self.folder, &["hash-object", "-t", "tree", "--stdin"])?.trim().to_owned();
        Ok(Revision { named: "nothing".to_owned(), id, is_commit: false })
    }

    /// How many commits a commit was made of.
    pub(crate) fn parents(&self, revision: &Revision) -> Result<usize, Failure> {
        if !revision.is_commit {
            return Ok(0);
        }
        let said = told(&self.folder, &["rev-list", "--parents", "--max-count=1", &revision.id, "--"])?;
        Ok(said.split_whitespace().count().saturating_sub(1))
    }

    /// Everything in a tree, by path.
    pub(crate) fn tree(&self, revision: &Revision) -> Result<Vec<Listed>, Failure> {
        let listed = listing(&self.folder, &["ls-tree", "-r", "-z", "--full-tree", &revision.id])?;
        // <mode> <kind> <id>\t<path>
        parsed(&listed, |head| Some((head.next()?, (head.next()?, head.next()?).1)))
    }

    /// Everything in the index, by path. A path in conflict stands there several times; its first stage counts.
    pub(crate) fn index(&self) -> Result<Vec<Listed>, Failure> {
        let listed = listing(self.files()?, &["ls-files", "-z", "--stage"])?;
        // <mode> <id> <stage>\t<path>
        let mut entries = parsed(&listed, |head| Some((head.next()?, head.next()?)))?;
        entries.dedup_by(|next, kept| next.path == kept.path);
        Ok(entries)
    }

    /// Paths of the folder of files that differ from the index by time or size, are gone, or are new and not ignored.
    pub(crate) fn dirty(&self) -> Result<Vec<String>, Failure> {
        let folder = self.files()?;
        let changed = ["diff-files", "--name-only", "-z", "--no-ext-diff", "--ignore-submodules=all"];
        let changed = listing(folder, &changed)?;
        let new = listing(folder, &["ls-files", "-z", "--others", "--exclude-standard"])?;
        let mut paths = Vec::new();
        for bytes in changed.split(|&byte| byte == 0).chain(new.split(|&byte| byte == 0)) {
            if let Some(path) = std::str::from_utf8(bytes).ok().filter(|path| !path.is_empty()) {
                paths.push(path.to_owned());
            }
        }
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// The lines that differ between two revisions, as git shows them without context.
    pub(crate) fn changed_lines(&self, from: &Revision, to: &Revision) -> Result<String, Failure> {
        let asked =
            ["diff-tree", "-r", "-p", "-U0", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"];
        let bytes = listing(&self.folder, &[asked.as_slice(), &[&from.id, &to.id]].concat())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A value of the repository's configuration.
    pub(crate) fn configured(&self, key: &str) -> Result<Vec<String>, Failure> {
        let asked = call(&self.folder, &["config", "--get-all", key])?;
        Ok(asked.stdout.unwrap_or_default().lines().map(str::to_owned).collect())
    }

    /// An object's bytes, when it has at most `most`.
    pub(crate) fn blob(&self, id: &str, most: u64) -> Result<Blob, Failure> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match &mut *objects {
            Some(open) => open,
            closed => closed.insert(Objects::open(&self.folder)?),
        };
        open.blob(id, most)
            .map_err(|error| Failure::infrastructure(format!("git cat-file could not be asked: {error}")))
    }

    /// The folder of files, where index and files are asked for.
    fn files(&self) -> Result<&Path, Failure> {
        self.top().ok_or_else(|| {
            Failure::usage("this repository has no files beside it, only revisions")
                .with_help("name a revision with --head")
        })
    }
}

/// What git said; the error is its first line on standard error.
struct Said {
    stdout: Result<String, String>,
}

/// Calls git for one short answer.
fn call(folder: &Path, arguments: &[&str]) -> Result<Said, Failure> {
    let output = command(folder, arguments).output().map_err(|error| cannot_start(&error))?;
    let stdout = if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(first_line(&output.stderr))
    };
    Ok(Said { stdout })
}

/// The same, for an answer that git always has.
fn told(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
    call(folder, arguments)?
        .stdout
        .map_err(|why| Failure::infrastructure(format!("git {} failed: {why}", arguments[0])))
}

/// Calls git for an answer that may be long, as bytes.
fn listing(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let failed =
        |why: &dyn std::fmt::Display| Failure::infrastructure(format!("git {} failed: {why}", arguments[0]));
    let mut child = command(folder, arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| cannot_start(&error))?;
    let mut bytes = Vec::new();
    let stdout = child.stdout.take().expect("standard output is piped");
    let read = stdout.take(MOST_LISTED_BYTES + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > MOST_LISTED_BYTES {
        // It is of no use any more, and may be gone already.
        let _gone = child.kill();
        let _gone = child.wait();
        return Err(failed(&format!("it lists more than {MOST_LISTED_BYTES} bytes")));
    }
    let status = child.wait().map_err(|error| failed(&error))?;
    read.map_err(|error| failed(&error))?;
    if status.success() { Ok(bytes) } else { Err(failed(&status)) }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).args(ALWAYS).args(arguments);
    // What git is to find stands in its arguments; where objects lie, in a hook, stands in the environment.
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env_remove("GIT_EXTERNAL_DIFF");
    command.stdin(Stdio::null());
    command
}

fn cannot_start(error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::NotFound {
        Failure::usage("the program git is not there, and it is what reads a repository")
            .with_help("install git")
    } else {
        Failure::infrastructure(format!("git cannot be started: {error}"))
    }
}

fn first_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
    if line.is_empty() { "it did not say why".to_owned() } else { line.to_owned() }
}

/// Reads entries that end with NUL: words, a tab, the path.
fn parsed(
    listed: &[u8],
    words: for<'a> fn(&mut std::str::SplitAsciiWhitespace<'a>) -> Option<(&'a str, &'a str)>,
) -> Result<Vec<Listed>, Failure> {
    let mut entries = Vec::new();
    for bytes in listed.split(|&byte| byte == 0).filter(|bytes| !bytes.is_empty()) {
        let entry = String::from_utf8_lossy(bytes);
        let strange = || Failure::infrastructure(format!("git lists something else than a file: `{entry}`"));
        let (head, path) = entry.split_once('\t').ok_or_else(strange)?;
        let (mode, id) = words(&mut head.split_ascii_whitespace()).ok_or_else(strange)?;
        let kind = match mode {
            _ if std::str::from_utf8(bytes).is_err() => ListedKind::NotUtf8,
            "100644" | "100755" | "100664" => ListedKind::File,
            "120000" => ListedKind::Link,
            _ => ListedKind::Submodule,
        };
        entries.push(Listed { kind, id: id.to_owned(), path: path.to_owned() });
    }
    Ok(entries)
}

/// A running `git cat-file --batch`.
struct Objects {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Objects {
    fn open(folder: &Path) -> Result<Self, Failure> {
        let mut child = command(folder, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| cannot_start(&error))?;
        let questions = child.stdin.take().expect("standard input is piped");
        let answers = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Ok(Self { child, questions, answers })
    }

    fn blob(&mut self, id: &str, most: u64) -> std::io::Result<Blob> {
        let strange = |line: &str| std::io::Error::other(format!("it answered `{}`", line.trim_end()));
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(std::io::Error::other(format!("`{id}` is no object's name")));
        }
        writeln!(self.questions, "{id}")?;
        self.questions.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        // <id> <kind> <bytes>, or <id> missing
        let mut words = line.split_ascii_whitespace().skip(1);
        let bytes: u64 = match (words.next(), words.next().map(str::parse)) {
            (Some("missing"), None) => return Ok(Blob::Missing),
            (Some(_), Some(Ok(bytes))) => bytes,
            _ => return Err(strange(&line)),
        };
        let is_blob = line.split_ascii_whitespace().nth(1) == Some("blob");
        // The content and one line feed. What is too large is passed over without being kept.
        let blob = if bytes > most || !is_blob {
            std::io::copy(&mut (&mut self.answers).take(bytes), &mut std::io::sink())?;
            if is_blob { Blob::TooLarge(bytes) } else { Blob::Missing }
        } else {
            let mut content = Vec::new();
            (&mut self.answers).take(bytes).read_to_end(&mut content)?;
            if content.len() as u64 != bytes {
                return Err(strange("half an object"));
            }
            Blob::Bytes(content)
        };
        self.answers.read_exact(&mut [0])?;
        Ok(blob)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Nothing that it could still say is wanted.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
