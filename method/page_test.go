package method_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"lingtan/method"
)

const page = "../docs/methods/README.md"

const head = `# 核算方法包 · Method packs

本页由方法包与算例生成（` + "`UPDATE=1 go test ./method -run TestPage`" + `），测试保证它不过时。
This page is made from the packs and their worked cases; a test keeps it from going stale.

方法是数据：每个方法包是一个 YAML 文件（` + "`method/packs/`" + `），写明活动、公式、因子、条款与报告类别。
申报方可以用自有实测值替换缺省值；没有可靠出处的数值不作缺省，由申报方填报或按名称选用。算例在
` + "`test/golden/method-<id>/`" + `，可用 ` + "`lingtan account test/golden/method-<id>/input.json`" + ` 重算。

A method is data: a pack is a YAML file that says which activity counts by which formula, factors and
clause, in which category of the report. A declarer's own measured value takes the place of a default. A
number that was not read in a source is no default: the declarer brings it or chooses one by name.

`

// Docs/methods/README.md is what the packs and the worked cases say. UPDATE=1 writes it.
func TestPage(t *testing.T) {
	cases := map[string][]golden{}
	for _, g := range goldens(t) {
		for ref := range g.expected.Methods {
			cases[ref] = append(cases[ref], g)
		}
	}
	var b bytes.Buffer
	b.WriteString(head)
	packs := shipped(t)
	writeIndex(&b, packs, cases)
	for _, p := range packs {
		writePack(&b, p)
		for _, g := range cases[p.Ref()] {
			writeCase(&b, p, g)
		}
		writeLeft(&b, p)
		writeChoices(&b, p)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/methods/README.md is not what the packs say; UPDATE=1 go test ./method -run TestPage writes it anew")
	}
}

func writeIndex(b *bytes.Buffer, packs []method.Pack, cases map[string][]golden) {
	b.WriteString("| 方法 method | 名称 name | 规则 rules | 算例 worked cases |\n|---|---|---|---|\n")
	for _, p := range packs {
		var folders []string
		for _, g := range cases[p.Ref()] {
			folders = append(folders, "`"+g.folder+"`")
		}
		fmt.Fprintf(b, "| [%s](#%s) | %s · %s | %d | %s |\n", p.Ref(), anchor(p.Ref()), p.Name.ZH, p.Name.EN, len(p.Rules), strings.Join(folders, ", "))
	}
}

// anchor is how a heading is linked to: lower case, without dots and signs.
func anchor(heading string) string {
	return strings.NewReplacer(".", "", "@", "").Replace(strings.ToLower(heading))
}

func writePack(b *bytes.Buffer, p method.Pack) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n%s\n\n%s\n", p.Ref(), p.Name.ZH, p.Name.EN, strings.TrimSpace(p.Citation))
	rules := map[string]int{}
	var categories []string
	for _, r := range p.Rules {
		c := r.Category
		if c == "" {
			c = "–"
		}
		if r.Apart != "" {
			c += " (" + r.Apart + ")"
		}
		if rules[c]++; rules[c] == 1 {
			categories = append(categories, c)
		}
	}
	for i, c := range categories {
		categories[i] = fmt.Sprintf("%s %d", c, rules[c])
	}
	fmt.Fprintf(b, "\n类别（规则数）Categories (rules): %s\n", strings.Join(categories, " · "))
}

func writeCase(b *bytes.Buffer, p method.Pack, g golden) {
	clauses := map[string]string{}
	for _, r := range p.Rules {
		clauses[r.ID] = r.Clause
	}
	fmt.Fprintf(b, "\n算例 Worked case: `test/golden/%s/`\n\n| 记录 record | 条款 clause | 手算 expected | 计算 computed |\n|---|---|---|---|\n", g.folder)
	want := g.expected.Methods[p.Ref()]
	for _, r := range g.reports {
		if r.Method != p.Ref() {
			continue
		}
		for _, e := range r.Entries {
			fmt.Fprintf(b, "| %s | %s | %.6f | %.6f %s |\n", e.Activity.Record, cell(clauses[e.Rule]), want.Entries[e.ID], e.Emissions, e.Unit)
		}
		for _, s := range []struct {
			name, label string
			made        float64
		}{{"scope1", "范围一 scope 1", r.Totals.Scope1}, {"scope2Location", "范围二 scope 2, location", r.Totals.Scope2Location}, {"scope2Market", "范围二 scope 2, market", r.Totals.Scope2Market}, {"scope3", "范围三 scope 3", r.Totals.Scope3}} {
			if v, told := want.Totals[s.name]; told && (v != 0 || s.made != 0) {
				fmt.Fprintf(b, "| **%s** | | **%.6f** | **%.6f tCO2e** |\n", s.label, v, s.made)
			}
		}
	}
	for _, x := range g.published {
		fmt.Fprintf(b, "\n已发布数值 Published: %s %v %s, computed %.5f (±%g %%); %s.\n", strings.Join(x.Records, " + "), x.Value, x.Unit, x.computed(g), x.Tolerance*100, x.Source)
	}
}

// cell keeps a text from ending the cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

// left is a value that a pack leaves to the declarer, with the rules that ask for it.
type left struct {
	role  string
	note  method.Text
	rules []string
}

func writeLeft(b *bytes.Buffer, p method.Pack) {
	var list []left
	for _, r := range p.Rules {
		for _, role := range slices.Sorted(maps.Keys(r.Factors)) {
			if use := r.Factors[role]; use.Given == "must" && use.Note != nil {
				list = add(list, left{role: role, note: *use.Note}, r.ID)
			}
		}
	}
	if len(list) == 0 {
		return
	}
	b.WriteString("\n由申报方填报或选用 Left to the declarer:\n\n")
	for _, l := range list {
		fmt.Fprintf(b, "- `%s` (%s)：%s %s\n", l.role, some(l.rules), l.note.ZH, l.note.EN)
	}
}

func add(list []left, l left, rule string) []left {
	for i := range list {
		if list[i].role == l.role && list[i].note == l.note {
			list[i].rules = append(list[i].rules, rule)
			return list
		}
	}
	l.rules = []string{rule}
	return append(list, l)
}

// writeChoices lists the alternatives that sources print, by role and names; those of
// fuels in a line of their own.
func writeChoices(b *bytes.Buffer, p method.Pack) {
	rules, fuels := map[string][]string{}, map[string]bool{}
	for _, r := range p.Rules {
		if r.Formula == method.FuelCombustion && r.Category == "fuel" {
			for _, use := range r.Factors {
				maps.Insert(fuels, maps.All(named(use.Alternatives)))
			}
			continue
		}
		for _, role := range slices.Sorted(maps.Keys(r.Factors)) {
			if names := slices.Sorted(maps.Keys(r.Factors[role].Alternatives)); len(names) > 0 {
				key := "`" + role + "`: " + strings.Join(names, ", ")
				rules[key] = append(rules[key], r.ID)
			}
		}
	}
	if len(rules)+len(fuels) == 0 {
		return
	}
	b.WriteString("\n可按名称选用的其他数值 Other values that can be chosen by name:\n\n")
	if len(fuels) > 0 {
		fmt.Fprintf(b, "- 燃料参数，按来源 fuel parameters, by source: %s\n", strings.Join(slices.Sorted(maps.Keys(fuels)), ", "))
	}
	for _, key := range slices.Sorted(maps.Keys(rules)) {
		fmt.Fprintf(b, "- %s (%s)\n", key, some(rules[key]))
	}
}

func named(alternatives map[string]method.FactorUse) map[string]bool {
	names := map[string]bool{}
	for n := range alternatives {
		names[n] = true
	}
	return names
}

// some are up to six rules and how many more there are.
func some(rules []string) string {
	if len(rules) > 6 {
		return fmt.Sprintf("%s, +%d", strings.Join(rules[:6], ", "), len(rules)-6)
	}
	return strings.Join(rules, ", ")
}
