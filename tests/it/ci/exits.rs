//! Exit codes, which are the same whatever is printed.

use super::{Repo, bad, good, named};

const FORMATS: [&str; 7] = ["human", "json", "ndjson", "junit", "sarif", "github", "markdown"];

#[test]
fn each_exit_code_is_the_same_in_every_format() {
    let repo = Repo::with_two();
    repo.branch("merge");
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.commit("good");
    repo.branch("rollback");
    repo.template("templates/two.json", &bad(&named("two", "1.0.0")));
    repo.commit("bad");
    repo.git(&["checkout", "--quiet", "main"]);
    // A limit that nothing can keep, on both sides: nothing can be said.
    repo.write("tiny.toml", "name = \"tiny\"\nextends = \"default\"\n[limits]\nfuel = 1000\n");
    repo.commit("a policy");
    for format in FORMATS {
        for (args, code) in [
            (&["--base", "main", "--head", "merge"][..], 0),
            (&["--base", "main", "--head", "rollback"], 1),
            (&["--base", "nowhere", "--head", "merge"], 2),
            (&["--base", "main", "--head", "merge", "--policy", "no-such.toml"], 2),
            (&["--base", "main", "--head", "merge", "--policy", "tiny.toml"], 3),
            (&["--base", "main", "--head", "main"], 4),
            (&["--base", "main", "--head", "main", "--allow-empty"], 0),
            (&["--base", "main", "--head", "merge", "-o", "no/such/folder/report"], 5),
        ] {
            let ran = repo.genesis(&[&["ci", "--format", format], args].concat());
            assert_eq!(ran.code, Some(code), "{format} {args:?}: {ran:?}");
        }
    }
}

#[test]
fn adaptations_fail_only_when_asked_to() {
    let repo = Repo::new();
    // A duplicate key in both versions is inherited: good enough to merge, and left to be mended.
    let with_duplicate = |template: &serde_json::Value| {
        serde_json::to_string_pretty(template).unwrap().replacen('{', "{\n  \"name\": \"first\",", 1)
    };
    repo.write("one.json", with_duplicate(&named("one", "1.0.0")));
    repo.commit("one");
    repo.branch("change");
    repo.write("one.json", with_duplicate(&good(&named("one", "1.0.0"))));
    repo.commit("better");
    let (code, report) = repo.ci(&[]);
    assert_eq!((code, report["decision"].as_str()), (0, Some("merge_with_adaptations")), "{report:#}");
    assert_eq!(repo.ci(&["--fail-on-adaptations"]).0, 1);
}

#[test]
fn the_report_satisfies_its_schema() {
    let repo = Repo::with_two();
    repo.branch("change");
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    std::fs::remove_file(repo.path().join("templates/two.json")).unwrap();
    repo.write("genesis.toml", "");
    repo.commit("of everything something");
    let (_, report) = repo.ci(&[]);
    let schema: serde_json::Value = serde_json::from_str(&repo.genesis(&["schema", "gate"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
