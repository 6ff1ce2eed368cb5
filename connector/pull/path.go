package pull

import (
	"errors"
	"fmt"
	"strings"

	"github.com/theory/jsonpath"
)

// path is a JSONPath (RFC 9535) that costs no more than a few times the answer's size.
type path struct{ *jsonpath.Path }

const maxPath = 1000

// parsePath reads a path. What could select more than there is, many times over, is
// refused: two "..", ".." beside a filter, filters that look at the whole answer, and more
// than four commas.
func parsePath(text string) (*path, error) {
	if len(text) > maxPath {
		return nil, fmt.Errorf("the path has %d bytes; at most %d", len(text), maxPath)
	}
	p, err := jsonpath.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%.200q is no JSONPath, such as $.data[*]: %v", text, err)
	}
	bare := withoutTexts(text)
	deep := strings.Count(bare, "..")
	if deep > 1 || deep == 1 && strings.Contains(bare, "?") || strings.Count(bare, "$") > 1 || strings.Count(bare, ",") > 4 {
		return nil, errors.New(`the path may cost too much: write ".." once and without a filter, "$" at the beginning only, and at most four commas`)
	}
	return &path{p}, nil
}

// withoutTexts is a path without its quoted texts.
func withoutTexts(path string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == 0:
			b.WriteByte(c)
		case c == '\\':
			i++
		case c == quote:
			quote = 0
		}
	}
	return b.String()
}

// one is what the path selects: at most one thing.
func (p *path) one(from any) (v any, there bool, err error) {
	list := p.Select(from)
	switch len(list) {
	case 0:
		return nil, false, nil
	case 1:
		return list[0], true, nil
	}
	return nil, false, fmt.Errorf("%s selects %d things; write a path that selects one", p, len(list))
}
