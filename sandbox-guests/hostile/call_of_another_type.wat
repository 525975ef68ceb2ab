;; Calls a function through the table as if it had another type.
(module
  (type $wants (func (param i64 i64) (result f64)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f)
  (func (export "_start")
    (drop (call_indirect (type $wants) (i64.const 1) (i64.const 2) (i32.const 0)))))
