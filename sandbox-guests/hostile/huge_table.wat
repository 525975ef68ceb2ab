;; Starts with a table of nine million elements.
(module
  (memory (export "memory") 1)
  (table 9000000 funcref)
  (func (export "_start")))
