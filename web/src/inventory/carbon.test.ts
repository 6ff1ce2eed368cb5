import { describe, expect, it } from 'vitest'
import type { Carbon } from '../api/types'
import { labelled, runs, stepsOf, totalAt } from './carbon'

function carbon(from: string, stepSeconds: number, values: (number | null)[], more: (number | null)[] = []): Carbon {
  const series = [values, more].filter((v) => v.length > 0)
  return {
    from,
    stepSeconds,
    unit: 'tCO2',
    series: series.map((v, n) => ({ id: `s${n}`, name: { zh: 's', en: 's' }, scope: 2, color: 'grid', values: v })),
    intensity: { unit: 'gCO2/kWh', values: [] },
    estimated: [],
  }
}

describe('stepsOf', () => {
  it('writes hours on the clock of the park', () => {
    const steps = stepsOf(carbon('2018-03-04T16:00:00Z', 3600, Array(25).fill(1)), 'Asia/Shanghai')
    expect(steps[0]).toMatchObject({ full: '2018-03-05 00:00', axis: '03-05', opens: true })
    expect(steps[13]).toMatchObject({ full: '2018-03-05 13:00', axis: '13:00', opens: false })
    expect(steps[24]).toMatchObject({ full: '2018-03-06 00:00', opens: true })
  })

  it('writes days by their own date, also after the clocks were changed', () => {
    const steps = stepsOf(carbon('2018-10-26T22:00:00Z', 86_400, [1, 1, 1]), 'Europe/Berlin')
    expect(steps.map((s) => s.full)).toEqual(['2018-10-27', '2018-10-28', '2018-10-29'])
  })
})

it('labelled leaves room between what it writes', () => {
  const steps = stepsOf(carbon('2018-02-28T16:00:00Z', 3600, Array(744).fill(1)), 'Asia/Shanghai')
  const write = labelled(steps, 3600, 10)
  const written = steps.filter((_, n) => write(n))
  expect(written.length).toBeLessThanOrEqual(10)
  expect(written.every((s) => s.opens)).toBe(true)
})

it('runs joins neighbours', () => {
  expect(runs([false, true, true, false, true])).toEqual([
    [1, 2],
    [4, 4],
  ])
  expect(runs([])).toEqual([])
})

it('totalAt keeps a gap a gap', () => {
  const c = carbon('2018-01-01T00:00:00Z', 3600, [1, null, null], [2, 3, null])
  expect([0, 1, 2].map((n) => totalAt(c, n))).toEqual([3, 3, null])
})
