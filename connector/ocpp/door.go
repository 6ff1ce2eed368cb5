package ocpp

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"lingtan/connector"
)

const (
	headerWithin = 10 * time.Second // from the connection to the end of the request
	maxHeader    = 16 << 10
	logEvery     = time.Minute
)

// door is one Run.
type door struct {
	driver  *Driver
	env     connector.Environment
	journal *journal
	ctx     context.Context
	roster  atomic.Pointer[roster]
	servers []*http.Server
	work    sync.WaitGroup

	mu     sync.Mutex
	closed bool
	peers  map[string]*peer // by identity
	said   map[string]time.Time
	faults map[place]string // of the list, so that each is reported when it changes
}

func newDoor(ctx context.Context, d *Driver, env connector.Environment, j *journal) *door {
	o := &door{driver: d, env: env, journal: j, ctx: ctx, peers: map[string]*peer{}, said: map[string]time.Time{}, faults: map[place]string{}}
	o.roster.Store(&roster{})
	return o
}

// refresh follows the device list: connections of chargers that left it, or got another
// credential, are cut off.
func (o *door) refresh() {
	faults := map[place]string{}
	fresh := newRoster(o.env.Devices.List(Protocol), *o.roster.Load(), func(d connector.Device, err error) {
		faults[place{d.Park, d.ID}] = err.Error()
	})
	o.roster.Store(&fresh)
	o.mu.Lock()
	before := o.faults
	o.faults = faults
	var gone []*peer
	for id, p := range o.peers {
		if now := fresh[id]; now != nil && now.sameCredential(p.charger.Load()) {
			p.charger.Store(now)
		} else {
			gone = append(gone, p)
		}
	}
	o.mu.Unlock()
	for at, fault := range faults {
		if before[at] != fault {
			o.env.Report(connector.Status{Park: at.park, Device: at.device, At: o.env.Now(), Error: fault})
		}
	}
	for _, p := range gone {
		o.driver.counts.add("removed", 1)
		o.work.Go(func() { p.cut(websocket.ClosePolicyViolation, "no longer in the device list with this credential") })
	}
}

func (o *door) serve(listeners []net.Listener) {
	for _, l := range listeners {
		s := &http.Server{Handler: o, ReadHeaderTimeout: headerWithin, MaxHeaderBytes: maxHeader, WriteTimeout: headerWithin, IdleTimeout: time.Second,
			ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)} // strangers would fill the log
		s.SetKeepAlivesEnabled(false)
		o.servers = append(o.servers, s)
		o.work.Go(func() { _ = s.Serve(l) })
	}
}

// close ends all connections and waits until what they sent is answered or given up.
func (o *door) close() {
	o.mu.Lock()
	o.closed = true
	open := make([]*peer, 0, len(o.peers))
	for _, p := range o.peers {
		open = append(open, p)
	}
	o.mu.Unlock()
	for _, s := range o.servers {
		_ = s.Close()
	}
	for _, p := range open {
		o.work.Go(func() { p.cut(websocket.CloseGoingAway, "the central system stops") })
	}
	o.work.Wait()
}

// ServeHTTP lets a charger in: ws://host:port/identity, also behind a path.
func (o *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	identity := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	c := (*o.roster.Load())[identity]
	if c == nil {
		o.driver.counts.add("refused_identity", 1)
		o.say("identity", "ocpp: a charger that is not in the device list", fmt.Errorf("identity %.80q from %s: %w", identity, r.RemoteAddr, connector.ErrRefused))
		http.Error(w, "this charge point is not known here", http.StatusNotFound)
		return
	}
	if !c.admits(r) {
		o.driver.counts.add("refused_credentials", 1)
		err := fmt.Errorf("ocpp: the charger came with a wrong credential from %s; set its user name to %s and its password as the device list has it (option auth: %s): %w", r.RemoteAddr, c.identity, c.auth, connector.ErrRefused)
		o.say("credentials "+identity, "ocpp: wrong credential", err)
		if o.find(identity) == nil { // a stranger does not spoil the state of the charger that is connected
			o.env.Report(connector.Status{Park: c.place.park, Device: c.place.device, At: o.env.Now(), Error: err.Error()})
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="ocpp"`)
		http.Error(w, "wrong credential", http.StatusUnauthorized)
		return
	}
	o.upgrade(w, r, c)
}

// upgrade makes a WebSocket of the request, in the first version that the charger offers
// and we speak.
func (o *door) upgrade(w http.ResponseWriter, r *http.Request, c *charger) {
	var v version
	for _, offered := range websocket.Subprotocols(r) {
		if offered == string(v16) || offered == string(v201) {
			v = version(offered)
			break
		}
	}
	var header http.Header
	if v != "" {
		header = http.Header{"Sec-Websocket-Protocol": {string(v)}}
	}
	up := websocket.Upgrader{ReadBufferSize: 4096, WriteBufferSize: 4096, HandshakeTimeout: headerWithin}
	conn, err := up.Upgrade(w, r, header)
	if err != nil {
		o.driver.counts.add("refused_upgrade", 1)
		return // Upgrade has answered
	}
	if v == "" { // OCPP-J: agree, then close at once
		o.driver.counts.add("refused_version", 1)
		o.env.Report(connector.Status{Park: c.place.park, Device: c.place.device, At: o.env.Now(),
			Error: fmt.Sprintf("ocpp: the charger offers %.100q; set it to OCPP 1.6J or 2.0.1: %v", r.Header.Get("Sec-Websocket-Protocol"), connector.ErrProtocol)})
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseProtocolError, "ocpp1.6 or ocpp2.0.1"), time.Now().Add(time.Second))
		_ = conn.Close()
		return
	}
	p := newPeer(o, conn, v, c)
	before, ok := o.enter(p)
	if !ok {
		p.cut(websocket.ClosePolicyViolation, "no longer served here")
		return
	}
	defer o.work.Done()
	if before != nil { // a charger that lost its connection unseen comes again
		o.driver.counts.add("replaced", 1)
		before.cut(websocket.ClosePolicyViolation, "connected again elsewhere")
		<-before.done // so that one handles its transactions at a time
	}
	p.run(o.ctx)
	o.leave(p)
}

// enter makes p the connection of its charger and gives the one before it.
func (o *door) enter(p *peer) (before *peer, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := (*o.roster.Load())[p.charger.Load().identity]
	if o.closed || now == nil || !now.sameCredential(p.charger.Load()) { // the list changed meanwhile
		return nil, false
	}
	o.work.Add(1)
	before = o.peers[now.identity]
	o.peers[now.identity] = p
	return before, true
}

func (o *door) leave(p *peer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if id := p.charger.Load().identity; o.peers[id] == p {
		delete(o.peers, id)
	}
}

func (o *door) find(identity string) *peer {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.peers[identity]
}

// listed says whether a charger still is in the list.
func (o *door) listed(c *charger) bool {
	now := (*o.roster.Load())[c.identity]
	return now != nil && now.place == c.place
}

// connected is the connection of a device.
func (o *door) connected(d connector.Device) (*peer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	identity := d.ID
	if id, ok := d.Options["identity"]; ok {
		identity = id
	}
	if c := (*o.roster.Load())[identity]; c != nil && c.place == (place{d.Park, d.ID}) {
		if p := o.peers[identity]; p != nil {
			return p, nil
		}
		return nil, fmt.Errorf("ocpp: charger %s of park %s is not connected; it connects by itself to ws://<this host>/%s: %w", d.ID, d.Park, identity, connector.ErrUnreachable)
	}
	return nil, fmt.Errorf("ocpp: device %s of park %s is not served: not in the list, or its entry is wrong: %w", d.ID, d.Park, connector.ErrConfig)
}

// say logs a fault, at most one of a kind in logEvery; the counts tell how many.
func (o *door) say(kind, message string, err error) {
	o.mu.Lock()
	now := o.env.Now()
	quiet := now.Sub(o.said[kind]) < logEvery && !o.said[kind].IsZero()
	if !quiet {
		if len(o.said) > 10_000 {
			clear(o.said)
		}
		o.said[kind] = now
	}
	o.mu.Unlock()
	if !quiet {
		o.env.Log.Warn(message, "error", err, "kind", kind)
	}
}
