import { describe, expect, it } from 'vitest'
import { en } from './en'
import { zh } from './zh'

function leaves(tree: object, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const at = path ? `${path}.${key}` : key
    if (typeof value === 'string') found.set(at, value)
    else for (const [k, v] of leaves(value as object, at)) found.set(k, v)
  }
  return found
}

const chinese = leaves(zh)
const english = leaves(en)
const slots = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!))].sort()

describe('texts', () => {
  it('exist in both languages and are not empty', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
    for (const [key, value] of [...chinese, ...english]) expect(value.trim(), key).not.toBe('')
  })

  it('have the same places for values in both languages', () => {
    for (const [key, value] of chinese) expect(slots(english.get(key)!), key).toEqual(slots(value))
  })

  it('are English in English, but for the name of the other language', () => {
    for (const [key, value] of english) {
      if (key !== 'nav.language') expect(value, key).not.toMatch(/[\u4e00-\u9fff]/)
    }
  })
})
