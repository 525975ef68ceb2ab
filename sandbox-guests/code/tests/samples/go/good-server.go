package main

import (
	"encoding/json"
	"log"
	"net/http"
)

type item struct {
	Name  string `json:"name"`
	Count int    `json:"count,omitempty"`
}

func list(items map[string]item) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			http.Error(w, "no", http.StatusMethodNotAllowed)
			return
		}
		if err := json.NewEncoder(w).Encode(items); err != nil {
			log.Println("encode:", err)
		}
	}
}

func main() {
	http.Handle("/items", list(map[string]item{"a": {Name: "apple", Count: 3}}))
	log.Fatal(http.ListenAndServe(":8080", nil))
}
