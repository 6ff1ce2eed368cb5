import { describe, expect, it } from 'vitest'
import { parsePeriod } from '../period/period'
import { alone, settled } from './lines'
import { stepOf, stepsOffered, timesOf } from './steps'

const period = (text: string) => parsePeriod(text)!

describe('steps', () => {
  it('fit the length of the period', () => {
    const offered = (text: string) => stepsOffered(period(text))
    expect(offered('2018-03-05')).toEqual(['hour'])
    expect(offered('2018-03')).toEqual(['hour', 'day'])
    expect(offered('2018')).toEqual(['day', 'month'])
    expect(offered('2016-01-01..2018-12-31')).toEqual(['month'])
  })
  it('are as the address wishes where that fits', () => {
    const cases: [string, string][] = [['2018-03-05', ''], ['2018-03-05', 'month'], ['2018-03', ''], ['2018-03', 'hour'], ['2018', ''], ['2018', 'day'], ['2018', 'hour'], ['2018-01-01..2018-03-31', 'week']]
    expect(cases.map(([text, wish]) => stepOf(period(text), wish))).toEqual(['hour', 'hour', 'day', 'hour', 'month', 'day', 'month', 'day'])
  })
  it('are written on the clock of the park', () => {
    expect(timesOf(['2018-03-04T16:00:00Z', '2018-03-04T17:00:00Z'], 'hour', 'Asia/Shanghai').map((one) => [one.axis, one.full, one.opens])).toEqual([
      ['03-05', '2018-03-05 00:00', true],
      ['01:00', '2018-03-05 01:00', false],
    ])
    expect(timesOf(['2018-10-27T22:00:00Z', '2018-10-28T23:00:00Z'], 'day', 'Europe/Berlin').map((one) => one.full)).toEqual(['2018-10-28', '2018-10-29'])
    expect(timesOf(['2018-02-28T16:00:00Z'], 'month', 'Asia/Shanghai')[0]).toMatchObject({ axis: '2018-03', full: '2018-03' })
  })
})

describe('lines', () => {
  it('know a value between two gaps', () => {
    const values = [1, null, 2, null, 3, 4]
    expect(values.map((_, n) => alone(values, n))).toEqual([true, false, true, false, false, false])
  })
  it('take dust for 0 and a gap for a gap', () => {
    expect([settled(1e-12, 1), settled(-1e-12, 1), settled(1e-6, 1), settled(null, 1), settled(0, 0)]).toEqual([0, 0, 1e-6, null, 0])
  })
})
