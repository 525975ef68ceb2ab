//! Many instances alive at the same time.

#![cfg(target_os = "linux")]

use std::sync::Arc;

use genesis_abi::Limits;
use wasmtime::Module;

use crate::cancel::Cancel;
use crate::clock::Watch;
use crate::engine::{Class, ClassEngine};
use crate::guest::START;
use crate::run::{self, State};

const INSTANCES: u32 = 1_000;
const MOST_BYTES: u64 = 200_000_000;

const LIMITS: Limits = Limits {
    fuel: 100_000_000,
    wall_time_ms: 60_000,
    memory_bytes: 64 << 20,
    table_elements: 100_000,
    stdout_bytes: 1 << 20,
    stderr_bytes: 1 << 20,
    host_calls: 10_000,
};

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

/// The validator, which has read its input and answered, in a thousand slots, each with its memory and its captures.
#[test]
fn a_thousand_instances_that_have_run_take_less_than_200_mb() {
    let guest = &genesis_guests::VALIDATE_TEMPLATE;
    if let Some(why) = guest.missing() {
        println!("skipped: {why}");
        return;
    }
    let engine = ClassEngine::new(Class::Small, INSTANCES).unwrap();
    let module = Module::from_binary(&engine.engine, &guest.wasm()).unwrap();
    let instance = engine.linker.instantiate_pre(&module).unwrap();
    let before = resident_bytes();
    let mut alive = Vec::new();
    for _ in 0..INSTANCES {
        let watch = Arc::new(Watch::start(LIMITS.wall_time_ms, Cancel::new()));
        let state = State::new(b"{\"abi\":1}", &LIMITS, 0, Arc::clone(&watch));
        let mut store = run::store(&engine.engine, state).unwrap();
        let ended = run::drive(
            async {
                let instance = instance.instantiate_async(&mut store).await?;
                instance.get_typed_func::<(), ()>(&mut store, START)?.call_async(&mut store, ()).await
            },
            &watch,
        );
        // It says that this is no input, and exits: it has run.
        assert!(ended.is_err() && store.data().host_calls > 0);
        alive.push(store);
    }
    let taken = resident_bytes().saturating_sub(before);
    assert_eq!(alive.len(), INSTANCES as usize);
    assert!(taken < MOST_BYTES, "{taken} bytes for {INSTANCES} instances");
    println!("{INSTANCES} live instances take {taken} bytes");
}
