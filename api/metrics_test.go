package api_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"lingtan/api"
)

// Who may read devices of the whole installation may scrape; others may not.
func TestMetrics(t *testing.T) {
	l := newLive(t)
	registry := prometheus.NewRegistry()
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "lingtan_tried_total", Help: "Tries."})
	registry.MustRegister(c)
	c.Add(3)
	s, err := api.New(api.Options{Records: l.node.Records, Parks: l.node, Metrics: registry, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(s.Live.Close)
	scrape := func(token string, want int) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/api/v1/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != want {
			t.Errorf("status %d, want %d, %v: %s", answer.StatusCode, want, err, text)
		}
		if want == 200 && !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain") {
			t.Error(answer.Header)
		}
		return string(text)
	}
	if text := scrape(l.token("administrator", "/"), 200); !strings.Contains(text, "lingtan_tried_total 3\n") {
		t.Error(text)
	}
	scrape(l.token("installer", "/江苏/test"), 403)
	scrape("", 401)
}
