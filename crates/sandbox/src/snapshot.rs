//! Guests that are started once and then copied.
//!
//! A guest with much to set up does it in a function `wizer-initialize`; what is compiled is the guest as it was after
//! that, with memory and globals as they then were.

use std::sync::Arc;

use genesis_abi::Limits;
use wasmparser::{ExternalKind, Parser, Payload, ValType};
use wasmtime::{Instance, Module, Store, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, Wizer};

use crate::cancel::Cancel;
use crate::clock::Watch;
use crate::engine::{Class, ClassEngine};
use crate::error::SandboxError;
use crate::guest::Shape;
use crate::run::{self, Ended, State};

/// Version of how guests are initialised. A change of anything that such a guest can see is a new version.
pub(crate) const VERSION: u32 = 1;

/// The function that sets a guest up.
const INITIALIZE: &str = "wizer-initialize";

/// What setting up may cost. The guest is trusted: this is about mistakes.
const LIMITS: Limits = Limits {
    fuel: 1_000_000_000,
    wall_time_ms: 60_000,
    memory_bytes: 1 << 30,
    table_elements: 10_000_000,
    stdout_bytes: 0,
    stderr_bytes: 64 << 10,
    host_calls: 1_000_000,
};

/// The guest after its initialisation; `None` when it has none.
///
/// It runs as any guest does, on the virtual clock, with no input and the seed 0, so that its bytes are the same every
/// time. Writing to standard output is past its limit. It runs on an engine of its own that compiles as fast as it can,
/// for code that runs once.
pub(crate) fn initialized(class: Class, wasm: &[u8]) -> Result<Option<Vec<u8>>, SandboxError> {
    if Shape::of(wasm) == Shape::Component || !exports_initialize(wasm) {
        return Ok(None);
    }
    let failed = |error: wasmtime::Error| SandboxError::Initialize(format!("{error:#}"));
    let mut wizer = Wizer::new();
    wizer.init_func(INITIALIZE);
    let (context, instrumented) = wizer.instrument(wasm).map_err(failed)?;
    let engine = ClassEngine::for_one_run(class)?;
    let module = Module::from_binary(&engine.engine, &instrumented).map_err(failed)?;

    let watch = Arc::new(Watch::start(LIMITS.wall_time_ms, Cancel::new()));
    let state = State::new(&[], &LIMITS, 0, Arc::clone(&watch));
    let mut store = run::store(&engine.engine, state).map_err(failed)?;
    let snapshot = async {
        let instance = engine.linker.instantiate_async(&mut store, &module).await?;
        let initialize = instance.get_typed_func::<(), ()>(&mut store, INITIALIZE)?;
        initialize.call_async(&mut store, ()).await?;
        wizer.snapshot(&context, &mut Initialized { store: &mut store, instance }).await
    };
    match run::drive(snapshot, &watch) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(Ended::Error(error)) => Err(failed(error)),
        Err(Ended::Stop(stop)) => Err(SandboxError::Initialize(stop.to_string())),
    }
}

fn exports_initialize(wasm: &[u8]) -> bool {
    let exports = Parser::new(0).parse_all(wasm).find_map(|payload| match payload {
        Ok(Payload::ExportSection(section)) => Some(section),
        _ => None,
    });
    exports.is_some_and(|section| {
        section
            .into_iter()
            .flatten()
            .any(|export| export.name == INITIALIZE && export.kind == ExternalKind::Func)
    })
}

/// An instance that has been set up, as the snapshot reads it: every name that it asks for was exported by it.
struct Initialized<'a> {
    store: &'a mut Store<State>,
    instance: Instance,
}

impl InstanceState for Initialized<'_> {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let global =
            self.instance.get_global(&mut *self.store, name).expect("the module was made to export it");
        match global.get(&mut *self.store) {
            Val::I32(value) => SnapshotVal::I32(value),
            Val::I64(value) => SnapshotVal::I64(value),
            Val::F32(bits) => SnapshotVal::F32(bits),
            Val::F64(bits) => SnapshotVal::F64(bits),
            Val::V128(value) => SnapshotVal::V128(value.as_u128()),
            other => unreachable!("no feature of wasm that is switched on has the global {other:?}"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory =
            self.instance.get_memory(&mut *self.store, name).expect("the module was made to export it");
        contents(memory.data(&self.store));
    }
}
