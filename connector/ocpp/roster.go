package ocpp

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"lingtan/connector"
)

const (
	maxIdentity = 64      // bytes of a charge point identity; OCPP 2.0.1 allows 48
	maxTags     = 1 << 20 // bytes of a file of tags
)

// place is a device of a park.
type place struct{ park, device string }

// charger is a device of the list, its options read.
type charger struct {
	device    connector.Device
	place     place
	identity  string
	auth      string          // password, certificate, none
	tags      map[string]bool // accepted ones, in lower case; nil = all
	heartbeat time.Duration
	trusting  bool // takes an accepted profile as set, without reading it back
}

// newCharger reads the options of a device; read reads a file of tags. A charger whose
// tags cannot be read is given with the error and accepts no tag.
func newCharger(d connector.Device, read func(file string) (map[string]bool, error)) (*charger, error) {
	c := &charger{device: d, place: place{d.Park, d.ID}, identity: d.ID, auth: "password", heartbeat: 5 * time.Minute}
	if id, ok := d.Options["identity"]; ok {
		c.identity = id
	}
	bad := func(option, why string) (*charger, error) {
		return nil, fmt.Errorf("ocpp: device %s: option %s: %s: %w", d.ID, option, why, connector.ErrConfig)
	}
	if !validIdentity(c.identity) {
		return bad("identity", fmt.Sprintf("%.80q must be 1 to %d letters, digits and - _ . : @ + = | *", c.identity, maxIdentity))
	}
	switch a := d.Options["auth"]; a {
	case "", "password":
		token, err := hex.DecodeString(d.Token)
		if err != nil || len(token) != sha256.Size {
			return nil, fmt.Errorf("ocpp: device %s: token must be the SHA-256 of the charger's password, 64 hexadecimal digits (or set option auth): %w", d.ID, connector.ErrConfig)
		}
	case "certificate", "none":
		c.auth = a
	default:
		return bad("auth", fmt.Sprintf("%.40q must be password, certificate or none", a))
	}
	if h := d.Options["heartbeat"]; h != "" {
		every, err := time.ParseDuration(h)
		if err != nil || every < 10*time.Second || every > 24*time.Hour {
			return bad("heartbeat", fmt.Sprintf("%.40q must be 10s to 24h", h))
		}
		c.heartbeat = every
	}
	switch r := d.Options["read_back"]; r {
	case "", "schedule":
	case "accepted":
		c.trusting = true
	default:
		return bad("read_back", fmt.Sprintf("%.40q must be schedule or accepted", r))
	}
	if file := d.Options["tags"]; file != "" {
		tags, err := read(file)
		c.tags = tags
		if err != nil {
			return c, fmt.Errorf("ocpp: device %s: option tags: %w: no tag is accepted until the file can be read: %w", d.ID, err, connector.ErrConfig)
		}
	}
	return c, nil
}

func validIdentity(id string) bool {
	for _, r := range id {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("-_.:@+=|*", r) {
			return false
		}
	}
	return id != "" && len(id) <= maxIdentity && id != "." && id != ".."
}

// readTags reads accepted tags, one a line; "#" begins a comment.
func readTags(file string) (map[string]bool, error) {
	none := map[string]bool{}
	info, err := os.Stat(file)
	if err != nil {
		return none, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxTags {
		return none, fmt.Errorf("%.200s must be a file of at most %d bytes", file, maxTags)
	}
	f, err := os.Open(file)
	if err != nil {
		return none, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxTags))
	if err != nil {
		return none, err
	}
	return parseTags(text), nil
}

// eachOnce reads each file once, for the many chargers that share it.
func eachOnce(read func(string) (map[string]bool, error)) func(string) (map[string]bool, error) {
	type result struct {
		tags map[string]bool
		err  error
	}
	results := map[string]result{}
	return func(file string) (map[string]bool, error) {
		r, ok := results[file]
		if !ok {
			r.tags, r.err = read(file)
			results[file] = r
		}
		return r.tags, r.err
	}
}

func parseTags(text []byte) map[string]bool {
	tags := map[string]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		tag, _, _ := strings.Cut(lines.Text(), "#")
		if tag = strings.ToLower(strings.TrimSpace(tag)); tag != "" {
			tags[tag] = true
		}
	}
	return tags
}

// accepts says whether a tag may charge. Tags are compared without regard to case
// (OCPP 1.6, CiString20Type).
func (c *charger) accepts(tag string) bool {
	return c.tags == nil || c.tags[strings.ToLower(strings.TrimSpace(tag))]
}

// admits says whether a request carries the charger's credential: Basic authentication
// with the identity as user name (security profiles 1 and 2), or a verified client
// certificate whose common name is the identity (profile 3).
func (c *charger) admits(r *http.Request) bool {
	switch c.auth {
	case "none":
		return true
	case "certificate":
		return r.TLS != nil && len(r.TLS.VerifiedChains) > 0 && r.TLS.PeerCertificates[0].Subject.CommonName == c.identity
	}
	user, rest, ok := r.BasicAuth()
	password, named := strings.CutPrefix(user+":"+rest, c.identity+":") // an identity may hold ":"
	sum := sha256.Sum256([]byte(password))
	token, err := hex.DecodeString(c.device.Token)
	return ok && err == nil && named && subtle.ConstantTimeCompare(sum[:], token) == 1
}

// sameCredential says whether a connection that was let in as old may stay.
func (c *charger) sameCredential(old *charger) bool {
	return c.place == old.place && c.auth == old.auth && strings.EqualFold(c.device.Token, old.device.Token)
}

// roster are chargers by identity.
type roster map[string]*charger

// newRoster reads a device list. Where two devices have one identity, the one that had it
// before keeps it and the other is at fault; where none had it, all are. fault hears of
// each device that is not or not wholly served.
func newRoster(list []connector.Device, before roster, fault func(connector.Device, error)) roster {
	claims := map[string][]*charger{}
	read := eachOnce(readTags)
	for _, d := range list {
		c, err := newCharger(d, read)
		if err != nil {
			fault(d, err)
		}
		if c != nil {
			claims[c.identity] = append(claims[c.identity], c)
		}
	}
	r := make(roster, len(claims))
	for id, rivals := range claims {
		keeper := slices.IndexFunc(rivals, func(c *charger) bool { return before[id] != nil && before[id].place == c.place })
		if len(rivals) == 1 {
			keeper = 0
		}
		for i, c := range rivals {
			if i == keeper {
				r[id] = c
				continue
			}
			other := rivals[(i+1)%len(rivals)].place
			fault(c.device, fmt.Errorf("ocpp: charge point identity %q is also that of device %s of park %s; give one of them another identity: %w", id, other.device, other.park, connector.ErrConfig))
		}
	}
	return r
}
