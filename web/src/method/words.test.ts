import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ShippedMethod } from '../api/types'
import { kindsOf } from './shipped'
import { carrierWords, kindWords, wordOf } from './words'

const folder = new URL('../../../method/packs/', import.meta.url)
const rules = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => readFileSync(new URL(file, folder), 'utf8').split('\n  - id: ').slice(1))
const all = (key: RegExp): Set<string> => new Set(rules.flatMap((rule) => key.exec(rule)?.[1] ?? []))

describe('words', () => {
  it('name every activity of the shipped methods in both languages', () => {
    const activities = all(/\n {4}activity: (\S+)/)
    expect(activities.size).toBeGreaterThan(50)
    expect(Object.keys(kindWords).sort()).toEqual([...activities].sort())
    for (const [zh, en] of [...Object.values(kindWords), ...Object.values(carrierWords)]) {
      expect(zh).not.toBe('')
      expect(en).toMatch(/^[\x20-\x7e]+$/)
    }
  })

  it('are of carriers that a rule asks for', () => {
    const carriers = all(/\n {4}carrier: (\S+)/)
    expect(Object.keys(carrierWords).filter((carrier) => !carriers.has(carrier))).toEqual([])
  })

  it('stand for themselves where there is no name', () => {
    expect([wordOf(carrierWords, 'diesel', 'zh'), wordOf(carrierWords, 'diesel', 'en')]).toEqual(['柴油', 'Diesel'])
    expect([wordOf(carrierWords, 'SF6', 'zh'), wordOf(carrierWords, 'constructor', 'en')]).toEqual(['SF6', 'constructor'])
  })
})

describe('kinds', () => {
  it('are put together over methods, in order', () => {
    const method = (inputs: Pick<ShippedMethod['inputs'][number], 'activity' | 'carriers' | 'units'>[]): ShippedMethod => ({ inputs }) as ShippedMethod
    const one = method([{ activity: 'fuel', carriers: ['diesel'], units: ['t'] }])
    const two = method([{ activity: 'fuel', carriers: ['coal'], units: ['t', 'GJ'] }, { activity: 'clinker', carriers: [], units: ['t'] }])
    expect(Object.entries(kindsOf([one, two]))).toEqual([
      ['clinker', { carriers: [], units: ['t'] }],
      ['fuel', { carriers: ['coal', 'diesel'], units: ['GJ', 't'] }],
    ])
  })
})
