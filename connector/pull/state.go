package pull

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lingtan/connector"
)

// state is what is remembered of a device. It is kept in one file that is replaced as a
// whole, after what it stands for was admitted: a kill before it has the answer fetched
// again, and what was admitted already is a duplicate.
type state struct {
	Park      string    `json:"park"`
	Device    string    `json:"device"`
	Config    string    `json:"config"` // digest of what is fetched and how it is read
	URL       string    `json:"url"`    // digest of the URL that the tags are of
	Tags      tags      `json:"tags"`
	Fetched   time.Time `json:"fetched,omitzero"`    // last good answer
	NotBefore time.Time `json:"not_before,omitzero"` // as the server asked
	Held      []held    `json:"held,omitempty"`      // in the order of time
}

// held is a value of the future.
type held struct {
	Name  string  `json:"name"`
	At    int64   `json:"at"`   // Unix milliseconds
	Span  int64   `json:"span"` // seconds
	Value float64 `json:"value"`
}

const (
	maxHeld  = 100_000  // values a device
	maxState = 64 << 20 // bytes of a state file
)

func (h held) sample(device string) connector.Sample {
	return connector.Sample{Device: device, Name: h.Name, At: time.UnixMilli(h.At).UTC(), Span: time.Duration(h.Span) * time.Second, Value: h.Value}
}

func heldOf(s connector.Sample) held {
	return held{Name: s.Name, At: s.At.UnixMilli(), Span: int64(s.Span / time.Second), Value: s.Value}
}

type heldKey struct {
	name string
	at   int64
}

// merge gives what is held after an answer: newer replaces what was known of a name and
// time, and what the answer gave as due is no longer held. Beyond the limit the farthest
// go; their number is left.
func merge(old []held, due, future []connector.Sample) (list []held, left int) {
	newer := make(map[heldKey]bool, len(due)+len(future))
	for _, s := range due {
		newer[heldKey{s.Name, s.At.UnixMilli()}] = true
	}
	for _, s := range future {
		h := heldOf(s)
		newer[heldKey{h.Name, h.At}] = true
		list = append(list, h)
	}
	for _, h := range old {
		if !newer[heldKey{h.Name, h.At}] {
			list = append(list, h)
		}
	}
	slices.SortFunc(list, func(a, b held) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Name, b.Name)) })
	if len(list) > maxHeld {
		left = len(list) - maxHeld
		list = list[:maxHeld]
	}
	return list, left
}

// loadState reads the state of a device; one of another configuration, or that cannot be
// understood, is as good as none: all is fetched anew.
func loadState(name string, s settings) (state, error) {
	fresh := state{Park: s.device.Park, Device: s.device.ID, Config: s.digest()}
	if name == "" {
		return fresh, nil
	}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return fresh, err
	}
	if info.Size() > maxState {
		return fresh, fmt.Errorf("pull: %s has %d bytes, which this door does not write; remove it", name, info.Size())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return fresh, err
	}
	var x state
	if json.Unmarshal(text, &x) != nil || x.Config != fresh.Config || x.Park != fresh.Park || x.Device != fresh.Device || len(x.Held) > maxHeld {
		return fresh, nil
	}
	return x, nil
}

// save replaces the state file so that after a kill or a loss of power it is the old or
// the new; nothing where there is no folder to remember in.
func (x state) save(name string) error {
	if name == "" {
		return nil
	}
	text, err := json.Marshal(x)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	_ = d.Sync() // some file systems refuse it for folders and need none
	return d.Close()
}
