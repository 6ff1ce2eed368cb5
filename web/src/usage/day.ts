import { useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { Explanation, Usage } from '../api/types'
import { addDays, parsePeriod } from '../period/period'
import { civil } from '../quantity/format'

// useMonth is the settled days of a register in a month.
export function useMonth(park: Ref<string>, register: Ref<string>, month: Ref<string>) {
  return useQuery<Usage>({
    queryKey: ['usage', park, register, month],
    enabled: () => month.value !== '',
    queryFn: ({ signal }) =>
      must(
        client.GET('/api/v1/parks/{park}/usage/{register}', {
          params: { path: { park: park.value, register: register.value }, query: { period: month.value, step: 'day' } },
          signal,
        }),
      ),
  })
}

// useDay is a settled day of a register with its intervals and the readings behind them.
export function useDay(park: Ref<string>, register: Ref<string>, day: Ref<string>) {
  return useQuery<Explanation>({
    queryKey: ['day', park, register, day],
    enabled: () => day.value !== '',
    queryFn: ({ signal }) =>
      must(
        client.GET('/api/v1/parks/{park}/usage/{register}/days/{day}', {
          params: { path: { park: park.value, register: register.value, day: day.value } },
          signal,
        }),
      ),
  })
}

// DayTotal is a day of a month: null = nothing is settled, or all of it is missing.
export interface DayTotal {
  day: string
  value: number | null
  quality: string
  suspect: boolean
}

// daysOf puts the answer for a month onto its civil days; a day the answer does not reach
// is a gap.
export function daysOf(month: string, usage: Usage | null, zone: string): DayTotal[] {
  const span = parsePeriod(month)
  if (!span) return []
  const first = usage && usage.values.length > 0 ? civil(Date.parse(usage.from) + 43_200_000, zone).date : ''
  const days: DayTotal[] = []
  for (let day = span.first; day <= span.last; day = addDays(day, 1)) {
    const n = first === '' ? -1 : dayNumber(day) - dayNumber(first)
    days.push({ day, value: usage?.values[n] ?? null, quality: usage?.quality[n] ?? 'missing', suspect: usage?.suspect[n] ?? false })
  }
  return days
}

const dayNumber = (day: string): number => Math.round(Date.parse(`${day}T00:00:00Z`) / 86_400_000)

// Interval is a settlement interval of a day; missing has no value.
export interface Interval {
  at: string // HH:MM
  value: number | null
  quality: string
}

// intervalsOf reads the intervals out of the explanation of a day.
export function intervalsOf(day: Explanation): Interval[] {
  return (day.children ?? [])
    .filter((child) => child.kind === 'interval')
    .map((child) => {
      const quality = child.detail ?? ''
      return { at: child.label.en, value: quality === 'missing' ? null : child.value, quality }
    })
}

// readingsOf reads the readings out of the explanation of a day.
export function readingsOf(day: Explanation): Explanation[] {
  return (day.children ?? []).filter((child) => child.kind === 'readings').flatMap((child) => child.children ?? [])
}
