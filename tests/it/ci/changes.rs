//! Which templates a change touches, and its one verdict.

use super::{Repo, bad, became, copy, good, named, runs};

#[test]
fn a_good_and_a_bad_change_get_one_verdict_and_the_rest_is_passed_over() {
    let repo = Repo::with_two();
    repo.template("templates/three.json", &named("three", "1.0.0"));
    repo.commit("a third");
    repo.branch("change");
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.commit("good");
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(became(&report, "templates/one.json"), ("modified", Some("merge")));
    repo.template("templates/two.json", &bad(&named("two", "1.0.0")));
    repo.commit("bad");
    let (code, report) = repo.ci(&[]);
    assert_eq!((code, report["decision"].as_str()), (1, Some("rollback")), "{report:#}");
    assert_eq!(became(&report, "templates/one.json"), ("modified", Some("merge")));
    assert_eq!(became(&report, "templates/two.json"), ("modified", Some("rollback")));
    assert_eq!(report["templates"].as_array().unwrap().len(), 2);
    let skipped = &report["skipped"];
    assert_eq!(skipped[0]["path"], "templates/three.json", "{skipped:#}");
    // It never promotes and leaves nothing behind.
    assert!(!repo.path().join(".genesis").exists());
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_partial_a_parent_and_a_bit_touch_what_draws_them_in() {
    let repo = Repo::new();
    copy(&repo, "examples", "examples");
    repo.commit("the examples");
    for (part, template) in [
        ("examples/elixir-worker/partials/telemetry.hbs", "examples/elixir-worker/template.json"),
        ("examples/composed/base.json", "examples/composed/service.json"),
        ("examples/composed/bits/tests.md", "examples/composed/service.json"),
    ] {
        repo.git(&["checkout", "--quiet", "main"]);
        repo.branch(&part.replace(['/', '.'], "-"));
        let text = std::fs::read_to_string(repo.path().join(part)).unwrap();
        let edited = if std::path::Path::new(part).extension() == Some("json".as_ref()) {
            text.replacen('{', "{\n", 1)
        } else {
            format!("{text}\n")
        };
        repo.write(part, edited);
        repo.commit("a part");
        let (_, report) = repo.ci(&[]);
        let (change, decision) = became(&report, template);
        assert_eq!(change, "through", "{part}: {report:#}");
        assert!(decision.is_some(), "{part}: {report:#}");
        let judged = report["templates"].as_array().unwrap();
        let entry = judged.iter().find(|entry| entry["path"] == template).unwrap();
        assert_eq!(entry["from"], part);
        assert!(judged.len() <= 2, "the part itself at most: {report:#}");
    }
}

#[test]
fn a_part_that_is_new_touches_what_would_have_drawn_it_in() {
    let repo = Repo::new();
    copy(&repo, "examples/composed", "composed");
    std::fs::remove_file(repo.path().join("composed/bits/tests.md")).unwrap();
    repo.commit("a bit is missing");
    repo.branch("change");
    copy(&repo, "examples/composed", "composed");
    repo.commit("it is there");
    let (_, report) = repo.ci(&[]);
    assert_eq!(became(&report, "composed/service.json").0, "through", "{report:#}");
}

#[test]
fn a_rename_keeps_its_baseline_and_a_deletion_is_told() {
    let repo = Repo::with_two();
    repo.branch("change");
    repo.git(&["mv", "templates/one.json", "templates/uno.json"]);
    repo.template("templates/uno.json", &good(&named("one", "1.0.0")));
    std::fs::remove_file(repo.path().join("templates/two.json")).unwrap();
    repo.commit("a rename with a change, a deletion");
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(became(&report, "templates/uno.json"), ("renamed", Some("merge")));
    let renamed =
        report["templates"].as_array().unwrap().iter().find(|entry| entry["change"] == "renamed").unwrap();
    assert_eq!(renamed["from"], "templates/one.json");
    assert!(renamed["experiment"]["subject"]["baseline"].is_object(), "{report:#}");
    assert_eq!(became(&report, "templates/two.json"), ("deleted", None));
    // Deletions alone leave nothing to be judged, and that is no pass.
    repo.git(&["checkout", "--quiet", "main"]);
    repo.branch("deletion");
    std::fs::remove_file(repo.path().join("templates/two.json")).unwrap();
    repo.commit("a deletion");
    let (ran, report) = repo.ci_told(&[]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(report["decision"].is_null() && ran.stderr.contains("only deletes"), "{ran:?}");
    assert_eq!(repo.ci(&["--allow-empty"]).0, 0);
}

#[test]
fn a_template_without_an_id_is_known_again_by_its_text() {
    let repo = Repo::new();
    let mut template = named("x", "1.0.0");
    template.as_object_mut().unwrap().remove("id");
    template["content"]["code"] = "print('a')\n".into();
    repo.template("a.json", &template);
    repo.commit("no id");
    repo.branch("change");
    repo.git(&["mv", "a.json", "b.json"]);
    repo.commit("moved");
    let (_, report) = repo.ci(&[]);
    assert_eq!(became(&report, "b.json").0, "renamed", "{report:#}");
}

#[test]
fn other_documents_are_passed_over_and_broken_ones_are_not() {
    let repo = Repo::with_two();
    repo.branch("change");
    repo.write("package.json", "{\"name\": \"x\", \"version\": \"1.0.0\"}");
    repo.write("templates/schema.json", "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"}");
    repo.write("node_modules/x/one.json", named("one", "9.0.0").to_string());
    repo.commit("documents");
    let (code, report) = repo.ci(&[]);
    assert_eq!((code, report["templates"].as_array().unwrap().len()), (4, 0), "{report:#}");
    assert!(report["skipped"].as_array().unwrap().iter().any(|skipped| skipped["path"] == "package.json"));
    repo.write("templates/two.json", "{");
    repo.commit("broken");
    let (code, report) = repo.ci(&[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(became(&report, "templates/two.json").1, Some("rollback"));
}

#[test]
fn paths_narrow_what_is_looked_at() {
    let repo = Repo::with_two();
    repo.branch("change");
    repo.template("templates/one.json", &good(&named("one", "1.0.0")));
    repo.template("templates/two.json", &bad(&named("two", "1.0.0")));
    repo.commit("both");
    assert_eq!(repo.ci(&["templates/one.json"]).0, 0);
    assert_eq!(repo.ci(&["templates"]).0, 1);
    assert_eq!(repo.ci(&["elsewhere"]).0, 4);
    let folder = repo.path().join("templates");
    let args = ["ci", "--base", "main", "one.json", "--format", "json"];
    let ran = repo.genesis_in(&folder, &args);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(repo.genesis(&["ci", "--base", "main", "../elsewhere"]).code, Some(2));
}

#[test]
fn files_and_index_are_judged_as_they_are() {
    let repo = Repo::with_two();
    repo.template("templates/two.json", &bad(&named("two", "1.0.0")));
    repo.git(&["add", "templates/two.json"]);
    repo.template("templates/two.json", &good(&named("two", "1.0.0")));
    repo.template("templates/new.json", &named("new", "1.0.0"));
    assert_eq!(repo.ci(&["--base", "HEAD"]).0, 4, "nothing is committed");
    let (code, report) = repo.ci(&["--base", "HEAD", "--head", "index"]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(report["templates"].as_array().unwrap().len(), 1);
    let (code, report) = repo.ci(&["--base", "HEAD", "--head", "worktree"]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(became(&report, "templates/new.json"), ("added", Some("merge")));
    assert_eq!(became(&report, "templates/two.json"), ("modified", Some("merge")));
    repo.write(".gitignore", "new.json\n");
    let (_, report) = repo.ci(&["--base", "HEAD", "--head", "worktree"]);
    assert_eq!(report["templates"].as_array().unwrap().len(), 1, "what is ignored is no change");
}

#[test]
fn of_a_hundred_templates_two_are_judged_and_a_second_time_none_is_run() {
    let repo = Repo::new();
    for number in 0..100 {
        repo.template(&format!("t/{number}.json"), &named(&format!("t{number}"), "1.0.0"));
    }
    repo.commit("a hundred");
    repo.branch("change");
    repo.template("t/7.json", &good(&named("t7", "1.0.0")));
    repo.template("t/8.json", &bad(&named("t8", "1.0.0")));
    repo.commit("two of them");
    let (first, of_first) = repo.ci_told(&["--audit-cache", "0"]);
    assert_eq!(first.code, Some(1));
    assert!(first.stderr.contains("2 of 100 templates touched, 98 passed over; 0 known"), "{first:?}");
    let (second, mut of_second) = repo.ci_told(&["--audit-cache", "0"]);
    assert!(second.stderr.contains("2 known before"), "{second:?}");
    // At least ten times less is run: nothing.
    assert!(runs(&first) >= 10 && runs(&second) == 0, "{} {}", runs(&first), runs(&second));
    let mut of_first = of_first;
    for report in [&mut of_first, &mut of_second] {
        for template in report["templates"].as_array_mut().unwrap() {
            template["cached"].take();
            let experiment = template["experiment"].as_object_mut().unwrap();
            for differs in ["id", "created_at_ms", "measured_us", "checks"] {
                assert!(experiment.remove(differs).is_some());
            }
        }
    }
    assert_eq!(of_first, of_second);
}
