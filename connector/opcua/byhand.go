package opcua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"

	"lingtan/connector"
)

const (
	mostFound     = 500 // variables of a detection
	detectDepth   = 6
	readBackTries = 5
	readBackPause = 100 * time.Millisecond
)

// quiet is where a question without Run happens.
var quiet = connector.Environment{Report: func(connector.Status) {}, Log: slog.New(slog.DiscardHandler), Now: time.Now}

// Read reads all values of a device once. Values that are bad, or no numbers, are
// left out; when nothing is left, the error says why. A session that Run holds is
// shared. Errors wrap connector.ErrConfig, ErrUnreachable, ErrProtocol or ErrRefused.
func (d *Driver) Read(ctx context.Context, dev connector.Device) ([]connector.Sample, error) {
	s, err := understand(dev)
	if err != nil {
		return nil, err
	}
	l, done, err := d.borrow(ctx, s.account)
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", dev.ID, kind(err))
	}
	defer done()
	items, notes, err := l.find(ctx, &s)
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", dev.ID, kind(err))
	}
	one := &device{settings: s, driver: d, env: quiet} // nothing of it goes to a sink
	one.begin(items, notes)
	samples, err := one.readAll(ctx, l, s.time)
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", dev.ID, kind(err))
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("%w: device %s: %s", connector.ErrProtocol, dev.ID, one.status(0).Error)
	}
	return samples, nil
}

// Detect tells the endpoints of a server with their security, and the variables that it
// shows to a client without a name, up to 500. The options of a finding go into the
// device list. Errors wrap connector.ErrConfig, ErrUnreachable or ErrProtocol.
func (d *Driver) Detect(ctx context.Context, address string) ([]connector.Found, error) {
	host, err := hostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", connector.ErrConfig, err)
	}
	list, err := endpointsOf(ctx, host, defaultTimeout)
	if err != nil {
		return nil, kind(err)
	}
	var found []connector.Found
	for _, e := range list[:min(len(list), 50)] {
		f := connector.Found{Address: "opc.tcp://" + host, Detail: describe(e)}
		for name, uri := range policies {
			if uri == e.SecurityPolicyURI {
				f.Options = map[string]string{"policy": name}
			}
		}
		if f.Options != nil && e.SecurityPolicyURI != ua.SecurityPolicyURINone {
			f.Options["security"] = modes[min(int(e.SecurityMode), len(modes)-1)]
		}
		found = append(found, f)
	}
	variables, err := d.look(ctx, host, list)
	if err != nil && ctx.Err() != nil {
		return found, err
	}
	if err != nil {
		found = append(found, connector.Found{Address: "opc.tcp://" + host, Detail: "variables: " + err.Error()})
	}
	return append(found, variables...), nil
}

// describe is an endpoint in words.
func describe(e *ua.EndpointDescription) string {
	words := []string{wayIn(e)}
	for _, p := range e.UserIdentityTokens {
		name := []string{"anonymous", "user name", "certificate", "issued token"}[min(int(p.TokenType), 3)]
		if !slices.Contains(words, name) {
			words = append(words, name)
		}
	}
	if e.Server != nil && e.Server.ApplicationName != nil {
		words = append(words, fmt.Sprintf("server %.100s", e.Server.ApplicationName.Text))
	}
	if len(e.ServerCertificate) > 0 {
		words = append(words, "certificate SHA-256 "+fingerprint(e.ServerCertificate))
	}
	switch {
	case e.SecurityPolicyURI == ua.SecurityPolicyURINone:
		words = append(words, "anyone on the way can read and change it")
	case !slices.ContainsFunc([]string{ua.SecurityPolicyURIBasic256Sha256, ua.SecurityPolicyURIAes128Sha256RsaOaep, ua.SecurityPolicyURIAes256Sha256RsaPss},
		func(u string) bool { return u == e.SecurityPolicyURI }):
		words = append(words, "not spoken here")
	}
	return strings.Join(words, "; ")
}

// look lists variables by the first way in that needs no name. Nothing is trusted or
// remembered by it.
func (d *Driver) look(ctx context.Context, host string, list []*ua.EndpointDescription) ([]connector.Found, error) {
	for _, e := range list {
		known := slices.ContainsFunc(e.UserIdentityTokens, func(p *ua.UserTokenPolicy) bool { return p.TokenType == ua.UserTokenTypeAnonymous })
		if e.SecurityPolicyURI != ua.SecurityPolicyURINone || !known {
			continue
		}
		a := account{address: host, policy: e.SecurityPolicyURI, mode: ua.MessageSecurityModeNone, timeout: defaultTimeout}
		l, err := enter(ctx, a, &d.trust, d.lifetime)
		if err != nil {
			return nil, err
		}
		defer l.leave()
		return l.variables(ctx, host)
	}
	return nil, fmt.Errorf("the server shows none without a name or security; list the device, then read it")
}

// variables are the numbers that a server shows.
func (l *link) variables(ctx context.Context, host string) ([]connector.Found, error) {
	places, more, err := l.walk(ctx, ua.NewNumericNodeID(0, id.ObjectsFolder), detectDepth, mostFound)
	if err != nil {
		return nil, err
	}
	if places, err = l.numeric(ctx, places); err != nil {
		return nil, err
	}
	var wanted []*ua.ReadValueID
	for _, p := range places {
		wanted = append(wanted, valueOf(p.id, -1))
	}
	values, err := l.read(ctx, wanted, ua.TimestampsToReturnNeither)
	if err != nil {
		return nil, err
	}
	var found []connector.Found
	for i, p := range places {
		detail := named(values[i].Status)
		if x, err := number(values[i].Value, -1); err == nil && severity(values[i].Status) != bad {
			detail = fmt.Sprintf("%v", x)
		}
		found = append(found, connector.Found{Address: "opc.tcp://" + host, Options: map[string]string{"policy": "None", "node." + p.path: p.id.String()},
			Detail: fmt.Sprintf("variable %s = %s", p.path, detail)})
	}
	if more {
		found = append(found, connector.Found{Address: "opc.tcp://" + host, Detail: fmt.Sprintf("more than %d variables; the others are not listed", mostFound)})
	}
	return found, nil
}

// Write sets a value of a device in the data type of its node, and reads it back. A
// value that the type cannot hold is refused. What was read back is returned also with
// an error. Errors wrap connector.ErrConfig, ErrUnreachable, ErrProtocol or ErrRefused.
func (d *Driver) Write(ctx context.Context, dev connector.Device, name string, value float64) (float64, error) {
	s, err := understand(dev)
	if err != nil {
		return math.NaN(), err
	}
	wrong := func(err error) error {
		return fmt.Errorf("device %s, value %s: %w", dev.ID, name, kind(err))
	}
	l, done, err := d.borrow(ctx, s.account)
	if err != nil {
		return math.NaN(), wrong(err)
	}
	defer done()
	it, err := l.one(ctx, s, name)
	if err != nil {
		return math.NaN(), wrong(err)
	}
	kind, before, err := l.typeOf(ctx, it)
	if err != nil {
		return math.NaN(), wrong(err)
	}
	x, err := wire(value/it.scale, kind)
	if err != nil {
		return before * it.scale, wrong(err)
	}
	if err := l.set(ctx, it, x); err != nil {
		return before * it.scale, wrong(err)
	}
	d.count("writes", 1)
	back, err := l.readBack(ctx, it, x, kind)
	if err != nil {
		return back * it.scale, wrong(err)
	}
	return back * it.scale, nil
}

// one looks up a single value of a device.
func (l *link) one(ctx context.Context, s settings, name string) (item, error) {
	at := slices.IndexFunc(s.nodes, func(n node) bool { return n.name == name })
	if at >= 0 {
		s.nodes, s.browse = s.nodes[at:at+1], ""
	} else if s.browse == "" {
		return item{}, fmt.Errorf("%w: the device has no node of this name", connector.ErrConfig)
	}
	items, _, err := l.find(ctx, &s)
	if err != nil {
		return item{}, err
	}
	for _, it := range items {
		if it.name == name {
			return it, nil
		}
	}
	return item{}, fmt.Errorf("%w: there is no variable %s under %s", connector.ErrConfig, name, s.browse)
}

// typeOf is the data type of a node and its value now: by the value, or where there is
// none, by the attribute DataType.
func (l *link) typeOf(ctx context.Context, it item) (ua.TypeID, float64, error) {
	values, err := l.read(ctx, []*ua.ReadValueID{valueOf(it.id, it.index),
		{NodeID: it.id, AttributeID: ua.AttributeIDDataType, DataEncoding: &ua.QualifiedName{}}}, ua.TimestampsToReturnNeither)
	if err != nil {
		return 0, math.NaN(), err
	}
	v := values[0]
	if severity(v.Status) != bad && v.Value != nil && v.Value.Value() != nil {
		x, err := number(v.Value, it.index)
		if err != nil {
			return 0, math.NaN(), fmt.Errorf("%w: %w", connector.ErrRefused, err)
		}
		return v.Value.Type(), x, nil
	}
	if severity(values[1].Status) != bad && values[1].Value != nil {
		n, ok := values[1].Value.Value().(*ua.NodeID)
		if ok && n.Namespace() == 0 && n.IntID() >= 1 && n.IntID() <= 11 {
			return ua.TypeID(n.IntID()), math.NaN(), nil
		}
	}
	return 0, math.NaN(), fmt.Errorf("%w: its data type is not known (%s)", connector.ErrRefused, named(v.Status))
}

// set writes a value; the server sets the times.
func (l *link) set(ctx context.Context, it item, x any) error {
	var value any = x
	w := &ua.WriteValue{NodeID: it.id, AttributeID: ua.AttributeIDValue}
	if it.index >= 0 {
		w.IndexRange = fmt.Sprint(it.index)
		value = array(x)
	}
	v, err := ua.NewVariant(value)
	if err != nil {
		return fmt.Errorf("%w: %w", connector.ErrConfig, err)
	}
	w.Value = &ua.DataValue{EncodingMask: ua.DataValueValue, Value: v}
	r, err := ask[*ua.WriteResponse](ctx, l, &ua.WriteRequest{NodesToWrite: []*ua.WriteValue{w}}, l.timeout)
	if err != nil {
		return refusal("the write", err)
	}
	if len(r.Results) != 1 {
		return fmt.Errorf("%w: one value written, %d answered", connector.ErrProtocol, len(r.Results))
	}
	if severity(r.Results[0]) == bad {
		return fmt.Errorf("%w: the server refuses the write: %w", connector.ErrRefused, r.Results[0])
	}
	return nil
}

// array is a value as an array of one.
func array(x any) any {
	switch x := x.(type) {
	case bool:
		return []bool{x}
	case int8:
		return []int8{x}
	case uint8:
		return ua.ByteArray{x}
	case int16:
		return []int16{x}
	case uint16:
		return []uint16{x}
	case int32:
		return []int32{x}
	case uint32:
		return []uint32{x}
	case int64:
		return []int64{x}
	case uint64:
		return []uint64{x}
	case float32:
		return []float32{x}
	case float64:
		return []float64{x}
	}
	return x
}

// readBack reads what was written. Some servers hand a value on to a machine and show
// it only when it is there, so it is read a few times.
func (l *link) readBack(ctx context.Context, it item, x any, kind ua.TypeID) (float64, error) {
	v, err := ua.NewVariant(x)
	if err != nil {
		return math.NaN(), err
	}
	want, err := number(v, -1)
	if err != nil {
		return math.NaN(), err
	}
	got := math.NaN()
	for try := 1; ; try++ {
		values, err := l.read(ctx, []*ua.ReadValueID{valueOf(it.id, it.index)}, ua.TimestampsToReturnNeither)
		if err != nil {
			return got, err
		}
		if severity(values[0].Status) == bad {
			err = values[0].Status
		} else if got, err = number(values[0].Value, it.index); err == nil && got == want {
			return got, nil
		}
		if try == readBackTries || !sleep(ctx, readBackPause) {
			why := errors.Join(fmt.Errorf("%v was written, %v is read back", want, got), err, ctx.Err())
			return got, fmt.Errorf("%w: %w", connector.ErrRefused, why)
		}
	}
}
