package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lingtan/access"
)

const (
	liveKept    = 1024 // events a park keeps for callers that come back
	liveBuffer  = 256  // events a caller may lag behind before he is dropped
	liveReaders = 2000 // callers at the same time
	liveWrite   = 10 * time.Second
	liveBeat    = 15 * time.Second
)

// errBusy says that too many callers follow live values.
var errBusy = errors.New("too many live streams")

// Event is something that happened in a park, as live streams carry it.
type Event struct {
	Kind         string      // reading, settled
	Organization access.Path // whose: only who may read its usage gets the event
	Data         any         // marshalled as JSON
}

// sent is an event with its number, ready to be written.
type sent struct {
	number       int64
	kind         string
	organization access.Path
	data         []byte
}

// Hub hands events of parks to all who follow them. A caller that falls behind is
// dropped, so that he holds up nobody; he comes back with Last-Event-ID and gets
// what he missed, as far as it is kept.
type Hub struct {
	mu      sync.Mutex
	epoch   string // tells the numbers of this run from those of another
	parks   map[string]*channel
	readers int
	closed  bool
}

// channel is the live stream of one park.
type channel struct {
	number  int64
	kept    []sent // the latest, at most liveKept
	readers map[chan sent]bool
}

// NewHub makes a hub without events.
func NewHub() *Hub {
	return &Hub{epoch: strconv.FormatInt(time.Now().UnixNano(), 36), parks: map[string]*channel{}}
}

func (h *Hub) channel(park string) *channel {
	c := h.parks[park]
	if c == nil {
		c = &channel{readers: map[chan sent]bool{}}
		h.parks[park] = c
	}
	return c
}

// Publish hands an event to all who follow the park, and never waits for them. It
// fails when Data does not marshal.
func (h *Hub) Publish(park string, event Event) error {
	data, err := json.Marshal(event.Data)
	if err != nil {
		return fmt.Errorf("api: live %s: %w", event.Kind, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	c := h.channel(park)
	c.number++
	e := sent{c.number, event.Kind, event.Organization, data}
	if len(c.kept) == liveKept {
		c.kept = append(c.kept[:0:0], c.kept[liveKept/4:]...)
	}
	c.kept = append(c.kept, e)
	for reader := range c.readers {
		select {
		case reader <- e:
		default:
			h.drop(c, reader)
		}
	}
	return nil
}

// follow starts a caller after the event that he saw last: what was kept since,
// whether some was lost, and a channel of what comes, closed when he is dropped.
func (h *Hub) follow(park, lastID string) (since []sent, lost bool, reader chan sent, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers >= liveReaders || h.closed {
		return nil, false, nil, fmt.Errorf("%w: %d", errBusy, h.readers)
	}
	c := h.channel(park)
	reader = make(chan sent, liveBuffer)
	c.readers[reader] = true
	h.readers++
	if lastID == "" {
		return nil, false, reader, nil
	}
	epoch, text, _ := strings.Cut(lastID, "-")
	last, err := strconv.ParseInt(text, 10, 64)
	if epoch != h.epoch || err != nil {
		return nil, true, reader, nil
	}
	for _, e := range c.kept {
		if e.number > last {
			since = append(since, e)
		}
	}
	lost = c.number > last && (len(since) == 0 || since[0].number > last+1)
	return since, lost, reader, nil
}

func (h *Hub) leave(park string, reader chan sent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.parks[park]; c != nil && c.readers[reader] {
		h.drop(c, reader)
	}
}

// drop ends a reader; the caller holds the lock.
func (h *Hub) drop(c *channel, reader chan sent) {
	delete(c.readers, reader)
	close(reader)
	h.readers--
}

// Close ends all streams; the hub takes no more.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, c := range h.parks {
		for reader := range c.readers {
			h.drop(c, reader)
		}
	}
}

type liveIn struct {
	Park        string `path:"park" maxLength:"40"`
	LastEventID string `header:"Last-Event-ID" maxLength:"64" doc:"Id of the last event that was got"`
}

func (s *Server) liveRoutes() {
	route(s, huma.Operation{
		OperationID: "live", Method: "GET", Path: "/api/v1/parks/{park}/live", Tags: []string{"live"},
		Summary: "Live values as server-sent events",
		Description: "Events: `reading` {register, at, value, unit}; `settled` {period}; `heartbeat` {at}, every 15 s; " +
			"`missed` {}, when events since Last-Event-ID are no longer kept: load the values anew. " +
			"Only events of organizations whose usage the caller may read are sent. A caller that lags behind is " +
			"disconnected and resumes with Last-Event-ID.",
		Metadata: map[string]any{streams: true},
		Responses: map[string]*huma.Response{"200": {
			Description: "The stream",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}},
		}},
	}, Rule{Action: "park.see", Resource: s.parkPlace}, s.live)
}

func (s *Server) live(ctx context.Context, in *liveIn) (*huma.StreamResponse, error) {
	since, lost, reader, err := s.Live.follow(in.Park, in.LastEventID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		defer s.Live.leave(in.Park, reader)
		request, w := humago.Unwrap(out)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Accel-Buffering", "no")
		stream := &liveStream{server: s, request: request, w: w, control: http.NewResponseController(w)}
		if err := stream.run(ctx, since, lost, reader); err != nil {
			s.Log.Debug("live stream ended", "park", in.Park, "why", err.Error())
		}
	}}, nil
}

// liveStream writes the events of one caller.
type liveStream struct {
	server  *Server
	request *http.Request
	w       http.ResponseWriter
	control *http.ResponseController
}

// errGone ends the stream of a caller that is no longer let in.
var errGone = errors.New("no longer signed in")

func (l *liveStream) run(ctx context.Context, since []sent, lost bool, reader <-chan sent) error {
	if err := l.write(": lingtan\nretry: 3000\n\n"); err != nil {
		return err
	}
	if lost {
		if err := l.write("event: missed\ndata: {}\n\n"); err != nil {
			return err
		}
	}
	for _, e := range since {
		if err := l.event(ctx, e); err != nil {
			return err
		}
	}
	beat := time.NewTicker(liveBeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-reader:
			if !ok {
				return errors.New("fell behind")
			}
			if err := l.event(ctx, e); err != nil {
				return err
			}
		case <-beat.C:
			if err := l.beat(ctx); err != nil {
				return err
			}
		}
	}
}

// event writes an event that the caller may read.
func (l *liveStream) event(ctx context.Context, e sent) error {
	caller := callerOf(ctx)
	if !l.server.authorizer.Decide(caller.Principal, "usage.read", e.organization).Allowed {
		return nil
	}
	return l.write(fmt.Sprintf("id: %s-%d\nevent: %s\ndata: %s\n\n", l.server.Live.epoch, e.number, e.kind, e.data))
}

// beat keeps the connection open, and asks whether the caller is still let in
// with the same grants; if not the stream ends and he has to come back.
func (l *liveStream) beat(ctx context.Context) error {
	if !l.server.still(ctx, l.request) {
		return errGone
	}
	at := l.server.Now().UTC().Format(time.RFC3339)
	return l.write("event: heartbeat\ndata: {\"at\":\"" + at + "\"}\n\n")
}

func (l *liveStream) write(text string) error {
	if err := l.control.SetWriteDeadline(time.Now().Add(liveWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := l.w.Write([]byte(text)); err != nil {
		return err
	}
	return l.control.Flush()
}
