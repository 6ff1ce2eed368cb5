package api

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

//go:embed docs/docs.html docs/docs.js docs/docs.css
var docFiles embed.FS

// documentRoutes serve the OpenAPI 3.1 document, /api/openapi.json, and the page
// that shows it, /api/docs, which loads nothing from elsewhere.
func (s *Server) documentRoutes() error {
	var err error
	if s.openapi, err = json.Marshal(s.api.OpenAPI()); err != nil {
		return fmt.Errorf("api: OpenAPI document: %w", err)
	}
	s.mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(s.openapi) // a caller that went away is no failure
	})
	s.mux.HandleFunc("GET /api/docs", s.document("docs.html"))
	s.mux.HandleFunc("GET /api/docs/docs.js", s.document("docs.js"))
	s.mux.HandleFunc("GET /api/docs/docs.css", s.document("docs.css"))
	s.mux.HandleFunc("GET /api/errors.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		writeJSON(w, http.StatusOK, "application/json", errorList())
	})
	return nil
}

// OpenAPI is the document of the API as JSON.
func (s *Server) OpenAPI() []byte { return s.openapi }

func (s *Server) document(file string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		content, err := docFiles.ReadFile("docs/" + file)
		if err != nil {
			s.writeProblem(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, file, time.Time{}, strings.NewReader(string(content)))
	}
}

// errorLine is a line of the table of errors, for the documentation page.
type errorLine struct {
	Code   string `json:"code"`
	Status int    `json:"status"`
	Title  name   `json:"title"`
	Next   name   `json:"next"`
}

// errorList is the table of errors by code, each once.
func errorList() []errorLine {
	var lines []errorLine
	seen := map[string]bool{}
	add := func(k kind) {
		if !seen[k.code] {
			seen[k.code] = true
			lines = append(lines, errorLine{k.code, k.status, k.title, k.next})
		}
	}
	for _, k := range kinds {
		add(k)
	}
	for status := 400; status <= 500; status++ {
		if k, known := byStatus[status]; known {
			add(k)
		}
	}
	return lines
}
