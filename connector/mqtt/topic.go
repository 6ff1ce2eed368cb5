package mqtt

import "strings"

// kind is what a topic says that its payload is.
type kind int

const (
	unknownTopic     kind = iota
	telemetryTopic        // v1/devices/me/telemetry
	gatewayTopic          // v1/gateway/telemetry
	quietTopic            // accepted and ignored
	gatewayQuiet          // the same, of gateways only
	sparkplugTopic        // spBv1.0/{group}/{type}/{node}[/{device}]
	ownTopic              // lingtan/{park}/{device}
	maxTopic         = 512
	maxDeviceName    = 128
	maxValueName     = 256
	maxMessageValues = 20_000
)

// route is a topic, taken apart.
type route struct {
	kind         kind
	group, type_ string // Sparkplug
	node         string // Sparkplug
	park         string // own form
	device       string // own form, or the Sparkplug device behind the node
}

// parseTopic takes a topic apart. ThingsBoard's topics are of its MQTT device and gateway
// API (thingsboard.io/docs/reference/mqtt-api, gateway-mqtt-api); Sparkplug's of the
// Eclipse Sparkplug specification 3.0.0, section 4.1.
func parseTopic(topic string) route {
	if len(topic) > maxTopic {
		return route{}
	}
	switch topic {
	case "v1/devices/me/telemetry":
		return route{kind: telemetryTopic}
	case "v1/gateway/telemetry":
		return route{kind: gatewayTopic}
	case "v1/devices/me/attributes", "v1/devices/me/claim":
		return route{kind: quietTopic}
	case "v1/gateway/connect", "v1/gateway/disconnect", "v1/gateway/attributes", "v1/gateway/rpc", "v1/gateway/claim",
		"v1/gateway/attributes/request":
		return route{kind: gatewayQuiet}
	}
	if strings.HasPrefix(topic, "v1/devices/me/rpc/") || strings.HasPrefix(topic, "v1/devices/me/attributes/request/") {
		return route{kind: quietTopic}
	}
	levels := strings.Split(topic, "/")
	for _, l := range levels {
		if l == "" || len(l) > maxDeviceName {
			return route{}
		}
	}
	switch {
	case levels[0] == "lingtan" && len(levels) == 3:
		return route{kind: ownTopic, park: levels[1], device: levels[2]}
	case levels[0] == "spBv1.0" && (len(levels) == 4 || len(levels) == 5):
		return sparkplugRoute(levels)
	}
	return route{}
}

func sparkplugRoute(levels []string) route {
	r := route{kind: sparkplugTopic, group: levels[1], type_: levels[2], node: levels[3]}
	switch r.type_ {
	case "NBIRTH", "NDATA", "NDEATH":
		if len(levels) == 4 {
			return r
		}
	case "DBIRTH", "DDATA", "DDEATH":
		if len(levels) == 5 {
			r.device = levels[4]
			return r
		}
	}
	return route{}
}

// mayRead says whether a device may subscribe to a filter, or get a message of a topic:
// only to what is addressed to itself.
func mayRead(filter, group, node string) bool {
	switch filter {
	case "v1/devices/me/attributes", "v1/devices/me/attributes/response/+", "v1/devices/me/rpc/request/+",
		"v1/devices/me/rpc/response/+", "v1/gateway/attributes", "v1/gateway/attributes/response", "v1/gateway/rpc":
		return true
	}
	levels := strings.Split(filter, "/")
	if levels[0] == "STATE" && len(levels) == 2 || len(levels) == 3 && levels[0] == "spBv1.0" && levels[1] == "STATE" {
		return true
	}
	return len(levels) >= 4 && len(levels) <= 5 && levels[0] == "spBv1.0" && levels[3] == node &&
		(levels[2] == "NCMD" || levels[2] == "DCMD") && levels[1] != "+" && (group == "" || levels[1] == group)
}
