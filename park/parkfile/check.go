package parkfile

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	_ "time/tzdata" // a machine without a zone database must read the same calendar
	"unicode/utf8"

	"lingtan/park"
	"lingtan/period"
	"lingtan/quantity"
)

// Check says all that is wrong with the meaning of a document: identifiers,
// references, units, spans of days, the energy network. Faults carry no line and
// column, since a document has no text; Parse adds them.
func Check(doc *park.Document) Faults {
	c := &check{doc: doc, guesses: 2_000_000, makes: make(map[[4]string]bool)}
	c.plain(reflect.ValueOf(doc).Elem(), nil)
	c.index()
	c.park()
	c.assembly()
	c.organizations()
	c.sites()
	c.carriers()
	c.points()
	c.network()
	c.products()
	c.tariffs()
	c.instruments()
	return c.faults
}

// check is one pass over a document.
type check struct {
	doc          *park.Document
	faults       Faults
	guesses      int // comparisons of words left for suggestions
	zone         *time.Location
	datasets     names
	organization names
	site         names
	equipment    names
	carrier      names
	node         names
	register     names // "point.register"
	registers    []registerAt
	makes        map[[4]string]bool // quantity, kind, unit and carrier that were found to belong together
}

// registerAt is a register with its key and its place.
type registerAt struct {
	*park.Register
	key string
	at  *path
}

// names are the identifiers of one list, in order.
type names struct {
	at   map[string]int
	list []string
}

// find is the place of an identifier in its list, −1 when it is not there.
func (n names) find(id string) int {
	if i, ok := n.at[id]; ok {
		return i
	}
	return -1
}

func (c *check) fault(at *path, code, zh, en string) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, Fault{Path: at.String(), Code: code, Message: park.Name{ZH: zh, EN: en}})
	}
}

var (
	nameType  = reflect.TypeFor[park.Name]()
	validType = reflect.TypeFor[park.Valid]()
)

// plain checks what holds for every value: texts are short and without control
// characters, numbers finite, required texts there, lists not endless.
func (c *check) plain(v reflect.Value, at *path) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.plain(v.Elem(), at)
		}
	case reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			c.fault(at, codeNumber, "应为有限的数", "must be a finite number")
		}
	case reflect.String:
		c.text(v.String(), at, maxText)
	case reflect.Slice:
		c.elements(v, at)
	case reflect.Struct:
		c.fields(v, at)
	}
}

func (c *check) fields(v reflect.Value, at *path) {
	switch v.Type() {
	case nameType:
		c.name(v.Interface().(park.Name), at)
		return
	case validType:
		c.valid(v.Interface().(park.Valid), at)
		return
	case timeType:
		return
	}
	form := formOf(v.Type())
	for i, key := range form.keys {
		c.plain(v.Field(i), at.field(key))
	}
	for _, key := range form.required {
		if f := v.Field(form.index[key]); f.Kind() == reflect.String && strings.TrimSpace(f.String()) == "" {
			c.fault(at.field(key), codeMissing, "「"+key+"」为空；请填写", quote(key)+" is empty; fill it in")
		}
	}
}

func (c *check) elements(v reflect.Value, at *path) {
	most := maxPerElement
	if at.up == nil {
		most = map[string]int{"points": maxPoints, "carriers": maxCarriers, "organizations": maxOrganizations}[at.key]
	}
	if most == 0 || at.up != nil && at.up.up == nil && at.up.key == "network" {
		most = maxElements
	}
	if v.Len() > most {
		c.fault(at, codeMany, fmt.Sprintf("有 %d 项；上限 %d", v.Len(), most), fmt.Sprintf("%d entries; at most %d", v.Len(), most))
		return
	}
	for i := range v.Len() {
		c.plain(v.Index(i), at.item(i))
	}
}

func (c *check) text(s string, at *path, most int) {
	if n := utf8.RuneCountInString(s); n > most {
		c.fault(at, codeLong, fmt.Sprintf("文本有 %d 个字符；上限 %d", n, most), fmt.Sprintf("the text has %d characters; at most %d", n, most))
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, control) {
		c.fault(at, codeText, "文本含控制字符或换行；请写成一行", "the text has a control character or a line break; write it on one line")
	}
}

func (c *check) name(n park.Name, at *path) {
	most := maxText
	if at.key == "note" || at.key == "why" || at.key == "shift" {
		most = maxNote
	}
	if strings.TrimSpace(n.ZH) == "" && strings.TrimSpace(n.EN) == "" {
		c.fault(at, codeMissing, "「"+at.key+"」缺少文本；请写 zh 或 en，最好两者都写", quote(at.key)+" has no text; write zh or en, best both")
	}
	c.text(n.ZH, at.field("zh"), most)
	c.text(n.EN, at.field("en"), most)
}

// valid checks a span of days [from, to).
func (c *check) valid(v park.Valid, at *path) {
	from, fromOK := c.day(v.From, at.field("from"))
	to, toOK := c.day(v.To, at.field("to"))
	if fromOK && toOK && v.From != "" && v.To != "" && from >= to {
		c.fault(at, codeValid, "起始日 "+v.From+" 不早于终止日 "+v.To+"（终止日不含在内）", "from "+v.From+" is not before to "+v.To+" (to is not included)")
	}
}

func (c *check) day(s string, at *path) (period.Day, bool) {
	if s == "" {
		return 0, true
	}
	d, err := period.ParseDay(s)
	if err != nil {
		c.fault(at, codeValid, "「"+clip(s)+"」不是日期；写作 2018-03-05", quote(s)+" is not a date; write it like 2018-03-05")
	}
	return d, err == nil
}

// word checks that a value is one of the words allowed; an empty one is found by plain.
func (c *check) word(value string, words []string, at *path) bool {
	for _, w := range words {
		if w == value {
			return true
		}
	}
	if value != "" {
		zh, en := c.meant(value, words)
		c.fault(at, codeWord, "「"+clip(value)+"」不是可用的值"+zh, quote(value)+" is not a value allowed here"+en)
	}
	return false
}

// refer checks that value names an element of a list; kind is that list's noun.
func (c *check) refer(value string, to names, kind park.Name, at *path) bool {
	if value == "" {
		return false
	}
	if _, ok := to.at[value]; ok {
		return true
	}
	zh, en := c.meant(value, to.list)
	c.fault(at, codeReference, "没有"+kind.ZH+"「"+clip(value)+"」"+zh, "there is no "+kind.EN+" "+quote(value)+en)
	return false
}

// meant offers the nearest word while the effort for suggestions lasts.
func (c *check) meant(word string, words []string) (zh, en string) {
	if c.guesses -= len(words); c.guesses < 0 {
		return "", ""
	}
	return meant(word, words)
}

// unit reads a unit; ok is false when it is empty or unknown.
func (c *check) unit(s string, at *path) (u quantity.Unit, ok bool) {
	if s == "" {
		return u, false
	}
	u, err := quantity.Parse(s)
	if err != nil {
		zh, en := "", ""
		if near := nearest(s, commonUnits); near != "" {
			zh, en = "；是否应为「"+near+"」？", "; did you mean "+quote(near)+"?"
		}
		c.fault(at, codeUnit, "未知的单位「"+clip(s)+"」"+zh, "unknown unit "+quote(s)+en)
	}
	return u, err == nil
}

// amount checks that a number is not negative.
func (c *check) amount(x float64, at *path) {
	if x < 0 {
		c.fault(at, codeNumber, fmt.Sprintf("%g 为负；应不小于 0", x), fmt.Sprintf("%g is negative; must be 0 or more", x))
	}
}
