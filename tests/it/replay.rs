//! Replay: the same experiment in another process gives the same commit ids and fuel.

use serde_json::Value;

use crate::support::{Bench, bumped, greeting};

fn experiments(bench: &Bench) -> Vec<String> {
    let listed = bench.genesis(&["history", "list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let rows = listed["experiments"].as_array().unwrap();
    rows.iter().map(|row| row["experiment"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_experiment_replays_to_the_same_commits_and_fuel() {
    let bench = Bench::new();
    let one = greeting("1.0.0");
    let template = bench.template("greeting.json", &one);
    let guest = bench.write(
        "loop.wasm",
        wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "_start") (loop br 0)))"#)
            .unwrap(),
    );
    bench.experiment(&template, &[]);
    bench.experiment(&template, &["--risk", "high"]);
    bench.experiment(&template, &["--guest", guest.to_str().unwrap()]);
    bench.template("greeting.json", &bumped(&one, "1.1.0"));
    bench.experiment(&template, &["--seed", "7"]);
    let mut broken = bumped(&one, "1.2.0");
    broken["content"]["code"] = Value::String("{{#if}}".to_owned());
    bench.template("greeting.json", &broken);
    bench.experiment(&template, &[]);
    let given = bench.template("given.json", &one);
    bench.experiment(&template, &["--baseline", given.to_str().unwrap()]);
    bench.experiment(&template, &["--baseline", "1.0.0"]);
    std::fs::remove_file(&guest).unwrap();
    std::fs::remove_file(&template).unwrap();

    let ids = experiments(&bench);
    assert_eq!(ids.len(), 7);
    for id in ids {
        let ran = bench.genesis(&["replay", &id, "--format", "json"]);
        let replayed: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        assert_eq!((ran.code, &replayed["same"]), (Some(0), &Value::Bool(true)), "{replayed:#}");
        assert_eq!(replayed["recorded"], replayed["replayed"]);
        assert!(replayed["fuel"].as_u64().unwrap() > 0);
    }
    bench.assert_sound();
}

#[test]
fn the_ledger_made_anew_from_git_says_the_same() {
    let bench = Bench::new();
    let one = greeting("1.0.0");
    let template = bench.template("greeting.json", &one);
    bench.experiment(&template, &[]);
    bench.template("greeting.json", &bumped(&one, "1.1.0"));
    bench.experiment(&template, &[]);
    bench.genesis(&["rollback", "greeting", "--no-durable"]);
    let before = bench.genesis(&["history", "list", "--format", "json"]).stdout;
    for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _absent = std::fs::remove_file(bench.path().join(".genesis").join(file));
    }
    let rebuilt = bench.genesis(&["history", "rebuild-ledger"]);
    assert_eq!(rebuilt.code, Some(0), "{rebuilt:?}");
    assert_eq!(bench.genesis(&["history", "list", "--format", "json"]).stdout, before);
    bench.assert_sound();
    let (code, report) = bench.experiment(&template, &[]);
    assert_eq!(code, 0, "{report:#}");
}
