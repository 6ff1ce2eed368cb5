package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"lingtan/accounting"
	"lingtan/method"
	"lingtan/park/layout"
	"lingtan/period"
	"lingtan/quantity"
	"lingtan/store/record"
	"lingtan/usage"
)

// Declare records activity data of a member of a park: what no meter tells. x.Revision is
// the revision that the change was made from, 0 for a new record; the next one is
// returned. Errors wrap accounting.ErrRecord when a field is wrong, accounting's and
// factor's when neither the park's method nor the member's own can account it, and
// record's.
func (n *Node) Declare(ctx context.Context, act record.Act, x record.Activity) (record.Activity, error) {
	list, err := n.DeclareAll(ctx, act, x.Park, []record.Activity{x})
	if err != nil {
		return record.Activity{}, err
	}
	return list[0], nil
}

// DeclareAll records activities of a park as Declare does, all or none.
func (n *Node) DeclareAll(ctx context.Context, act record.Act, park string, list []record.Activity) ([]record.Activity, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	tree, err := record.PlaceOrganizations(l.Document)
	if err != nil {
		return nil, err
	}
	methods, err := n.Records.ReportingMethods(ctx, park, act.At)
	if err != nil {
		return nil, err
	}
	trial := trial{node: n, layout: l, methods: methods, at: act.At, packs: map[string]method.Pack{}}
	for i := range list {
		x := &list[i]
		x.Park, x.Withdrawn = park, false
		if x.Organization = tree.Paths[x.Member]; x.Organization == "" {
			return nil, fmt.Errorf("%w: %q is no organization of park %s", accounting.ErrRecord, x.Member, park)
		}
		if err := checkActivity(x); err != nil {
			return nil, fmt.Errorf("record %.100q: %w", x.ID, err)
		}
		if err := trial.account(*x); err != nil {
			return nil, fmt.Errorf("record %.100q: %w", x.ID, err)
		}
	}
	for _, x := range list {
		if err := n.sameMember(ctx, x); err != nil {
			return nil, err
		}
	}
	saved, err := n.Records.SaveActivities(ctx, act, list)
	if err == nil {
		n.changed(park)
	}
	return saved, err
}

// ImportedActivities says what became of a file of records.
type ImportedActivities struct {
	Declared int `json:"declared"` // new records
	Revised  int `json:"revised"`  // records that are there with other content
	Same     int `json:"same"`     // records that are there as they are: nothing was done
}

// ImportActivities declares the records of a list that are new, revises those that are
// there with other content, and leaves those that are there as they are; all or none.
func (n *Node) ImportActivities(ctx context.Context, act record.Act, park string, list []record.Activity) (ImportedActivities, error) {
	var out ImportedActivities
	var changed []record.Activity
	seen := map[string]bool{}
	for _, x := range list {
		if seen[x.ID] {
			return out, fmt.Errorf("%w: record %.100q is there twice", accounting.ErrRecord, x.ID)
		}
		seen[x.ID], x.Park = true, park
		if err := checkActivity(&x); err != nil {
			return out, fmt.Errorf("record %.100q: %w", x.ID, err)
		}
		old, err := n.Records.Activity(ctx, park, x.ID)
		switch {
		case errors.Is(err, record.ErrNotFound):
			out.Declared++
		case err != nil:
			return out, err
		case old.Withdrawn || content(old) != content(x):
			x.Revision = old.Revision
			out.Revised++
		default:
			out.Same++
			continue
		}
		changed = append(changed, x)
	}
	if len(changed) == 0 {
		return out, nil
	}
	if _, err := n.DeclareAll(ctx, act, park, changed); err != nil {
		return ImportedActivities{}, err
	}
	return out, nil
}

// content is what a person says in a record.
func content(x record.Activity) record.Activity {
	return record.Activity{ID: x.ID, Member: x.Member, Kind: x.Kind, Carrier: x.Carrier, First: x.First, Last: x.Last, Amount: x.Amount, Unit: x.Unit,
		Given: x.Given, Choose: x.Choose, Evidence: x.Evidence, Uncertainty: x.Uncertainty, Note: x.Note}
}

// sameMember refuses to hand a record from one member to another: its history is the
// first one's.
func (n *Node) sameMember(ctx context.Context, x record.Activity) error {
	if x.Revision == 0 {
		return nil
	}
	old, err := n.Records.Activity(ctx, x.Park, x.ID)
	if err == nil && old.Member != x.Member {
		err = fmt.Errorf("%w: record %.100q is %s's; withdraw it and declare another", accounting.ErrRecord, x.ID, old.Member)
	}
	return err
}

// Withdraw records that a declared activity no longer counts, as its next revision after
// the given one. why is needed.
func (n *Node) Withdraw(ctx context.Context, act record.Act, park, id, why string, after int64) (record.Activity, error) {
	x, err := n.Records.Activity(ctx, park, id)
	if err != nil {
		return x, err
	}
	if why == "" || len([]rune(why)) > maxWords {
		return x, fmt.Errorf("%w: a withdrawal needs a reason of 1 to %d characters", accounting.ErrRecord, maxWords)
	}
	if x.Withdrawn {
		return x, fmt.Errorf("%w: record %.100q was withdrawn already", record.ErrConflict, id)
	}
	x.Withdrawn, x.Note = true, why
	x, err = n.Records.SaveActivity(ctx, act, x, after)
	if err == nil {
		n.changed(park)
	}
	return x, err
}

// Activity is the newest revision of a record.
func (n *Node) Activity(ctx context.Context, park, id string) (record.Activity, error) {
	return n.Records.Activity(ctx, park, id)
}

// ActivityRevisions are all revisions of a record, the newest first.
func (n *Node) ActivityRevisions(ctx context.Context, park, id string) ([]record.Activity, error) {
	return n.Records.ActivityRevisions(ctx, park, id)
}

// Activities are the records of a park that touch a period ("" = all) as known at a
// recorded time; the zero time is now. What was withdrawn by then is left out.
func (n *Node) Activities(ctx context.Context, park, text string, at time.Time) ([]record.Activity, error) {
	l, err := n.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = n.Now()
	}
	first, last := "0001-01-01", "9999-12-31"
	if text != "" {
		span, err := period.Parse(text, l.Zone)
		if err != nil {
			return nil, err
		}
		from, to := l.Grid.Days(span)
		first, last = from.String(), to.String()
	}
	return n.Records.ActivitiesAsKnownAt(ctx, park, first, last, at)
}

// declared are a park's records of a period as accounting takes them.
func (n *Node) declared(ctx context.Context, park, text string, at time.Time) ([]accounting.Declared, error) {
	rows, err := n.Activities(ctx, park, text, at)
	if err != nil {
		return nil, err
	}
	var list []accounting.Declared
	for _, x := range rows {
		d, err := declaredOf(x)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// declaredOf is a record as accounting takes it. An amount counts as measured where
// evidence is named, as estimated where none is.
func declaredOf(x record.Activity) (accounting.Declared, error) {
	d := accounting.Declared{Revision: x.Revision, First: x.First, Last: x.Last, Note: x.Note, Activity: accounting.Activity{
		Organization: x.Member, Place: accounting.Consumed, Kind: x.Kind, Carrier: x.Carrier, Unit: x.Unit, Registers: []string{}, Record: x.ID, Evidence: x.Evidence}}
	amount, err := strconv.ParseFloat(x.Amount, 64)
	if err == nil {
		err = json.Unmarshal([]byte(x.Given), &d.Activity.Given)
	}
	if err == nil {
		err = json.Unmarshal([]byte(x.Choose), &d.Activity.Choose)
	}
	if err == nil && x.Uncertainty != "" {
		d.Activity.Uncertainty, err = strconv.ParseFloat(x.Uncertainty, 64)
	}
	if err != nil {
		return d, fmt.Errorf("%w: record %.100q: %w", accounting.ErrRecord, x.ID, err)
	}
	d.Activity.Amount = usage.Totals{Measured: amount}
	if x.Evidence == "" {
		d.Activity.Amount = usage.Totals{Estimated: amount}
	}
	return d, nil
}

// trial accounts records before they are recorded, so that a fault shows to whoever can
// mend it, and not when an inventory is compiled.
type trial struct {
	node    *Node
	layout  *layout.Layout
	methods []record.ReportingMethod
	at      time.Time
	packs   map[string]method.Pack
}

// account fails unless the park's method or the member's own can account the record.
func (t *trial) account(x record.Activity) error {
	d, err := declaredOf(x)
	if err != nil {
		return err
	}
	refs := []string{t.layout.Document.Park.Method}
	for _, m := range t.methods {
		if m.Member == x.Member && strconv.FormatInt(m.Year, 10) >= x.First[:4] && strconv.FormatInt(m.Year, 10) <= x.Last[:4] && !slices.Contains(refs, m.Method) {
			refs = append(refs, m.Method)
		}
	}
	var failed []error
	for i, ref := range refs {
		err := t.by(ref, d, i == 0)
		if err == nil {
			return nil
		}
		if !passedOver(err) {
			return err
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// passedOver are the errors of a record that an inventory notes and goes on.
func passedOver(err error) bool {
	return errors.Is(err, accounting.ErrNoRule) || errors.Is(err, accounting.ErrGiven) || errors.Is(err, quantity.ErrDimension)
}

func (t *trial) by(ref string, d accounting.Declared, ofPark bool) error {
	pack, known := t.packs[ref]
	if !known {
		var err error
		if pack, err = method.Find(ref); err != nil {
			return err
		}
		t.packs[ref] = pack
	}
	day, err := period.ParseDay(d.First)
	if err != nil {
		return err
	}
	a := accounting.Accountant{Method: pack, Factors: t.node.Factors, Region: t.layout.Document.Park.Region, At: day.Start(t.layout.Zone), AsKnownAt: t.at}
	if ofPark {
		a.GWP = t.layout.Document.Park.GWP
	}
	_, err = a.Account(d.Activity, nil)
	return err
}
