package httpdoor

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"

	"lingtan/connector"
)

// client is a device of the list that may push.
type client struct {
	park, device string
	tags         [2]string // its options name_tags and device_tag
	slots        chan struct{}
	caches       []*nameCache // at rest; guarded by the shelf
	gone         bool         // off the list; guarded by the shelf
	state        state
}

// directory finds clients by the hash of their credential. To look a hash up tells by
// its duration nothing of the credential.
type directory struct {
	changed <-chan struct{} // closed when it is out of date
	byHash  map[[sha256.Size]byte]*client
	all     map[[2]string]*client // by park and device
}

// directory is the current one: it is made anew after a change of the list.
func (d *Door) directory() *directory {
	if now := d.list.Load(); now.current() {
		return now
	}
	d.listing.Lock()
	defer d.listing.Unlock()
	old := d.list.Load()
	if old.current() {
		return old
	}
	made := d.readList(old)
	d.list.Store(made)
	return made
}

func (l *directory) current() bool {
	if l == nil {
		return false
	}
	select {
	case <-l.changed:
		return false
	default:
		return true
	}
}

// readList makes a directory out of the device list, with the clients of the old one
// that are still on it. A credential of two devices is nobody's.
func (d *Door) readList(old *directory) *directory {
	made := &directory{
		changed: d.Devices.Changed(), // before the list, so that no change falls between
		byHash:  map[[sha256.Size]byte]*client{}, all: map[[2]string]*client{},
	}
	twice := map[[sha256.Size]byte]bool{}
	for _, device := range d.Devices.List(Protocol) {
		if device.Token == "" || device.Disabled {
			continue
		}
		var hash [sha256.Size]byte
		if n, err := hex.Decode(hash[:], []byte(device.Token[:min(len(device.Token), 2*sha256.Size)])); err != nil || n != sha256.Size || len(device.Token) != 2*sha256.Size {
			d.Log.Warn("httpdoor: the token of a device is no SHA-256 in hexadecimal; it cannot push", "park", device.Park, "device", device.ID)
			continue
		}
		if other := made.byHash[hash]; other != nil {
			d.Log.Warn("httpdoor: two devices have one credential; neither can push until one gets another",
				"park", device.Park, "device", device.ID, "other", other.device)
			twice[hash] = true
		}
		made.byHash[hash] = made.client(old, device, d.Limits.PerDevice)
	}
	for hash := range twice {
		delete(made.byHash, hash)
	}
	if old != nil {
		d.caches.drop(old, made)
	}
	return made
}

func (l *directory) client(old *directory, device connector.Device, slots int) *client {
	key := [2]string{device.Park, device.ID}
	c := &client{park: device.Park, device: device.ID, tags: [2]string{device.Options["name_tags"], device.Options["device_tag"]}, slots: make(chan struct{}, slots)}
	if old != nil && old.all[key] != nil && old.all[key].tags == c.tags {
		c = old.all[key]
	}
	l.all[key] = c
	return c
}

// client is who sends the request, nil when its credential is nobody's.
func (d *Door) client(r *http.Request) *client {
	secret := credential(r)
	if secret == "" {
		return nil
	}
	return d.directory().byHash[sha256.Sum256([]byte(secret))]
}

// credential is what the request bears: in its path (ThingsBoard), or in the header
// Authorization as "Token …" (InfluxDB 2), "Bearer …" or Basic, where it is the
// password (InfluxDB 1) or, without one, the user.
func credential(r *http.Request) string {
	if token := r.PathValue("token"); token != "" {
		return token
	}
	if user, password, ok := r.BasicAuth(); ok {
		if password == "" {
			return user
		}
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Token") || strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

// shelf keeps the name caches of clients between their requests, up to a size
// altogether.
type shelf struct {
	sync.Mutex
	bytes int
}

// take gives the client's cache to a request.
func (s *shelf) take(c *client) *nameCache {
	s.Lock()
	defer s.Unlock()
	if n := len(c.caches); n > 0 {
		cache := c.caches[n-1]
		c.caches = c.caches[:n-1]
		s.bytes -= cache.size
		return cache
	}
	return newNameCache(newPicking(c.tags[0], c.tags[1]))
}

// put takes it back; it is let go where there is no room.
func (s *shelf) put(c *client, cache *nameCache) {
	s.Lock()
	defer s.Unlock()
	if c.gone || len(c.caches) >= cachesOfClient || s.bytes+cache.size > allCacheBytes {
		return
	}
	c.caches = append(c.caches, cache)
	s.bytes += cache.size
}

// drop lets the caches go of clients that are off the list.
func (s *shelf) drop(old, current *directory) {
	s.Lock()
	defer s.Unlock()
	for key, c := range old.all {
		if current.all[key] == c {
			continue
		}
		for _, cache := range c.caches {
			s.bytes -= cache.size
		}
		c.caches, c.gone = nil, true
	}
}
