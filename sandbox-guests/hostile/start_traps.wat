;; Traps before `_start`, in the function that runs at instantiation.
(module
  (memory (export "memory") 1)
  (func $init unreachable)
  (start $init)
  (func (export "_start")))
