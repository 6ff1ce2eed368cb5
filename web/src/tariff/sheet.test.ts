import { expect, it } from 'vitest'
import { daysOf, ratesOf, shadeOf, wishOf } from './sheet'

it('reads prices out of the address and back', () => {
  expect(ratesOf('0.4,0.25,40,')).toEqual({ base: 0.4, fixed: 0.25, demand: 40, contract: 0 })
  expect(ratesOf('x,-1')).toEqual({ base: 0, fixed: 0, demand: 0, contract: 0 })
  expect(wishOf({ base: 0.4, fixed: 0, demand: 40, contract: 0 })).toBe('0.4,,40,')
})

it('lays hours on the days of the park', () => {
  const hour = (at: string) => ({ at, class: 'P' as const, price: null, intensity: null })
  const days = daysOf([hour('2018-07-01T15:00:00Z'), hour('2018-07-01T16:00:00Z')], 'Asia/Shanghai')
  expect(days.map((day) => [day.date, day.hours.map((one) => one.hour)])).toEqual([['2018-07-01', [23]], ['2018-07-02', [0]]])
})

it('shades intensities, and leaves a gap without a shade', () => {
  expect([100, 150, 200].map((value) => shadeOf(value, 100, 200))).toEqual([0, 2, 4])
  expect(shadeOf(null, 100, 200)).toBe(-1)
  expect(shadeOf(100, 100, 100)).toBe(0)
})
