;; Fills, copies and initialises a table, for ever.
(module
  (memory (export "memory") 1)
  (table $t 10000 funcref)
  (elem $f func $nothing $nothing $nothing $nothing $nothing $nothing $nothing $nothing)
  (func $nothing)
  (func (export "_start")
    (loop $again
      (table.fill $t (i32.const 0) (ref.func $nothing) (i32.const 10000))
      (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 9999))
      (table.init $t $f (i32.const 0) (i32.const 0) (i32.const 8))
      (br $again))))
