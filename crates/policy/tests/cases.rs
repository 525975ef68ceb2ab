//! The policy cases of the repository, each under the policy that it is pinned to.

use std::path::Path;

use genesis_domain::Decision;
use genesis_policy::{Cases, Policy, run_cases};

fn load(name: &str) -> Policy {
    Policy::load(name, &|path| Err(format!("{path} is not built in")), None).expect("it is built in")
}

#[test]
fn every_case_of_the_repository_is_decided_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/cases");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let cases =
            Cases::parse(&file, &std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{e}"));
        for result in run_cases(&load(&cases.policy), &cases) {
            assert!(
                result.passed(),
                "{file}: {}: {:?}, expected {:?}",
                result.name,
                result.actual,
                result.expected
            );
            count += 1;
        }
    }
    assert!(count >= 60, "only {count} cases were found");
}

#[test]
fn a_case_that_fails_says_what_was_expected_and_what_came() {
    let text = "policy = \"default\"\n[[case]]\nname = \"n\"\nverdict = \"merge\"\nrule = \"merge\"\n";
    let results = run_cases(&load("default"), &Cases::parse("c.toml", text).unwrap());
    assert!(!results[0].passed());
    assert_eq!(results[0].actual, (Decision::Inconclusive, "host-failed".to_owned()));
}

#[test]
fn a_mistake_in_a_case_is_shown_at_its_place() {
    for (text, message) in [
        ("[[case]]\n", "`policy` is missing"),
        ("policy = 5\n", "expected text"),
        ("policy = \"default\"\n", "no cases"),
        (
            "policy = \"default\"\n[[case]]\nname = \"n\"\nverdict = \"merg\"\nrule = \"r\"\n",
            "did you mean `merge`?",
        ),
        ("policy = \"default\"\n[base]\nsucces_rate = 1\n[[case]]\n", "did you mean `success_rate`?"),
        ("policy = \"default\"\n[base]\ncases = \"often\"\n", "not_measured"),
        ("policy = \"default\"\n[base]\ncases = nan\n", "no measurement of cases"),
        ("policy = \"default\"\n[base]\ncases = { value = 1 }\n", "no measurement of cases"),
        ("policy = \"default\"\n[[case]]\nnmae = \"n\"\n", "did you mean `name`?"),
        ("policy = \"default\"\ncase = 5\n", "no cases"),
        ("= 5", "not TOML"),
    ] {
        let error = Cases::parse("c.toml", text).unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
}
