package stream

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Cluster is this node's part of the cluster: a NATS server inside of this process
// that only the other nodes can join, and a connection to it that needs no network.
type Cluster struct {
	o      Options
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
	close  sync.Once
}

// Start starts this node's part. It returns at once: others may still be down. Close
// the stores opened on it before closing it.
func Start(o Options) (*Cluster, error) {
	o, err := o.settled()
	if err != nil {
		return nil, err
	}
	host, port, err := hostPort(o.ClusterListen)
	if err != nil {
		return nil, err
	}
	secure, err := o.TLS.config()
	if err != nil {
		return nil, err
	}
	secret := rand.Text()
	options := &server.Options{
		// Without a listener for clients the server opens none for routes either. So it
		// has one on loopback, at any free port, with a password that only we know.
		ServerName: o.Name, Host: "127.0.0.1", Port: server.RANDOM_PORT, Username: o.Name, Password: secret, NoSigs: true, NoLog: true, DisableJetStreamBanner: true,
		Cluster: server.ClusterOpts{Name: o.Cluster, Host: host, Port: port, TLSConfig: secure, TLSTimeout: 5,
			NoAdvertise: true, ConnectRetries: 1 << 30, PoolSize: 3},
		Routes: o.routes(), MaxPayload: maxMessage, MaxPending: 16 * maxMessage,
		JetStream: true, StoreDir: o.Dir, JetStreamMaxMemory: 64 << 20,
		// Room beside the readings for the leases and the nodes' progress.
		JetStreamMaxStore: o.MaxBytes + 1<<30,
		SyncAlways:        o.SyncEvery <= 0, SyncInterval: max(o.SyncEvery, 0),
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("stream: node %s: %w", o.Name, err)
	}
	s.SetLoggerV2(serverLog{o.Log.With("part", "nats")}, false, false, false)
	s.Start()
	c := &Cluster{o: o, server: s}
	if !s.ReadyForConnections(20 * time.Second) {
		c.Close()
		return nil, fmt.Errorf("%w: node %s does not listen at %s; is the port taken, or the folder %s not writable?", ErrConfig, o.Name, o.ClusterListen, o.Dir)
	}
	c.conn, err = nats.Connect("", nats.InProcessServer(s), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond),
		nats.Name(o.Name), nats.NoEcho(), nats.UserInfo(o.Name, secret))
	if err == nil {
		c.js, err = jetstream.New(c.conn)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("stream: node %s: %w", o.Name, err)
	}
	return c, nil
}

// Close leaves the cluster; what others have stays.
func (c *Cluster) Close() {
	c.close.Do(func() {
		if c.conn != nil {
			c.conn.Close()
		}
		c.server.Shutdown()
		c.server.WaitForShutdown()
	})
}

// Names of what the cluster keeps in NATS.
func (c *Cluster) streamName() string     { return c.o.Cluster + "-readings" }
func (c *Cluster) subject() string        { return "lingtan." + c.o.Cluster + ".readings" }
func (c *Cluster) wakeSubject() string    { return "lingtan." + c.o.Cluster + ".stored" }
func (c *Cluster) progressBucket() string { return c.o.Cluster + "-progress" }
func (c *Cluster) leaseBucket() string    { return c.o.Cluster + "-leases" }

// leads is whether this node leads the stream of readings.
func (c *Cluster) leads() bool {
	return c.server.JetStreamIsStreamLeader("$G", c.streamName())
}

// serverLog passes the NATS server's log on.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Warnf(format string, v ...any)   { l.log.Info(fmt.Sprintf(format, v...)) }
func (l serverLog) Fatalf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any)  { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l serverLog) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
