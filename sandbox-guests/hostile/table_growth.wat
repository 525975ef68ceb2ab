;; Two tables that each stay small enough and together do not.
(module
  (memory (export "memory") 1)
  (table $a 1 funcref)
  (table $b 1 funcref)
  (func (export "_start")
    (loop $again
      (drop (table.grow $a (ref.null func) (i32.const 100)))
      (drop (table.grow $b (ref.null func) (i32.const 100)))
      (br $again))))
