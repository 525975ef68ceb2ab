(def state (atom {:n 0, :seen #{}}))

(defn see! [x]
  (swap! state (fn [s] (-> s (update :n inc) (update :seen conj x)))))

(doseq [i (range 3)]
  (see! i))
@state
