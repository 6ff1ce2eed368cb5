import { describe, expect, it } from 'vitest'
import type { Explanation, Usage } from '../api/types'
import { daysOf, intervalsOf, readingsOf } from './day'

function usage(from: string, values: (number | null)[]): Usage {
  return { register: 'main.kwh', unit: 'kWh', from, stepSeconds: 86400, values, quality: values.map((v) => (v === null ? 'missing' : 'measured')), suspect: values.map(() => false) }
}
const node = (kind: string, label: string, value: number, detail = '', children: Explanation[] = []): Explanation => ({ kind, label: { zh: label, en: label }, value, unit: 'kWh', detail, children })

describe('daysOf', () => {
  it('puts values on the civil days of the park', () => {
    const days = daysOf('2018-02', usage('2018-01-31T16:00:00Z', [1, 2, 3]), 'Asia/Shanghai')
    expect(days).toHaveLength(28)
    expect(days.slice(0, 4).map((one) => [one.day, one.value])).toEqual([['2018-02-01', 1], ['2018-02-02', 2], ['2018-02-03', 3], ['2018-02-04', null]])
    expect(days[3]!.quality).toBe('missing')
  })

  it('leaves the days before the answer begins open', () => {
    const days = daysOf('2018-03', usage('2018-03-29T22:00:00Z', [7, null]), 'Europe/Berlin') // the clocks change on the 25th
    expect(days.filter((one) => one.value !== null).map((one) => one.day)).toEqual(['2018-03-30'])
  })

  it('is all gaps without an answer', () => {
    expect(daysOf('2018-02', null, 'UTC').every((one) => one.value === null && one.quality === 'missing')).toBe(true)
    expect(daysOf('2018-02', usage('0001-01-01T00:00:00Z', []), 'Asia/Shanghai').every((one) => one.value === null)).toBe(true)
  })
})

describe('intervalsOf and readingsOf', () => {
  const day = node('day', '2018-03-05', 3, '', [node('interval', '00:00', 3, 'measured'), node('interval', '00:15', 0, 'missing'), node('readings', 'readings', 1, '', [node('reading', '2018-03-05 00:15:00 +08:00', 3)])])
  it('give a missing interval no value', () => {
    expect(intervalsOf(day)).toEqual([{ at: '00:00', value: 3, quality: 'measured' }, { at: '00:15', value: null, quality: 'missing' }])
  })
  it('give the readings', () => {
    expect(readingsOf(day).map((one) => one.value)).toEqual([3])
  })
})
