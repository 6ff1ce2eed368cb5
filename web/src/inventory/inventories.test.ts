import { describe, expect, it } from 'vitest'
import type { InventoryLine } from '../api/types'
import { fileOf, pairs } from './inventories'

const line = (period: string, revision: number): InventoryLine => ({ id: `demo-${period}-r${revision}`, period, revision, state: 'closed', closedAt: null, closedBy: '', total: { location: 0, market: 0 }, hash: '', root: '' })
const ids = (...lines: InventoryLine[]): string[] => pairs(lines).map(([before, after]) => `${before.id} ${after.id}`)

describe('pairs', () => {
  it('are two revisions of one period, the earlier first', () => {
    expect(ids(line('2018', 2), line('2018', 1), line('2018-03', 1))).toEqual(['demo-2018-r1 demo-2018-r2'])
    expect(ids(line('2018', 3), line('2018', 2), line('2018', 1))).toHaveLength(3)
  })
  it('are none of different periods', () => {
    expect(ids(line('2018', 1), line('2018-03', 2))).toEqual([])
  })
})

describe('fileOf', () => {
  it('asks for evidence with JSON only', () => {
    expect(fileOf('demo-2018-r1', 'json')).toBe('/api/v1/inventories/demo-2018-r1?format=json&evidence=true')
    expect(fileOf('demo-2018-r1', 'csv')).toBe('/api/v1/inventories/demo-2018-r1?format=csv')
  })
  it('escapes the identifier', () => {
    expect(fileOf('a/b?c', 'xlsx')).toBe('/api/v1/inventories/a%2Fb%3Fc?format=xlsx')
  })
})
