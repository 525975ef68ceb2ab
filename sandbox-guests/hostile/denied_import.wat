;; Wants two functions that the host does not have, and one with another type than it has.
(module
  (import "env" "system" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_dup" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
