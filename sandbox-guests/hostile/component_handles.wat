;; Takes a handle of standard output again and again, and gives none back.
(component
  (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
  (import "wasi:io/streams@0.2.3" (instance $streams (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.3" (instance $stdout
    (alias outer 1 $output (type $outer))
    (export "output-stream" (type $output (eq $outer)))
    (export "get-stdout" (func (result (own $output))))))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core module $main
    (import "host" "get" (func $get (result i32)))
    (func (export "run") (result i32) (loop $again (drop (call $get)) (br $again)) (unreachable)))
  (core instance $main (instantiate $main (with "host" (instance (export "get" (func $get))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $command)))
