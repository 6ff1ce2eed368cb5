package reconcile

import (
	"cmp"
	"slices"

	"lingtan/park"
)

// Finding is something about the network or its figures that a reader has to know; it
// names the place.
type Finding struct {
	Kind   string    `json:"kind"`
	Place  string    `json:"place"`            // as "node header"
	Beside []string  `json:"beside,omitempty"` // other places that it is about
	Amount float64   `json:"amount,omitempty"`
	Text   park.Name `json:"text"` // what the kind says
}

// kindNames are what the findings say.
var kindNames = map[string]park.Name{
	"negative":         {ZH: "计量值为负；按原值参加协调", EN: "metered below 0; reconciled as it stands"},
	"zero":             {ZH: "计量值近于零；准确度按相邻最大流量的万分之一计取", EN: "metered near 0; its accuracy is taken of a ten-thousandth of the largest flow beside it"},
	"below_zero":       {ZH: "协调后为负；方向或表计有误，或应设 nonNegative", EN: "comes out below 0: its direction or a meter is wrong, or set nonNegative"},
	"held_at_zero":     {ZH: "因各流不得为负而为零", EN: "is 0 because no flow may be below 0"},
	"island":           {ZH: "与外界没有流入流出的孤岛", EN: "an island: nothing flows in or out of it"},
	"dead_end":         {ZH: "只进不出或只出不进", EN: "a dead end: all its flows run one way"},
	"idle":             {ZH: "没有任何流", EN: "no flow meets it"},
	"unmetered_loop":   {ZH: "未计量的回路，其中流量无法确定", EN: "a loop without meters: what flows in it cannot be known"},
	"unobservable":     {ZH: "未计量且无法由平衡推出", EN: "not metered, and no balance gives it"},
	"not_redundant":    {ZH: "没有冗余计量，无法核对任何表计", EN: "no meter can be held against another"},
	"global_test":      {ZH: "整体检验未通过：偏差大于表计准确度所能解释", EN: "the global test fails: the meters differ by more than their accuracy explains"},
	"too_many_suspect": {ZH: "可疑项过多，只列出前五十项", EN: "too many suspects; the first fifty are told"},
}

func (m *model) find(f Finding) { m.findings = append(m.findings, f) }

// sorted are findings with their words, in an order that does not depend on that of the input.
func sorted(list []Finding) []Finding {
	for i := range list {
		list[i].Text = kindNames[list[i].Kind]
		slices.Sort(list[i].Beside)
	}
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Place, b.Place))
	})
	return list
}

// shape finds islands, dead ends and idle nodes.
func (m *model) shape() {
	in, out, outside := make([]int, len(m.Nodes)), make([]int, len(m.Nodes)), make([]bool, len(m.Nodes))
	at := map[string]int{}
	for i, n := range m.Nodes {
		at[n.ID] = i
		outside[i] = n.Stored != 0 // what is stored comes from somewhere
	}
	groups := newGroups(len(m.Nodes))
	for _, f := range m.Flows {
		a, from := at[f.From]
		b, to := at[f.To]
		if from {
			out[a]++
			outside[a] = outside[a] || !to
		}
		if to {
			in[b]++
			outside[b] = outside[b] || !from
		}
		if from && to {
			groups.join(a, b)
		}
	}
	open := map[int]bool{}
	members := map[int][]string{}
	for i, n := range m.Nodes {
		g := groups.of(i)
		open[g] = open[g] || outside[i]
		members[g] = append(members[g], "node "+n.ID)
		switch {
		case in[i]+out[i] == 0:
			m.find(Finding{Kind: "idle", Place: "node " + n.ID})
		case (in[i] == 0 || out[i] == 0) && n.Stored == 0:
			m.find(Finding{Kind: "dead_end", Place: "node " + n.ID})
		}
	}
	for g, list := range members {
		if !open[g] && in[g]+out[g] > 0 {
			slices.Sort(list)
			m.find(Finding{Kind: "island", Place: list[0], Beside: list[1:]})
		}
	}
}

// hidden finds the flows that nothing gives, those that hang together in one finding.
func (m *model) hidden(s *solution) {
	groups := newGroups(len(m.equations))
	first := func(i int) int {
		for e := range m.equations {
			if m.equations[e].has(i) {
				return e
			}
		}
		return -1
	}
	unknown := []int{}
	for i, x := range s.x {
		if x != x {
			unknown = append(unknown, i)
		}
	}
	for _, i := range unknown {
		for e := range m.equations {
			if m.equations[e].has(i) {
				groups.join(first(i), e)
			}
		}
	}
	members, touched := map[int][]string{}, map[int]map[int]bool{}
	for _, i := range unknown {
		g := len(m.equations) + i // a flow in no equation stands alone
		if e := first(i); e >= 0 {
			g = groups.of(e)
		}
		if touched[g] == nil {
			touched[g] = map[int]bool{}
		}
		members[g] = append(members[g], "flow "+m.Flows[i].ID)
		for e := range m.equations {
			if m.equations[e].has(i) {
				touched[g][e] = true
			}
		}
	}
	for g, list := range members {
		slices.Sort(list)
		kind := "unobservable"
		if len(list) >= len(touched[g]) && m.inside(list) {
			kind = "unmetered_loop"
		}
		m.find(Finding{Kind: kind, Place: list[0], Beside: list[1:]})
	}
}

// inside says whether all flows run between nodes: then as many flows as nodes close
// a loop.
func (m *model) inside(places []string) bool {
	for _, f := range m.Flows {
		if slices.Contains(places, "flow "+f.ID) && (f.From == "" || f.To == "") {
			return false
		}
	}
	return true
}

func (e equation) has(flow int) bool {
	return slices.ContainsFunc(e.terms, func(t term) bool { return t.flow == flow })
}

// groups are disjoint sets of numbers.
type groups []int

func newGroups(n int) groups {
	g := make(groups, n)
	for i := range g {
		g[i] = i
	}
	return g
}

func (g groups) of(i int) int {
	for g[i] != i {
		g[i] = g[g[i]]
		i = g[i]
	}
	return i
}

func (g groups) join(a, b int) { g[g.of(b)] = g.of(a) }
