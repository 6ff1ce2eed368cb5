package serialline

import (
	"testing"
	"time"
)

func TestBackOff(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	x := &turn{interval: time.Minute, next: now}
	fails := func(want time.Duration) {
		t.Helper()
		if x.after(now, false); x.next.Sub(now) != want {
			t.Errorf("next try after %v, want %v", x.next.Sub(now), want)
		}
	}
	fails(time.Minute)
	fails(2 * time.Minute)
	fails(4 * time.Minute)
	fails(8 * time.Minute)
	fails(10 * time.Minute)
	fails(10 * time.Minute)
	long := &turn{interval: 1 << 62, next: now}
	if long.after(now, false); long.next.Sub(now) != maxPause {
		t.Errorf("a very long interval gives %v", long.next.Sub(now))
	}
	x.next = now
	if x.after(now.Add(time.Second), true); x.next != now.Add(time.Minute) || x.failures != 0 {
		t.Errorf("%+v", x)
	}
}
