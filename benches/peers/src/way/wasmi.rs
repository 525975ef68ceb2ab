//! wasmi: an interpreter, with fuel.

use std::sync::Arc;

use wasmi::{Caller, CompilationMode, Config, Engine, Error, Linker, Memory, Module, Store};

use super::wasi::{self, Streams};
use super::{Given, Way};
use crate::Result;

const WASI: &str = "wasi_snapshot_preview1";
const FUEL: u64 = 1 << 40;

struct State {
    streams: Streams,
    memory: Option<Memory>,
}

pub fn way(given: &Given) -> Result<Way> {
    let mut config = Config::default();
    config.consume_fuel(true).compilation_mode(CompilationMode::Eager);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, &given.validator)?;
    let linker = linker(&engine)?;
    let (input, report) = (Arc::<[u8]>::from(given.input.as_slice()), given.report.clone());
    let run = move || {
        let mut store = Store::new(&engine, State { streams: Streams::new(&input), memory: None });
        store.set_fuel(FUEL).expect("fuel is on");
        let instance = linker.instantiate_and_start(&mut store, &module).expect("the validator links");
        store.data_mut().memory = instance.get_memory(&store, "memory");
        let start = instance.get_typed_func::<(), ()>(&store, "_start").expect("it is a command");
        start.call(&mut store, ()).expect("it ends well");
        assert_eq!(store.data().streams.output, report);
    };
    Ok(Way::new("wasmi 2.0, interpreter, fresh instance", "fresh instance", "fuel", run))
}

fn linker(engine: &Engine) -> Result<Linker<State>> {
    fn parts<'a>(caller: &'a mut Caller<'_, State>) -> (&'a mut [u8], &'a mut State) {
        let memory = caller.data().memory.expect("the guest runs after its memory was taken");
        memory.data_and_store_mut(caller)
    }
    let mut linker = Linker::new(engine);
    linker.func_wrap(
        WASI,
        "fd_read",
        |mut caller: Caller<'_, State>, fd: i32, iovs: u32, count: u32, total: u32| {
            let (memory, state) = parts(&mut caller);
            state.streams.read(memory, fd, iovs, count, total)
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_write",
        |mut caller: Caller<'_, State>, _fd: i32, iovs: u32, count: u32, total: u32| {
            let (memory, state) = parts(&mut caller);
            state.streams.write(memory, iovs, count, total)
        },
    )?;
    linker.func_wrap(
        WASI,
        "environ_sizes_get",
        |mut caller: Caller<'_, State>, count: u32, bytes: u32| {
            wasi::no_environment(parts(&mut caller).0, count, bytes)
        },
    )?;
    linker.func_wrap(WASI, "environ_get", |_list: i32, _text: i32| 0)?;
    linker.func_wrap(WASI, "random_get", |_out: i32, _bytes: i32| 0)?;
    linker.func_wrap(WASI, "proc_exit", |code: i32| -> std::result::Result<(), Error> {
        Err(Error::i32_exit(code))
    })?;
    Ok(linker)
}
