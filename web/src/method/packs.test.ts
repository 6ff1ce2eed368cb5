import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kinds, packs } from './packs'
import { carrierWords, kindWords, wordOf } from './words'

const folder = new URL('../../../method/packs/', import.meta.url)
const texts = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
const value = (text: string, key: RegExp): string => (key.exec(text)?.[1] ?? '').replace(/^"(.*)"$/, '$1')
const rules = texts.flatMap((text) => text.split('\n  - id: ').slice(1))

describe('the methods of the console', () => {
  it('are those that are shipped, by the names they have', () => {
    const shipped = texts.map((text) => ({
      ref: `${value(text, /^id: (\S+)/m)}@${value(text, /^version: (\S+)/m)}`,
      name: { zh: value(text, /^ {2}zh: (.*)$/m), en: value(text, /^ {2}en: (.*)$/m) },
    }))
    expect(shipped.length).toBeGreaterThan(15)
    expect([...packs].sort((a, b) => (a.ref < b.ref ? -1 : 1))).toEqual(shipped.sort((a, b) => (a.ref < b.ref ? -1 : 1)))
  })

  it('have the activities of the rules, with their carriers and units', () => {
    const found: Record<string, { carriers: Set<string>; units: Set<string> }> = {}
    for (const rule of rules) {
      const kind = (found[value(rule, /\n {4}activity: (\S+)/)] ??= { carriers: new Set(), units: new Set() })
      const [carrier, unit] = [value(rule, /\n {4}carrier: (\S+)/), value(rule, /\n {4}unit: (\S+)/)]
      if (carrier) kind.carriers.add(carrier)
      if (unit) kind.units.add(unit)
    }
    const plain = Object.fromEntries(Object.entries(found).map(([kind, { carriers, units }]) => [kind, { carriers: [...carriers].sort(), units: [...units].sort() }]))
    expect(Object.keys(plain).length).toBeGreaterThan(50)
    expect(kinds).toEqual(plain)
  })
})

describe('words', () => {
  it('name every activity in both languages', () => {
    expect(Object.keys(kindWords).sort()).toEqual(Object.keys(kinds).sort())
    for (const [zh, en] of [...Object.values(kindWords), ...Object.values(carrierWords)]) {
      expect(zh).not.toBe('')
      expect(en).toMatch(/^[\x20-\x7e]+$/)
    }
  })

  it('are of carriers that a rule asks for', () => {
    const carriers = new Set(Object.values(kinds).flatMap((kind) => kind.carriers))
    expect(Object.keys(carrierWords).filter((carrier) => !carriers.has(carrier))).toEqual([])
  })

  it('stand for themselves where there is no name', () => {
    expect([wordOf(carrierWords, 'diesel', 'zh'), wordOf(carrierWords, 'diesel', 'en')]).toEqual(['柴油', 'Diesel'])
    expect([wordOf(carrierWords, 'SF6', 'zh'), wordOf(carrierWords, 'constructor', 'en')]).toEqual(['SF6', 'constructor'])
  })
})
