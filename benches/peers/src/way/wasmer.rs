//! wasmer with Cranelift, a fresh store for each run; with the metering of its middlewares, and without.

use std::sync::Arc;

use wasmer::sys::{CompilerConfig as _, Cranelift, EngineBuilder};
use wasmer::wasmparser::Operator;
use wasmer::{Engine, Function, FunctionEnv, FunctionEnvMut, Instance, Memory, Module, Store, imports};
use wasmer_middlewares::Metering;

use super::wasi::{self, Streams};
use super::{Given, Way};
use crate::Result;

struct State {
    streams: Streams,
    memory: Option<Memory>,
}

const POINTS: u64 = 1 << 40;

pub fn ways(given: &Given) -> Result<Vec<Way>> {
    let mut metered = Cranelift::default();
    metered.push_middleware(Arc::new(Metering::new(POINTS, |_: &Operator<'_>| 1)));
    Ok(vec![
        way(given, "wasmer 7.3, Cranelift, fresh store", "metering", metered)?,
        way(given, "wasmer 7.3, Cranelift, fresh store, no metering", "no", Cranelift::default())?,
    ])
}

fn way(given: &Given, name: &'static str, metered: &'static str, compiler: Cranelift) -> Result<Way> {
    let engine: Engine = EngineBuilder::new(compiler).into();
    let module = Module::new(&engine, &given.validator)?;
    let (input, report) = (Arc::<[u8]>::from(given.input.as_slice()), given.report.clone());
    let run = move || {
        let mut store = Store::new(engine.clone());
        let state = State { streams: Streams::new(&input), memory: None };
        let env = FunctionEnv::new(&mut store, state);
        let imports = imports! {
            "wasi_snapshot_preview1" => {
                "fd_read" => Function::new_typed_with_env(&mut store, &env, fd_read),
                "fd_write" => Function::new_typed_with_env(&mut store, &env, fd_write),
                "environ_sizes_get" => Function::new_typed_with_env(&mut store, &env, environ_sizes_get),
                "environ_get" => Function::new_typed(&mut store, |_list: i32, _text: i32| -> i32 { 0 }),
                "random_get" => Function::new_typed(&mut store, |_out: i32, _bytes: i32| -> i32 { 0 }),
                "proc_exit" => Function::new_typed(&mut store, |code: i32| { assert_eq!(code, 0) }),
            }
        };
        let instance = Instance::new(&mut store, &module, &imports).expect("the validator links");
        let memory = instance.exports.get_memory("memory").expect("it exports its memory").clone();
        env.as_mut(&mut store).memory = Some(memory);
        let start = instance.exports.get_typed_function::<(), ()>(&store, "_start").expect("it is a command");
        start.call(&mut store).expect("it ends well");
        assert_eq!(env.as_ref(&store).streams.output, report);
    };
    Ok(Way::new(name, "fresh instance", metered, run))
}

/// Calls with the guest's memory and the run's streams.
fn with<T>(mut env: FunctionEnvMut<'_, State>, call: impl FnOnce(&mut [u8], &mut Streams) -> T) -> T {
    let (state, store) = env.data_and_store_mut();
    let view = state.memory.as_ref().expect("the guest runs after its memory was taken").view(&store);
    // SAFETY: nobody else looks at the memory of a guest that is in a call to its host, and it does not grow.
    call(unsafe { view.data_unchecked_mut() }, &mut state.streams)
}

fn fd_read(env: FunctionEnvMut<'_, State>, fd: i32, iovs: u32, count: u32, total: u32) -> i32 {
    with(env, |memory, streams| streams.read(memory, fd, iovs, count, total))
}

fn fd_write(env: FunctionEnvMut<'_, State>, _fd: i32, iovs: u32, count: u32, total: u32) -> i32 {
    with(env, |memory, streams| streams.write(memory, iovs, count, total))
}

fn environ_sizes_get(env: FunctionEnvMut<'_, State>, count: u32, bytes: u32) -> i32 {
    with(env, |memory, _| wasi::no_environment(memory, count, bytes))
}
