package notify

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// publisher publishes notices at QoS 1 over MQTT 3.1.1. It connects for each: notices are
// few, and a connection that stands for weeks is one more thing to watch.
type publisher struct {
	setting Setting
	broker  string
}

func openMQTT(s Setting) (Channel, error) {
	if err := checkURL(s.URL, s.Private, "mqtt", "mqtts"); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrSetting, s, err)
	}
	if s.Topic == "" || len(s.Topic) > 500 || strings.ContainsAny(s.Topic, "+#\x00") {
		return nil, fmt.Errorf("%w %s: a topic of 1 to 500 bytes without + and #", ErrSetting, s)
	}
	u, _ := url.Parse(s.URL) // checked
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), map[string]string{"mqtt": "1883", "mqtts": "8883"}[u.Scheme])
	}
	return &publisher{s, map[string]string{"mqtt": "tcp", "mqtts": "tls"}[u.Scheme] + "://" + u.Host}, nil
}

// Send publishes the message as JSON and returns when the broker has acknowledged it.
func (p *publisher) Send(ctx context.Context, m Message) (Answer, error) {
	body, err := json.Marshal(m)
	if err = errors.Join(err, m.check()); err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	name := make([]byte, 8)
	_, _ = rand.Read(name) // never fails since Go 1.24
	o := mqtt.NewClientOptions().AddBroker(p.broker).SetClientID("lingtan-" + hex.EncodeToString(name)).
		SetUsername(p.setting.User).SetPassword(p.setting.Secret).SetAutoReconnect(false).SetConnectRetry(false).
		SetConnectTimeout(timeout).SetDialer(dialer(p.setting.Private)).SetTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12})
	c := mqtt.NewClient(o)
	if err := p.wait(ctx, c.Connect()); err != nil {
		return Answer{}, err
	}
	defer c.Disconnect(100)
	if err := p.wait(ctx, c.Publish(p.setting.Topic, 1, false, body)); err != nil {
		return Answer{}, err
	}
	return Answer{Response: "acknowledged"}, nil
}

func (p *publisher) wait(ctx context.Context, t mqtt.Token) error {
	select {
	case <-t.Done():
		if err := t.Error(); err != nil {
			return fmt.Errorf("%s: %s", p.setting, clean(err.Error(), p.setting.Secret))
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", p.setting, ctx.Err())
	}
}
