package opcua

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gopcua/opcua/ua"
)

// Limits on what a device list may ask for.
const (
	mostNodes = 20_000 // of a device
	longName  = 120    // of a value, in bytes: as in the device list
	longID    = 1000   // of a node, in bytes
	mostIndex = 65_534
)

// node is a value of a device: its name and where it stands at the server.
type node struct {
	name  string
	text  string  // its id as written, without an index
	index int     // of the element of an array; -1 = none
	scale float64 // that the value is multiplied by
}

// parseNode reads a node id, such as ns=2;s=Plant.P, ns=3;i=1001, i=2258,
// ns=2;g=<GUID>, ns=2;b=<base64> or nsu=<URI>;s=Plant.P. The element of an array
// stands behind it in brackets: ns=2;s=x[3].
func parseNode(name, text string) (node, error) {
	n := node{name: name, text: text, index: -1, scale: 1}
	switch {
	case name == "" || len(name) > longName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return node{}, fmt.Errorf("name %.150q; 1 to %d bytes without control characters", name, longName)
	case len(text) > longID:
		return node{}, fmt.Errorf("node %s: an id of %d bytes; at most %d", name, len(text), longID)
	}
	if open := strings.LastIndexByte(text, '['); open > 0 && strings.HasSuffix(text, "]") {
		if i, err := strconv.ParseUint(text[open+1:len(text)-1], 10, 16); err == nil && i <= mostIndex {
			n.text, n.index = text[:open], int(i)
		}
	}
	if _, err := nodeID(n.text, nil); err != nil {
		return node{}, fmt.Errorf("node %s: %w", name, err)
	}
	return n, nil
}

// nodeID is the id of a node. A namespace that is named by its URI is looked up in
// the namespaces of a server; without them, any will do.
func nodeID(text string, namespaces []string) (*ua.NodeID, error) {
	wrong := fmt.Errorf("node id %.200q; write it as ns=2;s=Plant.P, ns=3;i=1001, i=2258, ns=2;g=<GUID>, ns=2;b=<base64> or nsu=<URI>;s=Plant.P", text)
	space, rest := uint16(0), text
	switch head, tail, found := strings.Cut(text, ";"); {
	case found && strings.HasPrefix(head, "nsu="):
		at := slices.Index(namespaces, head[4:])
		if namespaces != nil && at < 0 {
			return nil, fmt.Errorf("the server has no namespace %.200q; it has %.500s", head[4:], strings.Join(namespaces, ", "))
		}
		space, rest = uint16(max(at, 0)), tail
	case found && strings.HasPrefix(head, "ns="):
		n, err := strconv.ParseUint(head[3:], 10, 16)
		if err != nil {
			return nil, wrong
		}
		space, rest = uint16(n), tail
	}
	if len(rest) < 3 {
		return nil, wrong
	}
	switch kind, value := rest[:2], rest[2:]; kind {
	case "s=":
		return ua.NewStringNodeID(space, value), nil
	case "i=":
		if n, err := strconv.ParseUint(value, 10, 32); err == nil {
			return ua.NewNumericNodeID(space, uint32(n)), nil
		}
	case "g=":
		if b, err := hex.DecodeString(strings.ReplaceAll(value, "-", "")); err == nil && len(b) == 16 {
			return ua.NewGUIDNodeID(space, value), nil
		}
	case "b=":
		if b, err := base64.StdEncoding.DecodeString(value); err == nil {
			return ua.NewByteStringNodeID(space, b), nil
		}
	}
	return nil, wrong
}

// parseList reads a list of nodes, one a line: name = node id. Empty lines and lines
// that begin with # say nothing.
func parseList(text string) ([]node, error) {
	var list []node
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, id, found := strings.Cut(line, "=")
		if !found {
			return nil, fmt.Errorf("line %d: %.100q; write name = node id", i+1, line)
		}
		n, err := parseNode(strings.TrimSpace(name), strings.TrimSpace(id))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if list = append(list, n); len(list) > mostNodes {
			return nil, fmt.Errorf("more than %d nodes", mostNodes)
		}
	}
	return list, nil
}

// unite sorts nodes by name; two of one name are refused.
func unite(list []node) error {
	slices.SortFunc(list, func(a, b node) int { return cmp.Compare(a.name, b.name) })
	if len(list) > mostNodes {
		return fmt.Errorf("%d nodes; at most %d in a device", len(list), mostNodes)
	}
	for i := 1; i < len(list); i++ {
		if list[i].name == list[i-1].name {
			return fmt.Errorf("two nodes of the name %s", list[i].name)
		}
	}
	return nil
}
