;; Exports a global under the name of the memory.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory 1)
  (global (export "memory") i32 (i32.const 0))
  (func (export "_start")
    (if (i32.ne (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 21))
      (then unreachable))
    (call $exit (i32.const 42))))
