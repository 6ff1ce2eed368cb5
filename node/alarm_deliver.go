package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lingtan/alarm"
	"lingtan/alarm/picture"
	"lingtan/notify"
	"lingtan/park"
	"lingtan/store/record"
)

// sender delivers the notices of a park by its channels.
type sender struct {
	queue    *notify.Queue
	settings map[string]notify.Setting
	people   map[string]picture.Contact
	browsers map[string][]notify.Subscription // person → browsers
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// noticesOf are the ids that notices of an occurrence have; the engine makes them so.
func (s *sender) noticesOf(occurrence string) []string {
	if s == nil {
		return nil
	}
	var list []string
	for count := range 6 {
		for _, kind := range []string{"raised:%d:0", "escalated:%d:1", "escalated:%d:2", "escalated:%d:3", "returned:%d:0"} {
			list = append(list, occurrence+":"+fmt.Sprintf(kind, count))
		}
	}
	return list
}

func (s *sender) close() {
	if s == nil {
		return
	}
	s.stop()
	s.done.Wait()
}

// proofs keeps the attempts to deliver a park's notices in the records.
type proofs struct {
	records *record.Store
	park    string
}

// Keep keeps an attempt.
func (k proofs) Keep(ctx context.Context, a notify.Attempt) error {
	return k.records.SaveAlarmDelivery(ctx, record.AlarmDelivery{Park: k.park, Notice: a.Message, Channel: a.Channel, Attempt: int64(a.Number),
		At: a.At, Outcome: a.Outcome, Status: int64(a.Status), Response: a.Response})
}

// Attempts are the attempts to deliver a notice.
func (k proofs) Attempts(ctx context.Context, message string) ([]notify.Attempt, error) {
	rows, err := k.records.AlarmDeliveries(ctx, k.park, message)
	list := make([]notify.Attempt, len(rows))
	for i, x := range rows {
		list[i] = notify.Attempt{Message: x.Notice, Channel: x.Channel, Number: int(x.Attempt), At: x.At, Outcome: x.Outcome, Status: int(x.Status), Response: x.Response}
	}
	return list, err
}

// reopen makes the park's sender of its channels as they are set now. The caller holds p.mu.
func (w *Alarms) reopen(ctx context.Context, p *watched) error {
	p.sender.close()
	p.sender = nil
	s := &sender{settings: map[string]notify.Setting{}, people: map[string]picture.Contact{}, browsers: map[string][]notify.Subscription{}}
	list, err := w.channels(ctx, p.id)
	if err != nil {
		return err
	}
	open := map[string]notify.Channel{}
	for _, x := range list {
		c, err := notify.Open(x)
		if err != nil {
			w.o.Log.Error("a channel of alarms does not open", "park", p.id, "channel", x.ID, "error", err.Error())
			continue
		}
		open[x.ID], s.settings[x.ID] = c, x
	}
	contacts, err := w.Contacts(ctx, p.id)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		s.people[c.Person] = c
	}
	if err := w.node.Records.Setting(ctx, "alarm.browsers/"+p.id, &s.browsers); err != nil && !errors.Is(err, record.ErrNotFound) {
		return err
	}
	s.queue = notify.NewQueue(open, proofs{w.node.Records, p.id})
	s.queue.Lost = func(err error) {
		w.o.Log.Error("the proof of a delivery was not kept", "park", p.id, "error", err.Error())
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.done.Go(func() { s.queue.Run(run) })
	p.sender = s
	return nil
}

// tell lines notices up. What cannot be lined up is kept as an attempt that failed, or
// tried again with the next start.
func (w *Alarms) tell(ctx context.Context, p *watched, notices []alarm.Notice) {
	for _, n := range notices {
		byLanguage := map[string][]string{}
		for _, c := range n.Channels {
			x, ok := p.sender.settings[c]
			if !ok {
				w.noChannel(ctx, p, n, c)
				continue
			}
			byLanguage[x.Language] = append(byLanguage[x.Language], c)
		}
		for language, list := range byLanguage {
			if err := p.sender.queue.Deliver(ctx, w.message(p, n, language), list); err != nil {
				w.o.Log.Error("a notice was not lined up; it is after the next start", "park", p.id, "notice", n.ID, "error", err.Error())
			}
		}
	}
}

// noChannel keeps that a notice could not go out by a channel.
func (w *Alarms) noChannel(ctx context.Context, p *watched, n alarm.Notice, channel string) {
	err := proofs{w.node.Records, p.id}.Keep(ctx, notify.Attempt{Message: n.ID, Channel: channel, Number: 1, At: w.node.Now(), Outcome: "failed", Response: "no such channel is set up"})
	if err != nil {
		w.o.Log.Error("the proof of a delivery was not kept", "park", p.id, "error", err.Error())
	}
}

// tellUndelivered lines up what a former run did not deliver within a day.
func (w *Alarms) tellUndelivered(ctx context.Context, p *watched) {
	if p.replay != nil {
		return
	}
	list, err := w.node.Records.UndeliveredAlarms(ctx, p.id, w.node.Now().Add(-24*time.Hour))
	if err != nil {
		w.o.Log.Error("undelivered notices are not known", "park", p.id, "error", err.Error())
		return
	}
	w.tell(ctx, p, list)
}

// told are the words for kinds of notices.
var noticeWords = map[string]park.Name{
	"raised": {ZH: "报警", EN: "Alarm"}, "escalated": {ZH: "报警升级", EN: "Escalated"}, "returned": {ZH: "恢复", EN: "Over"},
	"flood": {ZH: "报警泛滥", EN: "Flood of alarms"}, "flood_over": {ZH: "报警泛滥结束", EN: "Flood is over"},
}

var priorityWords = map[string]park.Name{
	"low": {ZH: "低", EN: "low"}, "medium": {ZH: "中", EN: "medium"}, "high": {ZH: "高", EN: "high"}, "critical": {ZH: "紧急", EN: "critical"},
}

// message is a notice in words. People get it by their addresses.
func (w *Alarms) message(p *watched, n alarm.Notice, language string) notify.Message {
	m := notify.Message{ID: n.ID, At: n.At, Data: n}
	name, advice := "", ""
	if r := p.rules[n.Rule]; r != nil {
		name, advice = r.Name.In(language), r.Advice.In(language)
	}
	if len(n.Members) > 0 {
		name = strings.TrimSpace(name + " (" + strconv.Itoa(len(n.Members)) + ")")
	}
	title := noticeWords[n.Kind].In(language)
	if n.Priority != "" {
		title += " [" + priorityWords[n.Priority].In(language) + "]"
	}
	m.Title = clip(strings.TrimSpace(title+" "+name), 200)
	lines := []string{p.layout.Document.Park.Name.In(language) + " · " + n.At.In(p.layout.Zone).Format("2006-01-02 15:04:05 MST")}
	if i := slices.Index(p.order, n.Rule); i >= 0 && p.engine != nil {
		lines = append(lines, p.figures(p.engine.Alarms(false)[i], language)...)
	}
	if advice != "" {
		lines = append(lines, advice)
	}
	m.Text = clip(strings.Join(lines, "\n"), 4000)
	if w.o.Address != "" && n.Rule != "" {
		m.Link = strings.TrimSuffix(w.o.Address, "/") + "/p/" + url.PathEscape(p.id) + "/alarms/" + url.PathEscape(n.Rule)
	}
	for _, who := range n.People {
		c := p.sender.people[who]
		if c.Mail != "" {
			m.Mails = append(m.Mails, c.Mail)
		}
		if c.Mobile != "" {
			m.Mobiles = append(m.Mobiles, c.Mobile)
		}
		m.Subscriptions = append(m.Subscriptions, p.sender.browsers[who]...)
	}
	return m
}

// figures are an alarm's value, limit and effect in words.
func (p *watched) figures(a alarm.Alarm, language string) []string {
	unit := p.shown(a, nil).Unit
	var lines []string
	line := func(zh, en string, x *float64, unit string) {
		if x != nil {
			lines = append(lines, park.Name{ZH: zh, EN: en}.In(language)+": "+strconv.FormatFloat(*x, 'g', 5, 64)+" "+unit)
		}
	}
	line("数值", "Value", a.Value, unit)
	line("限值", "Limit", a.Limit, unit)
	line("受影响能量", "Energy affected", a.Energy, "kWh")
	line("碳排放影响", "Carbon effect", a.Tonnes, "tCO2e")
	return lines
}

// clip cuts a text at a rune.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && text[cut]&0xc0 == 0x80 {
		cut--
	}
	return text[:cut]
}

func (w *Alarms) channels(ctx context.Context, park string) ([]notify.Setting, error) {
	list := []notify.Setting{}
	if err := w.node.Records.Setting(ctx, "alarm.channels/"+park, &list); err != nil && !errors.Is(err, record.ErrNotFound) {
		return nil, err
	}
	return list, nil
}

// Channels are the park's channels without their secrets.
func (w *Alarms) Channels(ctx context.Context, park string) ([]picture.Channel, error) {
	if _, err := w.of(ctx, park); err != nil {
		return nil, err
	}
	list, err := w.channels(ctx, park)
	out := make([]picture.Channel, len(list))
	for i, s := range list {
		out[i] = picture.Channel{ID: s.ID, Kind: s.Kind, URL: withoutKey(s.URL), User: s.User, From: s.From, To: s.To, Topic: s.Topic, Plain: s.Plain, Private: s.Private, Language: s.Language, Stored: s.Secret != ""}
	}
	return out, err
}

// withoutKey cuts what is secret out of a channel's address: a robot's key stands in the query
// or is the last part of the path.
func withoutKey(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "…"
	}
	u.User = nil
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	if i := strings.LastIndexByte(u.Path, '/'); i > 0 && len(u.Path)-i > 20 {
		return u.Scheme + "://" + u.Host + u.Path[:i] + "/…"
	}
	return u.Scheme + "://" + u.Host + u.Path + map[bool]string{true: "?…"}[u.RawQuery != ""]
}

// PutChannels sets the park's channels. A channel without a secret, or with the address
// that Channels shows, keeps those that are stored. Errors wrap notify.ErrSetting.
func (w *Alarms) PutChannels(ctx context.Context, act record.Act, park string, list []picture.Channel) error {
	p, err := w.of(ctx, park)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	before, err := w.channels(ctx, park)
	if err != nil {
		return err
	}
	settings := make([]notify.Setting, 0, len(list))
	for _, c := range list {
		s := notify.Setting{ID: c.ID, Kind: c.Kind, URL: c.URL, Secret: c.Secret, User: c.User, From: c.From, To: c.To, Topic: c.Topic, Plain: c.Plain, Private: c.Private, Language: c.Language}
		if i := slices.IndexFunc(before, func(b notify.Setting) bool { return b.ID == c.ID && b.Kind == c.Kind }); i >= 0 {
			if s.URL == withoutKey(before[i].URL) {
				s.URL = before[i].URL
			}
			// A stored secret goes to the address that it was given for, and to no other.
			if s.Secret == "" && s.URL == before[i].URL {
				s.Secret = before[i].Secret
			}
		}
		if slices.ContainsFunc(settings, func(x notify.Setting) bool { return x.ID == s.ID }) {
			return fmt.Errorf("%w: two channels %q", notify.ErrSetting, s.ID)
		}
		if _, err := notify.Open(s); err != nil {
			return err
		}
		settings = append(settings, s)
	}
	if err := w.node.Records.SetSetting(ctx, act, "alarm.channels/"+park, settings); err != nil {
		return err
	}
	if err := w.reopen(ctx, p); err != nil {
		return err
	}
	w.tellUndelivered(ctx, p)
	return nil
}

// TestChannel sends a test by a channel and waits for what the other side says; the
// attempt is kept as proof. Errors wrap record.ErrNotFound.
func (w *Alarms) TestChannel(ctx context.Context, act record.Act, parkID, channel string) (picture.Told, error) {
	p, err := w.of(ctx, parkID)
	if err != nil {
		return picture.Told{}, err
	}
	p.mu.Lock()
	s := p.sender
	p.mu.Unlock()
	if s == nil || s.settings[channel].ID == "" {
		return picture.Told{}, fmt.Errorf("%w: channel %.40q of park %s", record.ErrNotFound, channel, parkID)
	}
	x := s.settings[channel]
	c, err := notify.Open(x)
	if err != nil {
		return picture.Told{}, err
	}
	m := notify.Message{ID: fmt.Sprintf("test:%s:%d", channel, act.At.UnixNano()), At: act.At, Title: park.Name{ZH: "零碳测试消息", EN: "Lingtan test message"}.In(x.Language),
		Text: park.Name{ZH: "收到此消息说明报警渠道 " + channel + " 可用。", EN: "The alarm channel " + channel + " works."}.In(x.Language), Data: json.RawMessage(`{"kind":"test"}`)}
	for _, list := range s.browsers {
		m.Subscriptions = append(m.Subscriptions, list...)
	}
	limited, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	answer, err := c.Send(limited, m)
	told := picture.Told{Notice: m.ID, Channel: channel, Attempt: 1, At: w.node.Now(), Outcome: "delivered", Status: int64(answer.Status), Response: answer.Response}
	if err != nil {
		told.Outcome, told.Response = "failed", clip(err.Error(), 500)
	}
	keep := record.AlarmDelivery{Park: parkID, Notice: told.Notice, Channel: channel, Attempt: 1, At: told.At, Outcome: told.Outcome, Status: told.Status, Response: told.Response}
	return told, w.node.Records.SaveAlarmDelivery(context.WithoutCancel(ctx), keep)
}

// Contacts are how to reach the people whom the park's rules name.
func (w *Alarms) Contacts(ctx context.Context, park string) ([]picture.Contact, error) {
	list := []picture.Contact{}
	if err := w.node.Records.Setting(ctx, "alarm.contacts/"+park, &list); err != nil && !errors.Is(err, record.ErrNotFound) {
		return nil, err
	}
	return list, nil
}

// PutContacts sets how to reach people.
func (w *Alarms) PutContacts(ctx context.Context, act record.Act, park string, list []picture.Contact) error {
	p, err := w.of(ctx, park)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := w.node.Records.SetSetting(ctx, act, "alarm.contacts/"+park, list); err != nil {
		return err
	}
	return w.reopen(ctx, p)
}
