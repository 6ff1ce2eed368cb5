package consolidation

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"lingtan/method"
)

// MaxBytes is the size that a file may have.
const MaxBytes = 64 << 20

// Limits of a case.
const (
	maxPlaces    = 20_000
	maxEntries   = 1_000_000
	maxTransfers = 100_000
	maxDepth     = 12
	maxText      = 200
	maxTonnes    = 1e15
	shareRound   = 1e-9 // by which the shares of an entry may exceed 1
)

// Parse reads a case. ErrCase tells the first fault with its path.
func Parse(data []byte) (*Case, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes; consolidate each park by itself and hand its totals up", ErrCase, MaxBytes)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%w: not UTF-8; save the file as UTF-8", ErrCase)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	c := &Case{}
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("%w: byte %d: %w", ErrCase, d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: byte %d: something follows the object; take it away", ErrCase, d.InputOffset())
	}
	return c, c.check()
}

func fault(path, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrCase, path, fmt.Sprintf(format, args...))
}

// checker finds places and entries by name.
type checker struct {
	places  map[string]bool
	owner   map[string]string  // entry → place
	shares  map[string]float64 // entry → shares taken by transfers
	sold    map[string]float64 // entry → shares of deductions
	sources map[string]bool
	passes  map[string]bool
}

// check says whether a case can be consolidated.
func (c *Case) check() error {
	if c.Format != Format {
		return fault("format", "%.40q; this version reads %s", c.Format, Format)
	}
	if len(c.Places) == 0 || len(c.Places) > maxPlaces {
		return fault("places", "%d of them; 1 to %d", len(c.Places), maxPlaces)
	}
	if len(c.Transfers) > maxTransfers || len(c.Sources) > maxEntries {
		return fault("transfers", "%d transfers, %d sources; at most %d and %d", len(c.Transfers), len(c.Sources), maxTransfers, maxEntries)
	}
	if utf8.RuneCountInString(c.Title) > maxText || utf8.RuneCountInString(c.Period) > maxText {
		return fault("title", "longer than %d characters", maxText)
	}
	k := &checker{places: map[string]bool{}, owner: map[string]string{}, shares: map[string]float64{}, sold: map[string]float64{}, sources: map[string]bool{}, passes: map[string]bool{}}
	for i, p := range c.Places {
		if err := k.place(fmt.Sprintf("places[%d]", i), p); err != nil {
			return err
		}
	}
	for i, s := range c.Sources {
		at := fmt.Sprintf("sources[%d]", i)
		if err := cmp.Or(name(at+".id", s.ID), k.once(k.sources, at+".id", s.ID), k.known(at+".place", s.Place), tonnes(at+".carbon", s.Carbon)); err != nil {
			return err
		}
	}
	for i, t := range c.Transfers {
		if err := k.transfer(fmt.Sprintf("transfers[%d]", i), t); err != nil {
			return err
		}
	}
	return nil
}

func (k *checker) place(at string, p Place) error {
	parts := strings.Split(p.Path, "/")
	if len(parts) < 2 || len(parts) > maxDepth+1 || parts[0] != "" || slices.Contains(parts[1:], "") {
		return fault(at+".path", "%.80q; write /region/park/enterprise, at most %d names", p.Path, maxDepth)
	}
	if !slices.Contains(Levels, p.Level) {
		return fault(at+".level", "%.40q; one of %s", p.Level, strings.Join(Levels, ", "))
	}
	if p.Name.ZH == "" && p.Name.EN == "" {
		return fault(at+".name", "is empty; give zh, en or both")
	}
	err := cmp.Or(name(at+".path", p.Path), k.once(k.places, at+".path", p.Path), text(at+".name", p.Name.ZH), text(at+".name", p.Name.EN), text(at+".sector", p.Sector))
	for i := 0; err == nil && i < len(p.Entries); i++ {
		err = k.entry(fmt.Sprintf("%s.entries[%d]", at, i), p.Path, p.Entries[i])
	}
	return err
}

func (k *checker) entry(at, place string, e Entry) error {
	if err := cmp.Or(name(at+".id", e.ID), text(at+".carrier", e.Carrier), finite(at+".emissions", e.Emissions)); err != nil {
		return err
	}
	if other, seen := k.owner[e.ID]; seen {
		return fault(at+".id", "%q is an entry of %s; every entry has an id of its own", e.ID, other)
	}
	if k.owner[e.ID] = place; len(k.owner) > maxEntries {
		return fault(at, "more than %d entries", maxEntries)
	}
	if e.Scope != 1 && e.Scope != 2 {
		return fault(at+".scope", "%d; 1 or 2: one place's scope 3 is another's scope 1 or 2", e.Scope)
	}
	if e.Basis != method.Location && e.Basis != method.Market && e.Basis != method.Both {
		return fault(at+".basis", "%.40q; location, market or both", e.Basis)
	}
	return nil
}

func (k *checker) transfer(at string, t Transfer) error {
	if err := cmp.Or(name(at+".id", t.ID), k.once(k.passes, at+".id", t.ID), k.known(at+".from", t.From), k.known(at+".to", t.To), name(at+".carrier", t.Carrier),
		text(at+".unit", t.Unit), finite(at+".amount", t.Amount), tonnes(at+".carbon", t.Carbon)); err != nil {
		return err
	}
	if t.From == t.To {
		return fault(at+".to", "%s hands to itself; leave the transfer out", t.To)
	}
	if t.Amount < 0 || t.Carbon.Location < 0 || t.Carbon.Market < 0 {
		return fault(at, "amount and carbon are not below zero; turn from and to round")
	}
	if !slices.Contains([]Treatment{Kept, Deducted, LeftOut, Traced}, t.Treatment) {
		return fault(at+".treatment", "%.40q; kept, deducted, left_out or traced", t.Treatment)
	}
	if t.Treatment == Deducted && len(t.Supplier) == 0 {
		return fault(at+".supplier", "is empty; name the entries that take it off")
	}
	if err := k.parts(at+".buyer", t.To, t.Buyer, k.shares, t.Treatment != Traced); err != nil {
		return err
	}
	return k.parts(at+".supplier", t.From, t.Supplier, k.sold, t.Treatment == Deducted)
}

// parts checks entries that a transfer names; no entry is taken off more than once.
func (k *checker) parts(at, place string, list []Part, sum map[string]float64, off bool) error {
	if len(list) > maxEntries/100 {
		return fault(at, "%d entries; at most %d", len(list), maxEntries/100)
	}
	for i, p := range list {
		here := fmt.Sprintf("%s[%d]", at, i)
		if owner, there := k.owner[p.Entry]; !there || owner != place {
			return fault(here+".entry", "%.80q is no entry of %s", p.Entry, place)
		}
		if !(p.Share >= 0 && p.Share <= 1) {
			return fault(here+".share", "%v; above 0 to 1", p.Share)
		}
		if !off {
			continue
		}
		if sum[p.Entry] += p.share(); sum[p.Entry] > 1+shareRound {
			return fault(here+".share", "transfers take %v of entry %s; 1 is all of it", sum[p.Entry], p.Entry)
		}
	}
	return nil
}

func (k *checker) once(seen map[string]bool, at, id string) error {
	if seen[id] {
		return fault(at, "%q stands twice", id)
	}
	seen[id] = true
	return nil
}

func (k *checker) known(at, place string) error {
	if !k.places[place] {
		return fault(at, "%.80q is no path of places", place)
	}
	return nil
}

func name(at, s string) error {
	if s == "" {
		return fault(at, "is empty")
	}
	return text(at, s)
}

func text(at, s string) error {
	if utf8.RuneCountInString(s) > maxText {
		return fault(at, "longer than %d characters", maxText)
	}
	return nil
}

func finite(at string, x float64) error {
	if math.IsNaN(x) || math.Abs(x) > maxTonnes {
		return fault(at, "%v; a number up to %g", x, maxTonnes)
	}
	return nil
}

func tonnes(at string, t Tonnes) error {
	return cmp.Or(finite(at+".location", t.Location), finite(at+".market", t.Market))
}
