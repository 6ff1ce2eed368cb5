package record

import (
	"context"
	"testing"
	"time"
)

func TestDeviceVersions(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		save := func(yaml string, after int64, minute int) (DeviceVersion, error) {
			return s.SaveDevices(ctx, at(time.Duration(minute)*time.Minute), "demo", []byte(yaml), after, "/江苏/demo")
		}
		none, err := s.Devices(ctx, "demo")
		ok(t, err)
		if none.Number != 0 {
			t.Fatalf("a list before any was saved: %+v", none)
		}
		first, err := save("devices: []\n", 0, 1)
		ok(t, err)
		same, err := save("devices: []\n", 0, 2)
		ok(t, err)
		if first.Number != 1 || same.Number != 1 || !same.RecordedAt.Equal(first.RecordedAt) {
			t.Errorf("the same list again: %+v after %+v", same, first)
		}
		_, err = save("devices: [a]\n", 0, 3)
		is(t, err, ErrConflict) // made from no list, and there is one
		_, err = save("devices: [a]\n", 1, 0)
		is(t, err, ErrConflict) // before the latest
		_, err = save("devices: [a]\n", 1, 4)
		ok(t, err)
		_, err = save("devices: [b]\n", -1, 5)
		ok(t, err)
		_, err = s.SaveDevices(ctx, at(time.Hour), "demo", make([]byte, maxDeviceList+1), -1, "/")
		is(t, err, ErrTooLarge)
		last, err := s.Devices(ctx, "demo")
		ok(t, err)
		if last.Number != 3 || last.YAML != "devices: [b]\n" || last.Author != "system" || len(last.Hash) != 64 {
			t.Errorf("the newest list: %+v", last)
		}
		all, err := s.DeviceVersions(ctx, "demo")
		ok(t, err)
		if len(all) != 3 || all[0].Number != 3 || all[2].Hash != first.Hash || all[0].YAML != "" {
			t.Errorf("versions: %+v", all)
		}
		lines, _, err := s.VerifyAudit(ctx)
		ok(t, err)
		if lines != 3 {
			t.Errorf("%d audit lines for 3 versions", lines)
		}
		if _, err := s.db.ExecContext(ctx, "DELETE FROM device_version"); err == nil {
			t.Error("a device list was deleted")
		}
		if _, err := s.db.ExecContext(ctx, "UPDATE device_version SET yaml = ''"); err == nil {
			t.Error("a device list was changed")
		}
	})
}
