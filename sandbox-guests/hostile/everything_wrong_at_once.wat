;; Every kind of reason to refuse a module, in one.
(module
  (import "env" "open_the_door" (func $open))
  (memory (export "memory") 1 2 shared)
  (func (block (block (block (block)))))
  (func)
  (func (export "run") (call $open)))
