;; Wants its memory, table and a global from the host.
(module
  (import "env" "memory" (memory 1))
  (import "env" "table" (table 1 funcref))
  (import "env" "base" (global i32))
  (func (export "_start")))
