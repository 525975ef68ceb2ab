;; Loops before `_start`, in the function that runs at instantiation.
(module
  (memory (export "memory") 1)
  (func $init (loop $again (br $again)))
  (start $init)
  (func (export "_start")))
