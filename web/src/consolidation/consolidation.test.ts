import { describe, expect, it } from 'vitest'
import type { ConsolidatedView, Counting } from '../api/types'
import { figure, viewsOf, wrong } from './consolidation'

const view = (level: string): ConsolidatedView => ({ level }) as ConsolidatedView
const counting = (kind: string, location: number): Counting => ({ kind, eliminated: { location, market: 0 } }) as Counting
const levels = (list: ConsolidatedView[]): string[] => list.map((one) => one.level)

describe('levels', () => {
  it('are those of the place, and the government sees the park where nothing is above it', () => {
    const park = [view('park'), view('enterprise'), view('enterprise')]
    expect([levels(viewsOf(park, 'enterprise')).length, levels(viewsOf(park, 'park')), levels(viewsOf(park, 'government'))]).toEqual([2, ['park'], ['park']])
    expect(levels(viewsOf([view('city'), ...park], 'government'))).toEqual(['city'])
  })
})

describe('figures', () => {
  it('lose the dust of adding and nothing else', () => {
    expect([figure({ location: 1e-11, market: 1 }, 'location', 1000), figure({ location: 1e-11, market: 1 }, 'market', 1000), figure(undefined, 'market', 1)]).toEqual([0, 1, null])
  })
})

it('what is counted wrongly comes largest first', () => {
  expect(wrong([counting('once', 0), counting('twice', 2), counting('nobody', -5)], 'location').map((one) => one.kind)).toEqual(['nobody', 'twice'])
})
