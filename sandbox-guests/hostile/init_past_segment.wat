;; Takes 4 GiB from a data segment of four bytes.
(module
  (memory (export "memory") 1)
  (data $text "1234")
  (func (export "_start") (memory.init $text (i32.const 0) (i32.const 0) (i32.const -1))))
