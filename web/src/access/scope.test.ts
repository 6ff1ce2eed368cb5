import { describe, expect, it } from 'vitest'
import type { Me } from '../api/types'
import { mayClose, scopeOf } from './scope'

function person(...grants: [role: string, organization: string][]): Me {
  const roles = grants.map(([role, organization]) => ({ role, organization, organizationName: { zh: organization, en: organization } }))
  return { login: 'x', name: 'X', kind: 'person', mustSetPassword: false, roles }
}
const ids = (me: Me | null): string[] => scopeOf(me, 'demo', '江苏').own.map((held) => held.id)
const whole = (me: Me | null): boolean => scopeOf(me, 'demo', '江苏').whole

describe('scopeOf', () => {
  it('is the whole park for a grant at or above it', () => {
    for (const at of ['/', '/江苏', '/江苏/demo']) expect(whole(person(['regulator', at])), at).toBe(true)
  })

  it('is the enterprise, or the site, that the grant lies at', () => {
    expect(ids(person(['enterprise_manager', '/江苏/demo/steel']))).toEqual(['steel'])
    expect(ids(person(['enterprise_manager', '/江苏/demo/steel/steel-site']))).toEqual(['steel-site'])
    expect(whole(person(['enterprise_manager', '/江苏/demo/steel']))).toBe(false)
  })

  it('holds every organization once, and none of another park or region', () => {
    const me = person(['verifier', '/江苏/demo/steel'], ['enterprise_manager', '/江苏/demo/steel'], ['enterprise_manager', '/江苏/demo/furniture'], ['verifier', '/江苏/other/mill'], ['verifier', '/浙江'])
    expect(ids(me)).toEqual(['steel', 'furniture'])
    expect(whole(me)).toBe(false)
    expect(whole(person(['verifier', '/江']))).toBe(false)
  })

  it('is nothing for nobody', () => {
    expect(scopeOf(null, 'demo', '江苏')).toEqual({ whole: false, own: [] })
  })
})

describe('mayClose', () => {
  const may = (me: Me | null): boolean => mayClose(me, 'demo', '江苏')
  it('is for park managers and administrators of the park', () => {
    expect(may(person(['park_manager', '/江苏/demo']))).toBe(true)
    expect(may(person(['administrator', '/']))).toBe(true)
  })
  it('is not for others', () => {
    for (const me of [person(['verifier', '/江苏/demo']), person(['park_manager', '/江苏/other']), person(['enterprise_manager', '/江苏/demo/steel']), null]) expect(may(me)).toBe(false)
  })
})
