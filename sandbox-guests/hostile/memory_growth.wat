;; Grows by a page at a time and does not care whether it was allowed to.
(module
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $again (drop (memory.grow (i32.const 1))) (br $again))))
