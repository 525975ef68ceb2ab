;; Waits for 1,024 things that are there, for ever.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (loop $again
      (drop (call $poll (i32.const 0) (i32.const 65536) (i32.const 1024) (i32.const 131000)))
      (br $again))))
