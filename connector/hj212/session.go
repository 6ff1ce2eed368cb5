package hj212

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"lingtan/connector"
)

var errRubbish = errors.New("hj212: too many bytes without a frame")

// session is one connection. A monitor sends its own values over it; a data logger may
// send those of several.
type session struct {
	server  *server
	conn    net.Conn
	scan    *scanner
	known   bool // a good message of a known station has come
	refused int
	seen    map[string]*visit // by number of the station
}

// visit is what a session knows of a station.
type visit struct {
	station station
	lag     time.Duration // of the newest time stamp (QN) behind us
	newest  time.Time     // newest time stamp
	clock   bool          // lag was measured by asking for the clock
	samples int64
}

func newSession(s *server, conn net.Conn) *session {
	x := &session{server: s, conn: conn, seen: map[string]*visit{}}
	x.scan = newScanner(conn, x.wait, x.fault)
	return x
}

// wait sets how long the connection may be silent.
func (x *session) wait(begun bool) {
	t := x.server.driver.times
	d := t.hello
	if x.known {
		d = t.idle
	}
	if begun {
		d = t.frame
	}
	_ = x.conn.SetReadDeadline(time.Now().Add(d))
}

// run serves the connection until it ends.
func (x *session) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = x.conn.Close() })
	defer stop()
	defer x.conn.Close()
	for ctx.Err() == nil {
		segment, err := x.scan.next()
		if err == nil {
			err = x.message(ctx, segment)
		}
		if err != nil {
			x.gone(ctx, err)
			return
		}
	}
}

// fault counts what is wrong with the stream.
func (x *session) fault(reason string) {
	x.server.driver.counts.add(reason, 1)
	if reason != "rubbish" {
		x.server.say(reason, "hj212: frame with a wrong checksum or length", fmt.Errorf("from %s: %w", x.conn.RemoteAddr(), connector.ErrProtocol))
	}
}

// gone reports the stations of a connection that broke. Many monitors connect, send and
// close: that is no fault.
func (x *session) gone(ctx context.Context, err error) {
	if ctx.Err() != nil || errors.Is(err, io.EOF) {
		return
	}
	for _, v := range x.seen {
		d := v.station.device
		x.server.env.Report(connector.Status{
			Park: d.Park, Device: d.ID, At: x.server.env.Now(), Lag: v.lag, Samples: v.samples,
			Error: fmt.Sprintf("the connection ended (%v); the monitor should connect again: %v", err, connector.ErrUnreachable),
		})
	}
}

// message handles one data segment. An error ends the connection.
func (x *session) message(ctx context.Context, segment []byte) error {
	m, err := Parse(segment)
	if err != nil {
		return x.turnAway("segment", err)
	}
	st, err := x.server.list.Load().find(m.MN, m.PW)
	if err != nil {
		reason := "mn"
		if st.mn != "" {
			reason = "password"
			x.server.fault(st.device, err)
		}
		return x.turnAway(reason, err)
	}
	x.known, x.refused = true, 0
	x.server.driver.counts.add("messages", 1)
	v, err := x.visit(m, st)
	if err != nil {
		return err
	}
	if replies[m.CN] {
		x.reply(v, m)
		return nil
	}
	c, ok := commands[m.CN]
	if !ok {
		x.count("command", fmt.Errorf("hj212: CN %d of MN %s is not known: %w", m.CN, m.MN, connector.ErrProtocol))
		return nil
	}
	if c.data {
		return x.data(ctx, v, m, c)
	}
	if err := x.acknowledge(m, c); err != nil || m.CN != 1013 || st.clock != "set" {
		return err
	}
	return x.request(v, m, 1012, "SystemTime="+x.server.env.Now().In(st.zone).Format("20060102150405"))
}

// turnAway counts a message that is not taken and ends a connection that sends many.
func (x *session) turnAway(reason string, err error) error {
	x.count(reason, err)
	x.refused++
	if x.refused >= maxRefused {
		return err
	}
	return nil
}

func (x *session) count(reason string, err error) {
	x.server.driver.counts.add(reason, 1)
	x.server.say(reason, "hj212: not taken", fmt.Errorf("from %s: %w", x.conn.RemoteAddr(), err))
}

// visit is what the session knows of the sender. At the sender's first message its clock
// is asked for.
func (x *session) visit(m Message, st station) (*visit, error) {
	v := x.seen[m.MN]
	first := v == nil
	if first {
		v = &visit{}
		x.seen[m.MN] = v
	}
	v.station = st
	sent, err := time.ParseInLocation("20060102150405.000", stamp(m.QN), st.zone)
	if err == nil && !v.clock && !replies[m.CN] && sent.After(v.newest) {
		v.newest, v.lag = sent, x.server.env.Now().Sub(sent)
	}
	if first && st.clock != "off" {
		return v, x.request(v, m, 1011, "")
	}
	return v, nil
}

// stamp is a time stamp QN with the point that Go wants before milliseconds.
func stamp(qn string) string {
	if len(qn) != 17 {
		return ""
	}
	return qn[:14] + "." + qn[14:]
}

// reply takes the answer to a request of ours; only the clock tells something.
func (x *session) reply(v *visit, m Message) {
	t, err := time.ParseInLocation("20060102150405", m.Get("SystemTime"), v.station.zone)
	if m.CN != 1011 || err != nil {
		return
	}
	v.clock, v.lag = true, x.server.env.Now().Truncate(time.Second).Sub(t)
	x.report(v, 0, "")
}

func (x *session) report(v *visit, latency time.Duration, fault string) {
	d := v.station.device
	x.server.env.Report(connector.Status{
		Park: d.Park, Device: d.ID, At: x.server.env.Now(), OK: fault == "", Error: fault,
		Latency: latency, Lag: v.lag, Samples: v.samples,
	})
}

// data admits the values of a message and acknowledges it when they are durable.
func (x *session) data(ctx context.Context, v *visit, m Message, c command) error {
	ready, dataTime, err := x.server.packets.gather(v.station.device, m)
	if err != nil {
		x.count("parts", err)
		return nil
	}
	for _, part := range ready {
		if err := x.part(ctx, v, part, c, dataTime); err != nil {
			return err
		}
	}
	return nil
}

// part admits one packet, or a whole message, and acknowledges it.
func (x *session) part(ctx context.Context, v *visit, m Message, c command, dataTime string) error {
	at, span, err := v.station.interval(c, dataTime)
	if err != nil {
		x.count("time", err)
		return nil
	}
	list := v.station.values(m, c, at, span, func(reason string) { x.server.driver.counts.add(reason, 1) })
	began := time.Now()
	if err := x.admit(ctx, v.station.device.Park, list); err != nil {
		reason := "sink"
		if errors.Is(err, connector.ErrBusy) {
			reason = "busy"
		}
		x.count(reason, err)
		x.report(v, time.Since(began), err.Error())
		return ctx.Err()
	}
	v.samples += int64(len(list))
	x.server.driver.counts.add("samples", int64(len(list)))
	x.report(v, time.Since(began), "")
	return x.acknowledge(m, c)
}

// admit hands samples on. When the sink is busy it waits and tries again for a while: a
// message without acknowledgement would be lost, and one with is sent again anyway.
func (x *session) admit(ctx context.Context, park string, list []connector.Sample) error {
	if len(list) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, x.server.driver.times.busy)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		_, err := x.server.env.Sink.Admit(ctx, park, list)
		if err == nil || !errors.Is(err, connector.ErrBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// acknowledge answers a message that asks for it, with its time stamp.
func (x *session) acknowledge(m Message, c command) error {
	if !m.WantsAck() || c.ack == 0 {
		return nil
	}
	flag, packet := m.Flag&^3, ""
	if m.packets() {
		flag |= 2
		packet = fmt.Sprintf("PNUM=%d;PNO=%d;", m.PNUM, m.PNO)
	}
	return x.send(fmt.Sprintf("QN=%s;ST=91;CN=%d;PW=%s;MN=%s;Flag=%d;%sCP=&&&&", m.QN, c.ack, m.PW, m.MN, flag, packet))
}

// request asks the monitor something, in the edition that it speaks.
func (x *session) request(v *visit, m Message, cn int, area string) error {
	qn := x.server.env.Now().In(v.station.zone).Format("20060102150405.000")
	return x.send(fmt.Sprintf("QN=%s%s;ST=%s;CN=%d;PW=%s;MN=%s;Flag=%d;CP=&&%s&&", qn[:14], qn[15:], m.ST, cn, m.PW, m.MN, m.Flag&^3|1, area))
}

// send writes a frame; a monitor that does not read in time loses its connection.
func (x *session) send(segment string) error {
	frame, err := Frame(segment)
	if err != nil {
		return err
	}
	_ = x.conn.SetWriteDeadline(time.Now().Add(x.server.driver.times.write))
	if _, err = x.conn.Write(frame); err != nil {
		x.count("write", err)
	}
	return err
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }
