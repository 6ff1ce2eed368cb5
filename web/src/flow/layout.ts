import { sankey, sankeyJustify, sankeyLeft, type SankeyLink, type SankeyNode } from 'd3-sankey'
import type { EnergyFlow, FlowLink, FlowNode } from '../api/types'

// Box is a node as drawn, in px.
export interface Box {
  key: string
  node: FlowNode
  x0: number
  x1: number
  y0: number
  y1: number
  depth: number
  bands: Band[] // the colours a bus is made of, by what flows in
}

// Band is a part of a bus in the colour of the carrier that flows in there.
export interface Band {
  tint: string
  y0: number
  y1: number
}

// Ribbon is a link as drawn.
export interface Ribbon {
  key: string
  link: FlowLink
  from: string
  to: string
  width: number
  path: string // centre line
  x0: number
  x1: number
  tint: string // carrier token, or "use" for what a bus hands on
  unmetered: boolean
}

export interface Layout {
  boxes: Box[]
  ribbons: Ribbon[]
  scale: number // px per unit of value: the same for every ribbon and box
  height: number
}

export interface Frame {
  width: number
  left: number // px kept for the names of the sources
  right: number // px kept for the names of the uses
  top: number
  minHeight: number
  gap: number // px between two nodes, room for two lines of text
}

interface Extra {
  key: string
  node: FlowNode
}
type Node = SankeyNode<Extra, { link: FlowLink }>
type Link = SankeyLink<Extra, { link: FlowLink }>

const boxWidth = 12
const foot = 18 // px under the last node, for its second line of text
const body = 190 // px that the widths have at least, besides the gaps

// layoutFlow places nodes and links. The width of every link is its value times one scale,
// and a node is as high as the larger of what flows in and what flows out, so that areas can
// be compared over the whole figure.
export function layoutFlow(flow: EnergyFlow, frame: Frame): Layout {
  const opened = openCycles(flow)
  if (opened.links.length === 0) return { boxes: [], ribbons: [], scale: 0, height: 0 }
  const height = neededHeight(opened, frame)
  const generator = sankey<Extra, { link: FlowLink }>()
    .nodeId((node) => node.key)
    .nodeWidth(boxWidth)
    .nodePadding(frame.gap)
    .nodeSort(null as never) // the order of the park file: nodes keep their place from period to period
    .nodeAlign((node, columns) => (isEnd(node.node) ? sankeyJustify(node as never, columns) : sankeyLeft(node as never, columns)))
    .extent([
      [frame.left, frame.top],
      [frame.width - frame.right, height - foot],
    ])
  const graph = generator({
    nodes: opened.nodes.map((node) => ({ ...node })),
    links: opened.links.map((link) => ({ source: link.from, target: link.to, value: link.link.value, link: link.link })),
  })
  return draw(graph.nodes, graph.links, height)
}

const isEnd = (node: FlowNode): boolean => node.kind === 'use' || node.kind === 'export' || node.kind === 'unmetered'

function draw(nodes: Node[], links: Link[], height: number): Layout {
  const ribbons = links.map((link, at) => ribbonOf(link, at))
  const tints = new Map(ribbons.map((ribbon) => [ribbon.key, ribbon.tint]))
  const boxes = nodes.map((node) => ({
    key: node.key,
    node: node.node,
    x0: node.x0 ?? 0,
    x1: node.x1 ?? 0,
    y0: node.y0 ?? 0,
    y1: node.y1 ?? 0,
    depth: node.depth ?? 0,
    bands: bandsOf(node, links, tints),
  }))
  const first = links[0]
  const scale = first && first.value > 0 ? (first.width ?? 0) / first.value : 0
  return { boxes, ribbons, scale, height }
}

function ribbonOf(link: Link, at: number): Ribbon {
  const source = link.source as Node
  const target = link.target as Node
  const x0 = source.x1 ?? 0
  const x1 = target.x0 ?? 0
  const middle = (x0 + x1) / 2
  const y0 = link.y0 ?? 0
  const y1 = link.y1 ?? 0
  return {
    key: `${source.key}>${target.key}>${at}`,
    link: link.link,
    from: source.key,
    to: target.key,
    width: link.width ?? 0,
    path: `M${x0},${y0}C${middle},${y0} ${middle},${y1} ${x1},${y1}`,
    x0,
    x1,
    tint: linkTint(link.link, source.node, target.node),
    unmetered: target.node.kind === 'unmetered' || source.node.kind === 'unmetered',
  }
}

// bandsOf stacks what flows into a bus by its colour, from the top, in drawing order.
function bandsOf(node: Node, links: Link[], tints: Map<string, string>): Band[] {
  if (node.node.kind !== 'bus') return []
  const into = links
    .map((link, at) => ({ link, key: `${(link.source as Node).key}>${(link.target as Node).key}>${at}` }))
    .filter(({ link }) => link.target === node)
    .sort((a, b) => (a.link.y1 ?? 0) - (b.link.y1 ?? 0))
  const bands: Band[] = []
  let y = node.y0 ?? 0
  for (const { link, key } of into) {
    bands.push({ tint: tints.get(key) ?? 'use', y0: y, y1: y + (link.width ?? 0) })
    y += link.width ?? 0
  }
  return bands
}

function neededHeight(flow: Opened, frame: Frame): number {
  const ends = flow.nodes.filter((node) => isEnd(node.node)).length
  const sources = flow.nodes.length - ends
  const most = Math.max(ends, Math.ceil(sources / 2), 1)
  return Math.max(frame.minHeight, frame.top + (most - 1) * frame.gap + body + foot)
}

interface Opened {
  nodes: Extra[]
  links: { from: string; to: string; link: FlowLink }[]
}

// openCycles makes a figure that runs left to right out of a network that may run back: a
// battery is charged by the bus that it later feeds. The link that would close a circle
// ends in a second box of the same node.
export function openCycles(flow: EnergyFlow): Opened {
  const byID = new Map((flow.nodes ?? []).map((node) => [node.id, node]))
  const nodes = new Map<string, Extra>()
  const after = new Map<string, Set<string>>()
  const links: Opened['links'] = []
  const put = (key: string, id: string): string => {
    const node = byID.get(id)
    if (node && !nodes.has(key)) nodes.set(key, { key, node })
    return key
  }
  const drawn = mergeLinks(flow.links ?? []).filter((link) => link.value > 0 && byID.has(link.from) && byID.has(link.to))
  for (const link of order(drawn, byID)) {
    const from = put(link.from, link.from)
    const closes = link.from === link.to || reaches(after, link.to, link.from)
    const to = closes ? put(`${link.to}#in`, link.to) : put(link.to, link.to)
    const follow = after.get(from) ?? new Set()
    after.set(from, follow.add(to))
    links.push({ from, to, link })
  }
  const rank = new Map((flow.nodes ?? []).map((node, at) => [node.id, at]))
  const inOrder = [...nodes.values()].sort((a, b) => (rank.get(a.node.id) ?? 0) - (rank.get(b.node.id) ?? 0))
  return { nodes: inOrder, links }
}

// mergeLinks makes one link of all between the same two nodes: a hundred chargers that are
// metered one by one are one ribbon. Emissions are known when all are.
export function mergeLinks(links: FlowLink[]): FlowLink[] {
  const merged = new Map<string, FlowLink>()
  for (const link of links) {
    const key = JSON.stringify([link.from, link.to, link.carrier])
    const sum = merged.get(key)
    merged.set(key, sum ? add(sum, link) : link)
  }
  return [...merged.values()]
}

function add(a: FlowLink, b: FlowLink): FlowLink {
  const value = a.value + b.value
  const measured = a.value * a.measuredShare + b.value * b.measuredShare
  return {
    ...a,
    value,
    emissions: a.emissions === null || b.emissions === null ? null : a.emissions + b.emissions,
    measuredShare: value > 0 ? measured / value : Math.min(a.measuredShare, b.measuredShare),
  }
}

// order puts the links out of a source or a battery first, so that it is charging, and not
// discharging, that ends in the second box.
function order(links: FlowLink[], byID: Map<string, FlowNode>): FlowLink[] {
  const rank = (link: FlowLink): number => {
    const kind = byID.get(link.from)?.kind
    return kind === 'source' ? 0 : kind === 'storage' ? 1 : 2
  }
  return [...links].sort((a, b) => rank(a) - rank(b))
}

function reaches(after: Map<string, Set<string>>, from: string, goal: string): boolean {
  const open = [from]
  const seen = new Set<string>()
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (key === goal) return true
    if (seen.has(key)) continue
    seen.add(key)
    open.push(...(after.get(key) ?? []))
  }
  return false
}

// connected is every node and link on a way through the node or link with this key, up to
// the sources and down to the uses.
export function connected(layout: Layout, key: string): Set<string> {
  const found = new Set<string>([key])
  const walk = (start: string, near: (r: Ribbon) => string, far: (r: Ribbon) => string): void => {
    const open = [start]
    const seen = new Set<string>()
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      found.add(at)
      for (const ribbon of layout.ribbons.filter((r) => near(r) === at)) {
        found.add(ribbon.key)
        open.push(far(ribbon))
      }
    }
  }
  const ribbon = layout.ribbons.find((r) => r.key === key)
  walk(ribbon ? ribbon.from : key, (r) => r.to, (r) => r.from)
  walk(ribbon ? ribbon.to : key, (r) => r.from, (r) => r.to)
  return found
}

// textWidth is about how wide a text is drawn, in px: a Chinese character is as wide as it is
// high, a Latin one a little more than half.
export function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, c) => sum + (c > '\u2e7f' ? size : size * 0.58), 0)
}

const tokens = ['grid', 'pv', 'wind', 'storage', 'chp', 'heat', 'cooling', 'hydrogen', 'coal', 'green'] as const

const carrierTints: Record<string, string> = {
  electricity: 'grid',
  solar: 'pv',
  natural_gas: 'chp',
  gas: 'chp',
  diesel: 'coal',
  steam: 'heat',
  hot_water: 'heat',
  compressed_air: 'wind',
  water: 'cooling',
}

// nodeTint is the colour token of a node: that of its carrier, where electricity made by
// the sun, the wind or a battery has a colour of its own.
export function nodeTint(node: FlowNode): string {
  if (node.kind === 'use' || node.kind === 'unmetered') return 'use'
  if (node.kind === 'storage') return 'storage'
  const carrier = node.carrier ?? ''
  if (carrier === 'electricity' || carrier === '') {
    if (/(^|[-_.])(pv|solar)/.test(node.id)) return 'pv'
    if (/(^|[-_.])wind/.test(node.id)) return 'wind'
    if (/(^|[-_.])(chp|cogen)/.test(node.id)) return 'chp'
    if (/(^|[-_.])(battery|bess|storage)/.test(node.id)) return 'storage'
  }
  if ((tokens as readonly string[]).includes(carrier)) return carrier
  return carrierTints[carrier] ?? 'grid'
}

function linkTint(link: FlowLink, from: FlowNode, to: FlowNode): string {
  if (from.kind !== 'bus') return nodeTint(from)
  if (to.kind === 'storage') return 'storage'
  const tint = (tokens as readonly string[]).includes(link.carrier) ? link.carrier : (carrierTints[link.carrier] ?? 'use')
  return tint === 'grid' ? 'use' : tint
}
