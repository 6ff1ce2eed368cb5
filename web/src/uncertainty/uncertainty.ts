import { useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { Contribution, Uncertainty } from '../api/types'

// useUncertainty is how well a closed inventory is known. The same draws and seed give the
// same figures, so one answer holds for good.
export function useUncertainty(park: Ref<string>, inventory: Ref<string>) {
  return useQuery<Uncertainty>({
    queryKey: ['uncertainty', park, inventory],
    enabled: () => park.value !== '' && inventory.value !== '',
    staleTime: Infinity,
    queryFn: ({ signal }) => must(client.GET('/api/v1/parks/{park}/inventories/{inventory}/uncertainty', { params: { path: { park: park.value, inventory: inventory.value } }, signal })),
  })
}

// Bar is a contribution as the chart draws it; the rest are summed.
export interface Bar {
  key: string
  share: number
  assumed: boolean
  one: Contribution | null // null: the rest
  count: number
}

// barsOf are the largest contributions, and the others as one.
export function barsOf(list: readonly Contribution[], most = 8): Bar[] {
  const shown = list.length > most ? list.slice(0, most - 1) : list
  const rest = list.slice(shown.length)
  const bars: Bar[] = shown.map((one) => ({ key: one.term, share: one.share, assumed: one.assumed, one, count: 1 }))
  if (rest.length > 0) bars.push({ key: '', share: rest.reduce((sum, one) => sum + one.share, 0), assumed: rest.every((one) => one.assumed), one: null, count: rest.length })
  return bars
}
