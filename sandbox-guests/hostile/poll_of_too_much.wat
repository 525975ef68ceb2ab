;; Waits for millions of things at once, for none, and for things that do not exist.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (func $is (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
  (func (export "_start")
    (call $is (call $poll (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0)) (i32.const 28))
    (call $is (call $poll (i32.const 0) (i32.const 0) (i32.const 10000000) (i32.const 0)) (i32.const 28))
    (call $is (call $poll (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 28))
    ;; The list, the events and the count outside of memory.
    (call $is (call $poll (i32.const -48) (i32.const 0) (i32.const 1) (i32.const 0)) (i32.const 21))
    (call $is (call $poll (i32.const 0) (i32.const -32) (i32.const 1) (i32.const 0)) (i32.const 21))
    (call $is (call $poll (i32.const 0) (i32.const 0) (i32.const 1) (i32.const -2)) (i32.const 21))
    (call $is (call $poll (i32.const 131000) (i32.const 0) (i32.const 1024) (i32.const 0)) (i32.const 21))
    ;; A kind of subscription that there is none of.
    (i32.store8 (i32.const 8) (i32.const 99))
    (call $is (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)) (i32.const 28))
    (call $exit (i32.const 42))))
