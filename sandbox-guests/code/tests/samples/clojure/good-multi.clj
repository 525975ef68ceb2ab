(defmulti area :kind)

(defmethod area :circle [{:keys [r]}]
  (* Math/PI r r))

(defmethod area :default [_] 0)

(try
  (area {:kind :circle :r 2.5})
  (catch Exception e (.getMessage e)))
