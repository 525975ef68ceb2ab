;; Recursion without an end whose every call goes through a table.
(module
  (type $down (func (param i64) (result i64)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $down)
  (func $down (type $down)
    (i64.add
      (call_indirect (type $down) (i64.add (local.get 0) (i64.const 1)) (i32.const 0))
      (local.get 0)))
  (func (export "_start") (drop (call $down (i64.const 0)))))
