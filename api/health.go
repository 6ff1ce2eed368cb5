package api

import (
	"context"
	"net/http"
	"time"
)

// healthRoutes answer probes: alive is the process, ready when its store answers.
func (s *Server) healthRoutes() {
	s.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "alive", "version": s.Version})
	})
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := s.Records.Ping(ctx); err != nil {
			s.Log.Error("not ready", "error", err.Error())
			writeJSON(w, http.StatusServiceUnavailable, "application/json", map[string]string{"status": "records do not answer"})
			return
		}
		writeJSON(w, http.StatusOK, "application/json", map[string]string{"status": "ready"})
	})
}
