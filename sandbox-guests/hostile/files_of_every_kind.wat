;; Looks for folders and files by every number, and tries to open what a host would not give away.
(module
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink"
    (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink"
    (func $readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "/etc/passwd../../../../../../etc/shadow")
  (func $fails (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
  (func (export "_start") (local $fd i32)
    (loop $next
      (call $fails (call $prestat (local.get $fd) (i32.const 0)))
      (call $fails (call $open (local.get $fd) (i32.const 1) (i32.const 1024) (i32.const 11) (i32.const 0)
        (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 0)))
      (call $fails (call $open (local.get $fd) (i32.const 1) (i32.const 1035) (i32.const 28) (i32.const 15)
        (i64.const -1) (i64.const -1) (i32.const 31) (i32.const 0)))
      (call $fails (call $unlink (local.get $fd) (i32.const 1024) (i32.const 11)))
      (call $fails (call $symlink (i32.const 1024) (i32.const 11) (local.get $fd) (i32.const 0) (i32.const 1)))
      (call $fails (call $readlink (local.get $fd) (i32.const 1024) (i32.const 11)
        (i32.const 0) (i32.const 512) (i32.const 600)))
      (call $fails (call $readdir (local.get $fd) (i32.const 0) (i32.const 512) (i64.const 0) (i32.const 600)))
      (call $fails (call $accept (local.get $fd) (i32.const 0) (i32.const 0)))
      (br_if $next (i32.lt_u (local.tee $fd (i32.add (local.get $fd) (i32.const 1))) (i32.const 1000))))
    (call $fails (call $open (i32.const -1) (i32.const 1) (i32.const 1024) (i32.const 11) (i32.const 0)
      (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 0)))
    (call $exit (i32.const 42))))
