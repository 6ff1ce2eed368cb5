import { describe, expect, it } from 'vitest'
import type { Lever, Rating, RatingValue } from '../api/types'
import { bounded, compared, declaredOf, declaredTexts, entryOf, missingOf } from './rating'

const value = (id: string, amount: number | null, missing: string[] = []): RatingValue =>
  ({ indicator: { id }, value: amount, missing: missing.map((one) => ({ id: one })) }) as unknown as RatingValue
const rating = (...values: RatingValue[]): Rating => ({ code: null, indicators: values, zeroCarbonPark: { indicators: [] } }) as unknown as Rating
const lever = (id: string, most: number, power = 0): Lever => ({ id, most, change: power ? { purchased_power: power } : {} }) as unknown as Lever

describe('what is declared', () => {
  it('is a number from 0 on, and comes back as it was written', () => {
    expect([...declaredOf(['value_added=12.5', 'water=', 'x=-1', 'y=NaN', 'z=1e3', 'q'])]).toEqual([['value_added', 12.5], ['z', 1000]])
    expect(declaredTexts(new Map([['b', 2], ['a', 1]]))).toEqual(['a=1', 'b=2'])
  })

  it('is asked for once, though several figures lack it', () => {
    expect(missingOf([value('a', null, ['water']), value('b', null, ['water', 'waste'])]).map((one) => one.id)).toEqual(['water', 'waste'])
  })
})

describe('origins', () => {
  it('are links where they are entries', () => {
    expect([entryOf('ee1033946271fd062'), entryOf('energy/steel/electricity × sc@1'), entryOf('e12')]).toEqual(['ee1033946271fd062', '', ''])
  })
})

describe('a what-if', () => {
  it('shows what changed, and no figure that is not known on both sides', () => {
    expect(compared(rating(value('a', 1), value('b', 2), value('c', null)), rating(value('a', 1), value('b', 1.5), value('c', 3))).map(({ id, before, after }) => [id, before, after])).toEqual([['b', 2, 1.5]])
  })

  it('takes no more purchased power than there is', () => {
    const levers = [lever('clean', 80, -1), lever('saving', 100, -1), lever('switch', 9)]
    expect(bounded(levers, { clean: 70, saving: 60 }, 'saving')).toEqual({ clean: 70, saving: 30 })
    expect(bounded(levers, { clean: 90 }, 'clean')).toEqual({ clean: 80 })
    expect(bounded(levers, { clean: 80, switch: 20 }, 'switch')).toEqual({ clean: 80, switch: 9 })
  })
})
