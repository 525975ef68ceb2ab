;; Reads an element that the table does not have.
(module
  (memory (export "memory") 1)
  (table $t 10 funcref)
  (func (export "_start") (drop (table.get $t (i32.const -1)))))
