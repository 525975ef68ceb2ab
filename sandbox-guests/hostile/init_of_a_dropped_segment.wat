;; Takes a byte from a data segment that it has dropped.
(module
  (memory (export "memory") 1)
  (data $text "1234")
  (func (export "_start")
    (data.drop $text)
    (memory.init $text (i32.const 0) (i32.const 0) (i32.const 1))))
