import { expect, test } from 'vitest'
import type { Overview } from '../api/types'
import { energyFactor, formatUnits, inUnits, massUnit, parseUnits } from './unit'

test('a choice is read and written', () => {
  expect(parseUnits('')).toEqual({ energy: 'MWh', mass: 't' })
  expect(parseUnits('kg,GJ,barrel')).toEqual({ energy: 'GJ', mass: 'kg' })
  for (const text of ['', 'kWh', 'GJ,kg', 'tce', 'kg']) expect(formatUnits(parseUnits(text))).toBe(text)
})
test('energy is converted by exact relations', () => {
  expect(energyFactor('kWh')).toBeCloseTo(1000, 9)
  expect(energyFactor('GJ')).toBeCloseTo(3.6, 12)
  expect(energyFactor('tce')).toBeCloseTo(0.122835, 6) // GB/T 2589: 0.1229 kgce a kWh, rounded
})
test('only amounts of emissions change their unit of mass', () => {
  expect(massUnit('tCO2', 'kg')).toBe('kgCO2')
  expect(massUnit('tCO2/tce', 'kg')).toBe('tCO2/tce')
  expect(massUnit('tce', 'kg')).toBe('tce')
})
test('an overview is converted whole, and a gap stays a gap', () => {
  const overview = {
    indicators: [{ id: 'emissions', unit: 'tCO2', value: 2, spark: [1, null] }, { id: 'energy', unit: 'tce', value: 5, spark: [] }],
    sankey: { unit: 'MWh', nodes: [{ value: 1, emissions: null }], links: [{ value: 2, emissions: 3 }] },
    carbon: { unit: 'tCO2', series: [{ values: [1, null] }], intensity: { values: [500] } },
    enterprises: [{ energyMWh: null, emissionsScope1: 1, emissionsScope2: 0 }],
  } as unknown as Overview
  const got = inUnits(overview, { energy: 'GJ', mass: 'kg' })
  expect(got.indicators!.map((one) => [one.value, one.unit])).toEqual([[2000, 'kgCO2'], [5, 'tce']])
  expect(got.indicators![0]!.spark).toEqual([1000, null])
  expect(got.sankey).toMatchObject({ unit: 'GJ', nodes: [{ value: 3.6, emissions: null }], links: [{ value: 7.2, emissions: 3000 }] })
  expect(got.carbon).toMatchObject({ unit: 'kgCO2', series: [{ values: [1000, null] }], intensity: { values: [500] } })
  expect(got.enterprises![0]).toMatchObject({ energyMWh: null, emissionsScope1: 1000, emissionsScope2: 0 })
  expect(inUnits(overview, { energy: 'MWh', mass: 't' })).toBe(overview)
})
