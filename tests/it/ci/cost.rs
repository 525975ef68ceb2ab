//! What templates cost is accepted like a lock file.

use super::{Repo, concerns, good, named};

const FILE: &str = "genesis.cost.toml";

/// A repository with an accepted cost.
fn accepted() -> Repo {
    let repo = Repo::with_two();
    repo.write("genesis.toml", "");
    let ran = repo.genesis(&["cost", "accept"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("2 templates"), "{ran:?}");
    repo.commit("what it costs");
    repo
}

fn dearer() -> serde_json::Value {
    let mut next = good(&named("one", "1.0.0"));
    let text: String = (0..400).flat_map(|line| [format!("print({line})"), "\n".to_owned()]).collect();
    next["content"]["code"] = text.into();
    next
}

#[test]
fn accepting_twice_changes_nothing_and_the_file_is_exact() {
    let repo = accepted();
    let text = std::fs::read_to_string(repo.path().join(FILE)).unwrap();
    assert!(text.contains("[cases.\"one\"]") && text.contains("\"render\" = "), "{text}");
    let ran = repo.genesis(&["cost", "accept", "--check"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(std::fs::read_to_string(repo.path().join(FILE)).unwrap(), text);
    repo.template("templates/one.json", &dearer());
    let ran = repo.genesis(&["cost", "accept", "--check"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("changed  one"), "{ran:?}");
    let ran = repo.genesis(&["cost", "accept", "templates/two.json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        std::fs::read_to_string(repo.path().join(FILE)).unwrap(),
        text,
        "the other one was not measured"
    );
}

#[test]
fn a_case_that_costs_more_is_told_by_how_much() {
    let repo = accepted();
    repo.branch("change");
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.commit("about as dear");
    let (code, report) = repo.ci(&["--check-cost"]);
    assert_eq!(code, 0, "{report:#}");
    repo.template("templates/one.json", &dearer());
    repo.commit("dearer");
    assert_eq!(repo.ci(&[]).0, 0, "cost is looked at when it is asked for");
    let (code, report) = repo.ci(&["--check-cost"]);
    assert_eq!((code, report["decision"].as_str()), (1, Some("rollback")), "{report:#}");
    let told = report["concerns"].to_string();
    assert!(told.contains("case `defaults` of `one` costs") && told.contains("% more than the"), "{told}");
    // Accepting it in the change does not help the change: the base's file judges.
    assert_eq!(repo.genesis(&["cost", "accept"]).code, Some(0));
    repo.commit("accepted by whoever made it dearer");
    let (code, report) = repo.ci(&["--check-cost"]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(concerns(&report, "G0301"), [("error".to_owned(), FILE.to_owned())]);
}

#[test]
fn a_file_that_accepts_less_than_before_needs_nobody() {
    let repo = accepted();
    repo.branch("change");
    let path = repo.path().join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    // A template of its own costs nothing that was accepted before.
    repo.template("templates/new.json", &named("new", "1.0.0"));
    assert_eq!(repo.genesis(&["cost", "accept"]).code, Some(0));
    repo.commit("one more");
    let (code, report) = repo.ci(&["--check-cost"]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(concerns(&report, "G0301"), [("note".to_owned(), FILE.to_owned())]);
    repo.write(FILE, text.replace("[cases.\"two\"]", "[cases.\"other\"]"));
    repo.commit("one that is there is forgotten");
    assert_eq!(concerns(&repo.ci(&[]).1, "G0301"), [("error".to_owned(), FILE.to_owned())]);
}

#[test]
fn figures_of_another_engine_are_told_and_not_compared() {
    let repo = accepted();
    let path = repo.path().join(FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    repo.write(FILE, text.replacen("wasmtime ", "wasmtime 1", 1));
    repo.commit("of another engine");
    repo.branch("change");
    repo.template("templates/one.json", &dearer());
    repo.commit("dearer");
    let (code, report) = repo.ci(&["--check-cost"]);
    assert_eq!((code, report["decision"].as_str()), (3, Some("inconclusive")), "{report:#}");
    assert!(report["concerns"].to_string().contains("another engine"), "{report:#}");
}
