// Package parkfile reads, checks and describes park files: what is wrong in one, on
// which line, and what would be right.
package parkfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"

	"lingtan/park"
)

// MaxSize is the largest park file that Parse reads: 8 MiB.
const MaxSize = 8 << 20

const (
	maxDepth  = 32  // flow brackets within each other; a park file needs 6
	maxIndent = 200 // columns before a block key or entry
	maxTokens = 3_000_000
	maxKeys   = 100  // keys of one mapping; the largest in a park file has 17
	maxFaults = 1000 // faults kept of one file
)

// Parse reads a park file, YAML or JSON, and checks it. It returns the document,
// or all faults found in one pass, sorted by position, and no document. Keys must be
// known; anchors, aliases, tags and merge keys are refused, since each element of a
// park stands written out where it belongs. Comments are not kept.
func Parse(data []byte) (*park.Document, Faults) {
	root, fault := read(data)
	if fault != nil {
		return nil, Faults{*fault}
	}
	d := decoder{}
	doc := d.document(root)
	broken := make(map[string]bool, len(d.faults))
	for _, f := range d.faults {
		broken[f.Path] = true
	}
	for _, f := range Check(doc) {
		if within(f.Path, broken) || len(d.faults) >= maxFaults {
			continue
		}
		f.Line, f.Column = locate(root, f.Path)
		d.faults = append(d.faults, f)
	}
	if len(d.faults) > 0 {
		d.faults.sort()
		return nil, d.faults
	}
	return doc, nil
}

// within says whether a path or one above it is already known to be broken.
func within(at string, broken map[string]bool) bool {
	for {
		if broken[at] {
			return true
		}
		i := strings.LastIndexAny(at, ".[")
		if i < 0 {
			return false
		}
		at = at[:i]
	}
}

// read turns the text into a syntax tree. The text and its tokens are checked
// first, so that the recursive YAML reader never sees input it could drown in.
func read(data []byte) (root ast.Node, fault *Fault) {
	defer func() {
		if r := recover(); r != nil { // a defect of the YAML reader must not take the server down
			root = nil
			fault = &Fault{Line: 1, Column: 1, Code: codeSyntax, Message: park.Name{
				ZH: "YAML 无法读取；请检查缩进与引号",
				EN: fmt.Sprintf("the YAML cannot be read (%.80v); check indentation and quotes", r)}}
		}
	}()
	if f := checkText(data); f != nil {
		return nil, f
	}
	tokens, f := tokenize(string(data))
	if f != nil {
		return nil, f
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxFault(err)
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) == 1 {
		return bodies[0], nil
	}
	at := &token.Position{Line: 1, Column: 1}
	if len(bodies) > 1 {
		at = position(bodies[1])
	}
	return nil, &Fault{Line: at.Line, Column: at.Column, Code: codeDocuments, Message: park.Name{
		ZH: fmt.Sprintf("文件里有 %d 个 YAML 文档；应恰有一个", len(bodies)),
		EN: fmt.Sprintf("%d YAML documents in the file; there must be exactly one", len(bodies))}}
}

// checkText refuses what no park file holds: too many bytes, bytes that are not
// UTF-8, control characters.
func checkText(data []byte) *Fault {
	if len(data) > MaxSize {
		return &Fault{Line: 1, Column: 1, Code: codeSize, Message: park.Name{
			ZH: fmt.Sprintf("文件有 %d 字节；上限 %d（8 MiB）", len(data), MaxSize),
			EN: fmt.Sprintf("the file has %d bytes; at most %d (8 MiB)", len(data), MaxSize)}}
	}
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 || control(r) && r != '\n' && r != '\t' && r != '\r' {
			return &Fault{Line: line, Column: column, Code: codeText, Message: park.Name{
				ZH: fmt.Sprintf("字节 0x%02x 不是 UTF-8 文本；请以 UTF-8 保存文件", data[i]),
				EN: fmt.Sprintf("byte 0x%02x is not UTF-8 text; save the file as UTF-8", data[i])}}
		}
		i, column = i+n, column+1
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return nil
}

// control says whether r is a control or a line separator other than what YAML
// calls a line break: such a character has no place in a name.
func control(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

var refused = map[token.Type]park.Name{
	token.AnchorType:     {ZH: "锚点 &", EN: "an anchor (&)"},
	token.AliasType:      {ZH: "引用 *", EN: "an alias (*)"},
	token.TagType:        {ZH: "标签 !", EN: "a tag (!)"},
	token.MergeKeyType:   {ZH: "合并键 <<", EN: "a merge key (<<)"},
	token.MappingKeyType: {ZH: "复杂键 ?", EN: "a complex key (?)"},
	token.DirectiveType:  {ZH: "指令 %", EN: "a directive (%)"},
}

// tokenize cuts the text into tokens. It refuses unused YAML features, nesting
// beyond the limits and brackets left open, and stops there. Outside of brackets a
// line holds one key and few entry dashes, so depth is bounded by the indent;
// within brackets it is bounded by their count.
func tokenize(text string) (token.Tokens, *Fault) {
	var (
		s      scanner.Scanner
		n      nesting
		tokens token.Tokens
	)
	s.Init(text)
	for {
		some, err := s.Scan()
		if errors.Is(err, io.EOF) { // any other error comes with a token that says so
			break
		}
		known := len(tokens)
		tokens.Add(some...)
		for _, t := range tokens[known:] {
			if f := n.check(t); f != nil {
				return nil, f
			}
		}
		if len(tokens) > maxTokens {
			return nil, faultAtToken(tokens[maxTokens], codeMany, fmt.Sprintf("文件超过 %d 个词法单元", maxTokens), fmt.Sprintf("more than %d tokens in the file", maxTokens))
		}
	}
	if len(n.open) > 0 {
		return nil, openFault(n.open)
	}
	return tokens, nil
}

// check takes the next token and says what is wrong with it.
func (n *nesting) check(t *token.Token) *Fault {
	if t == nil || t.Position == nil {
		return nil
	}
	if name, ok := refused[t.Type]; ok {
		return faultAtToken(t, codeFeature, name.ZH+"不用于园区文件；请写全，文本里的该符号请加引号",
			name.EN+" is not used in park files; write it out, or quote the text that holds it")
	}
	n.pass(t)
	switch {
	case len(n.open) > 0 && n.colons > 4:
		return openFault(n.open)
	case n.keys[n.column] > maxKeys:
		return faultAtToken(t, codeMany, fmt.Sprintf("同一映射超过 %d 个键；列表各项请以 - 开头", maxKeys),
			fmt.Sprintf("more than %d keys in one mapping; entries of a list begin with -", maxKeys))
	case n.tooDeep(t):
		return faultAtToken(t, codeDepth, fmt.Sprintf("嵌套过深；括号最多 %d 层，缩进最多 %d 列，一行一个键", maxDepth, maxIndent),
			fmt.Sprintf("nested too deep; at most %d brackets, %d columns of indent and one key a line", maxDepth, maxIndent))
	}
	return nil
}

func faultAtToken(t *token.Token, code, zh, en string) *Fault {
	return &Fault{Line: max(1, t.Position.Line), Column: max(1, t.Position.Column), Code: code, Message: park.Name{ZH: zh, EN: en}}
}

func openFault(open []*token.Token) *Fault {
	t := open[len(open)-1]
	return faultAtToken(t, codeSyntax, "括号「"+t.Value+"」没有闭合；请补上右括号，并以逗号分隔各项", "bracket "+t.Value+" is not closed; add its other half, and commas between entries")
}

// nesting follows how deep the tokens stand and how many keys stand beside each
// other, since the YAML reader goes one call deeper for each of either.
type nesting struct {
	open                        []*token.Token
	line, first, dashes, colons int
	column                      int                // of the key or dash seen last in block style
	keys                        [maxIndent + 2]int // block keys of the mapping that stands at a column
}

// block counts a key, or a dash, that stands at a column outside of brackets; it
// ends every mapping to the right of it.
func (n *nesting) block(column, keys int) {
	column = max(0, min(column, maxIndent+1))
	for i := column + 1; i <= n.column; i++ {
		n.keys[i] = 0
	}
	n.column = column
	n.keys[column] += keys
}

func (n *nesting) pass(t *token.Token) {
	if len(n.open) == 0 && t.Position.Line != n.line {
		n.line, n.first, n.dashes, n.colons = t.Position.Line, t.Position.Column, 0, 0
	}
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		n.open, n.colons, n.dashes = append(n.open, t), 0, 0
	case token.MappingEndType, token.SequenceEndType:
		n.open, n.colons, n.dashes = n.open[:max(0, len(n.open)-1)], 0, 0
	case token.CollectEntryType:
		n.colons, n.dashes = 0, 0
	case token.SequenceEntryType:
		n.dashes++
		if len(n.open) == 0 {
			n.block(t.Position.Column, 0)
		}
	case token.MappingValueType:
		n.colons++
		if len(n.open) == 0 && t.Prev != nil {
			n.block(t.Prev.Position.Column, 1)
		}
	}
}

func (n *nesting) tooDeep(t *token.Token) bool {
	block := len(n.open) == 0 && (t.Type == token.SequenceEntryType || t.Type == token.MappingValueType)
	return len(n.open) > maxDepth || n.dashes > 4 || n.colons > 4 || block && n.first > maxIndent
}

func syntaxFault(err error) *Fault {
	f := &Fault{Line: 1, Column: 1, Code: codeSyntax}
	text := err.Error()
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		text = syntax.GetMessage()
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			f.Line, f.Column = max(1, t.Position.Line), max(1, t.Position.Column)
		}
	}
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "")
	}
	f.Message = park.Name{
		ZH: "YAML 语法有误：" + text + "；请检查缩进、冒号与引号",
		EN: "not YAML: " + text + "; check indentation, colons and quotes"}
	return f
}

// position is where a value begins: for a block mapping its first key, for a
// block list its first dash.
func position(n ast.Node) *token.Position {
	switch v := n.(type) {
	case nil:
		return &token.Position{Line: 1, Column: 1}
	case *ast.MappingValueNode:
		return position(v.Key)
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return position(v.Values[0].Key)
		}
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position
	}
	return &token.Position{Line: 1, Column: 1}
}
