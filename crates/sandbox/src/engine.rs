//! One engine a class: what belongs to an engine rather than to a run.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmparser::WasmFeatures;
use wasmtime::{
    Config, Engine, Inlining, InstanceAllocationStrategy, Linker, OptLevel, PoolingAllocationConfig,
    Strategy, component,
};

use crate::cancel::Cancel;
use crate::clock::{CLOCK_START_NS, NS_PER_FUEL};
use crate::cost::{self, COST_TABLE_VERSION};
use crate::error::SandboxError;
use crate::run::State;
use crate::wasi::{self, P2_LAYER_VERSION, WASI_LAYER_VERSION};

/// The engine's exact version, as pinned in the manifest. Fuel changes with it.
const WASMTIME_VERSION: &str = "48.0.8";

/// The largest linear memory a slot can hold: all that 32-bit addresses reach, so that the limit of a run is always
/// the one that speaks. Costs address space only.
pub(crate) const POOL_MEMORY_BYTES: usize = 1 << 32;

/// The largest table a slot can hold: the most that a valid module can ask for at the start.
pub(crate) const POOL_TABLE_ELEMENTS: usize = 10_000_000;

/// Tables that one module may have. The pool sets room aside for as many.
pub(crate) const POOL_TABLES: u32 = 8;

/// Bytes of the engine's own structures for one instance; a module with a million globals needs 16 MiB.
const POOL_INSTANCE_BYTES: usize = 32 << 20;

/// Memory that a slot keeps between runs. A guest whose memory fits needs no system call and no page fault a run; and one
/// that does not makes its neighbours wait too, because what is given back is taken from all processors at once. Guests of
/// the SDK start with 1 MiB.
const KEEP_MEMORY_BYTES: usize = 2 << 20;
const KEEP_TABLE_BYTES: usize = 64 << 10;

/// Stack for the host's own frames, above what the guest may use.
const HOST_STACK_BYTES: usize = 512 << 10;

/// Densest memory image that the engine lays out when it compiles; part of what fuel depends on.
const DENSE_IMAGE_BYTES: u64 = 16 << 20;

/// What guests may use of WebAssembly: version 2 of its specification and extended constants. Several memories,
/// 64-bit memories, threads, relaxed SIMD, tail calls, garbage collection and exceptions are refused: no guest needs
/// them, and each is attack surface or a source of results that differ between hosts.
pub(crate) const FEATURES: WasmFeatures =
    WasmFeatures::WASM2.union(WasmFeatures::EXTENDED_CONST).difference(WasmFeatures::GC_TYPES);

/// What components may use: the same, and the component model as it was before threads and async. That is all that
/// CPython as componentize-py links it needs.
pub(crate) const COMPONENT_FEATURES: WasmFeatures = FEATURES.union(WasmFeatures::COMPONENT_MODEL);

/// Core instances that one component may have. CPython has 64, one for each library and many for their wiring.
pub(crate) const POOL_CORE_INSTANCES: u32 = 128;

/// Memories that one component may have. CPython has one; a memory for each of a few languages fits.
pub(crate) const POOL_MEMORIES: u32 = 4;

/// What is fixed with an engine: stack, slots, wasm features. A policy names a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// 512 KiB of stack. For guests in Rust, C or Go that do not recurse without bound.
    Small,
    /// 4 MiB of stack. For interpreters inside a guest: JavaScript, Lua.
    Large,
    /// 16 MiB of stack, and the component model. Components run under it, whatever class was asked for; so can
    /// modules. CPython counts its own stack in the guest's memory, and needs far more of the host's for the same depth.
    Component,
}

impl Class {
    /// The name as it stands in policy files and fingerprints.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
            Self::Component => "component",
        }
    }

    /// Bytes of stack that a guest may use.
    pub fn stack_bytes(self) -> u64 {
        match self {
            Self::Small => 512 << 10,
            Self::Large => 4 << 20,
            Self::Component => 16 << 20,
        }
    }

    pub(crate) fn features(self) -> WasmFeatures {
        match self {
            Self::Small | Self::Large => FEATURES,
            Self::Component => COMPONENT_FEATURES,
        }
    }

    /// Inlining makes guests 6 to 10 % faster. The compiler then holds all functions at once: a parser of 3.4 MB takes 3.6
    /// GiB and 26 s instead of 0.12 GiB and 7 s, and CPython, which gains nothing, gives 80 MB of code instead of 47.
    fn inlining(self) -> Inlining {
        match self {
            Self::Small => Inlining::Yes,
            Self::Large | Self::Component => Inlining::No,
        }
    }

    /// Everything that changes fuel, as one line.
    pub(crate) fn fingerprint(self) -> String {
        let inlining = match self.inlining() {
            Inlining::No => "no inlining",
            _ => "inlining",
        };
        let p2 = match self {
            Self::Small | Self::Large => String::new(),
            Self::Component => format!(" and {P2_LAYER_VERSION} for components"),
        };
        format!(
            "wasmtime {WASMTIME_VERSION}; cranelift speed, {inlining}, nan canonical; fuel without epochs; memory \
             init by copy-on-write, dense {DENSE_IMAGE_BYTES}; wasm features {:#x}; cost table {COST_TABLE_VERSION}; \
             wasi layer {WASI_LAYER_VERSION}{p2}; clock {CLOCK_START_NS} + {NS_PER_FUEL} ns a unit; class {} with {} \
             bytes of stack; target {}-{}",
            self.features().bits(),
            self.as_str(),
            self.stack_bytes(),
            std::env::consts::ARCH,
            std::env::consts::OS,
        )
    }
}

/// An engine, the host's functions linked to it, and its slots.
pub(crate) struct ClassEngine {
    pub(crate) class: Class,
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<State>,
    /// Empty but under the class `Component`.
    pub(crate) components: component::Linker<State>,
    slots: Mutex<u32>,
    freed: Condvar,
}

impl ClassEngine {
    /// Takes about 0.3 ms for 64 slots.
    pub(crate) fn new(class: Class, slots: u32) -> Result<Arc<Self>, SandboxError> {
        Self::of(class, slots, &config(class, slots))
    }

    /// An engine with one slot that compiles fast and not well. What runs on it comes out the same.
    pub(crate) fn for_one_run(class: Class) -> Result<Arc<Self>, SandboxError> {
        let mut config = config(class, 1);
        config.cranelift_opt_level(OptLevel::None).compiler_inlining(Inlining::No);
        Self::of(class, 1, &config)
    }

    /// The same with room for the frames that a profile puts between those of the guest. Code that was compiled fast
    /// takes more stack besides.
    pub(crate) fn for_profile(class: Class) -> Result<Arc<Self>, SandboxError> {
        const ROOM: usize = 8;
        let mut config = config(class, 1);
        let stack =
            usize::try_from(class.stack_bytes()).expect("a stack of a few MiB fits an address") * ROOM;
        config
            .cranelift_opt_level(OptLevel::None)
            .compiler_inlining(Inlining::No)
            .max_wasm_stack(stack)
            .async_stack_size(stack + HOST_STACK_BYTES);
        Self::of(class, 1, &config)
    }

    fn of(class: Class, slots: u32, config: &Config) -> Result<Arc<Self>, SandboxError> {
        let failed = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
        let engine = Engine::new(config).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        wasi::link(&mut linker).map_err(failed)?;
        let mut components = component::Linker::new(&engine);
        if class == Class::Component {
            wasi::link_components(&mut components).map_err(failed)?;
        }
        Ok(Arc::new(Self {
            class,
            engine,
            linker,
            components,
            slots: Mutex::new(slots),
            freed: Condvar::new(),
        }))
    }

    /// Waits for a slot. `None` when the host is asked to stop meanwhile.
    pub(crate) fn slot(&self, cancel: &Cancel) -> Option<Slot<'_>> {
        // Cancelling wakes nobody, so that it stays a plain store: a waiting run looks for itself.
        const LOOK: Duration = Duration::from_millis(20);
        let mut free = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if cancel.is_cancelled() {
                return None;
            }
            if *free > 0 {
                *free -= 1;
                return Some(Slot(self));
            }
            free = self.freed.wait_timeout(free, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The right to one instance of a class, given back on drop.
pub(crate) struct Slot<'a>(&'a ClassEngine);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.slots.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

fn config(class: Class, slots: u32) -> Config {
    let stack = usize::try_from(class.stack_bytes()).expect("a stack of a few MiB fits an address");
    let (instances, memories) = match class {
        Class::Small | Class::Large => (1, 1),
        Class::Component => (POOL_CORE_INSTANCES, POOL_MEMORIES),
    };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(instances))
        .total_memories(slots.saturating_mul(memories))
        .total_tables(slots.saturating_mul(POOL_TABLES))
        .max_core_instances_per_component(instances)
        .max_memories_per_component(memories)
        .max_tables_per_component(POOL_TABLES)
        .max_component_instance_size(POOL_INSTANCE_BYTES)
        .total_stacks(slots)
        .max_memories_per_module(1)
        .max_tables_per_module(POOL_TABLES)
        .max_memory_size(POOL_MEMORY_BYTES)
        .table_elements(POOL_TABLE_ELEMENTS)
        .max_core_instance_size(POOL_INSTANCE_BYTES)
        .linear_memory_keep_resident(KEEP_MEMORY_BYTES)
        .table_keep_resident(KEEP_TABLE_BYTES);

    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .compiler_inlining(class.inlining())
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(DENSE_IMAGE_BYTES)
        // The wall-time limit needs no epochs: runs are polled on a fiber and yield every so much fuel.
        .consume_fuel(true)
        .epoch_interruption(false)
        .operator_cost(cost::operators())
        .max_wasm_stack(stack)
        .async_stack_size(stack + HOST_STACK_BYTES)
        .concurrency_support(false)
        // Nobody sees a backtrace; collecting one makes a trap twice as dear.
        .wasm_backtrace_max_frames(None);
    for feature in WasmFeatures::all().difference(class.features()) {
        config.wasm_features(feature, false);
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_takes_exactly_the_features_that_the_scan_lets_through() {
        for class in [Class::Small, Class::Large, Class::Component] {
            let engine = Engine::new(&config(class, 1)).unwrap();
            assert_eq!(engine.get_wasm_features(), class.features());
        }
    }

    #[test]
    fn the_fingerprint_names_the_engine_that_is_linked() {
        let lock = include_str!("../../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"wasmtime\"\nversion = \"{WASMTIME_VERSION}\"")));
    }

    #[test]
    fn the_fingerprint_tells_classes_apart() {
        assert_ne!(Class::Small.fingerprint(), Class::Large.fingerprint());
        assert_ne!(Class::Large.fingerprint(), Class::Component.fingerprint());
    }

    #[test]
    fn a_slot_comes_back_when_it_is_dropped() {
        let engine = ClassEngine::new(Class::Small, 1).unwrap();
        let cancel = Cancel::new();
        let slot = engine.slot(&cancel).unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| engine.slot(&cancel).is_some());
            drop(slot);
            assert!(waiter.join().unwrap());
        });
        let _held = engine.slot(&cancel).unwrap();
        cancel.cancel();
        assert!(engine.slot(&cancel).is_none(), "one that waits sees the wish to stop");
    }
}
