import { expect, it } from 'vitest'
import type { Contribution } from '../api/types'
import { barsOf } from './uncertainty'

const one = (term: string, share: number, assumed = false): Contribution => ({ term, share, assumed }) as Contribution

it('the largest contributions are drawn, the others as one', () => {
  const list = [one('a', 0.5), one('b', 0.3), one('c', 0.15, true), one('d', 0.05, true)]
  expect(barsOf(list).map((bar) => bar.key)).toEqual(['a', 'b', 'c', 'd'])
  const bars = barsOf(list, 3)
  expect(bars.map(({ key, count, assumed }) => [key, count, assumed])).toEqual([['a', 1, false], ['b', 1, false], ['', 2, true]])
  expect(bars.reduce((sum, bar) => sum + bar.share, 0)).toBeCloseTo(1, 12)
  expect(barsOf([])).toEqual([])
})
