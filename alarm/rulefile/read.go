package rulefile

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"

	"lingtan/park"
)

func faultAt(line, column int, zh, en string) Faults {
	return Faults{{Line: max(1, line), Column: max(1, column), Message: park.Name{ZH: zh, EN: en}}}
}

// read turns the text into a syntax tree. Its tokens are looked at first, so that the
// recursive YAML reader meets nothing that it could drown in.
func read(data []byte) (root ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // a defect of the YAML reader must not take the server down
			root, err = nil, faultAt(1, 1, "YAML 无法读取；请检查缩进与引号", fmt.Sprintf("the YAML cannot be read (%.80v); check indentation and quotes", r))
		}
	}()
	switch {
	case len(data) > MaxSize:
		return nil, faultAt(1, 1, "文件超过 16 MiB", "the file is larger than 16 MiB")
	case !plain(data):
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
			return tokens, n.end()
		}
		known := len(tokens)
		tokens.Add(some...)
		for _, t := range tokens[known:] {
			if err := n.pass(t); err != nil {
				return nil, err
			}
		}
	}
}

// nesting counts what the recursive YAML reader would go deeper for: brackets within
// each other or left open, keys and dashes on one line, keys of one mapping.
type nesting struct {
	open              []*token.Token
	line, keys, place int                // place: column of the key or dash seen last in block style
	beside            [maxIndent + 2]int // keys of the block mapping at a column
}

func (n *nesting) pass(t *token.Token) error {
	if t.Position.Line != n.line && len(n.open) == 0 {
		n.line, n.keys = t.Position.Line, 0
	}
	switch t.Type {
	case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.MappingKeyType, token.DirectiveType:
		return faultAt(t.Position.Line, t.Position.Column, "规则文件不用锚点、引用、标签等；请写全", "anchors, aliases, tags and the like are not used in rule files; write it out")
	case token.MappingStartType, token.SequenceStartType:
		n.open, n.keys = append(n.open, t), 0
	case token.MappingEndType, token.SequenceEndType:
		n.open, n.keys = n.open[:max(0, len(n.open)-1)], 0
	case token.SequenceEntryType:
		n.key(t.Position.Column, 0)
	case token.MappingValueType:
		column := t.Position.Column
		if t.Prev != nil {
			column = t.Prev.Position.Column
		}
		n.key(column, 1)
	case token.CollectEntryType:
		n.keys = 0
	}
	if len(n.open) > maxDepth || n.keys > maxKeys || n.place > maxIndent || n.beside[min(n.place, maxIndent)] > maxBeside {
		return faultAt(t.Position.Line, t.Position.Column, "嵌套过深，或同一映射的键过多", "nested too deep, or too many keys in one mapping")
	}
	return nil
}

// key counts a key, or a dash, outside of brackets: it ends the mappings to its right.
func (n *nesting) key(column, count int) {
	n.keys++
	if len(n.open) > 0 {
		return
	}
	column = max(0, min(column, maxIndent+1))
	for i := column + 1; i <= n.place; i++ {
		n.beside[i] = 0
	}
	n.place = column
	n.beside[column] += count
}

// end refuses brackets that are left open.
func (n *nesting) end() error {
	if len(n.open) == 0 {
		return nil
	}
	t := n.open[len(n.open)-1]
	return faultAt(t.Position.Line, t.Position.Column, "括号没有闭合", "the bracket is not closed")
}

// decode fills d and says the first thing that does not fit.
func decode(root ast.Node, d *document) (fault *Fault) {
	defer func() {
		if r := recover(); r != nil {
			fault = &faultAt(1, 1, "YAML 无法读取", fmt.Sprintf("the YAML cannot be read (%.80v)", r))[0]
		}
	}()
	if err := yaml.NodeToValue(root, d, yaml.Strict()); err != nil {
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

// locate is where a path stands in the text, or the nearest value around it.
func locate(root ast.Node, path string) (line, column int) {
	return position(find(root, path))
}

// find is the value of a path, or the nearest around it.
func find(root ast.Node, path string) ast.Node {
	n := root
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := child(n, step)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func child(n ast.Node, step string) ast.Node {
	if s, ok := n.(*ast.SequenceNode); ok {
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(s.Values) {
			return nil
		}
		return s.Values[i]
	}
	var entries []*ast.MappingValueNode
	switch v := n.(type) {
	case *ast.MappingNode:
		entries = v.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{v}
	}
	for _, e := range entries {
		if e.Key.GetToken().Value == step {
			return e.Value
		}
	}
	return nil
}

// position is where a value begins: for a block mapping its first key.
func position(n ast.Node) (line, column int) {
	switch v := n.(type) {
	case *ast.MappingValueNode:
		return position(v.Key)
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return position(v.Values[0].Key)
		}
	}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1, 1
	}
	p := n.GetToken().Position
	return max(1, p.Line), max(1, p.Column)
}

// within is the place of a row and column of an expression in the file: exact on the
// line where the value begins, the right line of a block text, and otherwise the value.
func within(n ast.Node, row, column, line, first int) (int, int) {
	switch v := n.(type) {
	case *ast.StringNode:
		if row == 1 && v.Token.Type != token.StringType { // in quotes
			return line, first + column
		}
		if row == 1 {
			return line, first + column - 1
		}
	case *ast.LiteralNode:
		if v.Value != nil && v.Value.GetToken() != nil {
			return line + row, column
		}
	}
	return line, first
}
