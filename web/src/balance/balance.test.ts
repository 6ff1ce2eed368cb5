import { describe, expect, it } from 'vitest'
import type { BalancePlace, BalanceStep, BalanceTable, CarrierStep, Reconciliation } from '../api/types'
import { carrierLines, imbalanceLines, judged, notesOf, placeFigure, placeNames, sharesOf, suspectsFirst, usedColumns } from './balance'

const grades = { measured: 3, estimated: 1, edited: 0, missing: 0, suspect: 0 }
const step = (parts: Partial<BalanceStep>): BalanceStep => ({ in: null, out: null, converted: null, stored: null, lost: null, unjudged: null, unmetered: null, share: null, over: false, quality: grades, ...parts })
const bus = (node: string, steps: BalanceStep[], parts: Partial<BalancePlace> = {}): BalancePlace => ({ node, name: { zh: node, en: node }, kind: 'bus', carrier: 'steam', unit: 't', organization: 'o', closing: false, converts: false, steps, ...parts })
const table = (places: BalancePlace[]): BalanceTable => ({ format: 'lingtan.balance/v1', park: 'p', name: { zh: 'p', en: 'p' }, step: 'day', steps: [], to: '2018-01-02T00:00:00Z', limit: 0.05, columns: [], carriers: [], findings: [], places })

describe('sharesOf', () => {
  it('counts intervals, and has none where there is no meter', () => {
    expect(sharesOf({ measured: 6, estimated: 2, edited: 1, missing: 1, suspect: 4 })).toEqual({ measured: 0.6, estimated: 0.2, edited: 0.1, missing: 1 })
    expect(sharesOf({ measured: 0, estimated: 0, edited: 0, missing: 0, suspect: 0 })).toBeNull()
  })
})

describe('figures', () => {
  it('are without dust, and a gap stays a gap', () => {
    expect(placeFigure(bus('b', [step({ in: 100, out: 100, lost: 1e-12 })]), 'lost')).toBe(0)
    expect(placeFigure(bus('b', [step({ in: 100, out: 97, lost: 3 })]), 'lost')).toBe(3)
    expect(placeFigure(bus('b', [step({})]), 'in')).toBeNull()
    expect(placeFigure(bus('b', []), 'in')).toBeNull()
  })
  it('show the columns that say something', () => {
    const figures = { in: [1, null], out: [null, null], lost: [0, 0] }
    expect(usedColumns(['in', 'out', 'lost'] as const, ['lost'], (column) => figures[column])).toEqual(['in', 'lost'])
  })
})

describe('lines', () => {
  it('of a carrier leave out what is all 0', () => {
    const row = (supplied: number | null): CarrierStep => ({ supplied, made: 0, used: supplied, converted: 0, exported: 0, stored: 0, lost: supplied === null ? null : 0, unjudged: 0, quality: grades })
    const lines = carrierLines({ carrier: 'steam', name: { zh: '蒸汽', en: 'Steam' }, unit: 't', steps: [row(5), row(null)] }, (column) => column)
    expect(lines).toEqual([
      { id: 'supplied', name: 'supplied', values: [5, null] },
      { id: 'used', name: 'used', values: [5, null] },
      { id: 'lost', name: 'lost', values: [0, null] },
    ])
  })
  it('of imbalance are of buses that can be judged', () => {
    const held = table([bus('open', [step({ share: 0.04 }), step({})]), bus('closed', [step({})], { closing: true }), bus('mute', [step({})]), bus('use', [step({})], { kind: 'use' })])
    expect(judged(held).map((one) => one.node)).toEqual(['open', 'mute'])
    expect(imbalanceLines(held, (one) => one.node)).toEqual([{ id: 'open', name: 'open', values: [4, null] }])
  })
})

describe('reconciliation', () => {
  const flow = (id: string, inSigma: number | null, suspect = false, exceeds = false) => ({
    id, name: { zh: `${id}表`, en: id }, class: 'redundant', raw: 1, sd: 1, reconciled: 1, reconciledSD: 1, adjustment: 0, inSigma, statistic: null, exceeds, corrected: 1, correctedSD: 1, suspect,
  })
  const text = { zh: '近零', en: 'near 0' }
  const held: Reconciliation = {
    park: 'p', period: '2018-01', from: '2018-01-01T00:00:00Z', to: '2018-02-01T00:00:00Z', meters: [],
    result: {
      format: 'f', critical: 2, global: { objective: 0, degrees: 0, confidence: 0.95, critical: 0, probability: 1, tested: false, passed: true, corrected: 0 }, suspects: [],
      flows: [flow('a', null), flow('b', -1.5), flow('c', 2.1, false, true), flow('d', -0.2, true)],
      balances: [{ place: 'node bus', name: { zh: '母线', en: 'Bus' }, residual: 0, statistic: 0, critical: 0, exceeds: false, loss: null, lossStatistic: null }],
      findings: [{ kind: 'not_redundant', place: 'network', text }, { kind: 'zero', place: 'flow a', text }, { kind: 'zero', place: 'flow b', beside: ['flow c'], text }],
    },
  }
  it('puts suspects first', () => expect(suspectsFirst(held.result.flows ?? []).map((one) => one.id)).toEqual(['d', 'c', 'b', 'a']))
  it('joins findings of a kind', () => {
    expect(notesOf(held).map((note) => [note.kind, note.places])).toEqual([['not_redundant', []], ['zero', ['flow a', 'flow b', 'flow c']]])
  })
  it('names places', () => {
    const named = placeNames(held, (name) => name?.zh ?? '')
    expect(['flow a', 'node bus', 'relation x'].map(named)).toEqual(['a表', '母线', 'relation x'])
  })
})
