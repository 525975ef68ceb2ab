;; Writes a million zeroes in one call, of which the guest's memory holds none.
(component
  (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $io-error))
  (import "wasi:io/streams@0.2.3" (instance $streams
    (alias outer 1 $io-error (type $outer-error))
    (export "error" (type $io-error (eq $outer-error)))
    (export "output-stream" (type $output (sub resource)))
    (type $stream-error' (variant (case "last-operation-failed" (own $io-error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]output-stream.write-zeroes"
      (func (param "self" (borrow $output)) (param "len" u64)
        (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.3" (instance $stdout
    (alias outer 1 $output (type $outer))
    (export "output-stream" (type $output (eq $outer)))
    (export "get-stdout" (func (result (own $output))))))
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core func $zeroes
    (canon lower (func $streams "[method]output-stream.write-zeroes") (memory $libc "memory")))
  (core module $main
    (import "host" "get" (func $get (result i32)))
    (import "host" "zeroes" (func $zeroes (param i32 i64 i32)))
    (func (export "run") (result i32)
      (call $zeroes (call $get) (i64.const 1000000) (i32.const 0))
      (i32.const 0)))
  (core instance $main (instantiate $main (with "host" (instance
    (export "get" (func $get)) (export "zeroes" (func $zeroes))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $command)))
