;; One line of 1 GiB, in one call: 1,024 pieces that are all the same mebibyte.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 32)
  (func (export "_start") (local $i i32)
    (memory.fill (i32.const 65536) (i32.const 0x78) (i32.const 1048576))
    (loop $next
      (i32.store (i32.mul (local.get $i) (i32.const 8)) (i32.const 65536))
      (i32.store offset=4 (i32.mul (local.get $i) (i32.const 8)) (i32.const 1048576))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1024))))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1024) (i32.const 60000)))))
