;; Recursion without an end before `_start`.
(module
  (memory (export "memory") 1)
  (func $down (param i64) (result i64)
    (i64.add (call $down (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
  (func $init (drop (call $down (i64.const 0))))
  (start $init)
  (func (export "_start")))
