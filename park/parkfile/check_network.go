package parkfile

import (
	"fmt"
	"strings"

	"lingtan/park"
)

// wired is what the network check gathers at each node.
type wired struct {
	in, out       int
	imports, gone int  // closing edges in and out
	fed           bool // reachable from a source
}

// network checks nodes, edges and the way of the energy from sources to uses. The
// network is looked at over all time: a node fed on some day counts as fed, and
// edges must not run in a circle even on different days.
func (c *check) network() {
	nodes := (*path)(nil).field("network").field("nodes")
	net := c.doc.Network
	c.node = identifyIn(c, net.Nodes, nodes, "id", idSyntax, func(n park.Node) string { return n.ID })
	for i, n := range net.Nodes {
		at := nodes.item(i)
		c.word(n.Kind, nodeKinds, at.field("kind"))
		c.carrierOf(n, at)
		c.refer(n.Organization, c.organization, nounOrganization, at.field("organization"))
		c.refer(n.Equipment, c.equipment, nounEquipment, at.field("equipment"))
		c.matches(n.Activity, wordSyntax, at.field("activity"), codeID, "小写字母、数字与 _，如 purchased_electricity", "lower-case letters, digits and _, such as purchased_electricity")
	}
	at := make([]wired, len(net.Nodes))
	sound := c.edges(at)
	for i, n := range net.Nodes {
		if n.Kind == "storage" && (at[i].in == 0 || at[i].out == 0) {
			c.fault(nodes.item(i), codeStorage, "储能「"+clip(n.ID)+"」须既有充入的边又有放出的边", "storage "+quote(n.ID)+" needs an edge that charges it and an edge that discharges it")
		}
	}
	if sound { // else an edge left out would seem to island what it feeds
		c.islands(at)
	}
	c.conversions()
	c.circles()
}

// edges checks every edge, counts them at their nodes and says whether all of
// them have known ends.
func (c *check) edges(at []wired) (sound bool) {
	list := (*path)(nil).field("network").field("edges")
	identifyIn(c, c.doc.Network.Edges, list, "id", idSyntax, func(e park.Edge) string { return e.ID })
	meters := make(map[string]string) // register → edge
	sound = true
	for i, e := range c.doc.Network.Edges {
		here := list.item(i)
		fromOK := c.refer(e.From, c.node, nounNode, here.field("from"))
		toOK := c.refer(e.To, c.node, nounNode, here.field("to"))
		if fromOK && toOK {
			c.ends(e, here)
			c.closing(e, here, at)
			at[c.node.at[e.From]].out++
			at[c.node.at[e.To]].in++
		}
		sound = sound && fromOK && toOK
		c.metering(e, here, meters)
	}
	return sound
}

// ends checks what an edge joins.
func (c *check) ends(e park.Edge, here *path) {
	from, to := c.doc.Network.Nodes[c.node.at[e.From]], c.doc.Network.Nodes[c.node.at[e.To]]
	switch {
	case e.From == e.To:
		c.fault(here.field("to"), codeEdgeEnds, "边从「"+clip(e.From)+"」回到自身；起点与终点应不同", "the edge runs from "+quote(e.From)+" to itself; its ends must differ")
		return
	case from.Kind == conversion && to.Kind == conversion:
		c.fault(here.field("to"), codeEdgeEnds, "边的两端都是转换；请在中间加一条母线，写明输送的能源品种", "the edge joins two conversions; put a bus between them, which says what is carried")
		return
	case from.Kind == conversion || to.Kind == conversion:
	case from.Carrier != to.Carrier:
		c.fault(here.field("to"), codeEdgeEnds, fmt.Sprintf("边连接了 %s 与 %s；两端须为同一能源品种", clip(from.Carrier), clip(to.Carrier)),
			fmt.Sprintf("the edge joins %s and %s; both ends must be of one carrier", quote(from.Carrier), quote(to.Carrier)))
	}
	if to.Kind == "source" {
		c.fault(here.field("to"), codeEdgeWay, "「"+clip(e.To)+"」是 source，不能流入", "node "+quote(e.To)+" is a source; no edge runs into it")
	}
	if from.Kind == "use" || from.Kind == "export" {
		c.fault(here.field("from"), codeEdgeWay, "「"+clip(e.From)+"」是 "+from.Kind+"，不能流出", "node "+quote(e.From)+" is a "+from.Kind+"; no edge runs out of it")
	}
}

// closing checks that an edge is metered or closes the balance of a bus.
func (c *check) closing(e park.Edge, here *path, at []wired) {
	if !e.Closing {
		return
	}
	i, j := c.node.at[e.From], c.node.at[e.To]
	from, to := c.doc.Network.Nodes[i], c.doc.Network.Nodes[j]
	switch {
	case from.Kind == "source" && to.Kind == "bus":
		at[j].imports++
		if at[j].imports == 2 {
			c.fault(here.field("closing"), codeClosing, "母线「"+clip(to.ID)+"」已有一条平衡进线；至多一条", "bus "+quote(to.ID)+" has a closing import already; at most one")
		}
	case from.Kind == "bus" && to.Kind == "export":
		at[i].gone++
		if at[i].gone == 2 {
			c.fault(here.field("closing"), codeClosing, "母线「"+clip(from.ID)+"」已有一条平衡出线；至多一条", "bus "+quote(from.ID)+" has a closing export already; at most one")
		}
	default:
		c.fault(here.field("closing"), codeClosing, "平衡边只从 source 到 bus 或从 bus 到 export", "a closing edge runs from a source to a bus or from a bus to an export")
	}
}

// metering checks the register of an edge.
func (c *check) metering(e park.Edge, here *path, meters map[string]string) {
	switch {
	case e.Rated:
		c.rated(e, here)
	case e.Register == "" && !e.Closing && c.kindOf(e.From) == conversion:
		c.fault(here.field("register"), codeMetered, "转换「"+clip(e.From)+"」的输出「"+clip(e.ID)+"」没有计量；请写 register，或写 rated: true 并给出额定产出率，按估算计",
			"output "+quote(e.ID)+" of conversion "+quote(e.From)+" is not metered; write its register, or rated: true with a rated yield, and its amounts are estimates")
	case e.Register == "" && !e.Closing:
		c.fault(here.field("register"), codeMetered, "边没有计量；请写 register，或以 closing: true 由母线平衡得出", "the edge is not metered; write its register, or closing: true when the bus's balance gives it")
	case e.Register != "" && e.Closing:
		c.fault(here.field("closing"), codeMetered, "边已计量，不能再作平衡边；删去其一", "the edge is metered and closing; remove one of the two")
	}
	if !c.refer(e.Register, c.register, nounRegister, here.field("register")) {
		return
	}
	if other, taken := meters[e.Register]; taken {
		c.fault(here.field("register"), codeShared, "寄存器「"+clip(e.Register)+"」已计量边「"+clip(other)+"」；一个寄存器只计量一条边",
			"register "+quote(e.Register)+" already meters edge "+quote(other)+"; a register meters one edge")
	}
	meters[e.Register] = e.ID
	r := c.registers[c.register.at[e.Register]]
	q := quantityByWord[r.Quantity]
	if r.Kind == "state" || q != nil && q.own {
		c.fault(here.field("register"), codeMeter, "寄存器「"+clip(e.Register)+"」是 "+r.Quantity+"，不是能源的量", "register "+quote(e.Register)+" holds "+r.Quantity+", not an amount of energy")
		return
	}
	if carrier := e.CarrierOf(c.nodeByID); carrier != "" && r.Carrier != "" && r.Carrier != carrier {
		c.fault(here.field("register"), codeMeter, fmt.Sprintf("寄存器计量 %s，边输送 %s", clip(r.Carrier), clip(carrier)),
			fmt.Sprintf("the register meters %s, the edge carries %s", quote(r.Carrier), quote(carrier)))
	}
}

// islands finds the uses that no source feeds.
func (c *check) islands(at []wired) {
	net := c.doc.Network
	out := make([][]int, len(net.Nodes))
	for _, e := range net.Edges {
		i := c.node.at[e.From]
		out[i] = append(out[i], c.node.at[e.To])
	}
	var next []int
	for i, n := range net.Nodes {
		if n.Kind == "source" {
			at[i].fed = true
			next = append(next, i)
		}
	}
	for len(next) > 0 {
		i := next[len(next)-1]
		next = next[:len(next)-1]
		for _, j := range out[i] {
			if !at[j].fed {
				at[j].fed = true
				next = append(next, j)
			}
		}
	}
	for i, n := range net.Nodes {
		if n.Kind == "use" && !at[i].fed {
			c.fault((*path)(nil).field("network").field("nodes").item(i), codeIslanded, "节点「"+clip(n.ID)+"」成孤岛：没有 source 供到它；请补上进线",
				"node "+quote(n.ID)+" is islanded: no source feeds it; add the edge that supplies it")
		}
	}
}

// circles names a ring of nodes around which energy runs with an edge that no meter reads:
// what goes round it could not be told.
func (c *check) circles() {
	net := c.doc.Network
	_, rings := net.Order()
	ring := make([]int, len(net.Nodes)) // node → its ring from 1; 0: none
	for k, list := range rings {
		for _, i := range list {
			ring[i] = k + 1
		}
	}
	told := make(map[int]bool)
	for i, e := range net.Edges {
		from, to := c.node.find(e.From), c.node.find(e.To)
		if e.Register != "" || from < 0 || to < 0 || ring[from] == 0 || ring[from] != ring[to] || told[ring[from]] || net.Nodes[to].Kind == "storage" {
			continue
		}
		told[ring[from]] = true
		way := c.way(to, from, ring)
		c.fault((*path)(nil).field("network").field("edges").item(i), codeCycle, "能量成环："+way+"，而边「"+clip(e.ID)+"」未计量；环上各边都须有 register，或删去一条边",
			"energy runs in a circle: "+way+", and edge "+quote(e.ID)+" is not metered; give every edge of the ring a register, or remove an edge")
	}
}

// way is the shortest way of the energy within a ring from a node to another, and back to the first.
func (c *check) way(start, end int, ring []int) string {
	net := c.doc.Network
	out := make(map[int][]int)
	for _, e := range net.Edges {
		if i, j := c.node.find(e.From), c.node.find(e.To); i >= 0 && j >= 0 && ring[i] == ring[start] && ring[j] == ring[start] {
			out[i] = append(out[i], j)
		}
	}
	feeder := map[int]int{start: -1}
	for next := []int{start}; len(next) > 0; next = next[1:] {
		for _, j := range out[next[0]] {
			if _, seen := feeder[j]; !seen {
				feeder[j] = next[0]
				next = append(next, j)
			}
		}
	}
	ids := []string{clip(net.Nodes[end].ID)}
	for i := end; i >= 0; i = feeder[i] {
		ids = append(ids, clip(net.Nodes[i].ID))
	}
	for a, b := 0, len(ids)-1; a < b; a, b = a+1, b-1 {
		ids[a], ids[b] = ids[b], ids[a]
	}
	ids = append(ids[len(ids)-1:], ids[:len(ids)-1]...)
	if len(ids) > 12 {
		ids = append(append(ids[:10:10], "…"), ids[len(ids)-1])
	}
	return strings.Join(ids, " → ")
}
