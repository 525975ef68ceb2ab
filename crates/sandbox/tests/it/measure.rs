#![allow(warnings)]
use crate::guests::*;
use genesis_abi::*;
use genesis_sandbox::*;
use std::time::Instant;

#[test]
fn compile_time() {
    let lim = ModuleLimits {
        module_bytes: 64 << 20,
        functions: 1 << 20,
        locals: 50_000,
        nesting: 512,
        function_bytes: 8 << 20,
    };
    let bodies: Vec<(&str, Box<dyn Fn(usize) -> String>)> = vec![
        ("fill", Box::new(|n| "(memory.fill (i32.const 0) (i32.const 7) (i32.const 15728640))".repeat(n))),
        ("loop", Box::new(|n| "(loop (br_if 0 (local.get 0)))".repeat(n))),
        ("if", Box::new(|n| "(if (local.get 0) (then (local.set 0 (i32.const 3))))".repeat(n))),
        ("add", Box::new(|n| "(local.set 0 (i32.add (local.get 0) (i32.const 3)))".repeat(n))),
        ("call", Box::new(|n| "(call $f)".repeat(n))),
        ("store", Box::new(|n| "(i32.store (local.get 0) (local.get 0))".repeat(n))),
        ("br_table", Box::new(|n| format!("(block (br_table {} (local.get 0)))", "0 ".repeat(n)))),
    ];
    for (name, body) in &bodies {
        for n in [1000, 2000, 4000, 8000] {
            let w = wasm(&format!(
                r#"(module (memory (export "memory") 1) (func $f) (func (export "_start") (local i32) {}))"#,
                body(n)
            ));
            let t = Instant::now();
            let r = SANDBOX.load(&w, Class::Small, &lim).unwrap();
            println!("{name} {n}: {} bytes, {:?} ok={}", w.len(), t.elapsed(), r.is_ok());
            if t.elapsed().as_secs() > 20 {
                break;
            }
        }
    }
}

fn bench(name: &str, n: usize, mut f: impl FnMut()) {
    for _ in 0..n / 10 {
        f()
    }
    let mut t: Vec<u128> = (0..n)
        .map(|_| {
            let t = Instant::now();
            f();
            t.elapsed().as_nanos()
        })
        .collect();
    t.sort();
    println!(
        "{name}: p10 {:.2} us, median {:.2} us, p90 {:.2} us",
        t[n / 10] as f64 / 1e3,
        t[n / 2] as f64 / 1e3,
        t[n * 9 / 10] as f64 / 1e3
    );
}

#[test]
fn speed() {
    let empty = load(&wasm(r#"(module (memory (export "memory") 1) (func (export "_start")))"#)).unwrap();
    let report = load(&says(EMPTY_REPORT.as_bytes(), b"", 0)).unwrap();
    let big: Vec<u8> = format!(r#"{{"abi":1,"findings":[],"data":"{}"}}"#, "x".repeat(20_000)).into_bytes();
    let echo = load(&wasm(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 60000))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
    ))
    .unwrap();
    let spin = load(&wasm(r#"(module (memory (export "memory") 1) (func (export "_start") (local $n i32) (local.set $n (i32.const 200000))
      (loop $spin (i32.store (i32.and (local.get $n) (i32.const 4092)) (local.get $n)) (br_if $spin (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#)).unwrap();
    let storm = load(&fixture("host_call_storm")).unwrap();
    let random = load(&fixture("random_flood")).unwrap();
    let calls = Limits { host_calls: 100_000, ..LIMITS };
    for _ in 0..2 {
        bench("empty", 5000, || {
            run_under(&empty, b"", &LIMITS);
        });
        bench("report", 5000, || {
            run_under(&report, b"", &LIMITS);
        });
        bench("echo 20 KB", 5000, || {
            run_under(&echo, &big, &LIMITS);
        });
        bench("spin 200k", 1000, || {
            run_under(&spin, b"", &LIMITS);
        });
        bench("100k host calls", 5, || {
            run_under(&storm, b"", &calls);
        });
        bench("50 MB random", 5, || {
            run_under(&random, b"", &LIMITS);
        });
    }
    println!("{:?}", run_under(&spin, b"", &LIMITS).usage);
}

#[test]
fn engines() {
    use wasmtime::*;
    let empty = wasm(r#"(module (memory (export "memory") 1) (func (export "_start")))"#);
    let spin = wasm(
        r#"(module (memory (export "memory") 1) (func (export "_start") (local $n i32) (local.set $n (i32.const 20000))
      (loop $spin (i32.store (i32.and (local.get $n) (i32.const 4092)) (local.get $n)) (br_if $spin (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#,
    );
    let calls = wasm(
        r#"(module (memory (export "memory") 1)
      (func $fib (param i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
         (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
      (func (export "_start") (drop (call $fib (i32.const 15)))))"#,
    );
    let engine = |epoch: bool| {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(4)
            .total_memories(4)
            .total_tables(32)
            .total_stacks(4)
            .max_tables_per_module(8)
            .table_elements(10_000_000)
            .max_memory_size(1 << 32)
            .linear_memory_keep_resident(512 << 10)
            .table_keep_resident(64 << 10);
        let mut c = Config::new();
        c.consume_fuel(true)
            .epoch_interruption(epoch)
            .compiler_inlining(Inlining::Yes)
            .cranelift_nan_canonicalization(true)
            .concurrency_support(false)
            .wasm_backtrace_max_frames(None)
            .allocation_strategy(pool);
        Engine::new(&c).unwrap()
    };
    for (name, bytes) in [("empty", &empty), ("spin 20k", &spin), ("fib 15", &calls)] {
        for epoch in [false, true] {
            let e = engine(epoch);
            let m = Module::new(&e, bytes).unwrap();
            let pre = Linker::<()>::new(&e).instantiate_pre(&m).unwrap();
            let start = m.get_export_index("_start").unwrap();
            bench(&format!("{name} sync fuel epoch={epoch}"), 5000, || {
                let mut s = Store::new(&e, ());
                s.set_fuel(1 << 40).unwrap();
                if epoch {
                    s.set_epoch_deadline(1);
                    s.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
                }
                let i = pre.instantiate(&mut s).unwrap();
                i.get_module_export(&mut s, &start)
                    .unwrap()
                    .into_func()
                    .unwrap()
                    .typed::<(), ()>(&s)
                    .unwrap()
                    .call(&mut s, ())
                    .unwrap();
            });
            if !epoch {
                bench(&format!("{name} fiber fuel slices"), 5000, || {
                    let mut s = Store::new(&e, ());
                    s.set_fuel(1 << 40).unwrap();
                    s.fuel_async_yield_interval(Some(1_000_000)).unwrap();
                    let f = async {
                        let i = pre.instantiate_async(&mut s).await.unwrap();
                        i.get_module_export(&mut s, &start)
                            .unwrap()
                            .into_func()
                            .unwrap()
                            .typed::<(), ()>(&s)
                            .unwrap()
                            .call_async(&mut s, ())
                            .await
                            .unwrap();
                    };
                    let mut f = std::pin::pin!(f);
                    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                    while std::future::Future::poll(f.as_mut(), &mut cx).is_pending() {}
                });
            }
        }
    }
}

#[test]
fn stock() {
    for entry in std::fs::read_dir("/tmp/sb").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "wasm") {
            let bytes = std::fs::read(&path).unwrap();
            println!(
                "{path:?} {:?}",
                inspect(&bytes).map(|i| (i.imports, i.complexity, i.checks, i.memory_bytes))
            );
            let t = Instant::now();
            let guest = SANDBOX.load_trusted(&bytes, Class::Small).unwrap();
            println!("compile {:?}", t.elapsed());
            let r = run_under(
                &guest,
                &b"hello world".repeat(1800),
                &Limits { fuel: 1 << 40, memory_bytes: 256 << 20, host_calls: 1 << 30, ..LIMITS },
            );
            println!(
                "{:?} {:?}\n{}\n{}",
                r.outcome,
                r.usage,
                String::from_utf8_lossy(&r.stdout),
                String::from_utf8_lossy(&r.stderr)
            );
            bench("run", 1000, || {
                run_under(&guest, &b"hello world".repeat(1800), &LIMITS);
            });
        }
    }
}
