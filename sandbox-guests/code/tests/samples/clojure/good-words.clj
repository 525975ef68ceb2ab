(def text "one two \"three\"")

(->> (clojure.string/split text #"\s+")
     (map keyword)
     frequencies
     (sort-by val >)
     (run! println))
