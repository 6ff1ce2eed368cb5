package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// mailer sends mail over SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the
// beginning (RFC 8314).
type mailer struct {
	setting    Setting
	host, port string
	implicit   bool
	from       string
	to         []string
}

func openMail(s Setting) (Channel, error) {
	wrong := func(err error) (Channel, error) { return nil, fmt.Errorf("%w %s: %w", ErrSetting, s, err) }
	if err := checkURL(s.URL, s.Private, "smtp", "smtps"); err != nil {
		return wrong(err)
	}
	u, _ := url.Parse(s.URL) // checked
	m := &mailer{setting: s, host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps"}
	if m.port == "" {
		m.port = map[bool]string{true: "465", false: "587"}[m.implicit]
	}
	from, err := addresses([]string{s.From})
	if err != nil {
		return wrong(fmt.Errorf("from: %w", err))
	}
	m.from = from[0]
	if m.to, err = addresses(s.To); err != nil {
		return wrong(fmt.Errorf("to: %w", err))
	}
	if s.Plain && s.Secret != "" {
		return wrong(errors.New("a password does not go without TLS; drop plain or the password"))
	}
	return m, nil
}

// Send sends one mail to all addresses. A 5xx answer is for good, all else worth trying
// again.
func (c *mailer) Send(ctx context.Context, m Message) (Answer, error) {
	if err := m.check(); err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	more, err := addresses(append(append([]string{}, m.Mails...), c.to...))
	if err != nil || len(more) == 0 {
		return Answer{}, fmt.Errorf("%w: %s: nobody to send to (%v)", ErrRefused, c.setting, err)
	}
	err = c.deliver(ctx, more, c.compose(m, more))
	var said *textproto.Error
	if !errors.As(err, &said) {
		if err != nil {
			return Answer{}, fmt.Errorf("%s: %w", c.setting, err)
		}
		return Answer{250, "accepted"}, nil
	}
	a := Answer{said.Code, clean(said.Msg, c.setting.Secret)}
	if said.Code >= 500 {
		return a, fmt.Errorf("%w: %s: %d %s", ErrRefused, c.setting, a.Status, a.Response)
	}
	return a, fmt.Errorf("%s: %d %s", c.setting, a.Status, a.Response)
}

func (c *mailer) deliver(ctx context.Context, to []string, text []byte) error {
	conn, err := dialer(c.setting.Private).DialContext(ctx, "tcp", net.JoinHostPort(c.host, c.port))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * timeout)); err != nil {
		return err
	}
	config := &tls.Config{ServerName: c.host, MinVersion: tls.VersionTLS12}
	if c.implicit {
		conn = tls.Client(conn, config)
	}
	s, err := smtp.NewClient(conn, c.host)
	if err != nil {
		return err
	}
	defer s.Close()
	if !c.implicit && !c.setting.Plain {
		if ok, _ := s.Extension("STARTTLS"); !ok {
			return errors.New("the server offers no STARTTLS; without it nothing is sent")
		}
		if err := s.StartTLS(config); err != nil {
			return err
		}
	}
	return c.talk(s, to, text)
}

func (c *mailer) talk(s *smtp.Client, to []string, text []byte) error {
	if c.setting.User != "" && c.setting.Secret != "" {
		if err := s.Auth(smtp.PlainAuth("", c.setting.User, c.setting.Secret, c.host)); err != nil {
			return err
		}
	}
	if err := s.Mail(c.from); err != nil {
		return err
	}
	for _, address := range to {
		if err := s.Rcpt(address); err != nil {
			return err
		}
	}
	w, err := s.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = s.Quit() // it is accepted; what is said after is of no use
	return nil
}

// compose writes a mail (RFC 5322). Its Message-ID is made of the notice's, by which
// mailboxes tell a repetition.
func (c *mailer) compose(m Message, to []string) []byte {
	var b bytes.Buffer
	domain := c.from[strings.LastIndexByte(c.from, '@')+1:]
	id := base64.RawURLEncoding.EncodeToString([]byte(m.ID))
	for _, line := range [][2]string{
		{"From", c.from}, {"To", strings.Join(to, ",\r\n ")}, {"Subject", mime.BEncoding.Encode("utf-8", m.Title)},
		{"Date", m.At.Format(time.RFC1123Z)}, {"Message-ID", "<" + id + "@" + domain + ">"}, {"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "base64"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", line[0], line[1])
	}
	b.WriteString("\r\n")
	text := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(m.plain(), "\n", "\r\n") + "\r\n"))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return b.Bytes()
}
