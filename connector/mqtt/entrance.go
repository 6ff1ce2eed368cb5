package mqtt

import (
	"log/slog"
	"net"

	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// entrance hands the connections of a listener to the library. The library's own way of
// closing one waits for itself for ever when a connection ends meanwhile: GetByListener
// (v2.7.9) takes a read lock twice, and a writer may come between. So the broker closes
// its connections itself.
type entrance struct {
	id     string
	at     net.Listener
	broker *broker
}

var _ listeners.Listener = (*entrance)(nil)

// Init has nothing to do: the listener is open.
func (e *entrance) Init(*slog.Logger) error { return nil }

// ID names the listener to the library.
func (e *entrance) ID() string { return e.id }

// Address is where the listener listens.
func (e *entrance) Address() string { return e.at.Addr().String() }

// Protocol is the network of the listener.
func (e *entrance) Protocol() string { return e.at.Addr().Network() }

// Serve hands connections on until the listener is closed.
func (e *entrance) Serve(establish listeners.EstablishFn) {
	for {
		c, err := e.at.Accept()
		if err != nil {
			return
		}
		go establish(e.id, c)
	}
}

// Close tells devices of MQTT 5 why, then closes the listener and what is open on it.
func (e *entrance) Close(listeners.CloseFn) {
	for c := range e.broker.connected() {
		e.broker.cutOff(c, packets.ErrServerShuttingDown)
	}
	e.at.Close()
}
