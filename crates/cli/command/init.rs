//! `genesis init`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::args::{CiHost, Init};
use crate::command::print;
use crate::exit::{Exit, Failure};
use crate::git::Repository;

/// What is written: path, content.
const FILES: [(&str, &str); 2] = [
    (
        crate::config::FILE,
        "# Configuration of genesis; every key is optional. `genesis config show` tells what holds and why.\n\
         \n\
         # Policy by name (default, strict, legacy) or file.\n\
         policy = \"default\"\n\
         \n\
         # Folder for history, ledger and caches, relative to this file.\n\
         state = \".genesis\"\n\
         \n\
         # Whether an experiment is on the disk before its verdict is told.\n\
         durable = true\n",
    ),
    ("templates/python-service.json", include_str!("../../../examples/python-service/1.0.0.json")),
];

const GITHUB: &str = include_str!("../scaffold/ci/github.yml");
const GITLAB: &str = include_str!("../scaffold/ci/gitlab.yml");
const PRE_COMMIT: &str = include_str!("../scaffold/ci/pre-commit");
const PRE_COMMIT_CONFIG: &str = include_str!("../scaffold/ci/pre-commit-config.yaml");
const PRE_RECEIVE: &str = include_str!("../scaffold/ci/pre-receive");

/// Modes of files that are written.
const TEXT: u32 = 0o644;
const PROGRAM: u32 = 0o755;

/// Writes a configuration and a template to start from, or what a CI needs; nothing that exists is overwritten.
pub(crate) fn run(args: &Init) -> Result<Exit, Failure> {
    let Some(host) = args.ci else {
        for (name, content) in FILES {
            write_told(&args.folder.join(name), content, TEXT)?;
        }
        print("next: genesis run-experiment templates/python-service.json\n")?;
        return Ok(Exit::Success);
    };
    let folder = &args.folder;
    match host {
        CiHost::Github => {
            let from = source(args, host)?;
            let text = github(&from);
            write_told(&folder.join(".github/workflows/genesis.yml"), &text, TEXT)?;
            print("next: require the workflow in a ruleset, and a review of .github/ in CODEOWNERS\n")?;
        }
        CiHost::Gitlab => {
            let from = source(args, host)?;
            write_told(&folder.join(".gitlab-ci.yml"), &gitlab(&from), TEXT)?;
            print("next: let CODEOWNERS ask for a review of .gitlab-ci.yml\n")?;
        }
        CiHost::PreCommit => {
            let hooks = hooks(folder)?;
            write_told(&folder.join(".pre-commit-config.yaml"), PRE_COMMIT_CONFIG, TEXT)?;
            write_told(&hooks.join("pre-commit"), PRE_COMMIT, PROGRAM)?;
            print(
                "next: git commit; with the program pre-commit, `pre-commit install` instead of the hook\n",
            )?;
        }
        CiHost::PreReceive => {
            write_told(&hooks(folder)?.join("pre-receive"), &pre_receive()?, PROGRAM)?;
            print("next: push a template\n")?;
        }
    }
    Ok(Exit::Success)
}

/// Where genesis is built from.
struct Source {
    /// `owner/repository` on GitHub, or an address.
    repository: String,
    revision: String,
}

fn source(args: &Init, host: CiHost) -> Result<Source, Failure> {
    let missing = || {
        Failure::usage("--from names the repository and revision that genesis is built from")
            .with_help("such as --from OWNER/REPO@v1.0.0: a release, never a branch that a change can move")
    };
    let given = args.from.as_deref().ok_or_else(missing)?;
    let (repository, revision) = given.rsplit_once('@').ok_or_else(missing)?;
    // It lands in YAML and in a shell's words.
    let plain = |text: &str, besides: &str| {
        !text.is_empty()
            && !text.starts_with('-')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || besides.contains(c))
    };
    let is_known = match host {
        CiHost::Github => repository.split('/').count() == 2 && plain(repository, "-_./"),
        _ => plain(repository, "-_./:"),
    };
    if !is_known || !plain(revision, "-_./") {
        return Err(Failure::usage(format!("--from: `{given}` names no repository and revision")));
    }
    Ok(Source { repository: repository.to_owned(), revision: revision.to_owned() })
}

fn github(from: &Source) -> String {
    let Source { repository, revision } = from;
    GITHUB
        .replace("@FROM@", &format!("{repository} at {revision}"))
        .replace("@STEPS@", &format!("      - uses: {repository}@{revision}\n"))
        .replace("@PATHS@", "")
}

fn gitlab(from: &Source) -> String {
    let Source { repository, revision } = from;
    let is_address = repository.contains(':') || repository.starts_with('/');
    let address =
        if is_address { repository.clone() } else { format!("https://github.com/{repository}.git") };
    GITLAB
        .replace("@FROM@", &format!("{repository} at {revision}"))
        .replace("@ADDRESS@", &address)
        .replace("@REVISION@", revision)
}

/// The hook with this program in it: a server's hooks have another PATH than whoever sets them up.
fn pre_receive() -> Result<String, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::infrastructure(format!("this program's own path is not known: {error}")))?;
    let program = program.to_str().ok_or_else(|| Failure::usage("this program's path is not UTF-8"))?;
    Ok(PRE_RECEIVE.replace("@GENESIS@", &format!("'{}'", program.replace('\'', "'\\''"))))
}

/// The folder of a repository's hooks.
fn hooks(folder: &Path) -> Result<PathBuf, Failure> {
    Repository::find(folder)?.hooks()
}

fn write_told(path: &Path, content: &str, mode: u32) -> Result<(), Failure> {
    if write_new(path, content, mode)? {
        print(&format!("wrote {}\n", path.display()))
    } else {
        print(&format!("left  {} as it is\n", path.display()))
    }
}

/// Whether the file was written: one that is there already is not.
fn write_new(path: &Path, content: &str, mode: u32) -> Result<bool, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let failed = |error: std::io::Error| Failure::infrastructure(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(mode).open(path) {
        Ok(mut file) => file.write_all(content.as_bytes()).map(|()| true).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_uses_the_workflow_that_is_written_for_others() {
        let own = include_str!("../../../.github/workflows/genesis.yml");
        let judge = "      # The base's own genesis, beside the change.\n      - uses: actions/checkout@v4\n        with:\n          \
                     ref: ${{ github.event.pull_request.base.sha }}\n          path: judge\n          \
                     persist-credentials: false\n      - uses: ./judge\n";
        let expected =
            GITHUB.replace("@FROM@", "the base").replace("@STEPS@", judge).replace("@PATHS@", "examples");
        assert_eq!(own, expected);
    }

    #[test]
    fn a_source_that_would_be_more_than_a_name_is_refused() {
        let init = |from: &str, host| {
            let args = Init { folder: ".".into(), ci: Some(host), from: Some(from.to_owned()) };
            source(&args, host).is_ok()
        };
        assert!(init("owner/genesis@v1.2.3", CiHost::Github));
        assert!(init("https://example.org/a/genesis.git@0123abc", CiHost::Gitlab));
        for from in
            ["owner/genesis", "owner@v1", "owner/genesis@", "o/g@v1\n", "o/g@$(x)", "o/g@-x", "-o/g@v1"]
        {
            assert!(!init(from, CiHost::Github), "{from:?}");
        }
    }
}
