//! Guests, for people and programs.

use genesis_abi::{Applies, LimitHit, LimitName, Manifest, RunOutcome};
use genesis_report::{
    GuestInspection, GuestTest, ListedGuest, Measure, ModuleParts, SCHEMAS, Style, TestedCase, TestedResult,
    human_guest_inspection, human_guest_list, human_guest_test, json_guest_inspection, json_guest_list,
    json_guest_test,
};
use serde_json::{Value, json};

use crate::fixture;

const PLAIN: Style = Style { color: false, width: 100 };
const HOSTILE: &str = "\u{1b}[2J\u{202e}evil\r\nTAKEN\u{7}";

fn valid(name: &str, text: &str) -> Value {
    let (_, schema) = SCHEMAS.into_iter().find(|(known, _)| *known == name).expect("a schema of that name");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    document
}

fn assert_harmless(text: &str) {
    assert!(!text.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("TAKEN")).count(), 0, "{text}");
}

fn manifest(name: &str) -> Manifest {
    Manifest {
        name: name.to_owned(),
        version: name.to_owned(),
        abi: 1,
        applies: Applies::Code,
        languages: vec![name.to_owned()],
        analyses: vec![genesis_abi::Analysis::Lint],
        description: name.to_owned(),
        wants: None,
    }
}

#[test]
fn a_refused_guest_says_why_and_commands_no_terminal() {
    let hostile = [HOSTILE.to_owned()];
    let measures = [
        Measure { limit: LimitName::Nesting, value: 513, most: 512 },
        Measure { limit: LimitName::ModuleBytes, value: 512, most: 512 },
    ];
    let hit = LimitHit { limit: LimitName::Nesting, value: 512, peak: 513 };
    let refused = RunOutcome::ModuleTooComplex { limits: vec![hit], also: Vec::new() };
    let manifest = manifest(HOSTILE);
    let guest = GuestInspection {
        guest: HOSTILE,
        digest: "sha256:00",
        module_bytes: 512,
        built_in: false,
        policy: "default",
        manifest: Some(&manifest),
        parts: Some(ModuleParts {
            imports: &hostile,
            denied: &hostile,
            exports: &hostile,
            measures: &measures,
            tables: 1,
            checks: 2,
            memory_bytes: 1 << 16,
            memory_limit: 1 << 20,
        }),
        refused: Some(&refused),
        objections: &hostile,
        notes: &hostile,
    };
    let text = human_guest_inspection(&guest, &PLAIN);
    assert_harmless(&text);
    for says in ["REFUSED", "module_too_complex: nesting is limited to 512", "exceeds", "fits", "denied"] {
        assert!(text.contains(says), "{says}: {text}");
    }
    let document = valid("guest-inspect", &json_guest_inspection(&guest));
    assert_eq!((&document["taken"], &document["refused"]["limits"][0]["peak"]), (&false.into(), &513.into()));
    assert_eq!(document["module"]["complexity"][1]["fits"], true, "the limit itself is allowed");
}

#[test]
fn a_test_shows_every_way_to_fail() {
    let (usage, completed) = (fixture::usage(), RunOutcome::Completed);
    let (expected, actual) = (json!({ "findings": [1, HOSTILE] }), json!({ "findings": [2, HOSTILE] }));
    let case = |name, result| TestedCase {
        name,
        result,
        outcome: &completed,
        usage: &usage,
        stderr: HOSTILE.as_bytes(),
    };
    let cases = [
        case("good", TestedResult::Passed),
        case("new", TestedResult::Blessed),
        case(HOSTILE, TestedResult::Differs { expected: &expected, actual: &actual, subset: false }),
        case("unknown", TestedResult::NothingExpected { actual: &actual }),
        case("moody", TestedResult::NotRepeated { what: "two runs differ in their report" }),
    ];
    let test = GuestTest { guest: HOSTILE, digest: "sha256:00", engine: Some(HOSTILE), cases: &cases };
    assert!(!test.passed());
    assert!(GuestTest { cases: &cases[..2], ..test }.passed());
    assert!(!GuestTest { cases: &[], ..test }.passed(), "no case is no success");
    let page = human_guest_test(&test, &PLAIN);
    assert_harmless(&page);
    for says in ["    -     1,", "    +     2,", "no expected.json", "two runs differ", "2 passed, 3 failed"]
    {
        assert!(page.contains(says), "{says}: {page}");
    }
    let document = valid("guest-test", &json_guest_test(&test));
    let results: Vec<&str> =
        document["cases"].as_array().unwrap().iter().map(|case| case["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["passed", "blessed", "differs", "nothing_expected", "not_repeated"]);
}

#[test]
fn a_guest_that_is_not_there_is_listed_with_the_reason() {
    let manifest = manifest("m");
    let guests = [
        ListedGuest {
            name: "here",
            digest: Some("sha256:00"),
            module_bytes: 1024,
            manifest: Some(&manifest),
            absent: None,
        },
        ListedGuest {
            name: "gone",
            digest: None,
            module_bytes: 0,
            manifest: None,
            absent: Some("no compiler"),
        },
    ];
    let text = human_guest_list(&guests, &PLAIN);
    assert!(text.contains("absent    no compiler") && text.contains("languages m"), "{text}");
    let document = valid("guest-list", &json_guest_list(&guests));
    assert_eq!(
        (&document["guests"][0]["present"], &document["guests"][1]["present"]),
        (&true.into(), &false.into())
    );
}
