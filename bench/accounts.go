package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"lingtan/inventory"
	"lingtan/inventory/uncertainty"
	"lingtan/meter"
	"lingtan/method"
	"lingtan/node"
	"lingtan/park"
	"lingtan/store/record"
)

// allScopes is the method of the accounting stage.
const allScopes = "ghg-protocol-corporate@1"

// layEnterprises makes the points of enterprises with a few registers each: main meter,
// gas, a use; every tenth has a PV plant.
func layEnterprises(n int, seed uint64) []point {
	var points []point
	for e := range n {
		roles := []role{roleMain, roleGas, roleUse}
		if e%10 == 0 {
			roles = append(roles, rolePV)
		}
		for _, r := range roles {
			i := uint64(len(points))
			u := unit(noise(seed, i, 1<<40))
			p := point{id: fmt.Sprintf("p%04d", i), enterprise: e, role: r, kind: meter.Amount, base: 20 + 60*u, shape: int(noise(seed, i, 1<<41) % uint64(len(shapes)))}
			if r == roleMain {
				p.base = 0 // the sum of the others
			}
			points = append(points, p)
		}
	}
	return points
}

// enterprisePark is the park file of the points, accounted by a method of all scopes.
func enterprisePark(points []point) *park.Document {
	d := document(nil)
	d.Park.Method = allScopes
	for _, p := range points {
		org := "e" + strconv.Itoa(p.enterprise)
		if p.role == roleMain {
			d.Organizations = append(d.Organizations, park.Organization{ID: org, Kind: "enterprise", Parent: "operator", Name: both("企业 "+org, "Enterprise "+org)})
			d.Network.Nodes = append(d.Network.Nodes, park.Node{ID: org + "-bus", Kind: "bus", Carrier: "electricity", Organization: org, Name: both(org+" 母线", org+" bus")})
		}
		d.Points = append(d.Points, park.Point{ID: p.id, Name: both("测点 "+p.id, "Point "+p.id), Organization: org, Registers: []park.Register{register(p)}})
		connect(&d.Network, p, org)
	}
	return d
}

// goods is what an enterprise declares: bought steel, in scope 3.
func goods(e int) record.Activity {
	first := firstDay.String()
	return record.Activity{ID: "goods-" + strconv.Itoa(e), Member: "e" + strconv.Itoa(e), Kind: "purchased_goods", First: first, Last: first,
		Amount: strconv.Itoa(10 + e), Unit: "t", Choose: `{"ef":"steel_market_average"}`, Evidence: "synthetic", Uncertainty: "0.1"}
}

// accounts settles a year of enterprises, one to two points of the run, and times what
// is made of the settled usage.
func accounts(ctx context.Context, o options, r *result) error {
	dir := filepath.Join(o.Dir, "accounts")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	n, err := node.Open(ctx, node.Options{Dir: dir, Workers: runtime.NumCPU()})
	if err != nil {
		return err
	}
	enterprises := o.Points / 2
	points := layEnterprises(enterprises, o.Seed)
	if err := settleEnterprises(ctx, n, o, points, enterprises); err != nil {
		return errors.Join(err, n.Close())
	}
	r.add("enterprises", float64(enterprises), "")
	r.add("registers", float64(len(points)), "")
	for _, step := range []func(context.Context, *node.Node, int, *result) error{compileAll, drawAll} {
		if err := step(ctx, n, enterprises, r); err != nil {
			return errors.Join(err, n.Close())
		}
	}
	err = restate(ctx, n, points[2], r)
	return errors.Join(err, n.Close(), os.RemoveAll(dir))
}

// settleEnterprises fills a node with the enterprises' readings and settles them.
func settleEnterprises(ctx context.Context, n *node.Node, o options, points []point, enterprises int) error {
	if _, err := n.ImportPark(ctx, act(), enterprisePark(points).YAML()); err != nil {
		return err
	}
	l, err := n.Layout(ctx, benchPark)
	if err != nil {
		return err
	}
	g := newGenerator(points, o.Seed, firstDay, l.Zone)
	b := &meter.Batch{Keys: keysOf(points)}
	for slot := range o.Days * daySlots {
		g.next(b)
		if b.Len() < appendRows && slot+1 < o.Days*daySlots {
			continue
		}
		if _, err := n.Series.Append(ctx, benchPark, b); err != nil {
			return err
		}
		b.Reset()
	}
	if err := n.Series.CompactAll(ctx, nil); err != nil {
		return err
	}
	if _, err := n.Settle(ctx, benchPark, node.SettleOptions{All: true}); err != nil {
		return err
	}
	list := make([]record.Activity, enterprises)
	for e := range list {
		list[e] = goods(e)
	}
	_, err = n.DeclareAll(ctx, act(), benchPark, list)
	return err
}

// compileAll times the inventory of the park, which holds the entries of every
// enterprise, and then, of the parts kept, the inventories of all enterprises.
func compileAll(ctx context.Context, n *node.Node, enterprises int, r *result) error {
	began, used := time.Now(), cpu()
	v, err := n.Compile(ctx, benchPark, benchPeriod, time.Time{})
	if err != nil {
		return err
	}
	r.limit("one inventory of the year with every enterprise's entries, all scopes", time.Since(began).Seconds(), "s", 10, false)
	r.add("of it processor time", (cpu() - used).Seconds(), "s")
	r.add("of it entries", float64(len(v.Entries)), "")
	if err := everyScope(v, enterprises); err != nil {
		return err
	}
	began, used = time.Now(), cpu()
	members, err := n.CompileEnterprises(ctx, benchPark, benchPeriod, allScopes, time.Time{})
	if err != nil {
		return err
	}
	r.limit(fmt.Sprintf("inventories of %d enterprises, each by itself, all of them together", enterprises), time.Since(began).Seconds(), "s", 10, false)
	r.add("of it processor time", (cpu() - used).Seconds(), "s")
	if len(members) != enterprises {
		return fmt.Errorf("%d inventories of %d enterprises", len(members), enterprises)
	}
	for _, m := range members {
		if m.Why != nil {
			return m.Why
		}
		if a, b := m.Inventory.Total(m.Organization), v.Total(m.Organization); a.Scope1 != b.Scope1 || a.Scope2Location != b.Scope2Location || a.Scope3 != b.Scope3 {
			return fmt.Errorf("%s: %+v by itself, %+v in the park's inventory", m.Organization, a, b)
		}
	}
	return nil
}

// everyScope says which enterprise lacks a scope in an inventory.
func everyScope(v *inventory.Inventory, enterprises int) error {
	for e := range enterprises {
		org := "e" + strconv.Itoa(e)
		if t := v.Total(org); t.Scope1 <= 0 || t.Scope2Location <= 0 || t.Scope2Market <= 0 || t.Scope3 <= 0 {
			return fmt.Errorf("%s lacks a scope: %+v", org, t)
		}
	}
	return nil
}

// drawAll times Monte Carlo over 1,000 entries, as the benchmark of package uncertainty
// makes them, and over the park's inventory.
func drawAll(ctx context.Context, n *node.Node, _ int, r *result) error {
	m := &uncertainty.Model{}
	for i := range 20 {
		m.Terms = append(m.Terms, uncertainty.Term{ID: fmt.Sprint("f", i), Shape: uncertainty.Normal, Uncertainty: 0.1})
	}
	for i := range 1000 {
		id := fmt.Sprint("m", i)
		part := func(term string) uncertainty.Link { return uncertainty.Link{{Term: term, Weight: 1}} }
		m.Terms = append(m.Terms, uncertainty.Term{ID: id, Shape: uncertainty.Normal, Uncertainty: 0.03})
		m.Lines = append(m.Lines, uncertainty.Line{ID: id, Organization: fmt.Sprint(i % 200), Scope: 1 + i%2, Basis: method.Both, Category: fmt.Sprint(i % 7), Emissions: float64(i),
			Links: []uncertainty.Link{part(id), part(m.Terms[i%20].ID), part(m.Terms[(i+7)%20].ID)}})
	}
	began := time.Now()
	if _, err := m.Analyse(ctx, uncertainty.Options{Draws: 10_000, Seed: 1}); err != nil {
		return err
	}
	r.limit("Monte Carlo, 10,000 draws over 1,000 entries of 200 organizations", time.Since(began).Seconds(), "s", 2, false)
	v, err := n.Compile(ctx, benchPark, benchPeriod, time.Time{})
	if err != nil {
		return err
	}
	began = time.Now()
	if _, err := uncertainty.Analyse(ctx, v, uncertainty.Options{Draws: 10_000, Seed: 1}); err != nil {
		return err
	}
	r.add(fmt.Sprintf("Monte Carlo, 10,000 draws over the inventory, %d entries", len(v.Entries)), time.Since(began).Seconds(), "s")
	return nil
}

// restate closes the year and its first month, corrects a reading of one day, and times
// from the corrected reading to the restatement of each.
func restate(ctx context.Context, n *node.Node, p point, r *result) error {
	for i, text := range []string{benchPeriod + "-01", benchPeriod} {
		before, err := n.Shut(ctx, act(), benchPark, text)
		if err != nil {
			return err
		}
		l, err := n.Layout(ctx, benchPark)
		if err != nil {
			return err
		}
		b := &meter.Batch{Keys: []string{p.key()}}
		b.Append(0, (firstDay + 1).Start(l.Zone).Add(10*time.Hour).UnixMilli(), 900, float64(11+i))
		began, used := time.Now(), cpu()
		if _, err := n.Series.Append(ctx, benchPark, b); err != nil {
			return err
		}
		got, err := n.Settle(ctx, benchPark, node.SettleOptions{})
		if err != nil {
			return err
		}
		settled := time.Since(began)
		after, err := n.Shut(ctx, act(), benchPark, text)
		if err != nil {
			return err
		}
		took, allCPU := time.Since(began), cpu()-used
		if got.Revised == 0 || after.Inventory.Revision != before.Inventory.Revision+1 {
			return fmt.Errorf("the corrected reading revised %d days and made revision %d after %d", got.Revised, after.Inventory.Revision, before.Inventory.Revision)
		}
		r.add("corrected reading to settled, "+text, settled.Seconds()*1000, "ms")
		r.limit("corrected reading to closed restatement of "+text, took.Seconds()*1000, "ms", 500, false)
		r.add("of it processor time", allCPU.Seconds()*1000, "ms")
	}
	return nil
}
