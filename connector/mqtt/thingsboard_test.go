package mqtt

import (
	"fmt"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// byThingsBoardsClient is CONNECT as ThingsBoard's own Java client says it unless it is
// told otherwise: MQTT 3.1 ("MQIsdp", 3), a client id of 19 characters, a clean session,
// the token as the user name and no password (github.com/thingsboard/thingsboard,
// netty-mqtt/src/main/java/org/thingsboard/mqtt/MqttClientConfig.java).
func byThingsBoardsClient(pk *packets.Packet) {
	pk.ProtocolVersion = 3
	pk.Connect.ProtocolName, pk.Connect.ClientIdentifier, pk.Connect.Keepalive = []byte("MQIsdp"), "netty-mqtt/abcdefgh", 60
}

// TestThingsBoardsLoadTool says to the broker what ThingsBoard's load tool says to its own
// server (github.com/thingsboard/performance-tests, src/main/java/org/thingsboard/tools/service:
// shared/BaseMqttAPITest.java for connecting, warming up and publishing, at QoS 1 and with
// 5 s for the connection; device/MqttDeviceAPITest.java and gateway/MqttGatewayAPITest.java
// for topics; msg/smartMeter/MeterMeterTelemetryGenerator.java for the payload; tokens as
// shared/AbstractAPITest.java makes them), and what a device of its documentation asks
// besides (thingsboard.io/docs/reference/mqtt-api: attributes and RPC).
func TestThingsBoardsLoadTool(t *testing.T) {
	d := open(t, loopback(), newRecord(), newList(pusher("meter", "DW00000000"), pusher("gateway", "GW00000000", "gateway", "true")), "")
	address, id := d.driver.Addresses()[0], uint16(0)
	acknowledged := func(c *rawClient, topic, payload string) {
		t.Helper()
		id++
		c.publish(id, 1, topic, payload)
		if pk, ok := c.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Puback || pk.PacketID != id {
			t.Fatalf("%s: %+v, %v; want PUBACK %d", topic, pk.FixedHeader, ok, id)
		}
	}
	subscribed := func(c *rawClient, filter string) {
		t.Helper()
		id++
		c.subscribe(id, filter)
		if pk, ok := c.receive(5 * time.Second); !ok || pk.FixedHeader.Type != packets.Suback || pk.ReasonCodes[0] >= 0x80 {
			t.Fatalf("%s: %+v %v, %v; want SUBACK", filter, pk.FixedHeader, pk.ReasonCodes, ok)
		}
	}
	values3 := func(ms, pulse int) string {
		return fmt.Sprintf(`"ts":%d,"values":{"pulseCounter":%d,"leakage":false,"batteryLevel":81}`, ms, pulse)
	}

	meter := dial(t, address, 3, "DW00000000", "", byThingsBoardsClient)
	acknowledged(meter, "v1/devices/me/telemetry", `{"t1":73}`) // warming up
	acknowledged(meter, "v1/devices/me/attributes", `{"serial":"1"}`)
	subscribed(meter, "v1/devices/me/rpc/request/+")
	subscribed(meter, "v1/devices/me/attributes")
	subscribed(meter, "v1/devices/me/attributes/response/+")
	acknowledged(meter, "v1/devices/me/attributes/request/1", `{"sharedKeys":"limit"}`)
	acknowledged(meter, "v1/devices/me/telemetry", "{"+values3(1700000000000, 10)+"}")

	gateway := dial(t, address, 3, "GW00000000", "", byThingsBoardsClient)
	acknowledged(gateway, "v1/gateway/connect", `{"device":"DW00000001"}`)
	acknowledged(gateway, "v1/gateway/attributes", `{"DW00000001":{"serial":"2"}}`)
	acknowledged(gateway, "v1/gateway/telemetry", `{"DW00000001":[{`+values3(1700000000000, 20)+`}]}`)

	same(t, "samples", values(d.sink.of("p1")), []string{"meter t1=73",
		"meter pulseCounter=10@1700000000000", "meter leakage=0@1700000000000", "meter batteryLevel=81@1700000000000",
		"gateway>DW00000001 pulseCounter=20@1700000000000", "gateway>DW00000001 leakage=0@1700000000000", "gateway>DW00000001 batteryLevel=81@1700000000000"})
}
