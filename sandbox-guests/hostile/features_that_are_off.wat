;; What no guest needs: each is attack surface, or gives other results on other hosts.
(module
  (type $struct (struct (field i32)))
  (type $function (func))
  (memory (export "memory") i64 1 2 shared)
  (tag $t)
  (func $down (return_call $down))
  (func (param v128) (result v128) (f32x4.relaxed_min (local.get 0) (local.get 0)))
  (func (param (ref $function)) (call_ref $function (local.get 0)))
  (func (export "_start") (drop (i32.atomic.load (i64.const 0)))))
