;; A command component that loops without an end.
(component
  (core module $main (func (export "run") (result i32) (loop $again (br $again)) (unreachable)))
  (core instance $main (instantiate $main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $command)))
