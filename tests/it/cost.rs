//! What a run may cost, counted rather than timed.

use std::path::Path;

use genesis_abi::{ABI_VERSION, Input, RenderInput, Subject, TemplateText, ValidateInput};
use genesis_policy::Policy;
use genesis_sandbox::{Cancel, Class, Sandbox, SandboxConfig};

use crate::support::project;

fn example() -> TemplateText {
    let text = std::fs::read_to_string(project("examples/python-service/1.0.0.json")).unwrap();
    TemplateText { path: "1.0.0.json".to_owned(), text, ..TemplateText::default() }
}

/// Page faults of this thread so far that needed no disk.
fn page_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    // The name of the program may hold spaces; it ends with the last parenthesis.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[7].parse().unwrap()
}

/// A slot keeps its memory between runs, and the guests' links lay out a memory that fits in what is kept.
#[test]
fn a_run_of_the_validator_or_the_renderer_takes_no_page_from_the_system() {
    let validate = Subject::Template(ValidateInput {
        template: example(),
        baseline: None,
        profile: "standard".to_owned(),
        promoted: Vec::new(),
    });
    let answers =
        serde_json::json!({"service_name": "notes", "port": 8080, "storage": "memory", "request_log": false});
    let answers = answers.as_object().unwrap().clone();
    let render = Subject::Render(RenderInput { template: example(), answers, output_bytes: 1 << 20 });
    let policy = Policy::load("default", &|_| Err(String::new()), None).unwrap();
    for (guest, subject) in
        [(genesis_guests::VALIDATE_TEMPLATE, validate), (genesis_guests::RENDER_TEMPLATE, render)]
    {
        let cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"));
        let sandbox = Sandbox::new(SandboxConfig { slots: 1, cache_dir }).unwrap();
        let loaded = sandbox.load_trusted(guest.digest, || guest.wasm().into(), Class::Small).unwrap();
        let limits = policy.limits_for(guest.name);
        let input = serde_json::to_vec(&Input { abi: ABI_VERSION, read: None, subject }).unwrap();
        let run = || {
            let run = sandbox.run(&loaded, &input, &limits, 0, &Cancel::new()).unwrap();
            assert!(run.outcome.is_completed(), "{:?}", run.outcome);
        };
        (0..50).for_each(|_| run());
        let before = page_faults();
        (0..200).for_each(|_| run());
        let faults = page_faults() - before;
        assert!(faults < 20, "{}: {faults} page faults in 200 runs", guest.name);
    }
}
