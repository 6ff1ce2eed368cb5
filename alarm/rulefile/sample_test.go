package rulefile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var shanghai = time.FixedZone("CST", 8*3600)

func TestSamples(t *testing.T) {
	reads := func(text, want string) {
		t.Helper()
		list, err := ParseSamples([]byte(text), shanghai)
		if err != nil {
			t.Error(err)
		}
		var got []string
		for _, s := range list {
			got = append(got, fmt.Sprintf("%s %s %g", s.At.Format("15:04:05"), s.Signal, s.Value))
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: got %s, want %s", text, strings.Join(got, "; "), want)
		}
	}
	reads("time,a,b\n2026-03-02 08:15,1,\n2026-03-02T00:00:00Z,2,3e2\n", "00:00:00 a 2; 00:00:00 b 300; 00:15:00 a 1")
	reads("\ufefftime,signal,value\n2026-03-02 08:15:30,reading:x,1.5\n2026-03-02 08:15:30,reading:y,\n", "00:15:30 reading:x 1.5")
	wrong := func(text, place string) {
		t.Helper()
		_, err := ParseSamples([]byte(text), shanghai)
		var f Faults
		if !errors.As(err, &f) || fmt.Sprintf("%d:%d", f[0].Line, f[0].Column) != place {
			t.Errorf("%q: %v, want a fault at %s", text, err, place)
		}
	}
	wrong("", "1:1")
	wrong("time\n", "1:1")
	wrong("when,a\n", "1:1")
	wrong("time,a,a\n", "1:3")
	wrong("time,a\nyesterday,1\n", "2:1")
	wrong("time,a\n2026-03-02 08:15,many\n", "2:2")
	wrong("time,a\n2026-03-02 08:15,NaN\n", "2:2")
	wrong("time,a\n2026-03-02 08:15,1,2\n", "2:1")
	wrong("time,a\n2026-03-02 08:15,\"1\n", "2:21")
}

func FuzzSamples(f *testing.F) {
	f.Add([]byte("time,a,b\n2026-03-02 08:15,1,\n2026-03-02T00:00:00Z,2,3e2\n"))
	f.Add([]byte("time,signal,value\n2026-03-02 08:15:30,reading:x,1.5\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseSamples(data, time.UTC)
		if err != nil && len(list) > 0 {
			t.Fatal("samples and an error")
		}
		for i := 1; i < len(list); i++ {
			if list[i].At.Before(list[i-1].At) {
				t.Fatal("not in the order of time")
			}
		}
	})
}
