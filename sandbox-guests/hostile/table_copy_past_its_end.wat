;; Copies 4 thousand million elements within a table of ten.
(module
  (memory (export "memory") 1)
  (table $t 10 funcref)
  (func (export "_start") (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const -1))))
