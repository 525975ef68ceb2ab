(ns shop.cart
  (:require [clojure.string :as str]))

(defn add
  "Adds items to a cart."
  ([cart sku] (add cart sku 1))
  ([cart sku n]
   {:pre [(pos? n)]}
   (update cart sku (fnil + 0) n)))

(defn total [cart] (reduce + (vals cart)))
