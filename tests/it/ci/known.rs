//! Verdicts that are known are not asked for again, and never for another question.

use super::{Repo, good, named, runs};

fn changed() -> Repo {
    let repo = Repo::with_two();
    repo.branch("change");
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.commit("good");
    repo
}

#[test]
fn the_same_question_is_not_asked_twice_unless_it_is_wanted() {
    let repo = changed();
    let ran = |args: &[&str]| {
        let (ran, report) = repo.ci_told(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        (runs(&ran), report["templates"][0]["cached"].as_bool().unwrap())
    };
    let (first, cached) = ran(&["--audit-cache", "0"]);
    assert!(first > 0 && !cached);
    assert_eq!(ran(&["--audit-cache", "0"]), (0, true));
    assert_eq!(ran(&["--audit-cache", "100"]), (first, false), "all that is known is found out anew");
    assert_eq!(ran(&["--no-cache"]), (first, false));
    assert_eq!(ran(&["--audit-cache", "0"]), (0, true));
    // Another policy is another question, and so is another text.
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("p.toml", "name = \"p\"\nextends = \"strict\"\n");
    repo.commit("a policy");
    repo.git(&["checkout", "--quiet", "change"]);
    assert!(ran(&["--audit-cache", "0", "--policy", "p.toml"]).0 > 0);
    let mut other = good(&named("one", "1.0.0"));
    other["description"] = "Greets in one line of Python, better".into();
    repo.template("templates/one.json", &other);
    repo.commit("another text");
    assert!(ran(&["--audit-cache", "0"]).0 > 0);
}

#[test]
fn without_the_cache_nothing_is_kept() {
    let repo = changed();
    let (ran, _) = repo.ci_told(&["--no-cache"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!repo.verdicts.path().join("known").exists());
}
