import { describe, expect, it } from 'vitest'
import { civil, formatExact, formatNumber, formatShare, formatTime, formatUnit, zoneName } from './format'

describe('formatNumber', () => {
  it('writes a gap as a dash and a real zero as 0', () => {
    expect(formatNumber(null, 'zh')).toBe('—')
    expect(formatNumber(undefined, 'zh')).toBe('—')
    expect(formatNumber(NaN, 'zh')).toBe('—')
    expect(formatNumber(0, 'zh')).toBe('0')
  })

  it('shows as many digits as the size asks for', () => {
    expect(formatNumber(12345.6, 'zh')).toBe('12,346')
    expect(formatNumber(209.04, 'en')).toBe('209.0')
    expect(formatNumber(26.4, 'en')).toBe('26.4')
    expect(formatNumber(2.3149, 'en')).toBe('2.31')
    expect(formatNumber(999.999994, 'en')).toBe('1,000')
    expect(formatNumber(9.999, 'en')).toBe('10.0')
    expect(formatNumber(0.58391, 'en')).toBe('0.584')
    expect(formatNumber(0.5839, 'en', 4)).toBe('0.5839')
  })

  it('never writes a small amount as 0', () => {
    expect(formatNumber(0.000012345, 'zh')).toBe('0.0000123')
    expect(formatNumber(-0.004, 'zh')).toBe('−0.00400')
  })

  it('writes the minus sign, not a hyphen', () => {
    expect(formatNumber(-12.3, 'zh')).toBe('−12.3')
  })
})

describe('formatExact', () => {
  it('writes a figure as it was read, without the dust of binary fractions', () => {
    expect(formatExact(959636.7099999995, 'zh')).toBe('959,636.71')
    expect(formatExact(0.5827, 'en')).toBe('0.5827')
    expect(formatExact(35040, 'en')).toBe('35,040')
    expect(formatExact(-0.000012345, 'en')).toBe('−0.0000123')
    expect(formatExact(0, 'en')).toBe('0')
    expect(formatExact(null, 'en')).toBe('—')
  })
})

describe('formatShare', () => {
  it('never rounds to all or to none', () => {
    expect(formatShare(0.99996, 'zh')).toBe('> 99.9 %')
    expect(formatShare(0.00004, 'zh')).toBe('< 0.1 %')
    expect(formatShare(1, 'zh')).toBe('100 %')
    expect(formatShare(0, 'zh')).toBe('0 %')
    expect(formatShare(0.987, 'en')).toBe('98.7 %')
    expect(formatShare(null, 'en')).toBe('—')
  })
})

describe('time in the zone of the park', () => {
  it('writes the wall clock of the park, whatever the browser', () => {
    expect(formatTime('2018-12-31T15:45:00Z', 'Asia/Shanghai')).toBe('2018-12-31 23:45')
    expect(formatTime('2018-12-31T16:00:00Z', 'Asia/Shanghai')).toBe('2019-01-01 00:00')
    expect(zoneName('2018-12-31T16:00:00Z', 'Asia/Shanghai')).toBe('UTC+8')
    expect(zoneName('2018-07-01T00:00:00Z', 'Europe/Berlin')).toBe('UTC+2')
  })

  it('reads a wall clock over a change of summer time', () => {
    const before = Date.UTC(2018, 2, 25, 0, 0)
    expect(civil(before, 'Europe/Berlin')).toEqual({ date: '2018-03-25', hour: 1, minute: 0 })
    expect(civil(before + 3_600_000, 'Europe/Berlin')).toEqual({ date: '2018-03-25', hour: 3, minute: 0 })
  })
})

it('formatUnit sets indices', () => {
  expect(formatUnit('gCO2/kWh')).toBe('gCO₂/kWh')
  expect(formatUnit('m3')).toBe('m³')
  expect(formatUnit('MWh')).toBe('MWh')
})
