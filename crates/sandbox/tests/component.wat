;; A command component around one core module, for the tests. Capital words are replaced: by the module, by further
;; imports or definitions and by the type of what `run` returns. The module imports `libc.memory` and, from `host`, what
;; it wants of the functions below. Everything from the second page up is handed out by `realloc`.
(component
    (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
    (alias export $error "error" (type $io-error))
    (import "wasi:io/poll@0.2.3" (instance $poll
        (export "pollable" (type $pollable (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $pollable))))
        (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:io/streams@0.2.3" (instance $streams
        (alias outer 1 $io-error (type $outer-error))
        (export "error" (type $io-error (eq $outer-error)))
        (export "input-stream" (type $input (sub resource)))
        (export "output-stream" (type $output (sub resource)))
        (type $stream-error' (variant (case "last-operation-failed" (own $io-error)) (case "closed")))
        (export "stream-error" (type $stream-error (eq $stream-error')))
        (export "[method]input-stream.blocking-read"
            (func (param "self" (borrow $input)) (param "len" u64)
                (result (result (list u8) (error $stream-error)))))
        (export "[method]output-stream.blocking-write-and-flush"
            (func (param "self" (borrow $output)) (param "contents" (list u8))
                (result (result (error $stream-error)))))
        (export "[method]output-stream.write-zeroes"
            (func (param "self" (borrow $output)) (param "len" u64)
                (result (result (error $stream-error)))))))
    (alias export $streams "input-stream" (type $input))
    (alias export $streams "output-stream" (type $output))
    (import "wasi:cli/stdin@0.2.3" (instance $stdin
        (alias outer 1 $input (type $outer-input))
        (export "input-stream" (type $input (eq $outer-input)))
        (export "get-stdin" (func (result (own $input))))))
    (import "wasi:cli/stdout@0.2.3" (instance $stdout
        (alias outer 1 $output (type $outer-output))
        (export "output-stream" (type $output (eq $outer-output)))
        (export "get-stdout" (func (result (own $output))))))
    (import "wasi:cli/stderr@0.2.3" (instance $stderr
        (alias outer 1 $output (type $outer-output))
        (export "output-stream" (type $output (eq $outer-output)))
        (export "get-stderr" (func (result (own $output))))))
    (import "wasi:cli/exit@0.2.3" (instance $exit (export "exit" (func (param "status" (result))))))
    (import "wasi:clocks/monotonic-clock@0.2.3" (instance $monotonic
        (alias outer 1 $pollable (type $outer-pollable))
        (export "pollable" (type $pollable (eq $outer-pollable)))
        (export "now" (func (result u64)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
    (import "wasi:random/random@0.2.3" (instance $random
        (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
        (export "get-random-u64" (func (result u64)))))
    (import "wasi:random/insecure-seed@0.2.3" (instance $seed
        (export "insecure-seed" (func (result (tuple u64 u64))))))
    IMPORTS

    (core module $libc
        (memory (export "memory") 2)
        (global $free (mut i32) (i32.const 65536))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
            (global.set $free (i32.add (local.get $at) (local.get 3)))
            (local.get $at))
        (func (export "free") (global.set $free (i32.const 65536))))
    (core instance $libc (instantiate $libc))

    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core func $drop-pollable (canon resource.drop $pollable))
    (core func $poll-list
        (canon lower (func $poll "poll") (memory $libc "memory") (realloc (func $libc "realloc"))))
    (core func $read
        (canon lower (func $streams "[method]input-stream.blocking-read")
            (memory $libc "memory") (realloc (func $libc "realloc"))))
    (core func $write
        (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $libc "memory")))
    (core func $write-zeroes
        (canon lower (func $streams "[method]output-stream.write-zeroes") (memory $libc "memory")))
    (core func $stdin' (canon lower (func $stdin "get-stdin")))
    (core func $stdout' (canon lower (func $stdout "get-stdout")))
    (core func $stderr' (canon lower (func $stderr "get-stderr")))
    (core func $exit' (canon lower (func $exit "exit")))
    (core func $now (canon lower (func $monotonic "now")))
    (core func $after (canon lower (func $monotonic "subscribe-duration")))
    (core func $random-bytes
        (canon lower (func $random "get-random-bytes")
            (memory $libc "memory") (realloc (func $libc "realloc"))))
    (core func $random-u64 (canon lower (func $random "get-random-u64")))
    (core func $insecure-seed (canon lower (func $seed "insecure-seed") (memory $libc "memory")))

    (core module $main MAIN)
    (core instance $main (instantiate $main
        (with "libc" (instance $libc))
        (with "host" (instance
            (export "block" (func $block))
            (export "drop-pollable" (func $drop-pollable))
            (export "poll" (func $poll-list))
            (export "read" (func $read))
            (export "write" (func $write))
            (export "write-zeroes" (func $write-zeroes))
            (export "stdin" (func $stdin'))
            (export "stdout" (func $stdout'))
            (export "stderr" (func $stderr'))
            (export "exit" (func $exit'))
            (export "now" (func $now))
            (export "after" (func $after))
            (export "random-bytes" (func $random-bytes))
            (export "random-u64" (func $random-u64))
            (export "insecure-seed" (func $insecure-seed))))))
    EXTRA
    (func $run (result RESULT) (canon lift (core func $main "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.3" (instance $command)))
