//! `genesis guest inspect` and `genesis guest list`.

use serde_json::Value;

use super::{NOTHING, manifest, saying};
use crate::support::Bench;

/// Fails when a document is not as its published schema says.
pub(super) fn assert_follows(bench: &Bench, name: &str, document: &Value) {
    let schema: Value = serde_json::from_str(&bench.genesis(&["schema", name]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

fn inspect(bench: &Bench, guest: &str, more: &[&str]) -> (Option<i32>, Value) {
    let mut args = vec!["guest", "inspect", guest, "--format", "json"];
    args.extend(more);
    let ran = bench.genesis(&args);
    let document = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_follows(bench, "guest-inspect", &document);
    (ran.code, document)
}

#[test]
fn a_guest_is_shown_beside_what_the_policy_allows() {
    let bench = Bench::new();
    bench.write("x.wasm", saying(NOTHING, &manifest("case")));
    let (code, document) = inspect(&bench, "x.wasm", &[]);
    assert_eq!((code, &document["taken"]), (Some(0), &true.into()), "{document:#}");
    assert_eq!(document["manifest"]["applies"], "case");
    assert_eq!(document["module"]["imports"][0], "wasi_snapshot_preview1::fd_write");
    assert_eq!(document["module"]["exports"], serde_json::json!(["_start", "memory"]));
    let complexity = document["module"]["complexity"].as_array().unwrap();
    assert!(complexity.iter().all(|measure| measure["fits"] == true), "{document:#}");
    let ran = bench.genesis(&["guest", "inspect", "x.wasm"]);
    assert!(ran.stdout.starts_with("TAKEN") && ran.stdout.contains("nesting"), "{ran:?}");
    let digest = document["digest"].as_str().unwrap();
    assert!(ran.stdout.contains(digest), "{ran:?}");
}

#[test]
fn what_it_would_be_refused_for_is_named() {
    let bench = Bench::new();
    let denied = r#"(module (import "env" "open_the_door" (func)) (memory (export "memory") 1)
        (func (export "_start") (block (block (block)))))"#;
    bench.write("denied.wasm", wat::parse_str(denied).unwrap());
    let (code, document) = inspect(&bench, "denied.wasm", &[]);
    assert_eq!(code, Some(1), "{document:#}");
    assert_eq!(document["refused"]["outcome"], "denied_import");
    assert_eq!(document["module"]["denied"][0], "env::open_the_door");
    let ran = bench.genesis(&["guest", "inspect", "denied.wasm"]);
    assert!(ran.stdout.contains("env::open_the_door  denied"), "{ran:?}");

    bench.write(
        "tight.toml",
        "name = \"tight\"\nextends = \"default\"\n[module]\nnesting = 2\nmodule_bytes = 200\n",
    );
    let (code, document) = inspect(&bench, "denied.wasm", &["--policy", "tight.toml"]);
    assert_eq!((code, &document["refused"]["outcome"]), (Some(1), &"module_too_complex".into()));
    let nesting =
        document["module"]["complexity"].as_array().unwrap().iter().find(|m| m["name"] == "nesting").unwrap();
    assert_eq!(
        (&nesting["value"], &nesting["limit"], &nesting["fits"]),
        (&3.into(), &2.into(), &false.into())
    );
    let ran = bench.genesis(&["guest", "inspect", "denied.wasm", "--policy", "tight.toml"]);
    assert!(ran.stdout.starts_with("REFUSED") && ran.stdout.contains("exceeds"), "{ran:?}");
}

#[test]
fn a_module_that_is_none_is_refused_and_shown_as_far_as_it_can_be() {
    let bench = Bench::new();
    bench.write("text.wasm", "not wasm at all");
    let (code, document) = inspect(&bench, "text.wasm", &[]);
    assert_eq!((code, &document["refused"]["outcome"]), (Some(1), &"invalid_module".into()), "{document:#}");
    assert_eq!(document["module"], Value::Null);
    let missing = bench.genesis(&["guest", "inspect", "missing.wasm"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
}

#[test]
fn what_a_guest_says_of_itself_wrongly_is_told() {
    let bench = Bench::new();
    for (said, taken, says) in [
        (r#"{"name":"x"}"#, true, "missing field"),
        (r#"{"name":"x","version":"1","abi":7,"applies":"case"}"#, false, "ABI 7"),
        (r#"{"name":"x","version":"1","abi":1,"applies":"render"}"#, false, "render-template"),
        (r#"{"name":"x","version":"1","abi":1,"applies":"code"}"#, true, "names no language"),
    ] {
        bench.write("x.wasm", saying(NOTHING, said));
        let (code, document) = inspect(&bench, "x.wasm", &[]);
        assert_eq!(code, Some(i32::from(!taken)), "{said}: {document:#}");
        assert!(document.to_string().contains(says), "{said}: {document:#}");
    }
    let bare = r#"(module (memory (export "memory") 5000) (func (export "_start")))"#;
    bench.write("bare.wasm", wat::parse_str(bare).unwrap());
    let (code, document) = inspect(&bench, "bare.wasm", &[]);
    assert_eq!(code, Some(1), "{document:#}");
    assert!(document["notes"][0].as_str().unwrap().contains("no manifest"), "{document:#}");
    assert!(document["objections"][0].as_str().unwrap().contains("memory_bytes"), "{document:#}");
}

#[test]
fn built_in_guests_are_listed_and_can_be_inspected() {
    let bench = Bench::new();
    let ran = bench.genesis(&["guest", "list", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_follows(&bench, "guest-list", &document);
    let human = bench.genesis(&["guest", "list"]).stdout;
    let guests = document["guests"].as_array().unwrap();
    assert_eq!(guests.len(), genesis_guests::ALL.len());
    for (listed, guest) in guests.iter().zip(genesis_guests::ALL) {
        assert_eq!(listed["name"], guest.name);
        assert!(human.contains(guest.name), "{human}");
        if guest.missing().is_none() {
            assert_eq!(listed["digest"], guest.digest);
            assert_eq!(listed["manifest"]["name"], guest.name, "{listed:#}");
            let (code, document) = inspect(&bench, guest.name, &[]);
            assert_eq!((code, &document["built_in"]), (Some(0), &true.into()), "{document:#}");
        } else {
            assert!(listed["absent"].is_string(), "{listed:#}");
        }
    }
}
