//! genesis.lock.

use super::{NOTHING, ONE_ERROR, manifest, saying};
use crate::support::{Bench, Ran, greeting};

fn experiment(bench: &Bench, more: &[&str]) -> Ran {
    let mut args = vec!["run-experiment", "greeting.json", "--no-durable", "--dry-run", "--format", "json"];
    args.extend(more);
    bench.genesis(&args)
}

/// A project with a template and a guest.
fn project() -> Bench {
    let bench = Bench::new();
    bench.write("genesis.toml", "");
    bench.template("greeting.json", &greeting("1.0.0"));
    bench.write("guests/x.wasm", saying(NOTHING, &manifest("case")));
    bench
}

fn lock_text(bench: &Bench) -> String {
    std::fs::read_to_string(bench.path().join("genesis.lock")).unwrap()
}

#[test]
fn a_guest_that_changed_is_refused_until_the_change_is_accepted() {
    let bench = project();
    assert_eq!(experiment(&bench, &["--guest", "guests/x.wasm"]).code, Some(0), "nothing is pinned yet");
    let ran = bench.genesis(&["guest", "lock", "guests/x.wasm"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with("pinned   guests/x.wasm  sha256:"), "{ran:?}");
    let old = genesis_domain::Digest::of(&saying(NOTHING, &manifest("case"))).to_string();
    assert!(lock_text(&bench).contains(&format!("path = \"guests/x.wasm\"\ndigest = \"{old}\"")));
    assert_eq!(experiment(&bench, &["--guest", "guests/x.wasm"]).code, Some(0));
    assert_eq!(bench.genesis(&["guest", "lock", "--check"]).code, Some(0));

    let changed = saying(ONE_ERROR, &manifest("case"));
    bench.write("guests/x.wasm", &changed);
    let new = genesis_domain::Digest::of(&changed).to_string();
    // From below the project, by another way to the same file.
    std::fs::create_dir(bench.path().join("below")).unwrap();
    let output = bench
        .command(&["run-experiment", "../greeting.json", "--dry-run", "--guest", "../below/../guests/x.wasm"])
        .current_dir(bench.path().join("below"))
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for says in [&old, &new, "genesis guest lock ../below/../guests/x.wasm"] {
        assert!(stderr.contains(says), "{says}: {stderr}");
    }
    let before = lock_text(&bench);
    let ran = bench.genesis(&["guest", "lock", "--check"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(lock_text(&bench), before, "a check writes nothing");
    let ran = bench.genesis(&["guest", "lock", "guests/x.wasm"]);
    assert!(ran.stdout.contains(&old) && ran.stdout.contains(&new), "{ran:?}");
    assert_eq!(experiment(&bench, &["--guest", "guests/x.wasm"]).code, Some(1), "it finds an error now");
}

#[test]
fn a_check_of_the_policy_takes_its_digest_from_the_lock() {
    let bench = project();
    let check = |digest: &str| {
        format!(
            "name = \"own\"\nextends = \"default\"\n[[check]]\nname = \"x\"\nguest = \"../guests/x.wasm\"\n\
             applies = \"case\"\nrequired = true\n{digest}"
        )
    };
    bench.write("policies/own.toml", check(""));
    let ran = experiment(&bench, &["--policy", "policies/own.toml"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr.contains("policies/own.toml:") && ran.stderr.contains("genesis guest lock"),
        "{ran:?}"
    );
    let ran = bench.genesis(&["guest", "lock", "--policy", "policies/own.toml", "--check"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let ran = bench.genesis(&["guest", "lock", "--policy", "policies/own.toml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = experiment(&bench, &["--policy", "policies/own.toml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("\"x\""), "the check ran: {}", ran.stdout);

    // The policy is the same as one that says the digest itself, so it is recorded with it.
    let digest = genesis_domain::Digest::of(&saying(NOTHING, &manifest("case")));
    bench.write("policies/says.toml", check(&format!("digest = \"{digest}\"\n")));
    let shown = |file: &str| bench.genesis(&["policy", "check", file]).stdout;
    let digest_of = |text: String| text.rsplit(' ').next().map(str::to_owned);
    assert_eq!(digest_of(shown("policies/own.toml")), digest_of(shown("policies/says.toml")));
    bench.write("guests/x.wasm", saying(ONE_ERROR, &manifest("case")));
    for policy in ["policies/own.toml", "policies/says.toml"] {
        let ran = experiment(&bench, &["--policy", policy]);
        assert_eq!(ran.code, Some(2), "{policy}: {ran:?}");
    }
}

#[test]
fn an_experiment_is_replayed_without_the_lock_that_it_was_made_with() {
    let bench = project();
    bench.write(
        "own.toml",
        "name = \"own\"\nextends = \"default\"\n[[check]]\nname = \"x\"\nguest = \"guests/x.wasm\"\n\
         applies = \"case\"\nrequired = true\n",
    );
    assert_eq!(bench.genesis(&["guest", "lock", "--policy", "own.toml"]).code, Some(0));
    let (code, report) = bench.experiment(&bench.path().join("greeting.json"), &["--policy", "own.toml"]);
    assert_eq!(code, 0, "{report:#}");
    for file in ["genesis.lock", "own.toml", "guests/x.wasm"] {
        std::fs::remove_file(bench.path().join(file)).unwrap();
    }
    let ran = bench.genesis(&["replay", report["id"].as_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn pins_are_sorted_and_those_of_files_that_are_gone_are_taken_away() {
    let bench = project();
    for name in ["z.wasm", "a.wasm", "guests/m.wasm"] {
        bench.write(name, saying(NOTHING, &manifest("template")));
    }
    let ran = bench.genesis(&["guest", "lock", "z.wasm", "guests/m.wasm", "a.wasm", "z.wasm"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let text = lock_text(&bench);
    let places: Vec<usize> =
        ["a.wasm", "guests/m.wasm", "z.wasm"].iter().map(|path| text.find(path).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    std::fs::remove_file(bench.path().join("a.wasm")).unwrap();
    let ran = bench.genesis(&["guest", "lock"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("removed  a.wasm") && ran.stdout.contains("same     z.wasm"), "{ran:?}");
    assert!(!lock_text(&bench).contains("a.wasm"));
    // A guest that is not pinned where others are is told of, and runs.
    let ran = experiment(&bench, &["--guest", "guests/x.wasm"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("guests/x.wasm is not pinned"), "{ran:?}");
}

#[test]
fn a_lock_that_is_not_understood_stops_everything_that_would_rely_on_it() {
    let bench = project();
    assert_eq!(bench.genesis(&["guest", "lock"]).code, Some(4), "there is nothing to pin");
    for text in ["version = 1\npins = []\n", "version = 2\n", "version"] {
        bench.write("genesis.lock", text);
        let ran = experiment(&bench, &[]);
        assert_eq!(ran.code, Some(2), "{text}: {ran:?}");
        assert!(ran.stderr.contains("genesis.lock"), "{text}: {ran:?}");
        assert_eq!(bench.genesis(&["guest", "lock", "guests/x.wasm"]).code, Some(2), "{text}");
    }
    let outside = Bench::new();
    outside.write("x.wasm", saying(NOTHING, &manifest("case")));
    let ran = outside.genesis(&["guest", "lock", "x.wasm"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("genesis init"), "{ran:?}");
}
