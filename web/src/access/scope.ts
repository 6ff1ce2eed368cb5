// What of a park a person may see: all of it, or some of its organizations. A grant lies at
// a path such as /江苏/demo/steel: region, park, enterprise, site.
import type { Me, Name } from '../api/types'

// Held is an organization of the park that a grant lies at.
export interface Held {
  id: string
  name: Name
}

// Scope is what of one park the grants of a person cover.
export interface Scope {
  whole: boolean // the park itself; then own is empty
  own: Held[] // the organizations, where not the whole park
}

// scopeOf reads the grants for a park. A grant at or above the park covers all of it.
export function scopeOf(me: Me | null, park: string, region: string): Scope {
  const own = new Map<string, Held>()
  for (const role of me?.roles ?? []) {
    const parts = role.organization.split('/').filter(Boolean)
    const at = parts.indexOf(park, 1)
    const id = parts[parts.length - 1]
    if (parts.length === 0 || at === parts.length - 1) return { whole: true, own: [] }
    if (at < 0 && `/${region}/`.startsWith(`/${parts.join('/')}/`)) return { whole: true, own: [] }
    if (at > 0 && id) own.set(id, { id, name: role.organizationName })
  }
  return { whole: false, own: [...own.values()] }
}

// mayClose says whether a role of the person lets them close the inventories of the park. The
// server decides; this only says whether to offer it.
export function mayClose(me: Me | null, park: string, region: string): boolean {
  return holds(me, park, region, ['administrator', 'park_manager'])
}

// mayEditDevices says whether to offer to map the values of the park's devices.
export function mayEditDevices(me: Me | null, park: string, region: string): boolean {
  return holds(me, park, region, ['administrator', 'park_manager', 'installer'])
}

// holds says whether a person has one of the roles over the whole park.
function holds(me: Me | null, park: string, region: string, wanted: string[]): boolean {
  const roles = (me?.roles ?? []).filter((role) => wanted.includes(role.role))
  return me !== null && scopeOf({ ...me, roles }, park, region).whole
}

// mayPublish says whether to offer to publish the code of the park, or of one organization.
export function mayPublish(me: Me | null, park: string, region: string, organization: string): boolean {
  if (holds(me, park, region, ['administrator', 'park_manager'])) return true
  const own = (me?.roles ?? []).filter((role) => role.role === 'enterprise_manager')
  return organization !== '' && me !== null && scopeOf({ ...me, roles: own }, park, region).own.some((held) => held.id === organization)
}
