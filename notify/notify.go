// Package notify delivers notices to people: mail, webhooks, the robots of WeCom, DingTalk
// and Feishu, MQTT and browser push.
//
// A notice goes out at least once and is retried with growing distance until it is
// delivered, refused for good, or given up; every attempt is kept as proof. Receivers
// tell repetitions by the notice's ID. Secrets stand in no error and no answer.
package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// Errors of this package; test with errors.Is.
var (
	ErrSetting = errors.New("notify: setting")
	ErrMessage = errors.New("notify: message")
	ErrRefused = errors.New("notify: refused for good") // trying again would not help
	ErrFull    = errors.New("notify: queue full")
)

// Message is what is delivered.
type Message struct {
	ID            string         `json:"id"` // idempotency key: the same message has the same ID
	At            time.Time      `json:"at"`
	Title         string         `json:"title"` // one line, at most 200 bytes
	Text          string         `json:"text"`  // plain text, at most 4000 bytes
	Link          string         `json:"link,omitempty"`
	Data          any            `json:"data,omitempty"` // for machines: webhook and MQTT carry it
	Mails         []string       `json:"-"`              // addresses, beside those of the setting
	Mobiles       []string       `json:"-"`              // that a robot mentions
	Subscriptions []Subscription `json:"-"`              // browsers
}

func (m *Message) check() error {
	switch {
	case m.ID == "" || len(m.ID) > 200 || strings.ContainsFunc(m.ID, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("%w: id %.80q: 1 to 200 visible ASCII characters", ErrMessage, m.ID)
	case m.Title == "" || len(m.Title) > 200 || strings.ContainsAny(m.Title, "\r\n"):
		return fmt.Errorf("%w %s: a title is one line of 1 to 200 bytes", ErrMessage, m.ID)
	case len(m.Text) > 4000 || len(m.Link) > 1000:
		return fmt.Errorf("%w %s: at most 4000 bytes of text and 1000 of link", ErrMessage, m.ID)
	case len(m.Mails)+len(m.Mobiles)+len(m.Subscriptions) > 1000:
		return fmt.Errorf("%w %s: at most 1000 receivers", ErrMessage, m.ID)
	}
	return nil
}

// Setting is a way to deliver, as a person sets it up.
type Setting struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`               // mail, webhook, wecom, dingtalk, feishu, mqtt, push
	URL      string   `json:"url,omitempty"`      // webhook and robots: https://…; mail: smtp://host:587 or smtps://host:465; mqtt: mqtt://host:1883 or mqtts://host:8883
	Secret   string   `json:"secret,omitempty"`   // of the signature; mail and MQTT: password; push: private VAPID key, base64url
	User     string   `json:"user,omitempty"`     // mail and MQTT; push: mailto: or https: address of who sends
	From     string   `json:"from,omitempty"`     // mail
	To       []string `json:"to,omitempty"`       // mail
	Topic    string   `json:"topic,omitempty"`    // MQTT
	Plain    bool     `json:"plain,omitempty"`    // mail without TLS: for servers of one's own network alone
	Private  bool     `json:"private,omitempty"`  // addresses of private networks, of this machine and link-local ones are allowed
	Language string   `json:"language,omitempty"` // zh or en: for whoever writes the text
}

// String names a setting without its secrets.
func (s Setting) String() string { return fmt.Sprintf("%s %q", s.Kind, s.ID) }

// GoString keeps secrets out of %#v too.
func (s Setting) GoString() string { return s.String() }

// Answer is what the other side said.
type Answer struct {
	Status   int    // of HTTP or SMTP; 0 = none was given
	Response string // shortened, without secrets
}

// Channel delivers a message once. An error that wraps ErrRefused is for good; with any
// other one it is worth trying again.
type Channel interface {
	Send(ctx context.Context, m Message) (Answer, error)
}

// Open makes the channel of a setting. Errors wrap ErrSetting and say what is wrong.
func Open(s Setting) (Channel, error) {
	if s.ID == "" || len(s.ID) > 80 {
		return nil, fmt.Errorf("%w: an id of 1 to 80 bytes is missing", ErrSetting)
	}
	switch s.Kind {
	case "mail":
		return openMail(s)
	case "mqtt":
		return openMQTT(s)
	case "push":
		return openPush(s)
	}
	form, ok := forms[s.Kind]
	if !ok {
		return nil, fmt.Errorf("%w %s: unknown kind; mail, webhook, wecom, dingtalk, feishu, mqtt or push", ErrSetting, s)
	}
	if err := checkURL(s.URL, s.Private, "https", "http"); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrSetting, s, err)
	}
	if s.Kind == "webhook" && len(s.Secret) < 16 {
		return nil, fmt.Errorf("%w %s: a webhook is signed; its secret has at least 16 bytes", ErrSetting, s)
	}
	return &post{setting: s, form: form, client: client(s.Private)}, nil
}

// addresses are the mail addresses of a list, or what is wrong with one.
func addresses(list []string) ([]string, error) {
	var out []string
	for _, text := range list {
		a, err := mail.ParseAddress(text)
		if err != nil || strings.ContainsAny(a.Address, "\r\n<> ") {
			return nil, fmt.Errorf("%.80q is not a mail address", text)
		}
		out = append(out, a.Address)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
