import { expect, it } from 'vitest'
import type { Outlook } from '../api/types'
import { pointsOf } from './outlook'

const outlook = {
  before_from: '2018-12-27T15:00:00Z',
  before: [5, null],
  actual: [7, null],
  forecast: {
    step_seconds: 3600,
    levels: [0.05, 0.1, 0.5, 0.9],
    steps: [
      { time: '2018-12-27T17:00:00Z', mean: 6, quantiles: [3, 4, 6, 9], parts: [] },
      { time: '2018-12-27T18:00:00Z', mean: null, quantiles: [], parts: [] },
    ],
  },
} as unknown as Outlook

it('lays the past and the forecast in one row, and leaves gaps open', () => {
  const points = pointsOf(outlook, 'Asia/Shanghai')
  expect(points.map((one) => one.full)).toEqual(['2018-12-27 23:00', '2018-12-28 00:00', '2018-12-28 01:00', '2018-12-28 02:00'])
  expect(points.map((one) => one.actual)).toEqual([5, null, 7, null])
  expect(points.map((one) => one.central)).toEqual([null, null, 6, null])
  expect(points.map((one) => [one.low, one.high])).toEqual([[null, null], [null, null], [4, 9], [null, null]])
})
