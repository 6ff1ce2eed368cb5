package ingest

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"

	"lingtan/connector"
)

// ListFormat is the format of a device list; docs/formats/devices.md describes it.
const ListFormat = "lingtan.devices/v1"

// Limits of a device list.
const (
	maxListSize = 8 << 20
	maxKeys     = 300_000 // in the whole file
	maxTokens   = 2_000_000
	maxBrackets = 8
	maxBeside   = 2_000 // keys of one mapping
	maxEntries  = 5_000 // in one pair of brackets
	maxIndent   = 100
	maxDevices  = 50_000
	maxFaults   = 1000
)

// List is the device list of a park.
type List struct {
	Format   string             `yaml:"format" json:"format"`
	Devices  []connector.Device `yaml:"devices" json:"devices"`
	Mappings []Mapping          `yaml:"mappings,omitempty" json:"mappings,omitempty"` // of devices that are not in the list
}

// Mapping gives a value of a device that is not in the list, such as one behind a
// gateway that names it, its register.
type Mapping struct {
	Device   string `yaml:"device" json:"device"`
	Name     string `yaml:"name" json:"name"`
	Register string `yaml:"register" json:"register"`
}

// Fault is one thing that is wrong in a device list.
type Fault struct {
	Line   int    `json:"line,omitempty"`   // from 1; 0 when the list has no text
	Column int    `json:"column,omitempty"` // from 1
	Path   string `json:"path"`             // devices[3].map.kwh; empty for the whole file
	ZH     string `json:"zh"`
	EN     string `json:"en"`
}

// Faults are all faults of a device list, by position. They wrap connector.ErrConfig.
type Faults []Fault

// Error lists the faults one a line; it names at most 20 of them.
func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "device list: %d faults", len(f))
	for i, one := range f {
		if i == 20 {
			fmt.Fprintf(&b, "\n… and %d more", len(f)-i)
			break
		}
		fmt.Fprintf(&b, "\n%d:%d: %s: %s · %s", one.Line, one.Column, one.Path, one.ZH, one.EN)
	}
	return b.String()
}

// Unwrap makes errors.Is find connector.ErrConfig.
func (f Faults) Unwrap() error { return connector.ErrConfig }

// ParseList reads a device list, YAML or JSON of at most 8 MiB, and checks it against
// the registers of its park; registered nil leaves that check out. The error is Faults.
// Keys must be known; anchors, aliases, tags and merge keys are refused.
func ParseList(data []byte, registered func(key string) bool) (List, error) {
	root, err := readYAML(data)
	if err != nil {
		return List{}, err
	}
	var list List
	if err := yaml.NodeToValue(root, &list, yaml.DisallowUnknownField()); err != nil {
		if at := badDuration(root); at != nil {
			return List{}, atToken(at, "时长应如 15s、1m、2h", fmt.Sprintf("%.40q is not a duration such as 15s, 1m or 2h", at.Value))
		}
		return List{}, yamlFault(err)
	}
	c := checker{root: root, registered: registered}
	c.list(&list)
	if len(c.faults) > 0 {
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return (a.Line-b.Line)*1_000_000 + a.Column - b.Column })
		return List{}, c.faults
	}
	return list, nil
}

// YAML is the list as a file that ParseList reads.
func (l List) YAML() ([]byte, error) {
	l.Format = ListFormat
	if l.Devices == nil {
		l.Devices = []connector.Device{}
	}
	return yaml.Marshal(l)
}

// readYAML is the syntax tree of a file; its tokens are checked first, so that the
// recursive reader never sees what it could drown in.
func readYAML(data []byte) (root ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // a defect of the YAML reader must not take the server down
			root, err = nil, whole("YAML 无法读取；请检查缩进与引号", fmt.Sprintf("the YAML cannot be read (%.80v); check indentation and quotes", r))
		}
	}()
	if len(data) > maxListSize {
		return nil, whole(fmt.Sprintf("文件有 %d 字节；上限 8 MiB", len(data)), fmt.Sprintf("the file has %d bytes; at most 8 MiB", len(data)))
	}
	if !utf8.Valid(data) {
		return nil, whole("不是 UTF-8 文本；请以 UTF-8 保存", "not UTF-8 text; save the file as UTF-8")
	}
	tokens, err := tokenize(string(data))
	if err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, yamlFault(err)
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			return nil, whole("文件里有多个 YAML 文档；应恰有一个", "several YAML documents in the file; there must be exactly one")
		}
		root = doc.Body
	}
	if root == nil {
		return nil, whole("文件为空", "the file is empty")
	}
	return root, nil
}

func whole(zh, en string) Faults { return Faults{{Line: 1, Column: 1, ZH: zh, EN: en}} }

func yamlFault(err error) Faults {
	f := Fault{Line: 1, Column: 1}
	text := err.Error()
	var at yaml.Error
	if errors.As(err, &at) {
		text = at.GetMessage()
		if t := at.GetToken(); t != nil && t.Position != nil {
			f.Line, f.Column = max(1, t.Position.Line), max(1, t.Position.Column)
		}
	}
	text = strings.ToValidUTF8(text[:min(len(text), 200)], "")
	f.ZH, f.EN = "YAML 有误："+text, text+"; see docs/formats/devices.md for the keys"
	return Faults{f}
}

// badDuration is the first value of a time key that is no duration; the reader's own
// error does not say where it stands.
func badDuration(root ast.Node) *token.Token {
	var bad *token.Token
	ast.Walk(durations(func(t *token.Token) {
		if bad == nil {
			bad = t
		}
	}), root)
	return bad
}

// durations calls itself with every value of a time key that is no duration.
type durations func(*token.Token)

// Visit is called with every node of the tree.
func (d durations) Visit(n ast.Node) ast.Visitor {
	v, ok := n.(*ast.MappingValueNode)
	if !ok || !slices.Contains([]any{"interval", "every", "timeout"}, keyOf(v)) {
		return d
	}
	if s, text := v.Value.(*ast.StringNode); text {
		if _, err := time.ParseDuration(s.Value); err != nil {
			d(s.GetToken())
		}
	}
	return d
}

var notUsed = map[token.Type]string{token.AnchorType: "&", token.AliasType: "*", token.TagType: "!",
	token.MergeKeyType: "<<", token.MappingKeyType: "?", token.DirectiveType: "%"}

// tokenize cuts the text into tokens and bounds how deep they can nest: brackets by
// their count, blocks by the indent, and a line by its dashes and colons.
func tokenize(text string) (token.Tokens, error) {
	var (
		s      scanner.Scanner
		tokens token.Tokens
		depth  depth
	)
	s.Init(text)
	for {
		some, err := s.Scan()
		if errors.Is(err, io.EOF) {
			return tokens, nil
		}
		known := len(tokens)
		tokens.Add(some...)
		if err != nil { // it comes with a token that says what is wrong; the reader tells it
			return tokens, nil
		}
		for _, t := range tokens[known:] {
			if t == nil || t.Position == nil {
				continue
			}
			if sign, no := notUsed[t.Type]; no {
				return nil, atToken(t, "「"+sign+"」不用于设备清单；请写全，或加引号", sign+" is not used in device lists; write it out, or quote the text that holds it")
			}
			if !depth.pass(t) || len(tokens) > maxTokens {
				return nil, atToken(t, "嵌套过深或键过多", fmt.Sprintf("nested too deep or too many keys; at most %d brackets with %d entries, %d columns of indent, one key a line, %d keys in one mapping, %d in all",
					maxBrackets, maxEntries, maxIndent, maxBeside, maxKeys))
			}
		}
	}
}

func atToken(t *token.Token, zh, en string) Faults {
	return Faults{{Line: max(1, t.Position.Line), Column: max(1, t.Position.Column), ZH: zh, EN: en}}
}

// depth follows how deep the tokens stand, and how many stand beside each other: the
// YAML reader takes time by the square of either.
type depth struct {
	open, line, dashes, colons, total int
	column                            int                  // of the key or dash seen last outside of brackets
	keys                              [maxIndent + 2]int   // of the mapping that stands at a column
	entries                           [maxBrackets + 1]int // within the brackets open now
}

func (d *depth) pass(t *token.Token) bool {
	if t.Position.Line != d.line && d.open == 0 {
		d.line, d.dashes, d.colons = t.Position.Line, 0, 0
	}
	column := t.Position.Column
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		if d.open++; d.open > maxBrackets {
			return false
		}
		d.colons, d.dashes, d.entries[d.open] = 0, 0, 0
	case token.MappingEndType, token.SequenceEndType:
		d.open, d.colons, d.dashes = max(0, d.open-1), 0, 0
	case token.CollectEntryType:
		d.colons, d.dashes = 0, 0
		d.entries[d.open]++
	case token.SequenceEntryType:
		d.dashes++
		return d.dashes <= 2 && d.block(column, 0)
	case token.MappingValueType:
		d.colons, d.total = d.colons+1, d.total+1
		if t.Prev != nil {
			column = t.Prev.Position.Column
		}
		return d.colons <= 2 && d.total <= maxKeys && d.block(column, 1)
	}
	return d.entries[d.open] <= maxEntries
}

// block counts a key, or a dash, at a column outside of brackets; it ends every
// mapping to the right of it.
func (d *depth) block(column, keys int) bool {
	if d.open > 0 {
		return true
	}
	if column < 0 || column > maxIndent {
		return false
	}
	for i := column + 1; i <= d.column; i++ {
		d.keys[i] = 0
	}
	d.column = column
	d.keys[column] += keys
	return d.keys[column] <= maxBeside
}

// checker finds what is wrong in a list, with its place in the file.
type checker struct {
	root       ast.Node
	registered func(string) bool
	faults     Faults
}

// fault notes what is wrong at a path of keys (string) and indices (int).
func (c *checker) fault(path []any, zh, en string) {
	if len(c.faults) >= maxFaults {
		return
	}
	f := Fault{Path: pathText(path), ZH: zh, EN: en}
	f.Line, f.Column = locate(c.root, path)
	c.faults = append(c.faults, f)
}

func pathText(path []any) string {
	var b strings.Builder
	for _, step := range path {
		switch x := step.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(x) + "]")
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(x[:min(len(x), 100)])
		}
	}
	return b.String()
}

// locate is where a path stands, or the nearest that holds it: a key's place.
func locate(n ast.Node, path []any) (line, column int) {
	at := n.GetToken()
	for _, step := range path {
		if n == nil {
			break
		}
		next, here := child(n, step)
		if here == nil {
			break
		}
		n, at = next, here
	}
	if at == nil || at.Position == nil {
		return 1, 1
	}
	return at.Position.Line, at.Position.Column
}

// child is the node one step below, and the token at which it begins.
func child(n ast.Node, step any) (ast.Node, *token.Token) {
	switch x := n.(type) {
	case *ast.SequenceNode:
		if i, ok := step.(int); ok && i < len(x.Values) && x.Values[i] != nil {
			return x.Values[i], begin(x.Values[i])
		}
	case *ast.MappingNode:
		for _, v := range x.Values {
			if keyOf(v) == step {
				return v.Value, v.Key.GetToken()
			}
		}
	case *ast.MappingValueNode:
		if keyOf(x) == step {
			return x.Value, x.Key.GetToken()
		}
	}
	return nil, nil
}

// begin is where a value begins: a mapping at its first key.
func begin(n ast.Node) *token.Token {
	switch x := n.(type) {
	case *ast.MappingNode:
		if len(x.Values) > 0 {
			return x.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return x.Key.GetToken()
	}
	return n.GetToken()
}

func keyOf(v *ast.MappingValueNode) any {
	if s, ok := v.Key.(ast.ScalarNode); ok {
		return fmt.Sprint(s.GetValue())
	}
	return v.Key.String()
}

// Protocols are the words of a device's protocol.
var Protocols = []string{"modbus", "dlt645", "cjt188", "hj212", "opcua", "iec104", "mqtt", "http", "ocpp", "file", "pull", "gateway"}

var (
	idForm    = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	tokenForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func (c *checker) list(l *List) {
	if l.Format != ListFormat {
		c.fault([]any{"format"}, "应为 format: "+ListFormat, fmt.Sprintf("format is %.40q; write format: %s", l.Format, ListFormat))
	}
	if n := len(l.Devices) + len(l.Mappings); n > maxDevices {
		c.fault([]any{"devices"}, fmt.Sprintf("设备与映射共 %d 项；上限 %d", n, maxDevices), fmt.Sprintf("%d devices and mappings; at most %d", n, maxDevices))
		return
	}
	seen := make(map[string]bool, len(l.Devices))
	for i := range l.Devices {
		d := &l.Devices[i]
		if seen[d.ID] {
			c.fault([]any{"devices", i, "id"}, "设备编号重复："+d.ID, fmt.Sprintf("device %q is in the list twice", d.ID))
		}
		seen[d.ID] = true
		c.device([]any{"devices", i}, d)
	}
	for i := range l.Devices { // a gateway may stand after the devices behind it
		if d := &l.Devices[i]; d.Gateway != "" && (!seen[d.Gateway] || d.Gateway == d.ID) {
			c.fault([]any{"devices", i, "gateway"}, "清单中没有网关 "+d.Gateway, fmt.Sprintf("gateway %.80q is no other device of the list", d.Gateway))
		}
	}
	pairs := make(map[source]bool, len(l.Mappings))
	for i, m := range l.Mappings {
		at := []any{"mappings", i}
		if seen[m.Device] {
			c.fault(append(at, "device"), "设备 "+m.Device+" 在清单中；请写入其 map", fmt.Sprintf("device %s is in the list; write the name into its map", m.Device))
		}
		if pairs[source{m.Device, m.Name}] {
			c.fault(append(at, "name"), "映射重复", fmt.Sprintf("%q of %q is mapped twice", m.Name, m.Device))
		}
		pairs[source{m.Device, m.Name}] = true
		if !isSender(m.Device) || !isName(m.Name) {
			c.fault(at, "device 与 name 应为 1 至 120 字节的文本；网关后的设备写作 网关/名称", "device and name must be texts of 1 to 120 bytes; a device behind a gateway is gateway/name")
		}
		c.register(append(at, "register"), m.Register)
	}
}

func (c *checker) register(at []any, key string) {
	if c.registered != nil && !c.registered(key) {
		c.fault(at, "园区没有寄存器 "+key, fmt.Sprintf("the park has no register %.120q", key))
	}
}

func (c *checker) device(at []any, d *connector.Device) {
	in := func(keys ...any) []any { return append(slices.Clone(at), keys...) }
	if !idForm.MatchString(d.ID) {
		c.fault(in("id"), "编号应为 1 至 64 个字母、数字、_ - .", fmt.Sprintf("id %.80q: 1 to 64 letters, digits, _ - .", d.ID))
	}
	if !slices.Contains(Protocols, d.Protocol) {
		c.fault(in("protocol"), "未知协议 "+d.Protocol+"；应为 "+strings.Join(Protocols, "、"), fmt.Sprintf("unknown protocol %.40q; one of %s", d.Protocol, strings.Join(Protocols, ", ")))
	}
	if d.Interval != 0 && (d.Interval < 100*time.Millisecond || d.Interval > 24*time.Hour) {
		c.fault(in("interval"), "轮询间隔应在 100ms 至 24h 之间", fmt.Sprintf("interval of %s; 100ms to 24h", d.Interval))
	}
	if d.Token != "" && !tokenForm.MatchString(d.Token) {
		c.fault(in("token"), "token 应为凭证的 SHA-256，64 位小写十六进制", "token must be the SHA-256 of the credential, 64 lower-case hexadecimal digits")
	}
	if len(d.Address) > 500 || len(d.Profile) > 200 || len(d.Options) > 100 || len(d.Map) > maxBeside || len(d.Write) > 1000 {
		c.fault(at, "过长：地址 500 字节、profile 200、options 100 项、map 2000 项、write 1000 项为上限",
			"too long: at most 500 bytes of address, 200 of profile, 100 options, 2,000 names in map, 1,000 in write")
	}
	for key, value := range d.Options {
		if len(value) > 4096 {
			c.fault(in("options", key), "选项超过 4096 字节", "an option of more than 4,096 bytes")
		}
	}
	for name, register := range d.Map {
		if !isName(name) {
			c.fault(in("map", name), "名称应为 1 至 120 字节的文本", "a name must be a text of 1 to 120 bytes")
		}
		c.register(in("map", name), register)
	}
	seen := map[string]bool{}
	for i, g := range d.Write {
		if seen[g.Name] {
			c.fault(in("write", i, "name"), "写入项重复", fmt.Sprintf("%q is granted twice", g.Name))
		}
		seen[g.Name] = true
		c.grant(in("write", i), g)
	}
}

func (c *checker) grant(at []any, g connector.Grant) {
	switch {
	case !isName(g.Name):
		c.fault(at, "name 应为 1 至 120 字节的文本", "name must be a text of 1 to 120 bytes")
	case math.IsNaN(g.Min) || math.IsNaN(g.Max) || math.IsInf(g.Min, 0) || math.IsInf(g.Max, 0):
		c.fault(at, "min 与 max 应为数", "min and max must be numbers")
	case g.Min > g.Max:
		c.fault(append(at, "min"), "min 大于 max", fmt.Sprintf("min %v is above max %v", g.Min, g.Max))
	case g.Every < 0 || g.Every > 31*24*time.Hour:
		c.fault(append(at, "every"), "every 应在 0 至 744h 之间", fmt.Sprintf("every %s; 0 to 744h", g.Every))
	case g.Timeout < 0 || g.Timeout > 5*time.Minute:
		c.fault(append(at, "timeout"), "timeout 应在 0 至 5m 之间", fmt.Sprintf("timeout %s; 0 to 5m", g.Timeout))
	}
}
