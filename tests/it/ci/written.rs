//! What `init --ci` writes is what it says, and holds what it promises.

use std::process::Command;

use super::{Repo, bad, good, named};
use crate::support::project;

/// Files that a CI of GitHub's takes from this repository.
fn ours() -> Vec<(String, String)> {
    [".github/workflows/genesis.yml", "action.yml", "crates/cli/scaffold/ci/github.yml"]
        .map(|path| (path.to_owned(), std::fs::read_to_string(project(path)).unwrap()))
        .to_vec()
}

/// Lines that are no comment.
fn said(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn workflows_keep_what_a_pull_request_brings_from_everything_that_it_could_use() {
    for (path, text) in ours() {
        let text = said(&text);
        assert!(!text.contains("pull_request_target"), "{path}");
        assert!(!text.contains("secrets."), "{path}");
        assert!(!text.contains("actions/cache"), "{path}: a pull request can write caches of its own");
        // An expression in a script is text of a pull request in a shell.
        let mut script = None;
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            if let Some(at) = script
                && (line.trim().is_empty() || indent > at)
            {
                assert!(!line.contains("${{"), "{path}: {line}");
                continue;
            }
            let is_script = line.trim_start().trim_start_matches("- ").starts_with("run:");
            assert!(!is_script || !line.contains("${{"), "{path}: {line}");
            script = is_script.then_some(indent);
        }
        if path != "action.yml" {
            assert!(text.contains("\non: pull_request\n"), "{path}");
            assert!(text.contains("\npermissions:\n  contents: read\n"), "{path}");
            assert!(!text.contains("write"), "{path}");
            assert_eq!(text.matches("permissions:").count(), 1, "{path}");
            let checkouts = text.matches("actions/checkout").count();
            assert_eq!(text.matches("persist-credentials: false").count(), checkouts, "{path}");
            assert!(text.contains("base: ${{ github.event.pull_request.base.sha }}"), "{path}");
        }
    }
}

#[test]
fn what_is_written_names_where_genesis_comes_from_and_overwrites_nothing() {
    let repo = Repo::new();
    for (host, from, file) in [
        ("github", "owner/genesis@v1.2.3", ".github/workflows/genesis.yml"),
        ("gitlab", "https://example.org/genesis.git@v1.2.3", ".gitlab-ci.yml"),
    ] {
        let args = ["init", "--ci", host];
        assert_eq!(repo.genesis(&args).code, Some(2), "a source must be named");
        let ran = repo.genesis(&[&args[..], &["--from", from]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let text = std::fs::read_to_string(repo.path().join(file)).unwrap();
        assert!(text.contains("v1.2.3"), "{text}");
        for left in ["@FROM@", "@STEPS@", "@PATHS@", "@ADDRESS@", "@REVISION@"] {
            assert!(!text.contains(left), "{left}: {text}");
        }
        repo.write(file, "mine");
        assert_eq!(repo.genesis(&[&args[..], &["--from", from]].concat()).code, Some(0));
        assert_eq!(std::fs::read_to_string(repo.path().join(file)).unwrap(), "mine");
    }
    assert!(!repo.path().join("genesis.toml").exists());
}

/// The script of the action's second step, run as GitHub runs it.
#[test]
fn the_script_of_the_action_judges() {
    let action = std::fs::read_to_string(project("action.yml")).unwrap();
    let script = action.split("    - name: judge\n").nth(1).unwrap().split("      run: |\n").nth(1).unwrap();
    let script: String =
        script.lines().flat_map(|line| [line.trim_start_matches("        "), "\n"]).collect();
    let repo = Repo::with_two();
    let base = repo.git(&["rev-parse", "HEAD"]);
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.commit("good");
    let source = tempfile::tempdir().unwrap();
    let program = source.path().join("target/release");
    std::fs::create_dir_all(&program).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_genesis"), program.join("genesis")).unwrap();
    let run = |paths: &str| {
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(source.path());
        repo.quiet(&mut command);
        command
            .env("SOURCE", source.path())
            .env("FOLDER", repo.path())
            .env("BASE", &base)
            .env("HEAD", "HEAD");
        command.env("PATHS", paths).env("CHECK_COST", "false").env("GENESIS_ACCEPT_GATE", "");
        command.env_remove("GITHUB_STEP_SUMMARY");
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run("").0, Some(0), "{:?}", run(""));
    assert!(run("templates/two.json\nelsewhere\n").1.contains("0 of"), "{:?}", run("templates/two.json"));
    repo.template("templates/two.json", &bad(&named("two", "1.0.0")));
    repo.commit("bad");
    assert_eq!(run("").0, Some(1), "{:?}", run(""));
}
