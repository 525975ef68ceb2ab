;; Fills 4 thousand million elements of a table of ten.
(module
  (memory (export "memory") 1)
  (table $t 10 funcref)
  (func (export "_start") (table.fill $t (i32.const 0) (ref.null func) (i32.const -1))))
