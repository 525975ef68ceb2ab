;; Exports its memory as `_start`.
(module
  (memory (export "_start") 1))
