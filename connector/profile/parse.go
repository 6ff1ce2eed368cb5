package profile

import (
	"bytes"
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

// MaxSize is the largest profile file that is read: 256 KiB.
const MaxSize = 256 << 10

const (
	maxFaults = 100
	maxDepth  = 16  // brackets within each other, and keys or dashes on one line
	maxIndent = 100 // columns before the dash of a list
)

// Fault is one thing that is wrong in a profile file, and what would be right.
type Fault struct {
	Line    int       `json:"line"`   // from 1
	Column  int       `json:"column"` // from 1
	Path    string    `json:"path"`   // values[3].modbus.register
	Message park.Name `json:"message"`
}

// Faults are all faults of a profile file in the order they were found.
type Faults []Fault

// Error lists the faults, one a line: 12:5 values[0].unit: …
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = strings.TrimSpace(fmt.Sprintf("%d:%d %s", one.Line, one.Column, one.Path)) + ": " + one.Message.EN
	}
	return "device profile: " + strings.Join(lines, "\n")
}

// Parse reads a profile file, at most MaxSize bytes of YAML or JSON, and checks it.
// Keys must be known and written once; anchors, aliases and tags are refused. Every
// error is a Faults.
func Parse(data []byte) (*Profile, error) {
	root, err := read(data)
	if err != nil {
		return nil, err
	}
	p := &Profile{}
	if fault := decode(root, p); fault != nil {
		return nil, Faults{*fault}
	}
	c := check{root: root}
	c.profile(p)
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	return p, nil
}

func faultAt(line, column int, zh, en string) Faults {
	return Faults{{Line: max(1, line), Column: max(1, column), Message: park.Name{ZH: zh, EN: en}}}
}

// read turns the text into a syntax tree. Its tokens are looked at first, so that
// the recursive YAML reader meets nothing that it could drown in.
func read(data []byte) (root ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // a defect of the YAML reader must not take the server down
			root, err = nil, faultAt(1, 1, "YAML 无法读取；请检查缩进与引号", fmt.Sprintf("the YAML cannot be read (%.80v); check indentation and quotes", r))
		}
	}()
	if len(data) > MaxSize {
		return nil, faultAt(1, 1, "文件超过 256 KiB", "the file is larger than 256 KiB")
	}
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		return nil, faultAt(1, 1, "不是 UTF-8 文本；请以 UTF-8 保存", "not UTF-8 text; save the file as UTF-8")
	}
	tokens, err := tokenize(string(data))
	if err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, yamlFaults(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, faultAt(1, 1, "文件中应恰有一个 YAML 文档", "there must be exactly one YAML document in the file")
	}
	if _, ok := file.Docs[0].Body.(*ast.MappingNode); !ok {
		return nil, faultAt(1, 1, "此处应为「键: 值」", "a mapping (key: value) belongs here")
	}
	return file.Docs[0].Body, nil
}

// tokenize cuts the text into tokens and refuses unused YAML features and deep nesting.
func tokenize(text string) (token.Tokens, error) {
	var s scanner.Scanner
	var tokens token.Tokens
	var n nesting
	s.Init(text)
	for {
		some, err := s.Scan()
		if errors.Is(err, io.EOF) {
			return tokens, nil
		}
		known := len(tokens)
		tokens.Add(some...)
		for _, t := range tokens[known:] {
			if err := n.pass(t); err != nil {
				return nil, err
			}
		}
		if len(tokens) > MaxSize {
			return nil, faultAt(1, 1, "词法单元过多", "too many tokens")
		}
	}
}

// nesting counts what the recursive YAML reader would go deeper for: brackets within
// each other, and keys and dashes on one line.
type nesting struct{ depth, line, keys int }

func (n *nesting) pass(t *token.Token) error {
	if t.Position.Line != n.line && n.depth == 0 {
		n.line, n.keys = t.Position.Line, 0
	}
	switch t.Type {
	case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.MappingKeyType, token.DirectiveType:
		return faultAt(t.Position.Line, t.Position.Column, "设备档案不用锚点、引用、标签等；请写全", "anchors, aliases, tags and the like are not used in profiles; write it out")
	case token.MappingStartType, token.SequenceStartType:
		n.depth++
	case token.MappingEndType, token.SequenceEndType:
		n.depth--
	case token.SequenceEntryType, token.MappingValueType:
		n.keys++
	case token.CollectEntryType:
		n.keys = 0
	}
	if n.depth > maxDepth || n.keys > maxDepth || t.Position.Column > maxIndent && n.depth == 0 && t.Type == token.SequenceEntryType {
		return faultAt(t.Position.Line, t.Position.Column, "嵌套过深", "nested too deep")
	}
	return nil
}

// decode fills p and says the first thing that does not fit.
func decode(root ast.Node, p *Profile) (fault *Fault) {
	defer func() {
		if r := recover(); r != nil {
			fault = &faultAt(1, 1, "YAML 无法读取", fmt.Sprintf("the YAML cannot be read (%.80v)", r))[0]
		}
	}()
	if err := yaml.NodeToValue(root, p, yaml.Strict()); err != nil {
		return &yamlFaults(err)[0]
	}
	return nil
}

// yamlFaults takes the place and the words out of an error of the YAML reader.
func yamlFaults(err error) Faults {
	var y yaml.Error
	if !errors.As(err, &y) {
		return faultAt(1, 1, "YAML 有误："+err.Error(), err.Error())
	}
	line, column := 1, 1
	if t := y.GetToken(); t != nil && t.Position != nil {
		line, column = t.Position.Line, t.Position.Column
	}
	return faultAt(line, column, "YAML 有误："+y.GetMessage(), y.GetMessage())
}
