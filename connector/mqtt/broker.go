package mqtt

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"lingtan/connector"
)

const (
	maxUnreleased  = 8192        // QoS 2 messages of a connection whose PUBREL has not come
	commandsQueued = 64          // messages to a device that wait for it to read
	sessionKept    = 7 * 86400   // seconds that a session is kept for a device that is away
	sysTopicsEvery = 365 * 86400 // seconds; nobody may read them
	willTopic      = "lingtan/!will"
)

// broker is the embedded broker. It takes acknowledging into its own hands: the library
// underneath never acknowledges a publish (see docs/decisions/0012-mqtt.md).
type broker struct {
	mochi.HookBase
	server   *mochi.Server
	options  Options
	env      connector.Environment
	roster   *roster
	admit    *admission
	counts   *counts
	sessions *sessionFile
	warned   atomic.Int64 // when refused credentials were last logged, seconds since 1970

	mu     sync.Mutex
	open   map[*mochi.Client]*session
	online map[place]int // connections of a device
}

func startBroker(d *Driver, env connector.Environment, r *roster, a *admission, list []net.Listener) (*broker, error) {
	file, err := openSessions(env.Dir)
	if err != nil {
		return nil, closeAll(list, err)
	}
	b := &broker{options: d.options, env: env, roster: r, admit: a, counts: &d.counts, sessions: file,
		open: map[*mochi.Client]*session{}, online: map[place]int{}}
	able := mochi.NewDefaultServerCapabilities()
	able.MaximumClientWritesPending = commandsQueued
	able.MaximumPacketSize = uint32(d.options.MaxPacket)
	able.MaximumSessionExpiryInterval = sessionKept
	able.ReceiveMaximum = uint16(d.options.Window)
	able.MaximumInflight = commandsQueued
	able.TopicAliasMaximum = 0 // the library checks an aliased publish under its empty topic
	able.SharedSubAvailable = 0
	b.server = mochi.New(&mochi.Options{
		Capabilities: able, InlineClient: true, SysTopicResendInterval: sysTopicsEvery,
		Logger: slog.New(slog.DiscardHandler), // it would log payloads and passwords
	})
	if err := b.server.AddHook(b, nil); err != nil {
		return nil, closeAll(list, fmt.Errorf("mqtt: %w", err))
	}
	for i, l := range list {
		if err := b.server.AddListener(&entrance{id: fmt.Sprint("listener", i), at: l, broker: b}); err != nil {
			return nil, closeAll(list, fmt.Errorf("mqtt: %w", err))
		}
	}
	r.load(env.Devices.List(Protocol)) // before the first connection
	if err := b.server.Serve(); err != nil {
		return nil, closeAll(list, fmt.Errorf("mqtt: the broker does not start: %w", err))
	}
	return b, nil
}

func closeAll(list []net.Listener, err error) error {
	for _, l := range list {
		l.Close()
	}
	return err
}

func (b *broker) close() {
	b.server.Close()
	b.sessions.close()
}

// dropStrangers cuts off connections whose device left the list or got another credential,
// and tells the others what changed.
func (b *broker) dropStrangers() {
	for c, s := range b.connected() {
		if now, ok := b.roster.current(s.device()); ok {
			s.listed.Store(&now)
		} else {
			b.cutOff(c, packets.ErrNotAuthorized)
		}
	}
}

// connected is a copy of the sessions that have a connection.
func (b *broker) connected() map[*mochi.Client]*session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.open)
}

// session is a connection of a device.
type session struct {
	*sender
	broker   *broker
	client   *mochi.Client
	wire     *wire
	place    place
	listed   atomic.Pointer[connector.Device]
	fleeting bool             // its device has too many sessions: it ends with the connection
	nodes    map[string]*node // Sparkplug, by group/node; this and what follows only its connection's reader touches
	topic    string           // of the last publish
	plain    bool             // it is that of plain telemetry
	names    names
	samples  []connector.Sample // room for those of one publish

	mu      sync.Mutex
	pending map[uint16]bool // QoS 2 messages that wait for admission
}

// begins notes a QoS 2 message that goes to admission. One that is on its way already is
// the same message again (MQTT 5 section 4.3.3), and has one acknowledgement.
func (s *session) begins(id uint16) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == nil {
		s.pending = map[uint16]bool{}
	}
	again := s.pending[id]
	s.pending[id] = true
	return !again
}

func (s *session) ends(id uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, id)
}

func (s *session) device() connector.Device { return *s.listed.Load() }

func (b *broker) session(c *mochi.Client) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open[c]
}

// ID names the hook to the library.
func (b *broker) ID() string { return "lingtan" }

// Provides says which events the hook takes.
func (b *broker) Provides(event byte) bool {
	switch event {
	case mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnPacketRead, mochi.OnPacketEncode, mochi.OnPublish,
		mochi.OnWill, mochi.OnDisconnect, mochi.OnSessionEstablished, mochi.OnSubscribed, mochi.OnUnsubscribed,
		mochi.OnClientExpired, mochi.StoredClients, mochi.StoredSubscriptions:
		return true
	}
	return false
}

// OnConnectAuthenticate finds the device of a connection. The client id is made the
// device's own, so that no device can take over the session of another.
func (b *broker) OnConnectAuthenticate(c *mochi.Client, pk packets.Packet) bool {
	d, ok := b.roster.identify(string(pk.Connect.Username), string(pk.Connect.Password), shown(c.Net.Conn, time.Now()))
	if !ok {
		b.counts.add(refusedCredentials, 1)
		now, last := time.Now().Unix(), b.warned.Load()
		if now-last >= 60 && b.warned.CompareAndSwap(last, now) { // once a minute; all are counted
			b.env.Log.Warn("mqtt: connections refused: unknown user or wrong credential", "remote", c.Net.Remote, "refused", b.counts.n[refusedCredentials].Load())
		}
		return false
	}
	c.ID = d.Park + "/" + d.ID + "/" + c.ID
	w, ours := c.Net.Conn.(*wire)
	if !ours {
		return false // no listener of ours
	}
	s := &session{broker: b, client: c, wire: w, place: placeOf(d)}
	s.sender = b.admit.sender(d.Park, c.ID, s)
	s.listed.Store(&d)
	if b.sessions.full(c.ID) {
		s.fleeting = true
		c.Properties.Clean, c.Properties.Props.SessionExpiryInterval = true, 0
	}
	b.mu.Lock()
	b.open[c] = s
	b.online[s.place]++
	b.mu.Unlock()
	return true
}

// OnSessionEstablished keeps a session that outlives its connection.
func (b *broker) OnSessionEstablished(c *mochi.Client, _ packets.Packet) {
	b.sessions.keep(c)
	if s := b.session(c); s != nil {
		b.roster.is(s.place, true, "")
		s.wire.front.version, s.wire.front.take = c.Properties.ProtocolVersion, s.take
	}
}

// OnSubscribed keeps the subscriptions of a session.
func (b *broker) OnSubscribed(c *mochi.Client, _ packets.Packet, _ []byte) { b.sessions.keep(c) }

// OnUnsubscribed keeps the subscriptions of a session.
func (b *broker) OnUnsubscribed(c *mochi.Client, _ packets.Packet) { b.sessions.keep(c) }

// OnClientExpired forgets a session.
func (b *broker) OnClientExpired(c *mochi.Client) { b.sessions.forget(c.ID) }

// OnDisconnect ends the connection; a session may go on.
func (b *broker) OnDisconnect(c *mochi.Client, err error, expire bool) {
	b.mu.Lock()
	s := b.open[c]
	delete(b.open, c)
	elsewhere := false // the device has connected again already
	if s != nil {
		b.online[s.place]--
		if elsewhere = b.online[s.place] > 0; !elsewhere {
			delete(b.online, s.place)
		}
	}
	b.mu.Unlock()
	if expire && !c.IsTakenOver() {
		b.sessions.forget(c.ID)
	}
	if s == nil || elsewhere {
		return
	}
	fault := "the device disconnected"
	if cause := c.StopCause(); cause != nil && !errors.Is(cause, packets.CodeDisconnect) {
		fault = "connection lost: " + cause.Error() + "; it should connect again by itself"
	}
	b.roster.is(s.place, false, fault)
}

// OnACLCheck says whether a device may read a topic. What it writes is judged in OnPublish.
func (b *broker) OnACLCheck(c *mochi.Client, topic string, write bool) bool {
	if write {
		return true
	}
	s := b.session(c)
	if s == nil {
		return false
	}
	group, name := sparkplugName(s.device())
	return mayRead(topic, group, name)
}

// OnPacketRead refuses topics that the library would drop without an acknowledgement.
func (b *broker) OnPacketRead(c *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Type == packets.Publish && len(pk.TopicName) > 0 && pk.TopicName[0] == '$' {
		b.counts.add(refusedTopic, 1)
		return pk, packets.ErrRejectPacket // ends the connection
	}
	return pk, nil
}

// OnPacketEncode corrects two answers of the library: the limits of a connection are told,
// and a QoS 2 message that came again before its release is acknowledged again (MQTT 5
// section 4.3.3) and not called a failure.
func (b *broker) OnPacketEncode(c *mochi.Client, pk packets.Packet) packets.Packet {
	switch pk.FixedHeader.Type {
	case packets.Connack:
		pk.Properties.MaximumPacketSize = uint32(b.options.MaxPacket)
		if s := b.session(c); s != nil && s.fleeting {
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 0, true
		}
	case packets.Pubrec:
		if pk.ReasonCode == packets.ErrPacketIdentifierInUse.Code {
			pk.ReasonCode, pk.Properties = packets.CodeSuccess.Code, packets.Properties{}
		}
	}
	return pk
}

// OnWill takes the death of a Sparkplug node. No will goes to anybody else: it could
// pass for a command.
func (b *broker) OnWill(c *mochi.Client, w mochi.Will) (mochi.Will, error) {
	if s := b.session(c); s != nil && parseTopic(w.TopicName).kind == sparkplugTopic {
		s.read(b, w.TopicName, w.Payload)
	}
	return mochi.Will{TopicName: willTopic}, nil
}

// StoredClients gives the library the sessions of an earlier run.
func (b *broker) StoredClients() ([]storageClient, error) { return b.sessions.clients(), nil }

// StoredSubscriptions gives the library the subscriptions of an earlier run.
func (b *broker) StoredSubscriptions() ([]storageSubscription, error) {
	return b.sessions.subscriptions(), nil
}

// OnPublish takes every publish of a device out of the library's hands, so that it does
// not acknowledge it: the lane of the sender does, once the samples are durable.
func (b *broker) OnPublish(c *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if c.Net.Inline {
		return pk, nil // a command of ours to a device
	}
	s := b.session(c)
	if s == nil {
		return pk, packets.ErrRejectPacket
	}
	if pk.FixedHeader.Qos == 2 && c.State.Inflight.Len() >= maxUnreleased {
		b.cutOff(c, packets.ErrReceiveMaximum)
		return pk, packets.ErrRejectPacket
	}
	if pk.FixedHeader.Qos == 2 && !s.begins(pk.PacketID) {
		b.counts.add(messages, 1)
		return pk, packets.ErrRejectPacket
	}
	s.publish(pk.TopicName, pk.Payload, message{from: s.sender, id: pk.PacketID, qos: pk.FixedHeader.Qos}, pk.FixedHeader.Dup)
	return pk, packets.ErrRejectPacket
}

// take takes a plain publish that the library has not seen. While messages of QoS 2 are
// open the library must see all, since it watches their packet ids.
func (s *session) take(p publication, patient bool) outcome {
	if s.client.State.Inflight.Len() > 0 {
		return declined
	}
	if string(p.topic) != s.topic {
		s.topic = string(p.topic)
		s.plain = parseTopic(s.topic).kind == telemetryTopic
	}
	m := message{from: s.sender, id: p.id, qos: p.qos}
	if patient {
		s.publish(s.topic, p.payload, m, p.dup)
		return taken
	}
	return s.takeNow(p, m)
}

// takeNow takes plain telemetry where admission has room. Until then nothing is noted, so
// that what is held can be read again.
func (s *session) takeNow(p publication, m message) outcome {
	if !s.plain {
		return held
	}
	device := s.listed.Load().ID
	t := take{via: device, samples: s.samples[:0], names: &s.names}
	if plain, err := t.plainTelemetry(device, p.payload); !plain || err != nil {
		return held
	}
	s.samples = t.samples
	if !s.broker.admit.offer(m, t.samples) {
		return held
	}
	s.arrived(p.dup)
	return taken
}

// arrived counts a publish.
func (s *session) arrived(dup bool) {
	s.broker.counts.add(messages, 1)
	if dup {
		s.broker.counts.add(duplicateFlag, 1)
	}
}

// publish reads a publish and hands it to admission.
func (s *session) publish(topic string, payload []byte, m message, dup bool) {
	b := s.broker
	s.arrived(dup)
	samples, code := s.read(b, topic, payload)
	if code == packets.ErrNotAuthorized && s.client.Properties.ProtocolVersion < 5 {
		b.cutOff(s.client, code) // MQTT 3.1.1 section 3.3.5: acknowledge or close
		return
	}
	m.code = code.Code
	if !b.admit.put(m, samples) {
		s.client.Stop(packets.ErrServerShuttingDown)
	}
}

// settle acknowledges a publish whose samples are durable, or cuts its sender off, which
// makes it send again: an MQTT 5 reason code in PUBACK would end the message for good
// (section 4.4), and 3.1.1 has none.
func (s *session) settle(m message, err error) {
	if err != nil {
		s.refuse(m, err)
		return
	}
	if m.samples > 0 {
		s.broker.roster.stored(s.place, m.samples, m.newest)
	}
	switch m.qos {
	case 1:
		err = s.wire.acknowledge(puback(m, s.client.Properties.ProtocolVersion))
	case 2:
		ack := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrec}, PacketID: m.id, ReasonCode: m.code}
		s.broker.expectRelease(s.client, ack)
		s.ends(m.id)
		err = s.client.WritePacket(ack)
	}
	if m.qos > 0 && err == nil {
		s.broker.counts.add(acknowledged, 1)
	}
}

// flush sends the acknowledgements of a group in one packet.
func (s *session) flush() { s.wire.flush() }

func (s *session) refuse(m message, err error) {
	reason := packets.ErrUnspecifiedError
	if errors.Is(err, connector.ErrBusy) {
		reason = packets.ErrQuotaExceeded
	}
	if m.qos > 0 && !s.client.Closed() {
		s.broker.cutOff(s.client, reason)
	}
	s.broker.roster.fault(s.place, "not admitted: "+err.Error()+"; the device is to send again")
}

// puback is the packet PUBACK (section 3.4). MQTT 5 has a reason code, left out where it
// is success.
func puback(m message, version byte) []byte {
	if version < 5 || m.code == 0 {
		return []byte{packets.Puback << 4, 2, byte(m.id >> 8), byte(m.id)}
	}
	return []byte{packets.Puback << 4, 3, byte(m.id >> 8), byte(m.id), m.code}
}

// expectRelease notes a QoS 2 message whose PUBREL is to come, as the library does.
func (b *broker) expectRelease(c *mochi.Client, ack packets.Packet) {
	if ack.ReasonCode >= packets.ErrUnspecifiedError.Code {
		if c.Properties.ProtocolVersion == 5 {
			return // the error ends the message
		}
		ack.ReasonCode = 0
	}
	ack.Created = time.Now().Unix()
	if c.State.Inflight.Set(ack) {
		atomic.AddInt64(&b.server.Info.Inflight, 1)
	}
}

// cutOff closes a connection, with a reason where the protocol has one.
func (b *broker) cutOff(c *mochi.Client, code packets.Code) {
	if c.Properties.ProtocolVersion == 5 {
		b.server.DisconnectClient(c, code)
	}
	c.Stop(code)
}
