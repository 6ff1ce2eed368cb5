package node

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"lingtan/access"
	"lingtan/inventory/evidence"
	"lingtan/meter"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/store/record"
	"lingtan/usage"
	"lingtan/usage/statement"
)

// ErrUntrusted says that a park does not take a statement: its gateway, key, register
// or day is not among those that the park takes.
var ErrUntrusted = errors.New("node: the park does not take this statement")

// StatementIssuer is an enterprise's installation whose statements a park takes in
// the place of readings.
type StatementIssuer struct {
	Gateway      string                    `json:"gateway"`
	Organization string                    `json:"organization"`
	Keys         []IssuerKey               `json:"keys"` // the newest last; statements by the others stay good
	Registers    []evidence.StatedRegister `json:"registers"`
}

// IssuerKey is a public key by which an installation signs.
type IssuerKey struct {
	ID        string    `json:"id"` // statement.KeyID
	PublicKey []byte    `json:"publicKey"`
	TrustedAt time.Time `json:"trustedAt"`
	TrustedBy string    `json:"trustedBy"`
}

// Trust says whose statements a park is to take.
type Trust struct {
	Park         string
	Gateway      string            // letters a-z, digits, ".", "_" and "-"; at most 63
	Organization string            // of the park file
	Key          ed25519.PublicKey // of the installation
	Registers    []string          // of the organization or of one below it; empty: all that are settled
	Since        string            // first day that is stated, YYYY-MM-DD; empty: every day
	Replaces     string            // gateway whose place it takes, such as one that lost its data; empty: none
}

// AcceptedStatement is what became of a statement at the park.
type AcceptedStatement struct {
	Gateway      string `json:"gateway"`
	Organization string `json:"organization"`
	Number       int    `json:"number"`
	Hash         string `json:"hash"`
	Root         string `json:"root"`
	Key          string `json:"key"`
	First        string `json:"first"`
	Last         string `json:"last"`
	Days         int    `json:"days"`    // register-days stated
	Stored       int    `json:"stored"`  // of them new to the park
	Revised      int    `json:"revised"` // of those, days of which an earlier revision was known
	Repeated     bool   `json:"repeated"`
}

var gatewaySyntax = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// chainMark remembers a gateway's last accepted statement, in one transaction with
// its days.
type chainMark struct {
	Number int        `json:"number"`
	Hash   string     `json:"hash"`
	First  period.Day `json:"first"` // of all that was stated
	Last   period.Day `json:"last"`
}

// Issuers are the installations whose statements a park takes, in the order of gateways.
func (n *Node) Issuers(ctx context.Context, park string) ([]StatementIssuer, error) {
	var list []StatementIssuer
	err := n.Records.Setting(ctx, "statements/"+park, &list)
	if errors.Is(err, record.ErrNotFound) {
		return nil, nil
	}
	return list, err
}

// TrustIssuer lets a park take an installation's statements for registers of its
// organization. Again with another key it adds the key, with more registers those. From
// then on the park settles these registers no more. Errors: ErrNoPark, ErrUntrusted,
// meter.ErrRegister, record.ErrConflict.
func (n *Node) TrustIssuer(ctx context.Context, act record.Act, t Trust) (StatementIssuer, error) {
	n.settling.Lock()
	defer n.settling.Unlock()
	var none StatementIssuer
	l, err := n.Layout(ctx, t.Park)
	if err != nil {
		return none, err
	}
	if !gatewaySyntax.MatchString(t.Gateway) || len(t.Key) != ed25519.PublicKeySize {
		return none, fmt.Errorf("%w: gateway %q with a key of %d bytes; a name of a-z, 0-9, ., _ and -, and an Ed25519 key of %d bytes", ErrUntrusted, t.Gateway, len(t.Key), ed25519.PublicKeySize)
	}
	if t.Since != "" {
		if _, err := period.ParseDay(t.Since); err != nil {
			return none, err
		}
	}
	list, err := n.Issuers(ctx, t.Park)
	if err != nil {
		return none, err
	}
	i := slices.IndexFunc(list, func(x StatementIssuer) bool { return x.Gateway == t.Gateway })
	if i < 0 {
		i, list = len(list), append(list, StatementIssuer{Gateway: t.Gateway, Organization: t.Organization})
	}
	if list[i].Organization != t.Organization {
		return none, fmt.Errorf("%w: gateway %s is of organization %s, not of %q", record.ErrConflict, t.Gateway, list[i].Organization, t.Organization)
	}
	keys, err := registersToState(l, t, list)
	if err != nil {
		return none, err
	}
	fresh, err := n.statedFrom(ctx, t, keys, list)
	if err != nil {
		return none, err
	}
	replace(list, t.Replaces, fresh)
	x := &list[i]
	x.Registers = append(x.Registers, fresh...)
	slices.SortFunc(x.Registers, func(a, b evidence.StatedRegister) int { return cmp.Compare(a.Register, b.Register) })
	if id := statement.KeyID(t.Key); !slices.ContainsFunc(x.Keys, func(k IssuerKey) bool { return k.ID == id }) {
		x.Keys = append(x.Keys, IssuerKey{ID: id, PublicKey: t.Key, TrustedAt: act.At, TrustedBy: act.Name})
	}
	out := *x
	slices.SortFunc(list, func(a, b StatementIssuer) int { return cmp.Compare(a.Gateway, b.Gateway) })
	n.changed(t.Park)
	return out, n.Records.SetSetting(ctx, act, "statements/"+t.Park, list)
}

// registersToState are the registers that are to be stated and are not yet.
func registersToState(l *layout.Layout, t Trust, list []StatementIssuer) ([]string, error) {
	taken := map[string]string{}
	for _, x := range list {
		for _, r := range x.Registers {
			if r.Before == 0 && x.Gateway != t.Replaces {
				taken[r.Register] = x.Gateway
			}
		}
	}
	own, err := registersOf(l, t.Organization)
	if err != nil {
		return nil, err
	}
	wanted := t.Registers
	known := func(gateway string) bool {
		return slices.ContainsFunc(list, func(x StatementIssuer) bool { return x.Gateway == gateway && len(x.Registers) > 0 })
	}
	if t.Replaces != "" && (t.Replaces == t.Gateway || !known(t.Replaces)) {
		return nil, fmt.Errorf("%w: gateway %q states nothing to park %s that %s could go on with", record.ErrNotFound, t.Replaces, t.Park, t.Gateway)
	}
	if len(wanted) == 0 && t.Replaces == "" && known(t.Gateway) {
		return nil, nil // only the key is new
	}
	if len(wanted) == 0 {
		wanted = slices.DeleteFunc(slices.Clone(own), func(k string) bool { return taken[k] != "" && taken[k] != t.Gateway })
	}
	var fresh []string
	for _, k := range wanted {
		switch {
		case !slices.Contains(own, k):
			return nil, fmt.Errorf("%w: %q is no settled register of organization %s of park %s", meter.ErrRegister, k, t.Organization, t.Park)
		case taken[k] != "" && taken[k] != t.Gateway:
			return nil, fmt.Errorf("%w: register %s is stated by gateway %s already", record.ErrConflict, k, taken[k])
		case taken[k] == "" && !slices.Contains(fresh, k):
			fresh = append(fresh, k)
		}
	}
	if len(wanted) == 0 {
		return nil, fmt.Errorf("%w: organization %s of park %s has no register left to state", meter.ErrRegister, t.Organization, t.Park)
	}
	return fresh, nil
}

// registersOf are the settled registers of an organization and those below it.
func registersOf(l *layout.Layout, organization string) ([]string, error) {
	under := l.OrganizationsOf(organization)
	if len(under) == 0 {
		return nil, fmt.Errorf("%w: organization %q of park %s", record.ErrNotFound, organization, l.Document.Park.ID)
	}
	var keys []string
	for _, r := range l.Registers() {
		if p, ok := l.PointOf(r.Key); ok && r.Kind != meter.State && slices.Contains(under, p.Organization) {
			keys = append(keys, r.Key)
		}
	}
	return keys, nil
}

// statedFrom describes registers from now on stated: what revisions the park has of
// their days, such as of days on which it had no readings, stay before those that are
// stated. One that another gateway stated is stated from the same day on.
func (n *Node) statedFrom(ctx context.Context, t Trust, keys []string, list []StatementIssuer) ([]evidence.StatedRegister, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	since := map[string]string{}
	for _, x := range list {
		for _, r := range x.Registers {
			if x.Gateway == t.Replaces && r.Before == 0 {
				since[r.Register] = r.Since
			}
		}
	}
	var fresh []evidence.StatedRegister
	for _, k := range keys {
		r := evidence.StatedRegister{Register: k, Since: t.Since}
		if from, replaced := since[k]; replaced {
			r.Since = from
		}
		q := usage.Query{Park: t.Park, Keys: []string{k}, First: period.Date(1, 1, 1), Last: period.Date(9999, 12, 31)}
		if r.Since != "" {
			q.First, _ = period.ParseDay(r.Since) // parsed before
		}
		err := n.Series.Usage(ctx, q, func(d usage.Day) error {
			r.After = max(r.After, d.Revision+1)
			return nil
		})
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, r)
	}
	return fresh, nil
}

// replace ends a gateway's statements of registers where another's begin. What it
// stated stays; of a register of which no day came it has nothing more to say.
func replace(list []StatementIssuer, gateway string, fresh []evidence.StatedRegister) {
	after := map[string]uint16{}
	for _, f := range fresh {
		after[f.Register] = f.After
	}
	for i := range list {
		if gateway != "" && list[i].Gateway == gateway {
			list[i].Registers = ended(list[i].Registers, after)
		}
	}
}

// ended are registers whose statements end after so many revisions of the park.
func ended(registers []evidence.StatedRegister, after map[string]uint16) []evidence.StatedRegister {
	var kept []evidence.StatedRegister
	for _, r := range registers {
		revisions, ends := after[r.Register]
		if ends && r.Before == 0 {
			if r.Before = revisions; revisions == 0 {
				continue
			}
		}
		kept = append(kept, r)
	}
	return kept
}

// statedRegisters are a park's registers whose usage is stated.
func (n *Node) statedRegisters(ctx context.Context, park string) (map[string]evidence.StatedRegister, error) {
	list, err := n.Issuers(ctx, park)
	stated := map[string]evidence.StatedRegister{}
	for _, x := range list {
		for _, r := range x.Registers {
			if r.Before == 0 {
				stated[r.Register] = r
			}
		}
	}
	return stated, err
}

// settledHere are the park's registers that are settled from readings here, and of those
// that are stated from a day on the last day before it. Nothing is made of the silence
// of a register that is stated.
func (n *Node) settledHere(ctx context.Context, l *layout.Layout) (here []meter.Register, until map[string]period.Day, err error) {
	stated, err := n.statedRegisters(ctx, l.Document.Park.ID)
	if err != nil || len(stated) == 0 {
		return l.Registers(), nil, err
	}
	until = map[string]period.Day{}
	for _, r := range l.Registers() {
		s, is := stated[r.Key]
		if is && s.Since == "" {
			continue
		}
		if is {
			since, err := period.ParseDay(s.Since)
			if err != nil {
				return nil, nil, err
			}
			until[r.Key] = since - 1
		}
		here = append(here, r)
	}
	return here, until, nil
}

// settleAll settles the registers of a run, each until its last day that is settled here.
func settleAll(ctx context.Context, s usage.Settlement, until map[string]period.Day) (usage.Settled, error) {
	byLast := map[period.Day][]meter.Register{}
	for _, r := range s.Registers {
		last := s.Last
		if u, ends := until[r.Key]; ends {
			last = min(last, u)
		}
		byLast[last] = append(byLast[last], r)
	}
	var sum usage.Settled
	for _, last := range slices.Sorted(maps.Keys(byLast)) {
		if last < s.First {
			continue
		}
		one := s
		one.Last, one.Registers = last, byLast[last]
		got, err := one.Run(ctx)
		sum.Add(got)
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// takeUnstated tells a sum check of the days of stated registers that have not come.
func takeUnstated(l *layout.Layout, stated map[string]evidence.StatedRegister, keys []string, seen map[registerDay]bool, first, last period.Day, take func(string, period.Day, usage.Totals) error) error {
	for _, k := range keys {
		s, is := stated[k]
		reg, ok := l.Register(k)
		if !is || !ok {
			continue
		}
		for d := first; d <= last; d++ {
			i := d.Interval(l.Zone)
			out := !reg.ValidFrom.IsZero() && !i.To.After(reg.ValidFrom) || !reg.ValidTo.IsZero() && !i.From.Before(reg.ValidTo)
			if out || d.String() < s.Since || seen[registerDay{k, d}] {
				continue
			}
			if err := take(k, d, usage.Totals{Intervals: l.Grid.Slots(d), Missing: l.Grid.Slots(d)}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Node) chain(ctx context.Context, park, gateway string) (chainMark, error) {
	var mark chainMark
	text, err := n.Series.Mark(ctx, chainName(park, gateway))
	if err != nil || len(text) == 0 {
		return mark, err
	}
	if err := json.Unmarshal(text, &mark); err != nil {
		return mark, fmt.Errorf("statements of %s at park %s: %w", gateway, park, err)
	}
	return mark, nil
}

func chainName(park, gateway string) string { return "statement/" + park + "/" + gateway }

// statedExtent widens the days [first, last] by those that were stated to a park.
func (n *Node) statedExtent(ctx context.Context, park string, first, last period.Day, ok bool) (period.Day, period.Day, bool, error) {
	list, err := n.Issuers(ctx, park)
	if err != nil {
		return first, last, ok, err
	}
	for _, x := range list {
		mark, err := n.chain(ctx, park, x.Gateway)
		if err != nil {
			return first, last, ok, err
		}
		if mark.Number == 0 {
			continue
		}
		if !ok {
			first, last, ok = mark.First, mark.Last, true
		}
		first, last = min(first, mark.First), max(last, mark.Last)
	}
	return first, last, ok, nil
}

// noteStatement writes an accepted statement's line of the audit log.
func (n *Node) noteStatement(ctx context.Context, act record.Act, park string, a AcceptedStatement) error {
	place, err := n.Records.ParkOrganization(ctx, park)
	if err != nil {
		return err
	}
	detail := fmt.Sprintf("statement %d of %s, hash %s, key %s: %d register-days from %s to %s, %d stored, %d revised", a.Number, a.Gateway, a.Hash, a.Key, a.Days, a.First, a.Last, a.Stored, a.Revised)
	return n.Records.Note(ctx, act, access.Action("readings.import"), place.Path, "statement/"+park+"/"+a.Gateway, "done", detail)
}
