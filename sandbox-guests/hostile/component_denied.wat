;; Wants what a command does not get.
(component
  (import "wasi:http/types@0.2.3" (instance))
  (import "mine:own/thing@0.2.0" (instance))
  (core module $main (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $command)))
