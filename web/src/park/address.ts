import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Basis } from '../api/types'
import { parseUnits, type Units } from '../quantity/unit'

type Key = 't' | 'org' | 'basis' | 'lang' | 'theme' | 'trace' | 'table' | 'unit'

// Address is the part of the page's state that lives in its address, so that every view
// is a link.
export interface Address {
  park: ComputedRef<string>
  t: ComputedRef<string> // period; empty = the latest
  org: ComputedRef<string> // organization looked at; empty = all that one may see
  basis: ComputedRef<Basis>
  units: ComputedRef<Units>
  trace: ComputedRef<string> // what the drawer explains: indicator.ID, enterprise.ID, entry.ID
  tables: ComputedRef<string[]> // blocks shown as a table instead of a chart
  go: (changes: Partial<Record<Key, string>>) => void
  link: (changes: Partial<Record<Key, string>>) => { query: Record<string, string> }
}

export function useAddress(): Address {
  const route = useRoute()
  const router = useRouter()
  const query = (key: Key): string => {
    const value = route.query[key]
    return typeof value === 'string' ? value : ''
  }
  const link = (changes: Partial<Record<Key, string>>): { query: Record<string, string> } => {
    const next: Record<string, string> = {}
    for (const [key, value] of Object.entries({ ...route.query, ...changes })) {
      if (typeof value === 'string' && value !== '') next[key] = value
    }
    return { query: next }
  }
  return {
    park: computed(() => String(route.params.park ?? '')),
    t: computed(() => query('t')),
    org: computed(() => query('org')),
    basis: computed(() => (query('basis') === 'market' ? 'market' : 'location')),
    units: computed(() => parseUnits(query('unit'))),
    trace: computed(() => query('trace')),
    tables: computed(() => query('table').split(',').filter(Boolean)),
    go: (changes) => void router.push(link(changes)),
    link,
  }
}
