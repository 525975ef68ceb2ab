;; Waits for a moment an hour away.
(component
  (import "wasi:io/poll@0.2.3" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $after (canon lower (func $clock "subscribe-duration")))
  (core module $main
    (import "host" "block" (func $block (param i32)))
    (import "host" "after" (func $after (param i64) (result i32)))
    (func (export "run") (result i32)
      (call $block (call $after (i64.const 3600000000000)))
      (i32.const 0)))
  (core instance $main (instantiate $main (with "host" (instance
    (export "block" (func $block)) (export "after" (func $after))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $command)))
