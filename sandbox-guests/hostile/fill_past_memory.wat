;; Fills 4 GiB of a memory of one page.
(module
  (memory (export "memory") 1)
  (func (export "_start") (memory.fill (i32.const 0) (i32.const 7) (i32.const -1))))
