;; Starts with all the memory that 32-bit addresses reach.
(module
  (memory (export "memory") 65536)
  (func (export "_start")))
