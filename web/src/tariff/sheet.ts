import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { TariffSheet, TariffHour } from '../api/types'
import { civil } from '../quantity/format'

export const fields = ['base', 'fixed', 'demand', 'contract'] as const
export type Rates = Record<(typeof fields)[number], number>

// ratesOf reads prices out of an address: base,fixed,demand,contract. What is no price is 0,
// which means not given.
export function ratesOf(wish: string): Rates {
  const given = wish.split(',').map(Number)
  const rate = (n: number): number => (Number.isFinite(given[n]) && given[n]! > 0 ? given[n]! : 0)
  return { base: rate(0), fixed: rate(1), demand: rate(2), contract: rate(3) }
}
export const wishOf = (rates: Rates): string => fields.map((field) => rates[field] || '').join(',')

export function useSheet(park: Ref<string>, organization: Ref<string>, period: Ref<string>, rates: Ref<Rates>) {
  return useQuery<TariffSheet>({
    queryKey: ['tariff', park, organization, period, rates],
    enabled: () => park.value !== '' && period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/tariff', { params: { path: { park: park.value }, query: { period: period.value, ...rates.value, ...(organization.value ? { organization: organization.value } : {}) } }, signal })),
  })
}

// Day is a row of the strip: its hours on the clock of the park.
export interface Day {
  date: string
  hours: (TariffHour & { hour: number })[]
}

export function daysOf(hours: readonly TariffHour[], zone: string): Day[] {
  const days: Day[] = []
  for (const one of hours) {
    const clock = civil(Date.parse(one.at), zone)
    if (days[days.length - 1]?.date !== clock.date) days.push({ date: clock.date, hours: [] })
    days[days.length - 1]!.hours.push({ ...one, hour: clock.hour })
  }
  return days
}

// shadeOf is which of five shades an intensity has, from the cleanest hour to the least clean; −1
// where it is not known.
export function shadeOf(value: number | null, least: number, most: number): number {
  if (value === null) return -1
  return most > least ? Math.min(4, Math.floor((5 * (value - least)) / (most - least))) : 0
}
