;; Starts with all the memory that 32-bit addresses reach, in a module of its own.
(component
  (core module $holder (memory 65536))
  (core instance (instantiate $holder))
  (core module $main (func (export "run") (result i32) (i32.const 0)))
  (core instance $main (instantiate $main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $command)))
