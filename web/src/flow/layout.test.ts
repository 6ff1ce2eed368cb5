import { describe, expect, it } from 'vitest'
import type { EnergyFlow, FlowLink, FlowNode } from '../api/types'
import { connected, layoutFlow, mergeLinks, openCycles, textWidth } from './layout'

const frame = { width: 900, left: 120, right: 180, top: 24, minHeight: 380, gap: 30 }

type Kind = FlowNode['kind']
function node(id: string, kind: Kind, carrier = 'electricity'): FlowNode {
  return { id, name: { zh: id, en: id }, kind, carrier, organization: '', value: 0, emissions: null }
}
function link(from: string, to: string, value: number, carrier = 'electricity'): FlowLink {
  return { from, to, carrier, value, emissions: null, measuredShare: 1 }
}
function flow(nodes: FlowNode[], links: FlowLink[]): EnergyFlow {
  return { unit: 'MWh', nodes, links }
}

const park = flow(
  [
    node('grid', 'source'),
    node('pv', 'source'),
    node('battery', 'storage'),
    node('bus', 'bus'),
    node('mill', 'use'),
    node('offices', 'use'),
    node('rest', 'unmetered'),
  ],
  [
    link('grid', 'bus', 80),
    link('pv', 'bus', 15),
    link('battery', 'bus', 9),
    link('bus', 'battery', 10),
    link('bus', 'mill', 70),
    link('bus', 'offices', 21),
    link('bus', 'rest', 3),
  ],
)

describe('layoutFlow', () => {
  const drawn = layoutFlow(park, frame)

  it('draws every link as wide as its value, on one scale', () => {
    expect(drawn.ribbons).toHaveLength(7)
    for (const ribbon of drawn.ribbons) expect(ribbon.width).toBeCloseTo(ribbon.link.value * drawn.scale, 9)
  })

  it('keeps the nodes in the order of the park file, and room for two lines beside small ones', () => {
    const ends = drawn.boxes.filter((box) => ['mill', 'offices', 'rest'].includes(box.key)).sort((a, b) => a.y0 - b.y0)
    expect(ends.map((box) => box.key)).toEqual(['mill', 'offices', 'rest'])
    ends.slice(1).forEach((box, n) => expect(box.y0 - ends[n]!.y1).toBeGreaterThanOrEqual(frame.gap - 1e-6))
  })

  it('conserves width through the bus', () => {
    const sum = (pick: (r: (typeof drawn.ribbons)[number]) => boolean) =>
      drawn.ribbons.filter(pick).reduce((total, r) => total + r.width, 0)
    const bus = drawn.boxes.find((box) => box.key === 'bus')!
    expect(sum((r) => r.to === 'bus')).toBeCloseTo(sum((r) => r.from === 'bus'), 9)
    expect(bus.y1 - bus.y0).toBeCloseTo(sum((r) => r.to === 'bus'), 9)
    const bands = bus.bands.reduce((total, band) => total + band.y1 - band.y0, 0)
    expect(bands).toBeCloseTo(bus.y1 - bus.y0, 9)
  })

  it('draws a battery twice: feeding the bus on the left, charged on the right', () => {
    const boxes = drawn.boxes.filter((box) => box.node.id === 'battery')
    expect(boxes.map((box) => box.key).sort()).toEqual(['battery', 'battery#in'])
    const at = (key: string) => boxes.find((box) => box.key === key)!
    expect(at('battery').x0).toBeLessThan(at('battery#in').x0)
  })

  it('keeps boxes of a column apart by the gap, inside the frame', () => {
    for (const box of drawn.boxes) {
      expect(box.x0).toBeGreaterThanOrEqual(frame.left)
      expect(box.x1).toBeLessThanOrEqual(frame.width - frame.right + 1e-9)
      expect(box.y0).toBeGreaterThanOrEqual(frame.top - 1e-6)
      expect(box.y1).toBeLessThanOrEqual(drawn.height)
      for (const other of drawn.boxes.filter((b) => b !== box && b.depth === box.depth && b.y0 >= box.y0)) {
        expect(other.y0 - box.y1).toBeGreaterThan(frame.gap - 0.5)
      }
    }
  })

  it('marks what is not metered', () => {
    expect(drawn.ribbons.filter((r) => r.unmetered).map((r) => r.to)).toEqual(['rest'])
  })

  it('draws nothing out of nothing', () => {
    expect(layoutFlow(flow([], []), frame).boxes).toEqual([])
    expect(layoutFlow(flow([node('grid', 'source')], []), frame).boxes).toEqual([])
  })
})

describe('openCycles', () => {
  it('opens a circle of three without losing a link', () => {
    const opened = openCycles(
      flow(
        [node('a', 'bus'), node('b', 'bus'), node('c', 'bus')],
        [link('a', 'b', 1), link('b', 'c', 1), link('c', 'a', 1)],
      ),
    )
    expect(opened.links).toHaveLength(3)
    expect(opened.nodes.map((n) => n.key).sort()).toEqual(['a', 'a#in', 'b', 'c'])
  })

  it('leaves out links to nodes that are not there and links without a value', () => {
    const opened = openCycles(flow([node('a', 'bus')], [link('a', 'gone', 1), link('a', 'a', 0)]))
    expect(opened.links).toEqual([])
  })
})

it('textWidth takes a Chinese character for about two Latin ones', () => {
  expect(textWidth('园区', 13)).toBe(26)
  expect(textWidth('Park', 13)).toBeLessThan(textWidth('园区电力', 13))
  expect(textWidth('', 13)).toBe(0)
})

describe('mergeLinks', () => {
  it('adds what flows between the same two nodes and weighs the measured share', () => {
    const one = { ...link('bus', 'ev', 3), emissions: 1, measuredShare: 1 }
    const two = { ...link('bus', 'ev', 1), emissions: 2, measuredShare: 0.5 }
    expect(mergeLinks([one, two, link('bus', 'mill', 5)])).toEqual([
      { ...one, value: 4, emissions: 3, measuredShare: 0.875 },
      link('bus', 'mill', 5),
    ])
  })

  it('does not know the sum of emissions when one is unknown', () => {
    const merged = mergeLinks([{ ...link('a', 'b', 1), emissions: 1 }, link('a', 'b', 1)])
    expect(merged[0]?.emissions).toBeNull()
  })
})

describe('connected', () => {
  it('finds the ways through a node', () => {
    const drawn = layoutFlow(park, frame)
    const through = connected(drawn, 'mill')
    expect(through.has('grid')).toBe(true)
    expect(through.has('bus')).toBe(true)
    expect(through.has('offices')).toBe(false)
  })
})
