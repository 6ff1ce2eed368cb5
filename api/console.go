package api

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"lingtan/store/record"
)

// SetupPath is where the console takes a one-time link: SetupPath + secret.
const SetupPath = "/setup/"

// unbuilt stands where the console would when the program was built without it.
const unbuilt = `<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>Lingtan 零碳</title></head>
<body><h1>Lingtan 零碳</h1>
<p lang="zh">此程序编译时未包含控制台。请在源码目录运行 <code>make web</code> 后重新编译。接口文档见 <a href="/api/docs">/api/docs</a>。</p>
<p lang="en">This program was built without its console. Run <code>make web</code> in the source and build again. The API is documented at <a href="/api/docs">/api/docs</a>.</p>
</body></html>
`

// consoleRoutes serve the console: its files, and index.html for every path that
// the console itself routes, such as /setup/….
func (s *Server) consoleRoutes() {
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		s.writeProblem(w, r, s.noRoute(r))
	})
	index := []byte(nil)
	if s.Console != nil {
		index, _ = fs.ReadFile(s.Console, "index.html") // none: not built
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			s.writeProblem(w, r, byStatus[405].problem(traceOf(r.Context()).language, r.Method))
			return
		}
		if index == nil {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(unbuilt)) // a caller that went away is no failure
			return
		}
		s.serveConsole(w, r, index)
	})
}

// noRoute tells a wrong method from a path that is none.
func (s *Server) noRoute(r *http.Request) error {
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "/api/" && method != r.Method {
			return byStatus[405].problem(traceOf(r.Context()).language, r.Method)
		}
	}
	return record.ErrNotFound
}

// serveConsole sends a file of the console. A file whose name holds its hash
// (/assets/) may be kept for good; index.html is asked for again every time.
func (s *Server) serveConsole(w http.ResponseWriter, r *http.Request, index []byte) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	content, err := fs.ReadFile(s.Console, name)
	if err != nil && path.Ext(name) != "" && !strings.HasPrefix(r.URL.Path, SetupPath) {
		http.NotFound(w, r) // a missing file is not a page
		return
	}
	if strings.HasPrefix(name, "assets/") && err == nil {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	if err != nil {
		name, content = "index.html", index
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
