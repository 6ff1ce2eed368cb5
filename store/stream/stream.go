// Package stream makes the readings' store a cluster's: a write is acknowledged once
// a quorum of nodes has it on disk, and every node applies it to its own full copy,
// in the same order, once, at the same recorded time.
//
// Start runs a node's part of the NATS JetStream cluster inside this process. Open
// puts the cluster before a series store. Leases say which node owns a park.
// DESIGN.md tells why it is built so; docs/guides/cluster.md how to run it.
package stream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"time"

	"lingtan/meter"
)

// Sentinels of this package; they are wrapped with what, where and what to do.
var (
	ErrConfig = errors.New("stream: the cluster is configured wrongly")
	ErrClosed = errors.New("stream: closed")
	// ErrNoQuorum means that too few nodes answer: the write is not acknowledged. It
	// may become stored later; sending it again does no harm.
	ErrNoQuorum = errors.New("stream: no quorum of the cluster answers")
	// ErrBehind means that this node has not applied all that the cluster has; it
	// passes by itself.
	ErrBehind = errors.New("stream: this node is behind the cluster")
	// ErrIncomplete means that this node's copy lacks what the cluster no longer
	// keeps, or is of another history: it must be replaced by a copy of another node's.
	ErrIncomplete = errors.New("stream: this node's copy of the readings is incomplete")
	// ErrLeaseLost means that another node may own the park.
	ErrLeaseLost = errors.New("stream: the lease is lost")
)

// Peer is a node of the cluster.
type Peer struct {
	Name    string // as its Options.Name: letters, digits, - and _, at most 32
	Address string // host:port of its ClusterListen, as the others reach it
}

// TLS are the files of mutual TLS between nodes, PEM.
type TLS struct{ Cert, Key, CA string }

// Options say who forms the cluster and where this node keeps its part of the
// stream. Name, Dir, Peers and ClusterListen must be given; all nodes give the same
// Cluster, Peers, Replicas, MaxAge and MaxBytes.
type Options struct {
	Cluster       string // name of the cluster; empty = "lingtan"
	Name          string // name of this node; one of Peers
	Dir           string // folder of the stream's files; made when absent, never shared
	Peers         []Peer // all nodes, this one too: 3 to 15
	ClusterListen string // host:port at which the other nodes reach this one

	TLS   TLS  // all three files, or none
	Plain bool // allow other than loopback addresses without TLS: the network between is trusted

	Replicas  int           // nodes that keep a message until it is applied everywhere: 3 or 5; 0 = 3
	SyncEvery time.Duration // 0 = the stream is on disk before it acknowledges; else how often it syncs
	MaxAge    time.Duration // a message is kept for a node that is down at most so long; 0 = 7 days
	MaxBytes  int64         // and at most so many bytes of them; 0 = 16 GiB, at least 64 MiB
	Wait      time.Duration // how long a write waits whose ctx has no end; 0 = 20 s
	Begin     bool          // begin the stream anew where it is gone, on what the directories hold
	Log       *slog.Logger  // nil = none

	// Applied is told what this node has stored, whichever node took it in: duplicates
	// too. It must be quick, for the next messages wait, and must not keep the batch.
	// nil = nobody.
	Applied func(park string, b *meter.Batch) `json:"-"`
}

// maxMessage is the largest message of the stream in bytes, its header included.
// NATS advises against more.
const maxMessage = 8 << 20

var nodeName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// settled fills in what was left out and refuses what cannot work.
func (o Options) settled() (Options, error) {
	if o.Cluster == "" {
		o.Cluster = "lingtan"
	}
	if o.Replicas == 0 {
		o.Replicas = 3
	}
	if o.MaxAge <= 0 {
		o.MaxAge = 7 * 24 * time.Hour
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 16 << 30
	}
	if o.Wait <= 0 {
		o.Wait = 20 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case !nodeName.MatchString(o.Cluster):
		return o, fmt.Errorf("%w: cluster name %q; give 1 to 32 of letters, digits, - and _", ErrConfig, o.Cluster)
	case o.Dir == "":
		return o, fmt.Errorf("%w: no folder for the stream's files", ErrConfig)
	case o.Replicas != 3 && o.Replicas != 5 || o.Replicas > len(o.Peers):
		return o, fmt.Errorf("%w: %d replicas on %d nodes; 3 or 5, and at most one a node", ErrConfig, o.Replicas, len(o.Peers))
	case o.MaxBytes < 64<<20:
		return o, fmt.Errorf("%w: %d bytes for messages; give at least 64 MiB", ErrConfig, o.MaxBytes)
	case o.MaxAge < time.Minute:
		return o, fmt.Errorf("%w: messages kept for %v; give at least a minute", ErrConfig, o.MaxAge)
	}
	return o, o.checkPeers()
}

func (o Options) checkPeers() error {
	if len(o.Peers) > 15 {
		return fmt.Errorf("%w: %d nodes; give at most 15", ErrConfig, len(o.Peers))
	}
	seen := map[string]bool{}
	for _, p := range o.Peers {
		if !nodeName.MatchString(p.Name) || seen[p.Name] {
			return fmt.Errorf("%w: node name %q; give each its own, 1 to 32 of letters, digits, - and _", ErrConfig, p.Name)
		}
		seen[p.Name] = true
		if _, _, err := hostPort(p.Address); err != nil {
			return fmt.Errorf("%w: address of node %s: %w", ErrConfig, p.Name, err)
		}
	}
	if !seen[o.Name] {
		return fmt.Errorf("%w: this node is %q, which is not among the nodes of the cluster", ErrConfig, o.Name)
	}
	host, _, err := hostPort(o.ClusterListen)
	if err != nil {
		return fmt.Errorf("%w: address to listen at: %w", ErrConfig, err)
	}
	if ip := net.ParseIP(host); o.TLS == (TLS{}) && !o.Plain && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%w: %s can be reached by others and has no TLS: anyone there could join and write; give certificates, or say that the network is trusted", ErrConfig, o.ClusterListen)
	}
	return nil
}

func hostPort(address string) (string, int, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 || host == "" {
		return "", 0, fmt.Errorf("%q is not host:port", address)
	}
	return host, n, nil
}

// routes are the other nodes as NATS wants them.
func (o Options) routes() []*url.URL {
	var routes []*url.URL
	for _, p := range o.Peers {
		if p.Name != o.Name {
			routes = append(routes, &url.URL{Scheme: "nats-route", Host: p.Address})
		}
	}
	return routes
}

// names are the nodes' names in order.
func (o Options) names() []string {
	var names []string
	for _, p := range o.Peers {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// config is mutual TLS for both ends of a route; nil when there are no files.
func (t TLS) config() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: certificate %s and key %s: %w", ErrConfig, t.Cert, t.Key, err)
	}
	text, err := os.ReadFile(t.CA)
	if err != nil {
		return nil, fmt.Errorf("%w: certificate of the authority: %w", ErrConfig, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%w: %s holds no certificate in PEM", ErrConfig, t.CA)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair},
		RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}, nil
}
