//! The hooks of a clone and of a server, started by the real git.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Repo, bad, good, named};
use crate::support::{Bench, Ran};

/// A bare repository with the server's hook, and a clone's remote `server` that leads to it.
fn server(of: &Repo) -> Repo {
    let server = Repo { bench: Bench::new(), verdicts: tempfile::tempdir().unwrap() };
    server.git(&["init", "--quiet", "--bare", "--initial-branch=main"]);
    of.git(&["remote", "add", "server", server.path().to_str().unwrap()]);
    server
}

fn with_hook(server: &Repo) {
    let ran = server.genesis(&["init", "--ci", "pre-receive", "."]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let mode = std::fs::metadata(server.path().join("hooks/pre-receive")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

fn push(repo: &Repo, refs: &[&str]) -> Ran {
    repo.try_git(&[&["push", "server"], refs].concat())
}

fn tip(of: &Repo, branch: &str) -> Option<String> {
    let ran = of.try_git(&["rev-parse", "--verify", "--quiet", branch]);
    (ran.code == Some(0)).then(|| ran.stdout.trim().to_owned())
}

#[test]
fn a_server_refuses_a_bad_push_and_takes_a_good_one() {
    let repo = Repo::with_two();
    let server = server(&repo);
    with_hook(&server);
    // The first push of all: everything is new, and is judged.
    let ran = push(&repo, &["main"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("2 of 2 templates touched"), "{ran:?}");
    let before = tip(&server, "main").unwrap();

    repo.template("templates/one.json", &bad(&named("one", "1.0.0")));
    repo.commit("bad");
    let ran = push(&repo, &["main"]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("pre-receive hook declined") && ran.stderr.contains("ROLLBACK"), "{ran:?}");
    assert_eq!(tip(&server, "main").as_ref(), Some(&before));
    // On a new branch it is as bad; what is good there does not save it.
    repo.git(&["checkout", "--quiet", "-b", "other"]);
    repo.template("templates/two.json", &good(&named("two", "1.0.0")));
    repo.commit("good, on top of it");
    assert_ne!(push(&repo, &["other"]).code, Some(0));
    assert_eq!(tip(&server, "other"), None);

    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.commit("mended");
    let ran = push(&repo, &["other", "other:main"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tip(&server, "main"), tip(&repo, "other"));
    // Tags and deletions bring no template.
    repo.git(&["tag", "v1"]);
    assert_eq!(push(&repo, &["v1"]).code, Some(0));
    assert_eq!(push(&repo, &["--delete", "other"]).code, Some(0));
}

#[test]
fn a_push_cannot_loosen_the_servers_gate() {
    let repo = Repo::with_two();
    repo.write("genesis.toml", "policy = \"default\"\n");
    repo.commit("a gate");
    let server = server(&repo);
    // The server had it before it had the hook.
    assert_eq!(push(&repo, &["main"]).code, Some(0));
    with_hook(&server);
    repo.template("templates/one.json", &bad(&named("one", "1.0.0")));
    repo.write("genesis.toml", "policy = \"legacy\"\n");
    repo.commit("looser, and bad");
    let ran = push(&repo, &["main"]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("G0301") && ran.stderr.contains("ROLLBACK"), "{ran:?}");
    // Not in two steps either, nor through a branch of its own, nor by what the one who pushes sets.
    repo.git(&["checkout", "--quiet", "-b", "aside", "main~1"]);
    repo.write("genesis.toml", "policy = \"legacy\"\n");
    repo.commit("only looser");
    let ran = push(&repo, &["aside"]);
    assert_ne!(ran.code, Some(0));
    let digest = ran.stderr.split("--accept-gate ").nth(1).unwrap();
    let digest: String = digest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == ':').collect();
    let mut command = repo.git_command();
    command.args(["push", "server", "aside"]).env("GENESIS_ACCEPT_GATE", &digest);
    assert!(!command.output().unwrap().status.success());
    assert_eq!(tip(&server, "aside"), None);
    // The server's own configuration accepts it.
    server.git(&["config", "--add", "genesis.acceptGate", &digest]);
    let ran = push(&repo, &["aside"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_servers_hook_may_take_its_policy_from_one_branch() {
    let repo = Repo::with_two();
    let server = server(&repo);
    assert_eq!(push(&repo, &["main"]).code, Some(0));
    repo.git(&["checkout", "--quiet", "-b", "lax"]);
    repo.write("genesis.toml", "policy = \"legacy\"\n");
    repo.commit("lax from before the hook");
    assert_eq!(push(&repo, &["lax"]).code, Some(0));
    with_hook(&server);
    server.git(&["config", "genesis.policyFrom", "refs/heads/main"]);
    let mut undocumented = named("one", "1.0.0");
    undocumented["spec_version"] = "nonsense".into();
    repo.template("templates/one.json", &undocumented);
    repo.commit("what only a lax policy takes");
    let ran = push(&repo, &["lax"]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    server.git(&["config", "--unset", "genesis.policyFrom"]);
    let ran = push(&repo, &["lax"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_hook_of_a_clone_refuses_a_bad_commit() {
    let repo = Repo::new();
    let ran = repo.genesis(&["init", "--ci", "pre-commit"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(Path::new(&repo.path().join(".pre-commit-config.yaml")).is_file());
    // The first commit has nothing to be compared with.
    repo.template("templates/one.json", &named("one", "1.0.0"));
    repo.git(&["add", "templates"]);
    let ran = repo.try_git(&["commit", "--quiet", "-m", "first"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    repo.template("templates/one.json", &bad(&named("one", "1.0.0")));
    let ran = repo.try_git(&["commit", "--quiet", "--all", "-m", "bad"]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "1");
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    let ran = repo.try_git(&["commit", "--quiet", "--all", "-m", "good"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    repo.write("README.md", "no template");
    repo.git(&["add", "README.md"]);
    assert_eq!(repo.try_git(&["commit", "--quiet", "-m", "nothing to judge"]).code, Some(0));
}
