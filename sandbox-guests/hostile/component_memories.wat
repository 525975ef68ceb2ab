;; Three memories of 6 MiB, each of which alone is within the limit.
(component
  (core module $holder (memory 96))
  (core instance (instantiate $holder))
  (core instance (instantiate $holder))
  (core instance (instantiate $holder))
  (core module $main (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $command)))
