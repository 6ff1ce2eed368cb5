import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { FactorAnswer, FactorEntry, FactorList } from '../api/types'

// Wanted is what of the library is shown; empty texts match everything.
export interface Wanted {
  search: string
  category: string
  region: string
  grade: string
  limit: number
}

export function useFactors(wanted: Ref<Wanted>) {
  return useQuery<FactorList>({
    queryKey: ['factors', wanted],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const { search, category, region, grade, limit } = wanted.value
      const query = { search: search || undefined, category: category || undefined, region: region || undefined, grade: (grade || undefined) as 'A' | undefined, limit }
      return must(client.GET('/api/v1/factors', { params: { query }, signal }))
    },
  })
}

export function useVersions(id: Ref<string>) {
  return useQuery<FactorEntry[]>({
    queryKey: ['factor-versions', id],
    enabled: () => id.value !== '',
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/factors/versions', { params: { query: { id: id.value } }, signal }))).versions,
  })
}

export interface Question {
  item: string
  category: string
  parameter: string
  guideline: string
  place: string
  at: string
  policy: 'valid' | 'latest_published' | 'nearest_year'
}

export function useLookup(question: Ref<Question | null>) {
  return useQuery<FactorAnswer>({
    queryKey: ['lookup', question],
    enabled: () => question.value !== null,
    retry: false,
    queryFn: ({ signal }) => {
      const filled = Object.fromEntries(Object.entries(question.value ?? {}).filter(([, value]) => value !== ''))
      return must(client.GET('/api/v1/factors/lookup', { params: { query: filled }, signal }))
    },
  })
}

// spanOf writes a validity; the end is the last day, not the day after it.
export function spanOf(from: string, to: string, open: string): string {
  if (!from && !to) return open
  return `${from || open} – ${to ? dayBefore(to) : open}`
}

function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)
}
