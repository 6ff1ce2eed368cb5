import { useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { EntryExplained } from '../api/types'

// useEntry is an entry with the tree that explains it. An entry is never changed after it
// was written, so one answer holds for good.
export function useEntry(entry: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<EntryExplained>({
    queryKey: ['entry', entry],
    enabled,
    staleTime: Infinity,
    queryFn: ({ signal }) => must(client.GET('/api/v1/entries/{entry}', { params: { path: { entry: entry.value } }, signal })),
  })
}
