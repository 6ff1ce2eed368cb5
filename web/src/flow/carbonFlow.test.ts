import { describe, expect, it } from 'vitest'
import type { CarbonFlow } from '../api/types'
import { carriersOf, findingsOf, firstSeen, flowed, footprintOf, formatTiny, intervalSeconds, membersOf, placesOf, transfersOf, unitOf } from './carbonFlow'

const name = { zh: '名', en: 'name' }
const place = (node: string, carrier: string, unit: string, through: number[]) => ({ node, name, carrier, unit, organization: 'o', through, intensity: [] })
const member = (organization: string, used: number, lost: number, sourced: number) => ({ organization, used: [used, 2 * used], lost: [lost, lost], exported: [0, 0], stored: [0, 0], sourced: [sourced, 2 * sourced] })

function flow(parts: Partial<CarbonFlow>): CarbonFlow {
  const none = { nodes: [], owners: null, transfers: null, findings: [], sources: [], times: [] }
  return { park: 'p', first: '2018-03-05', last: '2018-03-05', step: 'hour', footprints: ['location', 'market'], gap: 0, intervals: 96, ...none, ...parts }
}

describe('places', () => {
  const found = flow({
    nodes: [place('gas', 'natural_gas', 'GJ', [0]), place('grid', 'electricity', 'kWh', [0]), place('bus', 'electricity', 'kWh', [3])],
    sources: [{ node: 'grid', name, unit: 'kWh', factor: [0.5, 0.6] }],
  })
  it('come by carrier, the one with the most places first, sources last', () => {
    expect(carriersOf(found)).toEqual(['electricity', 'natural_gas'])
    expect(placesOf(found, 'electricity').map((one) => one.node)).toEqual(['bus', 'grid'])
    expect(unitOf(found, 'natural_gas')).toBe('GJ')
    expect(unitOf(found, 'steam')).toBe('')
  })
  it('tell whether energy flowed', () => {
    expect(flowed(found)).toBe(true)
    expect(flowed(flow({ nodes: [place('bus', 'electricity', 'kWh', [0, 0])] }))).toBe(false)
    expect(flowed(flow({ nodes: null }))).toBe(false)
  })
  it('have figures on the bases of the answer', () => {
    expect(footprintOf(found, 'market')).toBe(1)
    expect(footprintOf(flow({ footprints: ['location'] }), 'market')).toBe(-1)
  })
})

describe('membersOf', () => {
  it('ends with the sum, and takes the dust of adding for 0', () => {
    const rows = membersOf(flow({ owners: [member('a', 60, 3e-15, 0), member('b', 40, 0, 100)] }), 0)
    expect(rows.map((row) => row.organization)).toEqual(['a', 'b', ''])
    expect(rows[0]?.figures.lost).toBe(0)
    expect(rows[2]).toMatchObject({ figures: { used: 100, sourced: 100 }, answered: 100 })
  })
  it('keeps a small loss that is one', () => {
    expect(membersOf(flow({ owners: [member('a', 100, 0.001, 100)] }), 1)[0]?.figures.lost).toBe(0.001)
  })
  it('leaves unknown what is not told, and has no rows without members', () => {
    const rows = membersOf(flow({ owners: [{ ...member('a', 1, 0, 1), lost: null }] }), 0)
    expect(rows[0]?.answered).toBeNull()
    expect(rows[1]?.figures.lost).toBeNull()
    expect(membersOf(flow({}), 0)).toEqual([])
  })
})

describe('transfersOf', () => {
  it('sorts by carbon and divides by energy, never by 0', () => {
    const rows = transfersOf(
      flow({
        transfers: [
          { from: 'a', to: 'b', carrier: 'electricity', amount: 0, carbon: [0, 0] },
          { from: 'a', to: 'c', carrier: 'electricity', amount: 2000, carbon: [1, 1.2] },
        ],
      }),
      1,
    )
    expect(rows.map((row) => [row.to, row.carbon, row.mean])).toEqual([['c', 1.2, 0.6], ['b', 0, null]])
  })
})

describe('findings', () => {
  const idle = { kind: 'idle', place: 'node pv', interval: 0, count: 5, amount: 0 }
  const gap = { kind: 'missing', place: 'edge pv-in', interval: 5, count: 2, amount: 0 }
  it('put what is at rest last', () => expect(findingsOf(flow({ findings: [idle, gap] })).map((one) => one.kind)).toEqual(['missing', 'idle']))
  it('tell the instant of the first interval', () => {
    const found = flow({ times: ['2018-03-04T16:00:00Z'] })
    expect(new Date(firstSeen(found, gap, 900) ?? 0).toISOString()).toBe('2018-03-04T17:15:00.000Z')
    expect(firstSeen(found, gap, 0)).toBeNull()
    expect(firstSeen(flow({}), gap, 900)).toBeNull()
  })
  it('read the length of an interval', () => {
    expect([intervalSeconds('15m'), intervalSeconds('1h'), intervalSeconds('often')]).toEqual([900, 3600, 0])
  })
})

describe('formatTiny', () => {
  it('writes powers of ten', () => {
    expect([0, 7.07e-16, 0.5, 12].map(formatTiny)).toEqual(['0', '7.1 × 10⁻¹⁶', '5.0 × 10⁻¹', '1.2 × 10¹'])
  })
})
