;; Asks for randomness in the last bytes of memory and past them.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (call $random (i32.const 65528) (i32.const 8)) (then unreachable))
    (if (call $random (i32.const 65536) (i32.const 0)) (then unreachable))
    (if (i32.ne (call $random (i32.const 65529) (i32.const 8)) (i32.const 21)) (then unreachable))
    (if (i32.ne (call $random (i32.const -1) (i32.const 2)) (i32.const 21)) (then unreachable))
    (if (i32.ne (call $random (i32.const -1) (i32.const -1)) (i32.const 21)) (then unreachable))
    (call $exit (i32.const 42))))
