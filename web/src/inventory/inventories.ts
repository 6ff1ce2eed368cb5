import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { Difference, InventoryLine } from '../api/types'

// useInventories is the closed inventories of a park, the latest first.
export function useInventories(park: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<InventoryLine[]>({
    queryKey: ['inventories', park],
    enabled,
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/parks/{park}/inventories', { params: { path: { park: park.value } }, signal }))).inventories ?? [],
  })
}

// useClosing closes the inventory of a period, or restates it.
export function useClosing(park: Ref<string>) {
  const queries = useQueryClient()
  return useMutation<InventoryLine, unknown, string>({
    mutationFn: (period) => must(client.POST('/api/v1/parks/{park}/inventories', { params: { path: { park: park.value } }, body: { period } })),
    onSuccess: async () => {
      await Promise.all([queries.invalidateQueries({ queryKey: ['inventories'] }), queries.invalidateQueries({ queryKey: ['overview'] })])
    },
  })
}

// useDifference is what changed from one inventory to a later one. Closed inventories do not
// change, so one answer holds for good.
export function useDifference(before: Ref<string>, after: Ref<string>) {
  return useQuery<Difference>({
    queryKey: ['difference', before, after],
    enabled: () => before.value !== '' && after.value !== '',
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/inventories/{inventory}/difference', { params: { path: { inventory: before.value }, query: { with: after.value } }, signal })),
  })
}

// fileOf is the address of an inventory as a file.
export function fileOf(inventory: string, format: 'json' | 'csv' | 'xlsx'): string {
  return `/api/v1/inventories/${encodeURIComponent(inventory)}?format=${format}${format === 'json' ? '&evidence=true' : ''}`
}

// pairs are the inventories that may be compared: two revisions of one period. The first is
// the earlier revision.
export function pairs(lines: InventoryLine[]): [InventoryLine, InventoryLine][] {
  return lines.flatMap((after) => lines.filter((before) => before.period === after.period && before.revision < after.revision).map((before): [InventoryLine, InventoryLine] => [before, after]))
}
