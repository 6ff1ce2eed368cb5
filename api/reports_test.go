package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// verified is what the tests read of a verification.
type verified struct {
	Kind   string
	Equal  bool
	Checks []struct{ Equal bool }
	Why    string
	Kept   *bool
}

func (l *live) file(token, path string) []byte {
	l.t.Helper()
	r, err := http.NewRequest("GET", l.server.URL+path, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.bytes(token, r)
}

func (l *live) bytes(token string, r *http.Request) []byte {
	l.t.Helper()
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != 200 {
		l.t.Fatalf("%s: %s, %v: %.300s", r.URL, got.Status, err, data)
	}
	return data
}

func (l *live) verify(token string, data []byte) (v verified) {
	l.t.Helper()
	r, err := http.NewRequest("POST", l.server.URL+"/api/v1/parks/test/verify", bytes.NewReader(data))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	if err := json.Unmarshal(l.bytes(token, r), &v); err != nil {
		l.t.Fatal(err)
	}
	return v
}

// What is downloaded verifies when it is sent back; a figure changed in it does not.
func TestVerifyUpload(t *testing.T) {
	l := newLive(t)
	token := l.token("verifier", "/江苏/test")
	id := l.closed.Inventory.ID
	own := l.file(token, "/api/v1/inventories/"+id+"?evidence=true")
	if v := l.verify(token, own); v.Kind != "inventory" || !v.Equal || len(v.Checks) < 5 || v.Kept == nil || !*v.Kept {
		t.Errorf("%+v", v)
	}
	for _, format := range []string{"xlsx", "pdf"} {
		if v := l.verify(token, l.file(token, "/api/v1/parks/test/inventories/"+id+"/report?form=energy&format="+format)); v.Kind != "report" || !v.Equal || v.Kept == nil || !*v.Kept {
			t.Errorf("%s: %+v", format, v)
		}
	}
	changed := bytes.Replace(own, []byte(`"revision":1`), []byte(`"revision":2`), 1)
	if bytes.Equal(changed, own) {
		changed = bytes.Replace(own, []byte(`"revision": 1`), []byte(`"revision": 2`), 1)
	}
	if v := l.verify(token, changed); v.Equal || v.Why == "" {
		t.Errorf("%+v", v)
	}
	l.send(token, "POST", "/api/v1/parks/test/verify", "{}", 422, nil)
	l.send("", "POST", "/api/v1/parks/test/verify", "{}", 401, nil)
	l.send(l.token("enterprise_manager", "/江苏/test/mill"), "POST", "/api/v1/parks/test/verify", "{}", 403, nil)
}

func TestReportPreview(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	var forms struct {
		Forms []struct {
			ID      string
			Formats []string
		}
	}
	l.send(token, "GET", "/api/v1/reports/forms", "", 200, &forms)
	if len(forms.Forms) != 8 {
		t.Fatalf("%+v", forms)
	}
	for _, f := range forms.Forms {
		var got struct {
			Form   string
			Of     struct{ ID string }
			Tables []struct{ Columns, Rows []any }
		}
		l.send(token, "GET", "/api/v1/parks/test/inventories/"+l.closed.Inventory.ID+"/report/preview?form="+f.ID, "", 200, &got)
		if got.Form != f.ID || got.Of.ID != l.closed.Inventory.ID || len(got.Tables) == 0 {
			t.Errorf("%+v", got)
		}
	}
	l.send(token, "GET", "/api/v1/parks/elsewhere/inventories/"+l.closed.Inventory.ID+"/report/preview?form=energy", "", 404, nil)
	l.send(token, "GET", "/api/v1/parks/test/inventories/"+l.closed.Inventory.ID+"/report?form=energy&format=xml", "", 422, nil)
	// The communication needs goods, which nobody stated.
	l.send(token, "GET", "/api/v1/parks/test/inventories/"+l.closed.Inventory.ID+"/report?form=cbam&format=xml", "", 422, nil)
}
