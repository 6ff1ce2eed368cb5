package notify

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var message = Message{ID: "abc:raised:1:0", At: time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC), Title: "压机小时用电超限", Text: "1260 kWh, limit 1200 kWh",
	Link: "https://park.example/alarms/abc", Mobiles: []string{"13800000000"}}

// seen is a request that a server got.
type seen struct {
	path   string
	query  url.Values
	header http.Header
	body   []byte
	fields map[string]any
}

// server answers with a status and a body, and hands on what it got.
func server(t *testing.T, status int, answer string) (string, chan seen) {
	t.Helper()
	got := make(chan seen, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		x := seen{path: r.URL.Path, query: r.URL.Query(), header: r.Header, body: body}
		_ = json.Unmarshal(body, &x.fields)
		got <- x
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

func open(t *testing.T, s Setting) Channel {
	t.Helper()
	s.ID, s.Private = "c", true
	c, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// send sends the message and wants it delivered, refused or worth another try.
func send(t *testing.T, c Channel, want string) Answer {
	t.Helper()
	a, err := c.Send(context.Background(), message)
	got := "delivered"
	if err != nil {
		got = map[bool]string{true: "refused", false: "again"}[errors.Is(err, ErrRefused)]
	}
	if got != want {
		t.Errorf("%s, want %s: %v %+v", got, want, err, a)
	}
	if text := fmt.Sprint(err, a); strings.Contains(text, "hunter2hunter2hunter2") || strings.Contains(text, "key-of-robot") {
		t.Errorf("a secret is in %s", text)
	}
	return a
}

const secret = "hunter2hunter2hunter2"

func TestWebhook(t *testing.T) {
	at, got := server(t, 202, "thanks, "+secret)
	a := send(t, open(t, Setting{Kind: "webhook", URL: at + "/in", Secret: secret}), "delivered")
	x := <-got
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(x.header.Get("Lingtan-Timestamp") + "."))
	h.Write(x.body)
	if x.header.Get("Lingtan-Signature") != "v1="+hex.EncodeToString(h.Sum(nil)) || x.header.Get("Idempotency-Key") != message.ID || x.fields["title"] != message.Title {
		t.Errorf("%v %s", x.header, x.body)
	}
	if a.Status != 202 || a.Response != "thanks, ***" {
		t.Errorf("%+v", a)
	}
	answers := func(status int, want string) {
		at, _ := server(t, status, "")
		send(t, open(t, Setting{Kind: "webhook", URL: at, Secret: secret}), want)
	}
	answers(429, "again")
	answers(503, "again")
	answers(400, "refused")
	answers(302, "refused")
}

func TestWeCom(t *testing.T) {
	at, got := server(t, 200, `{"errcode":0,"errmsg":"ok"}`)
	send(t, open(t, Setting{Kind: "wecom", URL: at + "/cgi-bin/webhook/send?key=key-of-robot"}), "delivered")
	x := <-got
	text, _ := x.fields["text"].(map[string]any)
	if x.fields["msgtype"] != "text" || !strings.HasPrefix(text["content"].(string), message.Title+"\n1260 kWh") || x.query.Get("key") != "key-of-robot" || fmt.Sprint(text["mentioned_mobile_list"]) != "[13800000000]" {
		t.Errorf("%s", x.body)
	}
	at, _ = server(t, 200, `{"errcode":45009,"errmsg":"api freq out of limit, key-of-robot"}`)
	send(t, open(t, Setting{Kind: "wecom", URL: at + "/?key=key-of-robot"}), "again")
	at, _ = server(t, 200, `{"errcode":93000,"errmsg":"invalid webhook url key-of-robot"}`)
	send(t, open(t, Setting{Kind: "wecom", URL: at + "/?key=key-of-robot"}), "refused")
	at, _ = server(t, 200, `<html>`)
	send(t, open(t, Setting{Kind: "wecom", URL: at + "/?key=key-of-robot"}), "again")
	send(t, open(t, Setting{Kind: "wecom", URL: "http://127.0.0.1:1/?key=key-of-robot"}), "again")
}

func TestDingTalk(t *testing.T) {
	at, got := server(t, 200, `{"errcode":0,"errmsg":"ok"}`)
	send(t, open(t, Setting{Kind: "dingtalk", URL: at + "/robot/send?access_token=key-of-robot", Secret: secret}), "delivered")
	x := <-got
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(x.query.Get("timestamp") + "\n" + secret))
	if x.query.Get("sign") != base64.StdEncoding.EncodeToString(h.Sum(nil)) || len(x.query.Get("timestamp")) != 13 || x.query.Get("access_token") != "key-of-robot" {
		t.Errorf("%v", x.query)
	}
	if md, _ := x.fields["markdown"].(map[string]any); x.fields["msgtype"] != "markdown" || md["title"] != message.Title || !strings.Contains(md["text"].(string), "@13800000000") {
		t.Errorf("%s", x.body)
	}
	at, _ = server(t, 200, `{"errcode":130101,"errmsg":"send too fast"}`)
	send(t, open(t, Setting{Kind: "dingtalk", URL: at, Secret: secret}), "again")
	at, _ = server(t, 200, `{"errcode":310000,"errmsg":"sign not match"}`)
	send(t, open(t, Setting{Kind: "dingtalk", URL: at, Secret: secret}), "refused")
}

func TestFeishu(t *testing.T) {
	at, got := server(t, 200, `{"code":0,"msg":"success","data":{}}`)
	send(t, open(t, Setting{Kind: "feishu", URL: at + "/open-apis/bot/v2/hook/key-of-robot", Secret: secret}), "delivered")
	x := <-got
	h := hmac.New(sha256.New, []byte(x.fields["timestamp"].(string)+"\n"+secret))
	if x.fields["sign"] != base64.StdEncoding.EncodeToString(h.Sum(nil)) || len(x.fields["timestamp"].(string)) != 10 || x.fields["msg_type"] != "text" {
		t.Errorf("%s", x.body)
	}
	at, _ = server(t, 200, `{"code":19021,"msg":"sign match fail: key-of-robot"}`)
	send(t, open(t, Setting{Kind: "feishu", URL: at + "/key-of-robot", Secret: secret}), "refused")
	at, _ = server(t, 200, `{"code":11232,"msg":"frequency limited"}`)
	send(t, open(t, Setting{Kind: "feishu", URL: at}), "again")
}

// mailServer speaks SMTP (RFC 5321) with one client after another and hands on the mails.
// It answers RCPT by reply.
func mailServer(t *testing.T, reply string) (string, chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	mails := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			converse(c, reply, mails)
		}
	}()
	return "smtp://" + l.Addr().String(), mails
}

func converse(c net.Conn, reply string, mails chan string) {
	defer c.Close()
	r := bufio.NewScanner(c)
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 mail.test ESMTP")
	for r.Scan() {
		switch word, _, _ := strings.Cut(r.Text(), " "); strings.ToUpper(word) {
		case "EHLO":
			say("250 mail.test")
		case "RCPT":
			say(reply)
		case "DATA":
			say("354 go on")
			var b strings.Builder
			for r.Scan() && r.Text() != "." {
				b.WriteString(r.Text() + "\n")
			}
			mails <- b.String()
			say("250 2.0.0 queued")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func TestMail(t *testing.T) {
	at, mails := mailServer(t, "250 ok")
	s := Setting{Kind: "mail", URL: at, From: "lingtan@park.example", To: []string{"Li <li@park.example>"}, Plain: true}
	if a := send(t, open(t, s), "delivered"); a.Status != 250 {
		t.Errorf("%+v", a)
	}
	head, body, _ := strings.Cut(<-mails, "\n\n")
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(strings.TrimSpace(body), "\n", ""))
	if err != nil || !strings.HasPrefix(string(text), message.Title+"\r\n1260 kWh") {
		t.Errorf("%q %v", text, err)
	}
	for _, line := range []string{"To: li@park.example", "Subject: =?utf-8?b?", "Message-ID: <" + encode([]byte(message.ID)) + "@park.example>", "Auto-Submitted: auto-generated"} {
		if !strings.Contains(head, line) {
			t.Errorf("%q is not in\n%s", line, head)
		}
	}
	at, _ = mailServer(t, "550 5.1.1 no such user")
	s.URL = at
	if a := send(t, open(t, s), "refused"); a.Status != 550 || !strings.Contains(a.Response, "no such user") {
		t.Errorf("%+v", a)
	}
	at, _ = mailServer(t, "451 4.7.1 greylisted")
	s.URL = at
	send(t, open(t, s), "again")
	s.Plain = false
	send(t, open(t, s), "again") // no STARTTLS, nothing sent
}

func TestSettings(t *testing.T) {
	wrong := func(s Setting, words string) {
		t.Helper()
		s.ID = "c"
		_, err := Open(s)
		if !errors.Is(err, ErrSetting) || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want %q", err, words)
		}
	}
	wrong(Setting{Kind: "pigeon"}, "unknown kind")
	wrong(Setting{Kind: "webhook", URL: "ftp://a.example/", Secret: secret}, "https or http")
	wrong(Setting{Kind: "webhook", URL: "file:///etc/passwd", Secret: secret}, "not an address")
	wrong(Setting{Kind: "webhook", URL: "https://u:" + secret + "@a.example/", Secret: secret}, "no user")
	wrong(Setting{Kind: "webhook", URL: "http://192.168.1.2/", Secret: secret}, "private")
	wrong(Setting{Kind: "webhook", URL: "http://[::ffff:127.0.0.1]/", Secret: secret}, "private")
	wrong(Setting{Kind: "webhook", URL: "http://169.254.169.254/latest", Secret: secret}, "private")
	wrong(Setting{Kind: "webhook", URL: "https://a.example/", Secret: "short"}, "at least 16")
	wrong(Setting{Kind: "mail", URL: "smtp://a.example", From: "not an address"}, "from")
	wrong(Setting{Kind: "mail", URL: "smtp://a.example", From: "a@b.example", Plain: true, Secret: secret}, "without TLS")
	wrong(Setting{Kind: "mqtt", URL: "mqtt://a.example", Topic: "a/#"}, "topic")
	wrong(Setting{Kind: "push", Secret: secret}, "VAPID")
	if text := fmt.Sprintf("%v %+v %#v %s", Setting{Secret: secret}, Setting{Secret: secret}, Setting{Secret: secret}, Setting{Secret: secret}); strings.Contains(text, secret) {
		t.Error(text)
	}
}

// TestNamesThatPointInside: a name is looked at again when it is resolved.
func TestNamesThatPointInside(t *testing.T) {
	at, got := server(t, 200, "")
	u, _ := url.Parse(at)
	c, err := Open(Setting{ID: "c", Kind: "webhook", URL: "http://localhost:" + u.Port(), Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(context.Background(), message); !errors.Is(err, errPrivate) {
		t.Errorf("%v, want %v", err, errPrivate)
	}
	if len(got) > 0 {
		t.Error("it was sent")
	}
}
