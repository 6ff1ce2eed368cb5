import { computed, type ComputedRef } from 'vue'
import { asProblem, type Problem } from '../api/problem'
import type { Park } from '../api/types'
import { scopeOf, type Scope } from '../access/scope'
import { useSession } from '../access/session'
import { useAddress } from './address'
import { useParks } from './overview'

// Place is where a page is: the park of its address, and what of it is looked at.
export interface Place {
  parks: ComputedRef<Park[]>
  park: ComputedRef<Park | null>
  unknown: ComputedRef<boolean> // no such park, or not for this person
  problem: ComputedRef<Problem | null> // the parks could not be read
  retry: () => void
  scope: ComputedRef<Scope>
  organization: ComputedRef<string> // the organization looked at; empty = the whole park
  ready: ComputedRef<boolean> // park and scope are known, so questions can be asked
}

export function usePlace(): Place {
  const address = useAddress()
  const session = useSession()
  const query = useParks()
  const parks = computed(() => query.data.value ?? [])
  const park = computed(() => parks.value.find((one) => one.id === address.park.value) ?? null)
  const scope = computed(() => (park.value ? scopeOf(session.me, park.value.id, park.value.region) : { whole: false, own: [] }))
  const organization = computed(() => {
    const wish = address.org.value
    if (scope.value.whole || scope.value.own.some((held) => held.id === wish)) return wish
    return scope.value.own[0]?.id ?? ''
  })
  return {
    parks,
    park,
    unknown: computed(() => query.isSuccess.value && !park.value),
    problem: computed(() => (query.error.value ? asProblem(query.error.value) : null)),
    retry: () => void query.refetch(),
    scope,
    organization,
    ready: computed(() => park.value !== null && session.me !== null),
  }
}
