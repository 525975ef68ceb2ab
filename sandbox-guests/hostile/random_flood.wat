;; Fills 8 MiB with randomness, for ever, after asking for more bytes than it has.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 128)
  (func (export "_start")
    (if (i32.ne (call $random (i32.const 0) (i32.const -1)) (i32.const 21)) (then unreachable))
    (loop $again
      (drop (call $random (i32.const 0) (i32.const 8388608)))
      (br $again))))
