;; Asks for more elements than a table can have.
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "_start") (drop (table.grow $t (ref.null func) (i32.const -1)))))
