//! `genesis run GUEST --profile`: a flame graph by fuel.

use serde_json::Value;

use crate::support::Bench;

const GUEST: &str = r#"(module (memory (export "memory") 1)
    (func $three (param $n i32) (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func $"</text><script>alert(1)</script>\1b[2J;x 5" (param $n i32)
        (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "_start") (call $three (i32.const 300000)) (call 1 (i32.const 100000))))"#;

#[test]
fn the_picture_holds_the_fuel_of_the_run() {
    let bench = Bench::new();
    let guest = bench.write("spin.wasm", wat::parse_str(GUEST).unwrap());
    let plain: Value =
        serde_json::from_str(&bench.genesis(&["run", guest.to_str().unwrap()]).stdout).unwrap();
    let ran = bench.genesis(&["run", "spin.wasm", "--profile"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("has guests like spin run in workers"), "{ran:?}");

    bench.write(
        "trusting.toml",
        "name = \"trusting\"\nextends = \"default\"\n[isolation]\nmode = \"in-process\"\n",
    );
    let ran = bench.genesis(&["run", guest.to_str().unwrap(), "--profile", "--policy", "trusting.toml"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(report["usage"]["fuel"], plain["usage"]["fuel"]);
    assert_eq!(report["profile"]["fuel"], plain["usage"]["fuel"]);
    assert_eq!((&report["profile"]["calls"], &report["profile"]["file"]), (&3.into(), &"spin.svg".into()));
    let svg = std::fs::read_to_string(bench.path().join("spin.svg")).unwrap();
    assert!(svg.contains(", 75.00%)") && svg.contains("three ("), "three quarters are of `three`: {svg}");
    assert_eq!(svg.matches("<script").count(), 1, "the picture's own, none of the guest's");
    assert!(!svg.contains('\u{1b}'));

    let other = ["run", "spin.wasm", "--profile", "-o", "other.svg", "--format", "human"];
    let ran = bench.genesis(&[&other[..], &["--policy", "trusting.toml"]].concat());
    assert!(ran.stdout.contains("profile other.svg: 2,0"), "{}", ran.stdout);
    assert!(ran.stdout.contains("3 calls of 3 functions, each of them counted"), "{}", ran.stdout);
    assert_eq!(svg, std::fs::read_to_string(bench.path().join("other.svg")).unwrap(), "the same picture");
}

#[test]
fn a_built_in_guest_is_profiled_by_its_indices_and_a_component_is_not() {
    let bench = Bench::new();
    bench.write("input.json", "{}");
    let plain: Value =
        serde_json::from_str(&bench.genesis(&["run", "validate-template", "-i", "input.json"]).stdout)
            .unwrap();
    let ran = bench.genesis(&["run", "validate-template", "-i", "input.json", "--profile"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(report["profile"]["fuel"], plain["usage"]["fuel"]);
    assert_eq!((&report["profile"]["named"], &report["outcome"]), (&false.into(), &plain["outcome"]));
    assert!(
        std::fs::read_to_string(bench.path().join("validate-template.svg")).unwrap().contains("function ")
    );

    let component = wat::parse_str("(component)").unwrap();
    bench.write("component.wasm", component);
    let ran = bench.genesis(&["run", "component.wasm", "--profile"]);
    assert!(!bench.path().join("component.svg").exists(), "{ran:?}");
    assert_eq!(bench.genesis(&["run", "spin.wasm", "-o", "x.svg"]).code, Some(2), "-o goes with --profile");
}
