package parkfile

import (
	"reflect"
	"strings"
	"sync"
)

// form is what a park file may hold at a struct: its keys in order, and those
// that must be there.
type form struct {
	keys     []string
	index    map[string]int // key → field of the struct
	required []string
}

var forms sync.Map // reflect.Type → *form

// formOf reads the yaml tags of a struct; a key without omitempty is required.
// Names are checked apart, since either language will do.
func formOf(t reflect.Type) *form {
	if f, ok := forms.Load(t); ok {
		return f.(*form)
	}
	f := &form{index: make(map[string]int)}
	for i := range t.NumField() {
		key, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		f.keys = append(f.keys, key)
		f.index[key] = i
		if options == "" && t != nameType {
			f.required = append(f.required, key)
		}
	}
	forms.Store(t, f)
	return f
}
