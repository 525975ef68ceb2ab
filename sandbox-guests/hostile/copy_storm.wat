;; Copies 15 MiB onto itself, one byte further, for ever.
(module
  (memory (export "memory") 256)
  (func (export "_start")
    (loop $again
      (memory.copy (i32.const 1) (i32.const 0) (i32.const 15728640))
      (br $again))))
