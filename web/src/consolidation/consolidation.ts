import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { Basis, Consolidation, ConsolidatedView, Counting } from '../api/types'

export function useConsolidation(park: Ref<string>, period: Ref<string>) {
  return useQuery<Consolidation>({
    queryKey: ['consolidation', park, period],
    enabled: () => park.value !== '' && period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => must(client.GET('/api/v1/parks/{park}/consolidation', { params: { path: { park: park.value }, query: { period: period.value } }, signal })),
  })
}

// Level is from where the consolidation is looked at.
export const shownLevels = ['enterprise', 'park', 'government'] as const
export type Level = (typeof shownLevels)[number]

const above = ['country', 'province', 'city', 'district']

// viewsOf are the places of a level. Where no place above the park is recorded, the
// government sees the park.
export function viewsOf(views: readonly ConsolidatedView[], level: Level): ConsolidatedView[] {
  if (level === 'enterprise') return views.filter((one) => one.level === 'enterprise')
  const park = views.filter((one) => one.level === 'park')
  if (level === 'park') return park
  const over = views.filter((one) => above.includes(one.level))
  return over.length > 0 ? over : park
}

// figure is a sum on a basis without the dust of adding.
export function figure(sum: Record<Basis, number> | undefined, basis: Basis, size: number): number | null {
  if (!sum) return null
  const value = sum[basis]
  return Math.abs(value) < 1e-9 * Math.abs(size) ? 0 : value
}

// wrong are the transfers that are not counted once, the largest first.
export function wrong(countings: readonly Counting[], basis: Basis): Counting[] {
  const size = (one: Counting): number => Math.abs(one.eliminated[basis])
  return countings.filter((one) => one.kind !== 'once').sort((a, b) => size(b) - size(a))
}

export const lastOf = (path: string): string => path.split('/').pop() ?? path
