//! What a run costs, beside the same work without a sandbox. `cargo xtask bench` prints the ratios to
//! `native_validate`; absolute times say more of the machine than of the program.

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use genesis_abi::{ABI_VERSION, Input, RenderInput, Subject, TemplateText, ValidateInput};
use genesis_domain::{Durability, ExperimentId, Risk, TemplateId};
use genesis_experiment::{Commits, Hooks, Request, Runner, baseline_in_force, promoted_versions};
use genesis_history::History;
use genesis_policy::{Policy, Profile};
use genesis_sandbox::{Cancel, Class, Guest, Sandbox, SandboxConfig};
use genesis_store::Ledger;

/// A template of about 20 KB: the example with requirements that make up the size of a real one.
fn template(version: &str) -> TemplateText {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/python-service/1.0.0.json"),
    )
    .expect("the example is part of the project");
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("the example is JSON");
    for section in 0..110 {
        value["requirements"][format!("section_{section}")] = serde_json::json!({
            "required": true,
            "min_length": section,
            "words": ["observability", "error handling", "back pressure", "supervision"],
        });
    }
    let text =
        serde_json::to_string_pretty(&value).expect("a value can be written").replace("1.0.0", version);
    TemplateText { path: "template.json".to_owned(), text, ..TemplateText::default() }
}

fn validate_input() -> ValidateInput {
    ValidateInput {
        template: template("1.0.0"),
        baseline: None,
        profile: "standard".to_owned(),
        promoted: Vec::new(),
    }
}

fn policy() -> Policy {
    Policy::load("default", &|_| Err(String::new()), None).expect("the embedded policy is good")
}

fn guests(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let cache_dir = Some(folder.path().join("guests"));
    let sandbox = Sandbox::new(SandboxConfig { slots: 2, cache_dir }).expect("the sandbox can be set up");
    let load = |guest: &genesis_guests::Guest| {
        let loaded = sandbox.load_trusted(guest.digest, || guest.wasm().into(), Class::Small);
        loaded.expect("a built-in guest compiles")
    };
    let limits = policy().limits_for("validate-template");
    let run = |guest: &Guest, input: &[u8]| {
        let run = sandbox.run(guest, input, &limits, 0, &Cancel::new()).expect("the host works");
        assert!(run.outcome.is_completed(), "{:?}", run.outcome);
    };

    let subject = validate_input();
    let native =
        |subject: &ValidateInput| genesis_template::validate(subject, &genesis_template::ReadLimits::DEFAULT);
    let bytes =
        |subject| serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).expect("it is JSON");
    let input = bytes(Subject::Template(subject.clone()));
    assert!((18_000..26_000).contains(&subject.template.text.len()), "{}", subject.template.text.len());

    criterion.bench_function("native_validate", |bencher| {
        bencher.iter(|| {
            // The same work as in the guest: the input is parsed, the report is written.
            let input: Input = serde_json::from_slice(&input).expect("it is JSON");
            let Subject::Template(subject) = &input.subject else { unreachable!("a template was written") };
            serde_json::to_vec(&genesis_abi::Report::new(native(subject))).expect("it is JSON")
        });
    });
    let guest = load(&genesis_guests::VALIDATE_TEMPLATE);
    criterion.bench_function("sandboxed_validate", |bencher| bencher.iter(|| run(&guest, &input)));
    let empty = wat::parse_str(EMPTY).expect("the text is a module");
    let digest = genesis_domain::Digest::of(&empty);
    let empty = sandbox.load_trusted(digest.as_str(), || empty.into(), Class::Small).expect("it compiles");
    criterion.bench_function("empty_guest", |bencher| bencher.iter(|| run(&empty, b"")));
    let answers = serde_json::json!({ "service_name": "notes", "port": 8080, "storage": "sqlite", "request_log": false });
    let answers = answers.as_object().expect("it is an object").clone();
    let render =
        bytes(Subject::Render(RenderInput { template: template("1.0.0"), answers, output_bytes: 1 << 20 }));
    let guest = load(&genesis_guests::RENDER_TEMPLATE);
    criterion.bench_function("sandboxed_render", |bencher| bencher.iter(|| run(&guest, &render)));
}

/// Writes the smallest report and ends.
const EMPTY: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "{\"abi\":1,\"findings\":[]}")
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 23))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

fn experiments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("experiment");
    group.sample_size(20);
    for (name, durability) in [("durable", Durability::Durable), ("fast", Durability::Fast)] {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio starts");
        let config = SandboxConfig { slots: 4, cache_dir: Some(folder.path().join("guests")) };
        let runner = Runner::new(config, 2, |_| {}).expect("the sandbox can be set up");
        let commits = runtime.block_on(async {
            Commits {
                history: History::open(&folder.path().join("history.git"), durability)
                    .expect("it can be made"),
                ledger: Ledger::open(&folder.path().join("ledger.sqlite"), durability)
                    .await
                    .expect("it can be made"),
            }
        });
        let mut number = 0_u128;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                number += 1;
                let request = runtime.block_on(request(number, &commits));
                let hooks = Hooks { progress: &|_| {}, reached: &|_| {}, waiting: &|| {}, clock_us: &|| 0 };
                let experiment = runtime
                    .block_on(genesis_experiment::run(
                        request,
                        &runner,
                        Some(&commits),
                        &Cancel::new(),
                        &hooks,
                    ))
                    .expect("the host works");
                assert!(experiment.verdict.decision.merges());
            });
        });
    }
    group.finish();
}

/// The same template in a next version each time would be another experiment each time; a first version under an id
/// of its own is the same work every time.
async fn request(number: u128, commits: &Commits) -> Request {
    let id = TemplateId::new(&format!("template-{number}")).expect("it is an id");
    Request {
        id: ExperimentId::new(uuid::Uuid::from_u128(number)),
        created_at_ms: 1_700_000_000_000,
        instance: "bench".to_owned(),
        baseline: baseline_in_force(commits, &id).await.expect("the ledger can be read"),
        promoted: promoted_versions(commits, &id).await.expect("the ledger can be read"),
        template: id,
        candidate: template("1.0.0"),
        candidate_path: "template.json".to_owned(),
        policy: policy(),
        profile: Profile::Standard,
        risk: Risk::Medium,
        seed: None,
        answers: Vec::new(),
        samples: Vec::new(),
        guests: Vec::new(),
        promotes: true,
        announces: false,
    }
}

criterion_group!(benches, guests, experiments);
criterion_main!(benches);
