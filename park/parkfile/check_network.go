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
		c.refer(n.Carrier, c.carrier, nounCarrier, at.field("carrier"))
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
	c.circle()
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
	if i := c.node.find(e.From); i >= 0 && r.Carrier != "" && r.Carrier != c.doc.Network.Nodes[i].Carrier {
		carrier := c.doc.Network.Nodes[i].Carrier
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

// circle names a ring of nodes around which energy runs.
func (c *check) circle() {
	_, ring := c.doc.Network.Order()
	if len(ring) == 0 {
		return
	}
	ids := make([]string, 0, 12)
	for _, i := range ring[:min(len(ring), 10)] {
		ids = append(ids, clip(c.doc.Network.Nodes[i].ID))
	}
	if len(ring) > 10 {
		ids = append(ids, "…")
	}
	way := strings.Join(append(ids, ids[0]), " → ")
	c.fault((*path)(nil).field("network").field("nodes").item(ring[0]), codeCycle, "能量成环："+way+"；本版本的网络不能有环（储能的充放除外），请合并环上的母线或删去一条边",
		"energy runs in a circle: "+way+"; a network has no circles yet (a storage's charge and discharge aside): merge the buses of the ring or remove an edge")
}
