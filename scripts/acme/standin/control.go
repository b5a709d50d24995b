package standin

import (
	"encoding/json"
	"log"
	"net/http"
)

// Control switches faults, each by a POST:
//
//	/user?name=web                            a user, who may do everything; answers its keys
//	/deny?user=web&action=route53:GetChange   AWS denies the action to the user
//	/allow?user=web&action=route53:GetChange  it does not any more
//	/zone?name=example.test&id=Z0             a hosted zone; without an id, DNS has it, but not this account
func (w *World) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /user", func(to http.ResponseWriter, r *http.Request) {
		if err := json.NewEncoder(to).Encode(w.user(r.FormValue("name"))); err != nil {
			log.Printf("control: %v", err)
		}
	})
	policy := func(denied bool) http.HandlerFunc {
		return func(to http.ResponseWriter, r *http.Request) {
			if err := w.deny(r.FormValue("user"), r.FormValue("action"), denied); err != nil {
				http.Error(to, err.Error(), http.StatusNotFound)
			}
		}
	}
	mux.HandleFunc("POST /deny", policy(true))
	mux.HandleFunc("POST /allow", policy(false))
	mux.HandleFunc("POST /zone", func(_ http.ResponseWriter, r *http.Request) { w.zone(r.FormValue("name")+".", r.FormValue("id")) })
	return mux
}
