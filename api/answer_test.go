package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/store/record"
)

func TestSecurityHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/livez", "/api/docs", sessionPath, "/nowhere"} {
		h := w.anyone().do("GET", path, "").header
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestCompressAndETag(t *testing.T) {
	w := newWorld(t)
	c := w.anyone()
	plain := c.do("GET", "/api/openapi.json", "").is(200)
	c.header = map[string]string{"Accept-Encoding": "gzip, br"}
	zipped := c.do("GET", "/api/openapi.json", "").is(200)
	if zipped.header.Get("Content-Encoding") != "gzip" || len(zipped.body) > len(plain.body)/2 {
		t.Errorf("%d bytes of %d, %v", len(zipped.body), len(plain.body), zipped.header)
	}
	reader, err := gzip.NewReader(strings.NewReader(zipped.body))
	ok(t, err)
	unzipped, err := io.ReadAll(reader)
	ok(t, err)
	if string(unzipped) != plain.body {
		t.Error("unpacks to something else")
	}
	tag := plain.header.Get("ETag")
	c.header["If-None-Match"] = tag
	if got := c.do("GET", "/api/openapi.json", "").is(304); got.body != "" || tag == "" {
		t.Errorf("tag %q, body %q", tag, got.body)
	}
	c.header["If-None-Match"] = `W/"other"`
	c.do("GET", "/api/openapi.json", "").is(200)
}

// An answer too long to be held is sent on, whole.
func TestLongAnswer(t *testing.T) {
	w := newWorld(t)
	long := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	send := func(accept string) *httptest.ResponseRecorder {
		handler := w.packed(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("Content-Type", "application/json")
			for part := long; len(part) > 0; part = part[min(len(part), 100_000):] {
				if _, err := out.Write(part[:min(len(part), 100_000)]); err != nil {
					t.Error(err)
				}
			}
		}))
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", accept)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		return recorder
	}
	if got := send(""); !bytes.Equal(got.Body.Bytes(), long) || got.Header().Get("ETag") != "" {
		t.Errorf("%d bytes, %v", got.Body.Len(), got.Header())
	}
	reader, err := gzip.NewReader(send("gzip").Body)
	ok(t, err)
	if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, long) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestPanicIsAProblem(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	w.Log = slog.New(slog.NewJSONHandler(&log, nil))
	recorder := httptest.NewRecorder()
	handler := w.logged(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("meter on fire") }))
	handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/", nil))
	answer{t, recorder.Code, recorder.Header(), recorder.Body.String()}.is(500).code("LT-0500")
	if strings.Contains(recorder.Body.String(), "fire") || !strings.Contains(log.String(), "meter on fire") {
		t.Errorf("told the caller %s, the log %s", recorder.Body, log.String())
	}
}

func TestAccessLogKeepsSecrets(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	w.Log = slog.New(slog.NewJSONHandler(&log, nil))
	w.anyone().do("GET", "/setup/very-secret", "")
	w.anyone().do("POST", sessionPath, login("wang", "very-secret"))
	w.anyone().do("POST", sessionPath, `{"login":7,"password":"very-secret"}`)
	program := w.program("verifier", "/江苏")
	program.do("GET", sessionPath, "").is(200)
	if strings.Contains(log.String(), "very-secret") || strings.Contains(log.String(), program.token) {
		t.Errorf("log %s", log.String())
	}
	if !strings.Contains(log.String(), `"path":"/setup/…"`) || !strings.Contains(log.String(), `"status":200`) {
		t.Errorf("log %s", log.String())
	}
}

func TestWrongInputIsNotRepeated(t *testing.T) {
	w := newWorld(t)
	got := w.anyone().do("POST", sessionPath, `{"login":7,"password":"very-secret","extra":"very-secret"}`).is(422).code("LT-0422")
	if strings.Contains(got.body, "very-secret") || !strings.Contains(got.body, "body.login") {
		t.Errorf("%s", got.body)
	}
	w.anyone().do("POST", sessionPath, `{"login":"x","password":"`+strings.Repeat("x", 2<<20)+`"}`).is(413).code("LT-0413")
	c := w.anyone()
	c.header = map[string]string{"Content-Type": "text/csv"}
	c.do("POST", sessionPath, "a,b").is(415).code("LT-0415")
}

func TestProblemOf(t *testing.T) {
	problem := func(err error, status int, code, title string) {
		t.Helper()
		got := problemOf(fmt.Errorf("while serving: %w", err), "zh", "r1")
		if got.Status != status || got.Code != code || got.Title != title || got.Next == "" || got.Type != "/api/docs#"+code {
			t.Errorf("%v: %+v", err, got)
		}
	}
	problem(record.ErrNotFound, 404, "LT-0404", "未找到")
	problem(access.ErrPassword, 422, "LT-1004", "密码太弱")
	problem(context.DeadlineExceeded, 503, "LT-0503", "处理超时")
	problem(errors.New("secret path /var/x"), 500, "LT-0500", "内部错误")
	if got := problemOf(errors.New("secret path /var/x"), "en", "r1"); strings.Contains(got.Detail, "secret") {
		t.Errorf("an internal error says %q", got.Detail)
	}
}

func TestErrorTable(t *testing.T) {
	statusOf := map[string]int{}
	for _, k := range kinds {
		if k.sentinel == nil || k.title.ZH == "" || k.title.EN == "" || k.next.ZH == "" || k.next.EN == "" || !strings.HasPrefix(k.code, "LT-") {
			t.Errorf("not a whole line: %+v", k)
		}
		if before, twice := statusOf[k.code]; twice && before != k.status {
			t.Errorf("%s has the statuses %d and %d", k.code, before, k.status)
		}
		statusOf[k.code] = k.status
	}
	for status, k := range byStatus {
		if k.status != status || k.code != fmt.Sprintf("LT-%04d", status) {
			t.Errorf("%d: %+v", status, k)
		}
	}
}

func TestLanguage(t *testing.T) {
	language := func(accept, want string) {
		t.Helper()
		if got := languageOf(accept); got != want {
			t.Errorf("%q: %s", accept, got)
		}
	}
	language("", "en")
	language("zh-CN,zh;q=0.9,en;q=0.8", "zh")
	language("en-US,en;q=0.9,zh;q=0.8", "en")
	language("de", "en")
	w := newWorld(t)
	c := w.anyone()
	c.header = map[string]string{"Accept-Language": "zh-CN"}
	if got := c.do("GET", sessionPath, "").is(401); !strings.Contains(got.body, "未登录") {
		t.Errorf("%s", got.body)
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	w.anyone().do("GET", "/livez", "").is(200)
	w.anyone().do("GET", "/readyz", "").is(200)
	ok(t, w.records.Close())
	w.anyone().do("GET", "/livez", "").is(200)
	w.anyone().do("GET", "/readyz", "").is(503)
	c := w.anyone()
	c.token = "lt_x"
	c.do("GET", sessionPath, "").is(500).code("LT-0500")
}

func TestConsole(t *testing.T) {
	w := newWorld(t)
	get := func(path string, status int, contains, cache string) {
		t.Helper()
		got := w.anyone().do("GET", path, "").is(status)
		if !strings.Contains(got.body, contains) || got.header.Get("Cache-Control") != cache {
			t.Errorf("%s: %q %s", path, got.header.Get("Cache-Control"), got.body)
		}
	}
	get("/", 200, "console", "no-cache")
	get("/parks/demo", 200, "console", "no-cache")
	get("/setup/abc.def", 200, "console", "no-cache")
	get("/assets/main-abc.js", 200, "export", "public, max-age=31536000, immutable")
	get("/assets/gone-abc.js", 404, "404", "")
	get("/etc/passwd", 200, "console", "no-cache")
	w.anyone().do("POST", "/", "").is(405).code("LT-0405")
	w.anyone().do("GET", "/api/v1/nowhere", "").is(404).code("LT-0404")
	w.anyone().do("PATCH", sessionPath, "").is(405).code("LT-0405")
	w.anyone().do("DELETE", "/api/docs", "").is(405).code("LT-0405")
}

func TestConsoleNotBuilt(t *testing.T) {
	w := newWorld(t)
	server, err := New(Options{Records: w.records, Log: w.Log})
	ok(t, err)
	recorder := httptest.NewRecorder()
	server.Handler().ServeHTTP(recorder, httptest.NewRequest("GET", "/", nil))
	if recorder.Code != 503 || !strings.Contains(recorder.Body.String(), "make web") {
		t.Errorf("%d %s", recorder.Code, recorder.Body)
	}
}

func TestDocuments(t *testing.T) {
	w := newWorld(t)
	var document struct {
		OpenAPI string
		Paths   map[string]any
	}
	w.anyone().do("GET", "/api/openapi.json", "").is(200).into(&document)
	if !strings.HasPrefix(document.OpenAPI, "3.1") || document.Paths["/api/v1/parks/{park}/live"] == nil {
		t.Errorf("OpenAPI %s, %d paths", document.OpenAPI, len(document.Paths))
	}
	page := w.anyone().do("GET", "/api/docs", "").is(200)
	// The content policy forbids inline scripts, styles and other servers: the page has none.
	for _, not := range []string{"<style", "style=", "onclick=", "http://", "https://", "<script>"} {
		if strings.Contains(page.body, not) {
			t.Errorf("the page holds %q", not)
		}
	}
	script := w.anyone().do("GET", "/api/docs/docs.js", "").is(200)
	if strings.Contains(script.body, "innerHTML") || strings.Contains(script.body, "eval(") || strings.Contains(script.body, "https://") {
		t.Error("the script puts text in as HTML, or loads from elsewhere")
	}
	if kind := script.header.Get("Content-Type"); !strings.Contains(kind, "javascript") {
		t.Errorf("script of type %s", kind)
	}
	w.anyone().do("GET", "/api/docs/docs.css", "").is(200)
	var lines []errorLine
	w.anyone().do("GET", "/api/errors.json", "").is(200).into(&lines)
	if len(lines) < 15 || lines[0].Code != "LT-0401" {
		t.Errorf("%+v", lines)
	}
}

// Every schema that the document points to is in it.
func TestDocumentIsWhole(t *testing.T) {
	w := newWorld(t)
	var document any
	ok(t, json.Unmarshal(w.openapi, &document))
	text := string(w.openapi)
	for _, piece := range strings.Split(text, `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(piece, `"`)
		if w.api.OpenAPI().Components.Schemas.Map()[name] == nil {
			t.Errorf("schema %s is not there", name)
		}
	}
}

func TestRouteRefusesBadRules(t *testing.T) {
	w := newWorld(t)
	fails := func(id string, rule Rule) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("registered %q with %+v", id, rule)
			}
		}()
		route(w.Server, huma.Operation{OperationID: id, Method: "GET", Path: "/api/v1/" + id}, rule,
			func(context.Context, *nothing) (*nothing, error) { return nil, nil })
	}
	fails("bare", Rule{})
	fails("me", Rule{Action: "park.read", Resource: root})
	fails("", Rule{Action: "park.read", Resource: root})
	if _, err := New(Options{}); err == nil {
		t.Error("a server without records")
	}
}
