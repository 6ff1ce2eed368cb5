package park

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"lingtan/period"
)

// Version is a document as it became known: the clock of recorded time. What holds
// on which day is written inside the document (Valid): the clock of valid time.
type Version struct {
	Number     int       `json:"number"` // 1, 2, …
	Hash       string    `json:"hash"`   // Document.Hash
	RecordedAt time.Time `json:"recorded_at"`
	Author     string    `json:"author"`
	Document   *Document `json:"document,omitempty"`
}

// Contains says whether day lies in the span. A side that is open, or not a date,
// does not bound it.
func (v Valid) Contains(day period.Day) bool {
	from, to := v.Days()
	return from <= day && day < to
}

// Days is the span as [from, to); an open side is the first or last day there is.
func (v Valid) Days() (from, to period.Day) {
	from, to = -1<<31, 1<<31-1
	if v.From != "" { // an empty side is common, and the fault of an empty day costs more than the rest
		if d, err := period.ParseDay(v.From); err == nil {
			from = d
		}
	}
	if v.To != "" {
		if d, err := period.ParseDay(v.To); err == nil {
			to = d
		}
	}
	return from, to
}

// At is the document restricted to what is valid on a day: organizations,
// equipment, registers, edges and tariffs whose span holds it. Points left without
// a register go, and edges whose register went. What still refers to an element
// that went keeps its reference. The document itself is not changed.
func (d *Document) At(day period.Day) *Document {
	out := *d
	out.Organizations = keep(d.Organizations, func(e Organization) bool { return e.Valid.Contains(day) })
	out.Equipment = keep(d.Equipment, func(e Equipment) bool { return e.Valid.Contains(day) })
	out.Tariffs = keep(d.Tariffs, func(e Tariff) bool { return e.Valid.Contains(day) })
	gone := make(map[string]bool)
	out.Points = nil
	for _, p := range d.Points {
		id := p.ID
		p.Registers = keep(p.Registers, func(r Register) bool {
			in := r.Valid.Contains(day)
			gone[id+"."+r.ID] = !in
			return in
		})
		if len(p.Registers) > 0 {
			out.Points = append(out.Points, p)
		}
	}
	out.Network.Edges = keep(d.Network.Edges, func(e Edge) bool { return e.Valid.Contains(day) && !gone[e.Register] })
	return &out
}

func keep[E any](list []E, in func(E) bool) []E {
	var out []E
	for _, e := range list {
		if in(e) {
			out = append(out, e)
		}
	}
	return out
}

// Change is one difference between two documents. Old is empty for what was added,
// New for what was removed; both are canonical YAML.
type Change struct {
	Path string `json:"path"` // elements by their identifier: points[hall].registers[use].ct
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Difference lists what differs from a to b, in the order of the document: whole
// elements that were added or removed, and single values that changed. An element
// is known by its identifier, so that moving it in its list changes nothing.
func Difference(a, b *Document) []Change {
	var list []Change
	compare(reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem(), "", &list)
	return list
}

func compare(a, b reflect.Value, at string, list *[]Change) {
	switch {
	case reflect.DeepEqual(a.Interface(), b.Interface()):
	case a.Kind() == reflect.Pointer && a.Type().Elem().Kind() == reflect.Struct && !onLine[a.Type().Elem()] && !a.IsNil() && !b.IsNil():
		compare(a.Elem(), b.Elem(), at, list)
	case a.Kind() == reflect.Slice && a.Type().Elem().Kind() == reflect.Struct:
		compareLists(a, b, at, list)
	case a.Kind() == reflect.Struct && a.Type() != instant && !onLine[a.Type()]:
		for i := range a.NumField() {
			key, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
			if at != "" {
				key = at + "." + key
			}
			compare(a.Field(i), b.Field(i), key, list)
		}
	default:
		if c := (Change{Path: at, Old: text(a), New: text(b)}); c.Old != c.New {
			*list = append(*list, c)
		}
	}
}

// compareLists pairs the elements of two lists by what names them.
func compareLists(a, b reflect.Value, at string, list *[]Change) {
	before, after := named(a), named(b)
	for _, id := range before.ids {
		old := a.Index(before.at[id])
		here := at + "[" + id + "]"
		if j, ok := after.at[id]; ok {
			compare(old, b.Index(j), here, list)
			continue
		}
		*list = append(*list, Change{Path: here, Old: text(old)})
	}
	for _, id := range after.ids {
		if _, ok := before.at[id]; !ok {
			*list = append(*list, Change{Path: at + "[" + id + "]", New: text(b.Index(after.at[id]))})
		}
	}
}

// byName is where the elements of a list stand, by name, and the names in order.
type byName struct {
	at  map[string]int
	ids []string
}

// named names each element by its first key (id, dataset, period, at). Where names
// are doubled, their place tells them apart.
func named(v reflect.Value) byName {
	n := byName{at: make(map[string]int, v.Len())}
	for i := range v.Len() {
		var id string
		switch first := v.Index(i).Field(0); first.Kind() {
		case reflect.String:
			id = first.String()
		default:
			id = first.Interface().(time.Time).UTC().Format(time.RFC3339)
		}
		if _, taken := n.at[id]; taken || id == "" {
			id = fmt.Sprint(id, "#", strconv.Itoa(i))
		}
		n.at[id] = i
		n.ids = append(n.ids, id)
	}
	return n
}

// text is a value as canonical YAML, empty when there is none.
func text(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	} else if v.IsZero() && v.Kind() != reflect.Bool && v.Kind() != reflect.Float64 && v.Kind() != reflect.Int {
		return ""
	}
	w := writer{}
	if v.Kind() == reflect.Struct && v.Type() != instant && !onLine[v.Type()] {
		w.block(v, 0)
	} else {
		w.line(v)
	}
	return strings.TrimSuffix(w.String(), "\n")
}
