;; Two functions that call each other, for ever.
(module
  (memory (export "memory") 1)
  (func $even (param i64) (result i64)
    (i64.add (call $odd (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
  (func $odd (param i64) (result i64)
    (i64.add (call $even (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
  (func (export "_start") (drop (call $even (i64.const 0)))))
