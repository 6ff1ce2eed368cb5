import { describe, expect, it } from 'vitest'
import { Problem } from '../api/problem'
import type { Activity, EnterpriseInventory, Me, Organization, ParkStructure } from '../api/types'
import { bodyOf, dayEnd, draftOf, emptyDraft, emptyGiven, faultsOf, fieldOf, madeBy, membersOf, type Draft } from './activities'

const good: Draft = { ...emptyDraft('steel', { first: '2018-03-01', last: '2018-03-31' }), id: 'gas-03', kind: 'natural_gas', carrier: 'natural_gas', amount: '12.5', unit: 'GJ' }
const faults = (change: Partial<Draft>, revising = false): string[] => Object.keys(faultsOf({ ...good, ...change }, revising))

describe('a draft', () => {
  it('without fault is taken', () => expect(faults({})).toEqual([]))

  it('has its fault at its field', () => {
    expect(faults({ id: '' })).toEqual(['id'])
    expect(faults({ id: 'gas 03' })).toEqual(['id'])
    expect(faults({ id: '煤-2018' })).toEqual([])
    expect(faults({ id: 'x'.repeat(101) })).toEqual(['id'])
    expect(faults({ organization: '' })).toEqual(['organization'])
    expect(faults({ kind: ' ' })).toEqual(['kind'])
    expect(faults({ first: '' })).toEqual(['first'])
    expect(faults({ last: '2018-02-28' })).toEqual(['last'])
    expect(faults({ last: '2018-03-01' })).toEqual([])
    expect(faults({ first: '2008-01-01', last: '2018-01-07' })).toEqual([])
    expect(faults({ first: '2008-01-01', last: '2018-01-08' })).toEqual(['last'])
    expect(faults({ unit: '' })).toEqual(['unit'])
    expect(faults({ evidence: '字'.repeat(2001) })).toEqual(['evidence'])
  })

  it('has an amount as the server reads it', () => {
    for (const amount of ['0', '12.5', '999999999999999.999999999']) expect(faults({ amount })).toEqual([])
    for (const amount of ['', '-1', '1,5', '1e3', '01', '.5', '5.', '1234567890123456', '0.1234567890']) expect(faults({ amount }), amount).toEqual(['amount'])
  })

  it('has an uncertainty from 0 to 10, or none', () => {
    for (const uncertainty of ['', '0', '0.05', '10']) expect(faults({ uncertainty })).toEqual([])
    for (const uncertainty of ['-1', '10.1', '5 %', 'NaN']) expect(faults({ uncertainty }), uncertainty).toEqual(['uncertainty'])
  })

  it('needs a reason where it revises', () => {
    expect(faults({}, true)).toEqual(['note'])
    expect(faults({ note: 'weighed again' }, true)).toEqual([])
  })

  it('has own values with role, value, unit and source', () => {
    const row = { ...emptyGiven(), role: 'cc', value: '0.0154', unit: 'tC/GJ', source: 'laboratory 7' }
    const fault = (change: Partial<typeof row>): string[] => faults({ given: [{ ...row, ...change }] })
    expect(fault({})).toEqual([])
    for (const change of [{ role: '' }, { value: 'much' }, { value: '' }, { unit: '' }, { source: ' ' }, { uncertainty: '11' }]) expect(fault(change), JSON.stringify(change)).toEqual(['given'])
    expect(fault({ role: 'enthalpy', value: '', unit: '', pressure: '0.8', temperature: '170' })).toEqual([])
    expect(fault({ role: 'enthalpy', value: '', unit: '', pressure: 'high' })).toEqual(['given'])
    expect(faults({ given: [row, row] })).toEqual(['given'])
    expect(faults({ choose: [{ role: 'gwp', name: '' }] })).toEqual(['choose'])
    expect(faults({ choose: [{ role: 'gwp', name: 'ar5' }] })).toEqual([])
  })
})

const record: Activity = {
  id: 'steam-03', revision: 2, organization: 'steel', kind: 'purchased_steam', first: '2018-03-01', last: '2018-03-31', amount: '100.50', unit: 't', evidence: 'bill', uncertainty: 0.02, note: 'second bill',
  given: { enthalpy: { value: 0, unit: '', source: 'gauge', pressure: 0.8, temperature: 170 }, ef: { value: 0.11, unit: 'tCO2/GJ', source: 'supplier', uncertainty: 0.05 } },
  choose: { feedwater: 'condensate' }, withdrawn: false, recordedAt: '2026-01-01T00:00:00Z', author: 'a',
}

describe('a record', () => {
  it('goes through the form and back as it was, but for the note', () => {
    const body = bodyOf({ ...draftOf(record), note: 'third bill' })
    const { kind, first, last, amount, unit, evidence, uncertainty, given, choose } = record
    expect(JSON.parse(JSON.stringify(body))).toEqual({ kind, first, last, amount, unit, evidence, uncertainty, given, choose, note: 'third bill' })
    expect(draftOf(record).note).toBe('')
  })

  it('leaves out what is empty', () => {
    expect(JSON.parse(JSON.stringify(bodyOf(good)))).toEqual({ kind: 'natural_gas', carrier: 'natural_gas', first: '2018-03-01', last: '2018-03-31', amount: '12.5', unit: 'GJ' })
  })

  it('is found among the entries that it made', () => {
    const entry = (id: string, record?: string): unknown => ({ id, activity: { record } })
    const inventory = { entries: [entry('a', 'steam-03'), entry('b'), entry('c', 'steam-04')] } as unknown as EnterpriseInventory
    expect(madeBy(inventory, 'steam-03').map((one) => one.id)).toEqual(['a'])
    expect(madeBy(undefined, 'steam-03')).toEqual([])
  })
})

describe('a refusal of the server', () => {
  const field = (code: string, detail: string): string => fieldOf(new Problem('/', 422, { code, detail }))
  const cannot = (why: string): string => field('LT-4012', `record "x": accounting: a record that cannot be: ${why}`)

  it('is at the field that it names', () => {
    expect(cannot('id "x 1"; letters, digits')).toBe('id')
    expect(cannot('kind "", carrier "coal"; a kind is needed')).toBe('kind')
    expect(cannot('last: period: not a period: "2018-02-31"')).toBe('last')
    expect(cannot('2018-03-05 to 2018-03-01; from the first to the last day')).toBe('last')
    expect(cannot('amount "12,5"; a decimal number')).toBe('amount')
    expect(cannot('unit "GJx": unknown unit')).toBe('unit')
    expect(cannot('uncertainty "11"; half the 95 % interval')).toBe('uncertainty')
    expect(cannot('given: json: cannot unmarshal')).toBe('given')
    expect(cannot('17 values given, 0 chosen; at most 16 of each')).toBe('given')
    expect(cannot('"mill" is no organization of park demo')).toBe('organization')
    expect(field('LT-4006', 'no rule for the activity')).toBe('kind')
    expect(field('LT-4007', "a value of one's own needs a number")).toBe('given')
    expect(field('LT-7104', 'convert t to GJ')).toBe('unit')
    expect(field('LT-0409', 'activity "x" is at revision 1, the change was made from 0; load it')).toBe('id')
  })

  it('of the record as a whole is at none', () => {
    expect(field('LT-0409', 'activity "x" is at revision 3, the change was made from 2; load it')).toBe('')
    expect(field('LT-0403', 'amount')).toBe('')
    expect(cannot('evidently wrong')).toBe('')
  })
})

describe('members', () => {
  const park = { id: 'demo', region: '江苏' }
  const name = (text: string): { zh: string; en: string } => ({ zh: text, en: text })
  const seen = [
    { path: '/江苏/demo', kind: 'park', name: name('demo'), park: 'demo' },
    { path: '/江苏/demo/steel', kind: 'enterprise', name: name('steel'), park: 'demo' },
    { path: '/江苏/demo/steel/rolling', kind: 'enterprise', name: name('rolling'), park: 'demo' },
    { path: '/江苏/demo/steel/site', kind: 'site', name: name('site'), park: 'demo' },
    { path: '/江苏/demo/mill', kind: 'enterprise', name: name('mill'), park: 'demo' },
    { path: '/江苏/other/works', kind: 'enterprise', name: name('works'), park: 'other' },
  ] as Organization[]
  const me = (...roles: [string, string][]): Me => ({ login: 'a', name: 'a', kind: 'person', mustSetPassword: false, roles: roles.map(([role, organization]) => ({ role, organization, organizationName: name('') })) })
  const may = (...roles: [string, string][]): string[] => membersOf(me(...roles), park, seen, null).filter((one) => one.may).map((one) => one.id)

  it('may be declared for by whoever edits readings there', () => {
    expect(may(['administrator', '/'])).toEqual(['steel', 'rolling', 'mill'])
    expect(may(['park_manager', '/江苏/demo'])).toEqual(['steel', 'rolling', 'mill'])
    expect(may(['enterprise_manager', '/江苏/demo/steel'])).toEqual(['steel', 'rolling'])
    expect(may(['enterprise_manager', '/江苏/demo/steel/rolling'])).toEqual(['rolling'])
    expect(may(['regulator', '/江苏'])).toEqual([])
    expect(may(['verifier', '/江苏/demo'], ['enterprise_manager', '/江苏/demo/mill'])).toEqual(['mill'])
    expect(membersOf(null, park, seen, null).some((one) => one.may)).toBe(false)
  })

  it('are those of the park file, where it may be read', () => {
    const organizations = ['operator', 'enterprise', 'regulator'].map((kind) => ({ id: kind, kind, name: name(kind) }))
    const listed = membersOf(me(['administrator', '/']), park, seen, { organizations } as unknown as ParkStructure)
    expect(listed.map((one) => one.id)).toEqual(['operator', 'enterprise'])
    expect(listed.every((one) => one.may)).toBe(true)
  })
})

describe('the end of a day', () => {
  it('is the last millisecond on the clock of the zone', () => {
    expect(dayEnd('2026-11-21', 'Asia/Shanghai')).toBe('2026-11-21T15:59:59.999Z')
    expect(dayEnd('2026-03-08', 'America/New_York')).toBe('2026-03-09T03:59:59.999Z')
    expect(dayEnd('2026-11-01', 'America/New_York')).toBe('2026-11-02T04:59:59.999Z')
    expect(dayEnd('2026-11-21', 'UTC')).toBe('2026-11-21T23:59:59.999Z')
    expect(dayEnd('soon', 'UTC')).toBe('')
  })
})
