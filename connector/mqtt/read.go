package mqtt

import (
	"strings"

	"github.com/mochi-mqtt/server/v2/packets"

	"lingtan/connector"
)

const (
	maxNodes    = 16 // Sparkplug nodes that one connection may speak for
	keptSamples = 64 // of room that a connection keeps for its next message
)

// gateway says whether a device may speak for devices behind it.
func gateway(d connector.Device) bool { return d.Options["gateway"] == "true" }

// sparkplugName is the group ("" = any) and edge node id of a device: its option
// sparkplug "group/node", or its own id.
func sparkplugName(d connector.Device) (group, name string) {
	if o := d.Options["sparkplug"]; o != "" {
		group, name, _ = strings.Cut(o, "/")
		return group, name
	}
	return "", d.ID
}

// read takes the samples out of a publish of the session's device. The code says what is
// wrong with it, of MQTT 5; success where nothing is. The samples are good until the
// session reads the next publish.
func (s *session) read(b *broker, topic string, payload []byte) ([]connector.Sample, packets.Code) {
	d := s.listed.Load()
	r := parseTopic(topic)
	t := take{via: d.ID, samples: s.samples[:0], names: &s.names}
	var err error
	switch {
	case r.kind == unknownTopic, !allowed(*d, r):
		b.counts.add(refusedTopic, 1)
		b.roster.fault(s.place, "published to "+shorten(topic)+", which is not its own topic or none that is read here; see the device's options")
		return nil, packets.ErrNotAuthorized
	case r.kind == quietTopic, r.kind == gatewayQuiet:
		b.counts.add(quiet, 1)
		return nil, packets.CodeSuccess
	case r.kind == telemetryTopic:
		err = t.telemetry(d.ID, payload)
	case r.kind == gatewayTopic:
		err = t.gatewayTelemetry(payload)
	case r.kind == ownTopic:
		err = t.own(r.device, payload)
	case r.kind == sparkplugTopic:
		t, err = s.readSparkplug(b, *d, r, payload)
	}
	b.counts.add(notNumeric, t.skipped)
	if err != nil {
		b.counts.add(refusedPayload, 1)
		b.roster.fault(s.place, "a payload on "+shorten(topic)+" was refused: "+err.Error())
		return nil, packets.ErrPayloadFormatInvalid
	}
	if cap(t.samples) <= keptSamples {
		s.samples = t.samples
	}
	return t.samples, packets.CodeSuccess
}

// allowed says whether a device may publish to a topic.
func allowed(d connector.Device, r route) bool {
	switch r.kind {
	case gatewayTopic, gatewayQuiet:
		return gateway(d)
	case ownTopic:
		return r.park == d.Park && (r.device == d.ID || gateway(d))
	case sparkplugTopic:
		group, name := sparkplugName(d)
		return r.node == name && (group == "" || r.group == group) && (r.device == "" || gateway(d))
	}
	return true
}

// readSparkplug follows the node, and asks it for its birth where something was missed.
func (s *session) readSparkplug(b *broker, d connector.Device, r route, payload []byte) (take, error) {
	p, err := decodeSparkplug(payload)
	if err != nil {
		return take{}, err
	}
	of := d.ID
	if r.device != "" {
		of = r.device
	}
	n := s.nodes[r.group+"/"+r.node]
	if n == nil {
		if len(s.nodes) >= maxNodes {
			return take{}, payloadFault("more than %d Sparkplug groups of one connection", maxNodes)
		}
		if s.nodes == nil {
			s.nodes = map[string]*node{}
		}
		n = &node{}
		s.nodes[r.group+"/"+r.node] = n
	}
	h, err := n.hear(r, p, of, d.ID)
	b.counts.add(unknownAlias, h.unknown)
	if now := b.env.Now(); h.rebirth && now.Sub(n.asked) >= rebirthEvery {
		n.asked = now
		b.counts.add(rebirths, 1)
		b.server.Publish("spBv1.0/"+r.group+"/NCMD/"+r.node, rebirthCommand(now), false, 0)
	}
	return h.take, err
}

func shorten(text string) string {
	if len(text) > 80 {
		return text[:80] + "…"
	}
	return text
}
