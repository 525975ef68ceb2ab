;; Fills 15 MiB in one instruction, for ever.
(module
  (memory (export "memory") 240)
  (func (export "_start")
    (loop $again
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 15728640))
      (br $again))))
