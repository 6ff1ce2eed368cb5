package mqtt

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"lingtan/connector"
)

// The payload forms of the option form.
const (
	formThingsBoard = "thingsboard"
	formSparkplug   = "sparkplug"
	formLingtan     = "lingtan"
	formJSON        = "json"
)

// source is what a device at another broker is configured as.
type source struct {
	device  connector.Device
	topics  []string
	qos     byte
	form    string
	level   int // topic level that names the device, from 1; 0 = the device of the list
	mapping mapping
	rebirth bool
}

func parseSource(d connector.Device) (*source, error) {
	fault := func(format string, args ...any) error {
		return fmt.Errorf("mqtt: device %s: %w: %s", d.ID, connector.ErrConfig, fmt.Sprintf(format, args...))
	}
	s := &source{device: d, qos: 1, form: formThingsBoard, rebirth: d.Options["rebirth"] != "false"}
	u, err := url.Parse(d.Address)
	if err != nil || u.Host == "" || u.Scheme != "tcp" && u.Scheme != "ssl" {
		return nil, fault("address %q; give tcp://host:port or ssl://host:port", d.Address)
	}
	for t := range strings.SplitSeq(d.Options["topics"], ",") {
		if t = strings.TrimSpace(t); t != "" {
			s.topics = append(s.topics, t)
		}
	}
	if len(s.topics) == 0 {
		return nil, fault("no topics; give the option topics, with commas between")
	}
	if f := d.Options["form"]; f != "" {
		s.form = f
	}
	switch s.form {
	case formThingsBoard, formSparkplug, formLingtan, formJSON:
	default:
		return nil, fault("form %q; give thingsboard, sparkplug, lingtan or json", s.form)
	}
	if q := d.Options["qos"]; q != "" {
		if q != "0" && q != "1" && q != "2" {
			return nil, fault("qos %q; give 0, 1 or 2", q)
		}
		s.qos = q[0] - '0'
	}
	if l := d.Options["device_level"]; l != "" {
		if s.level, err = strconv.Atoi(l); err != nil || s.level < 1 || s.level > 32 {
			return nil, fault("device_level %q; give the topic level that names the device, from 1", l)
		}
	}
	s.mapping, err = parseMapping(d.Options["value"], d.Options["time"])
	return s, err
}

// deviceOf is the device that a topic is of.
func (s *source) deviceOf(topic string) (string, error) {
	if s.level == 0 {
		return s.device.ID, nil
	}
	levels := strings.Split(topic, "/")
	if s.level > len(levels) || levels[s.level-1] == "" || len(levels[s.level-1]) > maxDeviceName {
		return "", payloadFault("topic %s names no device at level %d", shorten(topic), s.level)
	}
	return levels[s.level-1], nil
}

// options are paho's: acknowledged by hand, a session that outlives the connection, and
// no reconnecting of its own.
func (s *source) options() (*paho.ClientOptions, error) {
	o, d := paho.NewClientOptions(), s.device
	o.AddBroker(d.Address)
	id := d.Options["client_id"]
	if id == "" {
		id = "lingtan-" + d.Park + "-" + d.ID
	}
	o.SetClientID(id).SetCleanSession(false).SetAutoReconnect(false).SetConnectRetry(false)
	o.SetAutoAckDisabled(true).SetOrderMatters(true).SetProtocolVersion(4)
	o.SetConnectTimeout(connectTime).SetWriteTimeout(writeWithin).SetKeepAlive(30 * time.Second).SetPingTimeout(45 * time.Second)
	o.SetUsername(d.Options["username"]) // its password is in a file: options are shown in the console
	if name := d.Options["password_file"]; name != "" {
		secret, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("mqtt: device %s: %w: cannot read its password: %w", d.ID, connector.ErrConfig, err)
		}
		o.SetPassword(strings.TrimSpace(string(secret)))
	}
	if strings.HasPrefix(d.Address, "ssl:") {
		config, err := s.tls()
		if err != nil {
			return nil, err
		}
		o.SetTLSConfig(config)
	}
	return o, nil
}

// tls trusts the machine's authorities, or those of the option ca, and shows the
// certificate of cert and key where they are given.
func (s *source) tls() (*tls.Config, error) {
	d := s.device
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: d.Options["server_name"]}
	if name := d.Options["ca"]; name != "" {
		pem, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("mqtt: device %s: %w: cannot read its ca: %w", d.ID, connector.ErrConfig, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("mqtt: device %s: %w: %s holds no PEM certificate", d.ID, connector.ErrConfig, name)
		}
	}
	if d.Options["cert"] != "" {
		pair, err := tls.LoadX509KeyPair(d.Options["cert"], d.Options["key"])
		if err != nil {
			return nil, fmt.Errorf("mqtt: device %s: %w: cannot read its certificate: %w", d.ID, connector.ErrConfig, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
