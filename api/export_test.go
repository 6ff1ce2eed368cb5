package api_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// fetched is a file as the caller of a token.
func (l *live) fetched(token, path string, status int) []byte {
	l.t.Helper()
	r, err := http.NewRequest("GET", l.server.URL+path, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := l.server.Client().Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		l.t.Fatalf("%s: %d, want %d (%v): %.300s", path, answer.StatusCode, status, err, data)
	}
	return data
}

// rows reads an exported CSV as rows by column.
func (l *live) rows(token, path string) []map[string]string {
	l.t.Helper()
	data := bytes.TrimPrefix(l.fetched(token, path, 200), []byte("\ufeff"))
	table, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(table) == 0 {
		l.t.Fatalf("%s: %v", path, err)
	}
	var list []map[string]string
	for _, cells := range table[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			row[table[0][i]] = cell
		}
		list = append(list, row)
	}
	return list
}

func sum(t *testing.T, rows []map[string]string, quantity string) (total float64) {
	t.Helper()
	for _, row := range rows {
		if !strings.HasPrefix(row["quantity"], quantity) || row["value"] == "" {
			continue
		}
		v, err := strconv.ParseFloat(row["value"], 64)
		if err != nil {
			t.Fatal(err)
		}
		total += v
	}
	return total
}

func TestExportIsWhatThePageShows(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	const base, query = "/api/v1/parks/test/export/", "?period=2023-05&format=csv"
	var total float64
	for _, row := range l.rows(token, base+"indicators"+query) {
		if row["item"] == "emissions" {
			total, _ = strconv.ParseFloat(row["value"], 64)
			if row["entries"] == "" || !strings.Contains(row["factors"], "@") || row["inventory"] == "" || row["measured_share"] == "" {
				t.Errorf("without origin: %v", row)
			}
		}
	}
	carbon := l.rows(token, base+"carbon"+query)
	for _, table := range [][]map[string]string{l.rows(token, base+"enterprises"+query), carbon} {
		if got := sum(t, table, "emissions"); total <= 0 || got/total > 1+1e-9 || got/total < 1-1e-9 {
			t.Errorf("emissions sum to %v, the indicator says %v", got, total)
		}
	}
	estimated := 0
	for _, row := range carbon {
		if row["quality"] == "estimated" {
			estimated++
		}
		if row["from"] == "" || !strings.HasSuffix(row["from"], "+08:00") {
			t.Fatalf("a step without its time: %v", row)
		}
	}
	if estimated == 0 {
		t.Error("the hour without readings is not told as estimated")
	}
}

func TestExportTables(t *testing.T) {
	l := newLive(t)
	token := l.token("park_manager", "/江苏/test")
	for _, table := range []string{"indicators", "flow", "carbon", "enterprises", "quality", "factors", "intensity", "members", "carriers", "places", "findings"} {
		path := "/api/v1/parks/test/export/" + table + "?period=2023-05"
		rows := l.rows(token, path+"&format=csv")
		if len(rows) == 0 {
			t.Errorf("%s is empty", table)
		}
		book, err := excelize.OpenReader(bytes.NewReader(l.fetched(token, path+"&format=xlsx", 200)))
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		if got, err := book.GetRows("figures"); err != nil || len(got) != len(rows)+1 {
			t.Errorf("%s: workbook has %d rows, CSV %d (%v)", table, len(got), len(rows)+1, err)
		}
	}
	l.rows(token, "/api/v1/parks/test/export/transfers?period=2023-05&format=csv")
	l.fetched(token, "/api/v1/parks/test/export/all?period=2023-05", 422)
	l.fetched(token, "/api/v1/parks/test/export/places?period=2023-05&organization=mill", 422)
}

func TestExportKeepsToTheOrganization(t *testing.T) {
	l := newLive(t)
	mill := l.token("enterprise_manager", "/江苏/test/mill")
	const base = "/api/v1/parks/test/export/"
	rows := l.rows(mill, base+"enterprises?period=2023-05&format=csv&organization=mill")
	for _, row := range rows {
		if row["item"] != "mill" {
			t.Errorf("shows %s", row["item"])
		}
	}
	for _, row := range l.rows(mill, base+"flow?period=2023-05&format=csv&organization=mill") {
		if strings.Contains(row["item"], "bakery") {
			t.Errorf("the neighbour shows: %v", row)
		}
	}
	l.fetched(mill, base+"enterprises?period=2023-05", 403)
	l.fetched(mill, base+"enterprises?period=2023-05&organization=bakery", 404)
	l.fetched(mill, base+"places?period=2023-05&organization=mill", 403)
	l.fetched(mill, base+"intensity?period=2023-05", 403)
	l.fetched("", base+"carbon?period=2023-05", 401)
}
