import { describe, expect, it } from 'vitest'
import type { Device } from '../api/types'
import { failingFirst, fitting, lengthText, stateOf } from './devices'

const device = (id: string, more: Partial<Device> = {}): Device => ({ id, protocol: 'modbus', map: {}, disabled: false, ...more })
const status = (ok: boolean): Device['status'] => ({ ok, at: '2026-01-01T00:00:00Z', samples: 0 })

describe('devices', () => {
  it('say how they do', () => {
    expect(stateOf(device('a'))).toBe('quiet')
    expect(stateOf(device('a', { status: status(true) }))).toBe('ok')
    expect(stateOf(device('a', { status: status(false) }))).toBe('failing')
    expect(stateOf(device('a', { status: status(false), disabled: true }))).toBe('off')
  })

  it('that fail come first', () => {
    const list = [device('off', { disabled: true }), device('b', { status: status(true) }), device('z', { status: status(false) }), device('a', { status: status(true) }), device('new')]
    expect(failingFirst(list).map((one) => one.id)).toEqual(['z', 'a', 'b', 'new', 'off'])
  })
})

describe('a filter', () => {
  it('asks for every word, in any order and case', () => {
    const rows = ['Mill main kWh', 'Bakery main kWh', '面包房 总表']
    const fit = (wish: string): string[] => fitting(rows, (row) => row, wish)
    expect(fit('')).toEqual(rows)
    expect(fit(' KWH  mill ')).toEqual(['Mill main kWh'])
    expect(fit('总表')).toEqual(['面包房 总表'])
    expect(fit('mill bakery')).toEqual([])
  })
})

describe('a length of time', () => {
  it('has the one unit that fits', () => {
    const say = (seconds: number): string => lengthText(seconds, 'en')
    expect([0, 0.25, 3.9, 59.9, 60, 7199, 7200, 200_000].map(say)).toEqual(['0 secs', '250 ms', '3 secs', '59 secs', '1 min', '1 hr', '2 hrs', '2 days'])
    expect(say(-3)).toBe('\u22123 secs')
    expect(lengthText(120, 'zh')).toBe('2分钟')
  })
})
