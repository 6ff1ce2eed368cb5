package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

const (
	maxBody   = 64 << 20 // bytes of any request; an operation may ask for less
	etagUpTo  = 1 << 20  // bytes of an answer that is held to compute its ETag
	gzipAbove = 1 << 10
)

// contentPolicy lets pages load from this server alone and run no inline script or style.
const contentPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"font-src 'self'; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'"

// trace follows a request through the server for the access log.
type trace struct {
	request  string // id
	address  string // of the caller
	language string // zh or en
	who      string
}

type traceKey struct{}

func traceOf(ctx context.Context) *trace {
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		return t
	}
	return &trace{language: "en"}
}

// logged gives every request an id, writes the access log and answers a panic
// with an internal error.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := make([]byte, 8)
		_, _ = rand.Read(id) // never fails since Go 1.24
		t := &trace{request: hex.EncodeToString(id), address: s.address(r), language: languageOf(r.Header.Get("Accept-Language"))}
		r = r.WithContext(context.WithValue(r.Context(), traceKey{}, t))
		w.Header().Set("X-Request-Id", t.request)
		counted := &countingWriter{ResponseWriter: w}
		defer func() {
			if fault := recover(); fault != nil {
				s.Log.Error("panic", "request", t.request, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
				if counted.status == 0 {
					s.writeProblem(counted, r, fmt.Errorf("panic: %v", fault))
				}
			}
			s.Log.Info("request", "request", t.request, "method", r.Method, "path", logPath(r.URL.Path),
				"status", counted.status, "bytes", counted.bytes, "ms", time.Since(started).Milliseconds(),
				"address", t.address, "who", t.who)
		}()
		next.ServeHTTP(counted, r)
	})
}

// logPath leaves the secret out of a set-up link, and shortens.
func logPath(path string) string {
	if strings.HasPrefix(path, "/setup/") {
		return "/setup/…"
	}
	return path[:min(len(path), 300)]
}

func (s *Server) logFailure(ctx context.Context, problem *Problem, err error) {
	if problem.Status >= 500 {
		s.Log.Error("failed", "request", traceOf(ctx).request, "code", problem.Code, "error", err.Error())
	}
}

// address is where a request comes from, without the port.
func (s *Server) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if s.TrustProxy {
		list := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		if _, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err == nil {
			host = strings.TrimSpace(list[len(list)-1])
		}
	}
	return host
}

// countingWriter notes status and length for the access log.
type countingWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *countingWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// guarded sets the security headers and bounds the request body.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // a set-up link holds a secret
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(r.URL.Path, "/api/v1/") {
			h.Set("Cache-Control", "private, no-cache") // kept, and asked for again by ETag
			h.Set("Vary", "Cookie, Authorization, Accept-Encoding, Accept-Language")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if strings.HasPrefix(r.URL.Path, "/api/v1/") {
			s.identified(next).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// packed gives answers to GET an ETag, where they are short enough to be held
// whole, and compresses text.
func (s *Server) packed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		p := &packingWriter{ResponseWriter: w, request: r}
		next.ServeHTTP(p, r)
		p.finish()
	})
}

// packingWriter holds the start of an answer until it knows how to send it.
type packingWriter struct {
	http.ResponseWriter
	request *http.Request
	status  int
	held    bytes.Buffer
	open    bool         // headers are sent; no more holding
	zip     *gzip.Writer // nil when not compressing
}

func (w *packingWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *packingWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if !w.open && w.held.Len()+len(p) <= etagUpTo {
		return w.held.Write(p)
	}
	if err := w.release(); err != nil {
		return 0, err
	}
	return w.out().Write(p)
}

// FlushError sends what is held: the answer is a stream.
func (w *packingWriter) FlushError() error {
	w.WriteHeader(http.StatusOK)
	if err := w.release(); err != nil {
		return err
	}
	if w.zip != nil {
		if err := w.zip.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *packingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *packingWriter) out() io.Writer {
	if w.zip != nil {
		return w.zip
	}
	return w.ResponseWriter
}

// release sends the headers and what is held, compressed if that is fit.
func (w *packingWriter) release() error {
	if w.open {
		return nil
	}
	w.open = true
	if w.worthZip() {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Del("Content-Length")
		w.zip, _ = gzip.NewWriterLevel(w.ResponseWriter, gzip.BestSpeed) // the level is a valid one
	}
	w.ResponseWriter.WriteHeader(w.status)
	_, err := w.out().Write(w.held.Bytes())
	w.held.Reset()
	return err
}

func (w *packingWriter) worthZip() bool {
	kind := w.Header().Get("Content-Type")
	text := strings.HasPrefix(kind, "application/") && strings.Contains(kind, "json") ||
		strings.HasPrefix(kind, "text/") && !strings.HasPrefix(kind, "text/event-stream") ||
		strings.Contains(kind, "javascript") || strings.Contains(kind, "svg")
	return text && w.held.Len() > gzipAbove && w.Header().Get("Content-Encoding") == "" &&
		strings.Contains(w.request.Header.Get("Accept-Encoding"), "gzip")
}

// finish ends the answer: with an ETag when it was held whole, as 304 when the
// caller has it.
func (w *packingWriter) finish() {
	if w.open {
		if w.zip != nil {
			_ = w.zip.Close() // the caller is gone when this fails
		}
		return
	}
	w.WriteHeader(http.StatusOK)
	if w.status == http.StatusOK && w.held.Len() > 0 && w.Header().Get("ETag") == "" {
		sum := sha256.Sum256(w.held.Bytes())
		w.Header().Set("ETag", `W/"`+hex.EncodeToString(sum[:12])+`"`)
	}
	if tag := w.Header().Get("ETag"); w.status == http.StatusOK && tag != "" && w.request.Header.Get("If-None-Match") == tag {
		w.Header().Del("Content-Type")
		w.Header().Del("Content-Length")
		w.ResponseWriter.WriteHeader(http.StatusNotModified)
		return
	}
	if err := w.release(); err == nil && w.zip != nil {
		_ = w.zip.Close()
	}
}

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, status int, contentType string, value any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	writeTo(w, value)
}

// writeTo writes a value as JSON; a caller that went away is no failure.
func writeTo(w io.Writer, value any) {
	if err := json.NewEncoder(w).Encode(value); err != nil {
		slog.Debug("answer not sent", "error", err)
	}
}
