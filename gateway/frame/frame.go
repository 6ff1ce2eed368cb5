// Package frame is what a gateway at a site and its server say to each other: batches
// of samples, heartbeats, the clock question, and the identity in a certificate.
//
// docs/formats/gateway.md describes it byte by byte.
package frame

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"lingtan/connector"
)

// Sentinels of this package.
var (
	ErrFormat   = errors.New("frame: not a frame of this format")
	ErrLimit    = errors.New("frame: over a limit")
	ErrIdentity = errors.New("frame: no identity of a gateway")
)

// Limits of what is sent. A receiver refuses what is beyond.
const (
	MaxSamples  = 65_536   // in one block or batch
	MaxName     = 128      // bytes of a device's, sender's or value's name
	MaxBlock    = 16 << 20 // bytes of a block of samples before compression
	MaxBatch    = 8 << 20  // bytes of a batch as it is sent
	MaxDocument = 16 << 20 // bytes of a document
	MaxMessage  = 4 << 20  // bytes of a heartbeat
	MaxList     = 8 << 20  // bytes of a device list
)

// LongPoll is how long the server holds a question for a device list that is unchanged.
const LongPoll = 50 * time.Second

// Paths of the server, and the header with the kind of a document.
const (
	PathBatch     = "/gateway/v1/batch"
	PathDocument  = "/gateway/v1/document"
	PathHeartbeat = "/gateway/v1/heartbeat"
	PathClock     = "/gateway/v1/clock"
	PathDevices   = "/gateway/v1/devices"

	HeaderKind = "Lingtan-Document-Kind"

	// ServerName is the name in the server's certificate, whatever its address is.
	ServerName = "server.gateway.lingtan"
)

// Batch is a part of a gateway's spool on its way. Numbers count the samples that
// went into the spool, from 1; a batch that was thinned out has fewer samples than
// numbers.
type Batch struct {
	Spool   [16]byte // which spool counts; another one begins at 1 again
	First   uint64
	Last    uint64
	Samples []connector.Sample
}

// Answer acknowledges all samples up to a number: they are durable.
type Answer struct {
	Acknowledged uint64 `json:"acknowledged"`
	Refused      int    `json:"refused,omitempty"` // samples of the batch that are wrong in themselves
}

// ClockAnswer is the asker's time of sending with the server's times of receiving and
// answering, Unix nanoseconds. A question has the first alone.
type ClockAnswer struct {
	T1 int64 `json:"t1"`
	T2 int64 `json:"t2"`
	T3 int64 `json:"t3"`
}

// Heartbeat is how a gateway does. Times are of the gateway's clock as corrected,
// but Local.
type Heartbeat struct {
	Version   string             `json:"version"`
	Local     time.Time          `json:"local"`     // the machine's clock as it is
	Offset    time.Duration      `json:"offset"`    // of the server's clock to the machine's: true time = Local + Offset
	RoundTrip time.Duration      `json:"roundTrip"` // of the exchange that told the offset
	Every     time.Duration      `json:"every"`     // until the next heartbeat
	Synced    bool               `json:"synced"`    // the offset is known
	Corrected bool               `json:"corrected"` // times are corrected by it
	Waiting   uint64             `json:"waiting"`   // samples in the spool that are not acknowledged
	Bytes     int64              `json:"bytes"`     // of the spool on disk
	Limit     int64              `json:"limit"`     // of Bytes
	Oldest    time.Time          `json:"oldest"`    // when the oldest waiting sample came; zero = none waits
	Newest    time.Time          `json:"newest"`    // time of the newest sample of the site; zero = none yet
	Counts    map[string]int64   `json:"counts,omitempty"`
	Devices   []connector.Status `json:"devices,omitempty"` // whose status changed
}

// Identity says which listed device of which park a certificate is of.
type Identity struct {
	Park    string
	Gateway string
}

var identityPart = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// URI is the identity as it stands in the certificate (subject alternative name):
// lingtan://gateway/park/id.
func (i Identity) URI() *url.URL {
	return &url.URL{Scheme: "lingtan", Host: "gateway", Path: "/" + i.Park + "/" + i.Gateway}
}

// Check gives ErrIdentity unless park and gateway are of 1 to 64 letters, digits, "_", "-", ".".
func (i Identity) Check() error {
	if !identityPart.MatchString(i.Park) || !identityPart.MatchString(i.Gateway) {
		return fmt.Errorf("%w: park %.80q, gateway %.80q; each of 1 to 64 letters, digits, _, - and . characters", ErrIdentity, i.Park, i.Gateway)
	}
	return nil
}

// IdentityOf reads the identity among the URIs of a certificate; there must be one.
func IdentityOf(uris []*url.URL) (Identity, error) {
	if len(uris) != 1 || uris[0].Scheme != "lingtan" || uris[0].Host != "gateway" {
		return Identity{}, fmt.Errorf("%w: the certificate must hold one lingtan://gateway/park/id", ErrIdentity)
	}
	park, gateway, _ := strings.Cut(strings.TrimPrefix(uris[0].Path, "/"), "/")
	i := Identity{park, gateway}
	return i, i.Check()
}
