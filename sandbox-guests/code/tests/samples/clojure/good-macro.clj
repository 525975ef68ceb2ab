(defmacro unless [test & body]
  `(if ~test nil (do ~@body)))

(unless false
  (println \a \newline 'quoted))

#_(ignored form)
(let [{:keys [a b] :or {a 1}} {:b 2}] (+ a b))
