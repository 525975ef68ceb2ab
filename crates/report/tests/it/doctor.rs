//! An examination of the host, for people and programs.

use genesis_abi::{LimitHit, LimitName, RunOutcome};
use genesis_report::{
    Doctor, Examined, Layer, Resources, SCHEMAS, Service, ServiceState, Style, human_doctor, json_doctor,
};
use serde_json::Value;

const PLAIN: Style = Style { color: false, width: 100 };
const HOSTILE: &str = "\u{1b}[2J\u{202e}evil\r\nWELL\u{7}";

fn examined<'a>(name: &'a str, outcome: &'a RunOutcome, problems: &'a [String]) -> Examined<'a> {
    let hit = outcome.limit_hit();
    Examined {
        name,
        does: "does something",
        isolation: "in-process",
        outcome,
        limit: hit.map(|hit| (hit.limit, hit.value)),
        asked: hit.map(|hit| hit.peak),
        stopped_at: hit.map(|hit| hit.value + 1),
        overshoot_percent: hit.map(|_| 2.0),
        load_us: 1_500,
        run_us: 40,
        resident_change_bytes: Some(-4096),
        problems,
    }
}

fn with(guests: &[Examined<'_>], services: &[Service<'_>]) -> (bool, String, Value) {
    let held = Resources { resident_bytes: Some(64 << 20), descriptors: Some(9), threads: None };
    let layers = [
        Layer { name: "seccomp", is_on: true, detail: "29 calls" },
        Layer { name: "landlock", is_on: false, detail: HOSTILE },
    ];
    let doctor = Doctor {
        engines: &[("small", "wasmtime 1.2.3")],
        guests,
        before: held,
        after: held,
        layers: &layers,
        services,
    };
    let page = human_doctor(&doctor, true, &PLAIN);
    assert!(!page.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{page}");
    let text = json_doctor(&doctor);
    let (_, schema) = SCHEMAS.into_iter().find(|(name, _)| *name == "doctor").unwrap();
    let schema: Value = serde_json::from_str(schema).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(document["well"], doctor.is_well());
    (doctor.is_well(), page, document)
}

fn hit(limit: LimitName, value: u64, peak: u64) -> LimitHit {
    LimitHit { limit, value, peak }
}

#[test]
fn a_guest_that_was_tried_in_two_ways_is_one_guest() {
    let fuel = RunOutcome::OutOfFuel(hit(LimitName::Fuel, 50_000_000, 50_000_001));
    let here = examined("loop", &fuel, &[]);
    let (_, page, _) = with(&[here, Examined { isolation: "worker", ..here }], &[]);
    let first = page.lines().next().unwrap();
    assert_eq!(
        first,
        "WELL  1 guest that misbehaves, tried 2 times in this process and in workers: each is stopped as it must be"
    );
}

#[test]
fn a_host_whose_limits_bite_is_well() {
    let fuel = RunOutcome::OutOfFuel(hit(LimitName::Fuel, 50_000_000, 50_000_001));
    let memory = RunOutcome::MemoryExceeded(hit(LimitName::MemoryBytes, 16 << 20, 4 << 30));
    let trap = RunOutcome::Trapped { trap: "unreachable".to_owned() };
    let guests =
        [examined("loop", &fuel, &[]), examined("growth", &memory, &[]), examined("trap", &trap, &[])];
    let service = Service { name: "broker", state: ServiceState::Absent, detail: "none is configured" };
    let (well, page, document) = with(&guests, &[service]);
    assert!(
        well && page.starts_with("WELL  3 guests that misbehave: each is stopped as it must be\n"),
        "{page}"
    );
    for says in
        ["fuel ", "50 M", "16 MiB", "4 GiB", "2.0 %", "trapped", "not shown", "landlock     OFF", "loop "]
    {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert_eq!((&document["tried"], &document["failed"]), (&3.into(), &0.into()));
    assert_eq!(document["guests"][1]["asked"], 4_u64 << 30);
}

#[test]
fn a_limit_that_does_not_bite_a_broken_service_and_nothing_at_all_are_failures() {
    let fuel = RunOutcome::OutOfFuel(hit(LimitName::Fuel, 5, 6));
    let good = [examined("loop", &fuel, &[])];
    let problems = [HOSTILE.to_owned()];
    let bad = [examined("loop", &fuel, &[]), examined("spin", &fuel, &problems)];
    let broken = Service { name: "ledger", state: ServiceState::Broken, detail: HOSTILE };
    let unknown = Service { name: "database", state: ServiceState::Unknown, detail: "another" };
    for (guests, services, says) in [
        (&bad[..], &[unknown][..], "FAILED spin (in-process): does something"),
        (&good[..], &[broken][..], "ledger       BROKEN"),
        (&[][..], &[][..], "nothing was tried"),
    ] {
        let (well, page, _) = with(guests, services);
        assert!(!well && page.starts_with("FAILED") && page.contains(says), "{says}: {page}");
    }
    assert!(with(&good, &[unknown]).0, "what cannot be looked at is not broken");
    let (_, _, document) = with(&bad, &[]);
    assert_eq!((&document["guests"][1]["verdict"], &document["failed"]), (&"failed".into(), &1.into()));
}
