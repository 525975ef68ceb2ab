;; Looks at the clock until an hour has passed on it.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $i i32)
    (loop $again
      (drop (call $time (i32.const 1) (i64.const 1) (i32.const 0)))
      (local.set $i (i32.const 100000))
      (loop $spin (br_if $spin (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if $again (i64.lt_u (i64.load (i32.const 0)) (i64.const 3600000000000))))))
