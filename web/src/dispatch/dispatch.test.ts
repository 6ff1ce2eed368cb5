import { describe, expect, test } from 'vitest'
import { flowsOf, peakOf, standsAt, startsOf, type Decision, type Outcome, type Problem } from './dispatch'

const problem: Problem = { carriers: [{ id: 'electricity' }], supplies: [{ id: 'grid', carrier: 'electricity' }], storages: [{ id: 'battery', carrier: 'electricity' }], charging: [{ id: 'cars', carrier: 'electricity' }] }
const outcome: Outcome = {
  total: 1,
  carbon: 2,
  cost: {},
  schedule: { grid: { import: [5, 0], export: [0, 3] }, battery: { charge: [2, 0], discharge: [0, 4] }, cars: { charge: [0, 0] }, chp: { 'flow.electricity': [1, 1], 'flow.gas': [-3, -3] } },
}

describe('a plan', () => {
  test('gives above 0 and takes below', () => {
    expect(flowsOf(problem, outcome, 'electricity')).toEqual([
      { id: 'grid', values: [5, -3] },
      { id: 'battery', values: [-2, 4] },
      { id: 'chp', values: [1, 1] },
    ])
    expect(flowsOf(problem, outcome, 'gas')).toEqual([{ id: 'chp', values: [-3, -3] }])
  })
  test('has its peak in what is bought', () => {
    expect(peakOf(problem, outcome, 'electricity')).toBe(5)
    expect(peakOf(problem, outcome, 'gas')).toBeNull()
    expect(peakOf(problem, undefined, 'electricity')).toBeNull()
  })
  test('stands as it was decided last', () => {
    expect(standsAt([])).toBe('none')
    expect(standsAt([{ kind: 'propose' }, { kind: 'approve' }] as Decision[])).toBe('approve')
  })
  test('has steps of any length', () => {
    expect(startsOf('2018-01-01T00:00:00Z', [0.25, 1, 1]).map((one) => one.toISOString().slice(11, 16))).toEqual(['00:00', '00:15', '01:15'])
  })
})
