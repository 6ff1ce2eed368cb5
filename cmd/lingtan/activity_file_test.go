package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"lingtan/accounting"
	"lingtan/store/record"
)

const needed = "id,organization,kind,first,last,amount,unit"

func TestReadActivities(t *testing.T) {
	list, err := readActivities(strings.NewReader("\ufeffnote,unit,amount,last,first,kind,organization,id,revision\n'=1+1, t ,5,2018-12-31,2018-01-01,coal,mill,a,7\n"))
	want := record.Activity{ID: "a", Member: "mill", Kind: "coal", First: "2018-01-01", Last: "2018-12-31", Amount: "5", Unit: "t", Note: "=1+1"}
	if err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("%+v, %v", list, err)
	}
	refused := func(text, why string) {
		t.Helper()
		if list, err := readActivities(strings.NewReader(text)); !errors.Is(err, accounting.ErrRecord) || len(list) > 0 || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v; want %q", text, err, why)
		}
	}
	refused("", "no header")
	refused("id,organization,kind,first,last,amount\n", `no column "unit"`)
	refused(needed+",colour\n", `column "colour"`)
	refused(needed+",unit\n", `column "unit"`)
	refused(needed+"\na,b\n", "wrong number of fields")
	refused(needed+"\na,b,c,d,e,f,\"g\n", "extraneous or missing")
	refused(needed+"\na,b,c,d,e,f,g\n,b,c,d,e,f,g\n", "line 3 has no id")
	refused(needed+"\n"+strings.Repeat("a,b,c,d,e,f,g\n", maxActivityRows+1), "more than 20000 rows")
	refused(needed+"\n"+strings.Repeat("a", maxActivityFile), "divide it")
}

// FuzzReadActivities: whatever is read is written and read back the same.
func FuzzReadActivities(f *testing.F) {
	f.Add([]byte(needed + ",note,given\na,b,c,2018-01-01,2018-12-31,5,t,'=x,\"{\"\"cc\"\":{}}\"\n"))
	f.Add([]byte(needed + "\r\na,\"b\r\nc\",＝1,+,-,@,''=\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := readActivities(bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, accounting.ErrRecord) {
				t.Errorf("%v", err)
			}
			return
		}
		var b bytes.Buffer
		if err := writeActivities(&b, list); err != nil {
			t.Fatal(err)
		}
		again, err := readActivities(&b)
		if err != nil || !slices.Equal(list, again) {
			t.Errorf("%+v, read back %+v (%v)", list, again, err)
		}
	})
}
