package api_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"lingtan/access"
	"lingtan/report/form"
)

// A report is taken away as a file that verifies; who may not read the park's inventories
// gets none, and an inventory is of its own park alone.
func TestReport(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	path := "/api/v1/parks/test/inventories/" + l.closed.Inventory.ID + "/report"
	for _, format := range []string{"json", "xlsx", "pdf"} {
		r, err := http.NewRequest("GET", l.server.URL+path+"?form=gbt32150&lang=en&format="+format, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil || got.StatusCode != 200 || !strings.Contains(got.Header.Get("Content-Disposition"), l.closed.Inventory.ID+"-gbt32150."+format) {
			t.Fatalf("%s: %s, %v, %q", format, got.Status, err, got.Header.Get("Content-Disposition"))
		}
		back, ok, err := form.Open(data)
		if !ok || err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if checks, err := form.Verify(context.Background(), back, nil); err != nil || len(checks) < 7 {
			t.Errorf("%s: %v of %d checks", format, err, len(checks))
		}
	}
	l.send(token, "GET", path, "", 422, nil)
	l.send(token, "GET", path+"?form=gri", "", 422, nil)
	l.send(token, "GET", "/api/v1/parks/test/inventories/none/report?form=energy", "", 404, nil)
	l.send(token, "GET", "/api/v1/parks/elsewhere/inventories/"+l.closed.Inventory.ID+"/report?form=energy", "", 404, nil)
	l.send(l.token("enterprise_manager", "/江苏/test/mill"), "GET", path+"?form=energy", "", 403, nil)
	l.send(l.token(access.Administrator, "/浙江"), "GET", path+"?form=energy", "", 404, nil)
}
