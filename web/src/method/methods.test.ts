import { describe, expect, it } from 'vitest'
import type { ReportingMethod } from '../api/types'
import { inOrder, yearOf } from './methods'

describe('a year', () => {
  it('is one that the server takes', () => {
    expect([' 2018 ', '1990', '2200'].map(yearOf)).toEqual([2018, 1990, 2200])
    for (const text of ['', '1989', '2201', '18', '2018.5', '2e3', 'x']) expect(yearOf(text), text).toBeNaN()
  })
})

describe('lines', () => {
  it('have the latest year first', () => {
    const line = (organization: string, year: number): ReportingMethod => ({ organization, year, method: '', revision: 1, recordedAt: '', author: '' })
    expect(inOrder([line('steel', 2017), line('steel', 2018), line('mill', 2018)]).map((one) => `${one.organization} ${one.year}`)).toEqual(['mill 2018', 'steel 2018', 'steel 2017'])
  })
})
