//! What whole experiments cost, from a template to a commit, and a render by itself. `cargo xtask bench` prints the ratios to
//! a validation without a sandbox; absolute times say more of the machine than of the program.

mod template;

use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use genesis_abi::{ABI_VERSION, Input, RenderInput, Subject, TemplateText};
use genesis_domain::{Durability, ExperimentId, Risk, TemplateId};
use genesis_experiment::{Commits, Hooks, Request, Runner, baseline_in_force, promoted_versions};
use genesis_history::History;
use genesis_policy::{Policy, Profile};
use genesis_sandbox::{Cancel, Class, Sandbox, SandboxConfig};
use genesis_store::Ledger;

/// Compiled guests of all benchmarks.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/bench-guests");

fn text() -> TemplateText {
    let text = template::of_about(20 << 10);
    TemplateText { path: "template.json".to_owned(), text, ..TemplateText::default() }
}

fn policy() -> Policy {
    Policy::load("default", &|_| Err(String::new()), None).expect("the embedded policy is good")
}

fn render(criterion: &mut Criterion) {
    let sandbox = Sandbox::new(SandboxConfig { slots: 2, cache_dir: Some(Path::new(CACHE).to_owned()) })
        .expect("the sandbox can be set up");
    let guest = genesis_guests::RENDER_TEMPLATE;
    let guest = sandbox
        .load_trusted(guest.digest, || guest.wasm().into(), Class::Small)
        .expect("a built-in guest compiles");
    let answers = serde_json::json!({ "service_name": "notes", "port": 8080, "storage": "sqlite", "request_log": false });
    let answers = answers.as_object().expect("it is an object").clone();
    let subject = Subject::Render(RenderInput { template: text(), answers, output_bytes: 1 << 20 });
    let input = serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).expect("it is JSON");
    let limits = policy().limits_for("render-template");
    criterion.bench_function("sandboxed_render", |bencher| {
        bencher.iter(|| {
            let run = sandbox.run(&guest, &input, &limits, 0, &Cancel::new()).expect("the host works");
            assert!(run.outcome.is_completed(), "{:?}", run.outcome);
        });
    });
}

fn experiments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("experiment");
    group.sample_size(20);
    for (name, durability, changes) in [
        ("first_version_durable", Durability::Durable, true),
        ("first_version", Durability::Fast, true),
        ("no_change", Durability::Fast, false),
    ] {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio starts");
        let config = SandboxConfig { slots: 4, cache_dir: Some(Path::new(CACHE).to_owned()) };
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
                // The same version once more is judged against itself; a first version under an id of its own is the
                // same work every time.
                let template = if changes { format!("template-{number}") } else { "template".to_owned() };
                let request = runtime.block_on(request(number, &template, &commits));
                let hooks = Hooks {
                    progress: &|_| {},
                    reached: &|_| {},
                    waiting: &|| {},
                    clock_us: &|| 0,
                    watch: None,
                };
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

async fn request(number: u128, template: &str, commits: &Commits) -> Request {
    let id = TemplateId::new(template).expect("it is an id");
    Request {
        id: ExperimentId::new(uuid::Uuid::from_u128(number)),
        created_at_ms: 1_700_000_000_000,
        instance: "bench".to_owned(),
        baseline: baseline_in_force(commits, &id).await.expect("the ledger can be read"),
        promoted: promoted_versions(commits, &id).await.expect("the ledger can be read"),
        template: id,
        candidate: text(),
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

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    targets = render, experiments
}
criterion_main!(benches);
