import { describe, expect, it } from 'vitest'
import { addDays, days, formatPeriod, parsePeriod, regrain, shift, within } from './period'

const p = (text: string) => {
  const period = parsePeriod(text)
  if (!period) throw new Error(`not a period: ${text}`)
  return period
}
const next = (text: string, n = 1) => formatPeriod(shift(p(text), n))

describe('parsePeriod', () => {
  it('reads the four forms and writes them back', () => {
    for (const text of ['2018', '2018-03', '2018-03-05', '2018-03-05..2018-03-11']) {
      expect(formatPeriod(p(text))).toBe(text)
    }
  })

  it('knows the last day, leap years included', () => {
    expect(p('2018-02').last).toBe('2018-02-28')
    expect(p('2020-02').last).toBe('2020-02-29')
    expect(p('2000-02').last).toBe('2000-02-29')
    expect(p('1900-02').last).toBe('1900-02-28')
    expect(p('2018').last).toBe('2018-12-31')
  })

  it('refuses what is no period', () => {
    for (const text of ['', '18', '2018-13', '2018-00', '2018-02-30', '2018-3', 'now', '2018-03-05..', '2018-03-05..2018-03-04', '2018-03-05..2018-03-06..2018-03-07', '2018..2019']) {
      expect(parsePeriod(text), text).toBeNull()
    }
  })
})

describe('shift', () => {
  it('goes over the ends of months and years', () => {
    expect(next('2018-12')).toBe('2019-01')
    expect(next('2018-01', -1)).toBe('2017-12')
    expect(next('2018-12-31')).toBe('2019-01-01')
    expect(next('2020-02-28')).toBe('2020-02-29')
    expect(next('2018')).toBe('2019')
    expect(next('2018-03-05..2018-03-11')).toBe('2018-03-12..2018-03-18')
    expect(next('2018-03-05..2018-03-11', -1)).toBe('2018-02-26..2018-03-04')
  })

  it('comes back to where it was', () => {
    for (const text of ['2018', '2020-02', '2018-12-31', '2018-12-30..2019-01-02']) {
      for (const n of [1, 7, 13]) expect(formatPeriod(shift(shift(p(text), n), -n))).toBe(text)
    }
  })

  it('leaves no gap and no overlap between neighbours', () => {
    for (const text of ['2019', '2020-02', '2018-12-31', '2018-12-30..2019-01-02']) {
      expect(addDays(p(text).last, 1)).toBe(shift(p(text), 1).first)
    }
  })
})

describe('days, regrain, within', () => {
  it('counts civil days', () => {
    expect(days(p('2018'))).toBe(365)
    expect(days(p('2020'))).toBe(366)
    expect(days(p('2018-03'))).toBe(31)
    expect(days(p('2018-03-05..2018-03-11'))).toBe(7)
  })

  it('keeps the last day in sight when the grain changes', () => {
    expect(formatPeriod(regrain(p('2018'), 'month'))).toBe('2018-12')
    expect(formatPeriod(regrain(p('2018-02'), 'day'))).toBe('2018-02-28')
    expect(formatPeriod(regrain(p('2018-02-03'), 'year'))).toBe('2018')
  })

  it('moves a period without data to the nearest end', () => {
    expect(formatPeriod(within(p('2026-11'), '2018-01-01', '2018-12-31'))).toBe('2018-12')
    expect(formatPeriod(within(p('2011'), '2018-01-01', '2018-12-31'))).toBe('2018')
    expect(formatPeriod(within(p('2018-12'), '2018-01-01', '2018-12-15'))).toBe('2018-12')
  })
})
