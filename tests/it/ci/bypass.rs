//! A change cannot loosen its own gate: each way to try it, tried.

use std::os::unix::fs::PermissionsExt as _;

use super::{Repo, bad, became, concerns, good, named};

const CHANGED: &str = "G0301";

/// A policy that lets everything merge that was measured at all.
const LOOSE: &str = "name = \"loose\"\nextends = \"default\"\n\
    [[rule]]\nname = \"anything\"\nverdict = \"merge\"\ntext = \"anything goes\"\nbefore = \"new-errors\"\n\
    when = [{ metric = \"checks_run\", op = \">\", value = 0 }]\n";
const FIRM: &str = "name = \"firm\"\nextends = \"default\"\n";

/// A repository that is judged by a policy of its own, and a branch with a bad change.
fn guarded() -> Repo {
    let repo = Repo::with_two();
    repo.write("genesis.toml", "policy = \"policies/firm.toml\"\n");
    repo.write("policies/firm.toml", FIRM);
    repo.commit("the gate");
    repo.branch("change");
    repo.template("templates/one.json", &bad(&named("one", "1.0.0")));
    repo.commit("bad");
    assert_eq!(repo.ci(&[]).0, 1);
    repo
}

/// The change is refused, by the template's own verdict and by a finding on each file.
fn refused(repo: &Repo, files: &[&str]) {
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(became(&report, "templates/one.json").1, Some("rollback"), "{report:#}");
    let told: Vec<String> = concerns(&report, CHANGED)
        .into_iter()
        .filter_map(|(severity, file)| (severity == "error").then_some(file))
        .collect();
    assert_eq!(told, files, "{report:#}");
}

#[test]
fn a_policy_that_the_change_loosens_does_not_judge_it() {
    let repo = guarded();
    repo.write("policies/firm.toml", LOOSE.replace("loose", "firm"));
    repo.commit("looser");
    refused(&repo, &["policies/firm.toml"]);
    // Once it is merged, it is what judges.
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("policies/firm.toml", LOOSE.replace("loose", "firm"));
    repo.commit("a person decided so");
    repo.git(&["checkout", "--quiet", "change"]);
    repo.git(&["merge", "--quiet", "--no-edit", "main"]);
    assert_eq!(repo.ci(&[]).0, 0);
}

#[test]
fn a_configuration_that_names_another_policy_does_not_count() {
    let repo = guarded();
    repo.write("genesis.toml", "policy = \"legacy\"\nthreads = 1\n");
    repo.commit("another policy");
    refused(&repo, &["genesis.toml"]);
    repo.write("genesis.toml", "policy = \"policies/loose.toml\"\n");
    repo.write("policies/loose.toml", LOOSE);
    repo.write("templates/genesis.toml", "policy = \"legacy\"\n");
    repo.commit("one of its own, and a nearer one");
    refused(&repo, &["genesis.toml", "templates/genesis.toml"]);
    repo.write("genesis.toml", "policy = 1");
    repo.commit("a configuration that cannot even be read");
    refused(&repo, &["genesis.toml", "templates/genesis.toml"]);
}

#[test]
fn what_a_policy_draws_in_is_the_bases_too() {
    let repo = Repo::with_two();
    repo.write("genesis.toml", "policy = \"policies/firm.toml\"\n");
    repo.write("policies/firm.toml", "name = \"firm\"\nextends = \"../shared/parent.toml\"\n[[lint]]\nname = \"ours\"\nfile = \"../lint/ours.yml\"\n");
    repo.write("shared/parent.toml", FIRM.replace("firm", "parent"));
    repo.write(
        "lint/ours.yml",
        "id: no-print\nlanguage: python\nseverity: error\nmessage: no print\nrule: { pattern: print($$$) }\n",
    );
    repo.write(
        "templates/suite.toml",
        "[[suite]]\nname = \"own\"\nlanguage = \"python\"\nfiles = [\"tests/test_own.py\"]\n",
    );
    repo.write("templates/tests/test_own.py", "def test_it():\n    assert True\n");
    repo.commit("the gate");
    repo.branch("change");
    repo.write("shared/parent.toml", LOOSE.replace("loose", "parent"));
    repo.write("lint/ours.yml", "");
    repo.write("templates/suite.toml", "");
    repo.write("templates/tests/test_own.py", "");
    repo.commit("all of it");
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 1, "{report:#}");
    let told: Vec<String> = concerns(&report, CHANGED).into_iter().map(|(_, file)| file).collect();
    let all = ["lint/ours.yml", "shared/parent.toml", "templates/suite.toml", "templates/tests/test_own.py"];
    assert_eq!(told, all, "{report:#}");
}

#[test]
fn guests_and_their_pins_are_the_bases() {
    let guest = |finding: &str| {
        let report = format!("{{\"abi\":1,\"findings\":[{finding}]}}");
        wat::parse_str(format!(
            r#"(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
               (memory (export "memory") 1) (data (i32.const 64) "{}")
               (func (export "_start") (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const {}))
               (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
            report.replace('"', "\\22"),
            report.len()
        ))
        .unwrap()
    };
    let strict = guest(r#"{"severity":"error","code":"X1","message":"never"}"#);
    let repo = Repo::with_two();
    repo.write("genesis.toml", "policy = \"policies/guarded.toml\"\n");
    repo.write(
        "policies/guarded.toml",
        "name = \"guarded\"\nextends = \"default\"\n[[check]]\nname = \"own\"\nguest = \"../guests/own.wasm\"\n\
         applies = \"template\"\nrequired = true\n",
    );
    repo.write("guests/own.wasm", &strict);
    let locked = repo.genesis(&["guest", "lock", "guests/own.wasm"]);
    assert_eq!(locked.code, Some(0), "{locked:?}");
    repo.commit("a guest judges");
    repo.branch("change");
    repo.template("templates/new.json", &named("new", "1.0.0"));
    repo.commit("a new template");
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 1, "the base's guest finds an error: {report:#}");
    assert!(report.to_string().contains("\"X1\""), "{report:#}");
    // A milder guest, pinned by the change itself: it is not run, and both files are told.
    repo.write("guests/own.wasm", guest(""));
    assert_eq!(repo.genesis(&["guest", "lock", "guests/own.wasm"]).code, Some(0));
    repo.commit("a milder guest");
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 1, "{report:#}");
    assert!(report.to_string().contains("\"X1\""), "{report:#}");
    let told: Vec<String> = concerns(&report, CHANGED).into_iter().map(|(_, file)| file).collect();
    assert_eq!(told, ["genesis.lock", "guests/own.wasm"], "{report:#}");
}

#[test]
fn an_old_commit_with_a_laxer_policy_is_no_way_around() {
    let repo = Repo::with_two();
    repo.write("genesis.toml", "policy = \"p.toml\"\n");
    repo.write("p.toml", LOOSE.replace("loose", "p"));
    repo.commit("lax, once");
    repo.branch("change");
    repo.template("templates/one.json", &bad(&named("one", "1.0.0")));
    repo.commit("grown on the lax one");
    assert_eq!(repo.ci(&[]).0, 0);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("p.toml", FIRM.replace("firm", "p"));
    repo.commit("firm, now");
    repo.git(&["checkout", "--quiet", "change"]);
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(became(&report, "templates/one.json").1, Some("rollback"));
    assert!(concerns(&report, CHANGED).is_empty(), "being behind is no change: {report:#}");
}

#[test]
fn a_replaced_object_is_not_taken_for_the_real_one() {
    let repo = guarded();
    let real = repo.git(&["rev-parse", "main:policies/firm.toml"]);
    repo.write("loose.toml", LOOSE.replace("loose", "firm"));
    let fake = repo.git(&["hash-object", "-w", "loose.toml"]);
    repo.git(&["replace", &real, &fake]);
    assert!(repo.git(&["show", "main:policies/firm.toml"]).contains("anything goes"), "git itself is fooled");
    refused(&repo, &[]);
}

#[test]
fn a_tag_with_the_name_of_the_base_is_not_the_base() {
    let repo = guarded();
    repo.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    repo.git(&["tag", "origin/main", "change"]);
    let ran = repo.genesis(&["ci", "--format", "json"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
}

#[test]
fn state_that_the_change_brings_along_is_refused_and_not_read() {
    let repo = guarded();
    repo.git(&["checkout", "--quiet", "main"]);
    repo.branch("state");
    let made = repo.genesis(&["run-experiment", "templates/one.json", "--no-durable"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    repo.git(&["add", "--force", ".genesis"]);
    repo.template("templates/two.json", &good(&named("two", "1.0.0")));
    repo.commit("a history of its own");
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(concerns(&report, "G0302").len(), 1, "{report:#}");
    assert_eq!(became(&report, "templates/two.json").1, Some("merge"));
    let digest = accepted(&report);
    assert_eq!(digest, None, "nobody can accept that: {report:#}");
}

/// The digest that a finding names.
fn accepted(report: &serde_json::Value) -> Option<String> {
    let help = report["concerns"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|concern| concern["help"].as_str().and_then(|help| help.split_once("--accept-gate ")));
    help.map(|(_, digest)| digest.to_owned())
}

#[test]
fn a_person_accepts_one_change_of_the_gate_and_no_other() {
    let repo = guarded();
    repo.git(&["checkout", "--quiet", "main"]);
    repo.branch("gate");
    repo.write("policies/firm.toml", format!("{FIRM}description = \"the same\"\n"));
    repo.commit("a policy changes");
    let (code, report) = repo.ci(&[]);
    assert_eq!((code, report["decision"].as_str()), (1, Some("rollback")), "{report:#}");
    let digest = accepted(&report).unwrap();
    let (code, report) = repo.ci(&["--accept-gate", &digest]);
    assert_eq!(code, 4, "accepted, and no template differs: {report:#}");
    assert_eq!(concerns(&report, CHANGED), [("note".to_owned(), "policies/firm.toml".to_owned())]);
    repo.git(&["config", "genesis.acceptGate", &digest]);
    assert_eq!(repo.ci(&["--allow-empty"]).0, 0);
    repo.write("policies/firm.toml", LOOSE.replace("loose", "firm"));
    repo.commit("and changes again");
    let (code, again) = repo.ci(&["--allow-empty"]);
    assert_eq!(code, 1, "{again:#}");
    assert_ne!(accepted(&again), Some(digest));
}

#[test]
fn what_judges_can_be_taken_from_a_third_revision() {
    let repo = guarded();
    // A branch that only some may push to has the policy; the base has been spoilt.
    repo.git(&["branch", "protected", "main"]);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("policies/firm.toml", LOOSE.replace("loose", "firm"));
    repo.commit("spoilt");
    repo.git(&["checkout", "--quiet", "change"]);
    assert_eq!(repo.ci(&[]).0, 0);
    assert_eq!(repo.ci(&["--policy-from", "protected"]).0, 1);
    // A folder of that name is not taken for the revision.
    repo.write("protected/policies/firm.toml", LOOSE);
    repo.commit("a folder");
    assert_eq!(repo.ci(&["--policy-from", "protected"]).0, 1);
    assert_eq!(repo.genesis(&["ci", "--base", "main", "--policy-from", "nowhere"]).code, Some(2));
}

#[test]
fn nothing_that_the_repository_configures_is_run() {
    let repo = guarded();
    let marker = repo.path().join(".git/ran");
    let script = repo.write(".git/evil", format!("#!/bin/sh\ntouch '{}'\ncat\n", marker.display()));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    for (key, value) in [
        ("core.fsmonitor", script),
        ("diff.external", script),
        ("diff.evil.textconv", script),
        ("diff.evil.command", script),
        ("core.pager", script),
        ("core.hooksPath", ".git"),
    ] {
        repo.git(&["config", key, value]);
    }
    repo.write(".gitattributes", "*.json diff=evil\n*.toml diff=evil\n");
    repo.template("templates/two.json", &good(&named("two", "1.0.0")));
    for head in ["HEAD", "index", "worktree"] {
        assert_eq!(repo.ci(&["--head", head]).0, 1);
        assert!(!marker.exists(), "{head}");
    }
}

#[test]
fn links_are_not_followed() {
    let repo = guarded();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.json"), named("secret", "1.0.0").to_string()).unwrap();
    let link = |from: &str, to: &str| {
        let _gone = std::fs::remove_file(repo.path().join(to));
        std::os::unix::fs::symlink(from, repo.path().join(to)).unwrap();
    };
    link(outside.path().join("secret.json").to_str().unwrap(), "templates/link.json");
    link("../templates/two.json", "policies/firm.toml");
    repo.commit("links");
    for head in ["HEAD", "worktree"] {
        let (code, report) = repo.ci(&["--head", head]);
        assert_eq!(code, 1);
        let templates = report["templates"].as_array().unwrap();
        assert!(templates.iter().all(|template| template["path"] != "templates/link.json"), "{report:#}");
        assert!(report["skipped"].to_string().contains("templates/link.json"), "{report:#}");
        assert!(!report.to_string().contains("\"secret\""), "{report:#}");
        assert_eq!(concerns(&report, CHANGED).len(), 1, "{report:#}");
    }
}

#[test]
fn known_verdicts_of_others_are_not_believed() {
    let repo = guarded();
    let known = repo.verdicts.path().join("known");
    let entries = || {
        let all = std::fs::read_dir(&known).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|ending| ending == "verdict")).collect::<Vec<_>>()
    };
    let entry = entries().pop().unwrap();
    let text = std::fs::read(&entry).unwrap();
    let forged = String::from_utf8_lossy(&text).replace("\"rollback\"", "\"merge\"");
    std::fs::write(&entry, forged).unwrap();
    let (ran, report) = repo.ci_told(&["--audit-cache", "0"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("is not believed"), "{ran:?}");
    assert_eq!(became(&report, "templates/one.json").1, Some("rollback"));
    // A folder that others may write is not used at all.
    std::fs::set_permissions(&known, std::fs::Permissions::from_mode(0o777)).unwrap();
    let (ran, _) = repo.ci_told(&[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("others may enter it") && ran.stderr.contains("0 known"), "{ran:?}");
}

#[test]
fn the_definition_of_the_ci_is_part_of_the_gate() {
    let repo = Repo::with_two();
    let workflow = ".github/workflows/genesis.yml";
    assert_eq!(repo.genesis(&["init", "--ci", "github", "--from", "owner/genesis@v1"]).code, Some(0));
    repo.write(".github/workflows/other.yml", "on: push\n");
    repo.commit("a workflow");
    repo.branch("change");
    repo.write(workflow, "on: push\njobs: {}\n");
    repo.write(".github/workflows/other.yml", "on: pull_request\n");
    repo.commit("no gate");
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(concerns(&report, CHANGED), [("error".to_owned(), workflow.to_owned())]);
}
