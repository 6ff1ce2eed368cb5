import { useQuery } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { client, must } from '../api/client'
import type { MethodRules, ShippedMethod } from '../api/types'

// useShipped is the methods that come with this version of Lingtan.
export function useShipped() {
  return useQuery<ShippedMethod[]>({
    queryKey: ['shipped'],
    staleTime: Infinity,
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/methods', { signal }))).methods,
  })
}

// useRules is the rules of one method; the method does not change under its id@version.
export function useRules(method: Ref<string>) {
  return useQuery<MethodRules>({
    queryKey: ['rules', method],
    staleTime: Infinity,
    enabled: () => method.value !== '',
    queryFn: ({ signal }) => must(client.GET('/api/v1/methods/rules', { params: { query: { method: method.value } }, signal })),
  })
}

// Kind is an activity with the carriers that rules ask for and the units that they take.
export interface Kind {
  carriers: string[]
  units: string[]
}

// kindsOf are the activities that any of the methods knows.
export function kindsOf(methods: readonly ShippedMethod[]): Record<string, Kind> {
  const found: Record<string, { carriers: Set<string>; units: Set<string> }> = {}
  for (const { inputs } of methods) {
    for (const { activity, carriers, units } of inputs) {
      const kind = (found[activity] ??= { carriers: new Set(), units: new Set() })
      for (const carrier of carriers) kind.carriers.add(carrier)
      for (const unit of units) kind.units.add(unit)
    }
  }
  const names = Object.keys(found).sort()
  return Object.fromEntries(names.map((name) => [name, { carriers: [...found[name]!.carriers].sort(), units: [...found[name]!.units].sort() }]))
}

// useKinds is kindsOf what is shipped; none until it is known.
export function useKinds(): ComputedRef<Record<string, Kind>> {
  const shipped = useShipped()
  return computed(() => kindsOf(shipped.data.value ?? []))
}
