import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { ReportingMethod } from '../api/types'

// useMethods is by which method the members of a park, or one with those below it, report
// which year.
export function useMethods(park: Ref<string>, organization: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<ReportingMethod[]>({
    queryKey: ['methods', park, organization],
    enabled,
    queryFn: async ({ signal }) =>
      (await must(client.GET('/api/v1/parks/{park}/methods', { params: { path: { park: park.value }, query: { organization: organization.value || undefined } }, signal }))).methods,
  })
}

// useSetMethod records by which method a member reports a year; empty = by none.
export function useSetMethod(park: Ref<string>) {
  const queries = useQueryClient()
  return useMutation<ReportingMethod, unknown, { organization: string; year: number; method: string }>({
    mutationFn: ({ organization, year, method }) =>
      must(client.PUT('/api/v1/parks/{park}/organizations/{organization}/methods/{year}', { params: { path: { park: park.value, organization, year } }, body: { method } })),
    onSuccess: async () => {
      await Promise.all(['methods', 'made'].map((key) => queries.invalidateQueries({ queryKey: [key] })))
    },
  })
}

// yearOf reads a year that the server takes; NaN = it is none.
export function yearOf(text: string): number {
  const year = /^\d{4}$/.test(text.trim()) ? Number(text) : Number.NaN
  return year >= 1990 && year <= 2200 ? year : Number.NaN
}

// inOrder are the lines with the latest year first, and within it by organization.
export function inOrder(lines: readonly ReportingMethod[]): ReportingMethod[] {
  return [...lines].sort((a, b) => b.year - a.year || (a.organization < b.organization ? -1 : 1))
}
