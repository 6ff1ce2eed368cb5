import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import { asProblem } from '../api/problem'
import type { ForecastCard, Outlook } from '../api/types'
import type { Step } from '../inventory/carbon'
import { civil } from '../quantity/format'

export const kinds = ['load', 'pv', 'demand', 'carbon'] as const
export type Of = (typeof kinds)[number]
export const horizons = { day: '24h', week: '168h' } as const
export type Horizon = keyof typeof horizons

// A model that is being fitted answers 503: ask again.
const retry = (failures: number, error: Error): boolean => failures < 8 && asProblem(error).status === 503

export interface Asked {
  park: Ref<string>
  organization: Ref<string>
  of: Ref<Of>
  horizon: Ref<string>
  ready: Ref<boolean>
}

export function useOutlook(asked: Asked) {
  const { park, organization, of, horizon } = asked
  return useQuery<Outlook>({
    queryKey: ['forecast', park, organization, of, horizon],
    enabled: () => asked.ready.value && park.value !== '',
    placeholderData: keepPreviousData,
    retry,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/forecast', { params: { path: { park: park.value }, query: { of: of.value, horizon: horizon.value, ...held(organization.value, of.value) } }, signal })),
  })
}

export function useCard(asked: Asked) {
  const { park, organization, of, horizon } = asked
  return useQuery<ForecastCard>({
    queryKey: ['forecast-card', park, organization, of, horizon],
    enabled: () => asked.ready.value && park.value !== '',
    placeholderData: keepPreviousData,
    retry,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/forecast/backtest', { params: { path: { park: park.value }, query: { of: of.value, horizon: horizon.value, ...held(organization.value, of.value) } }, signal })),
  })
}

// The carbon intensity is that of the park, whoever looks.
const held = (organization: string, of: Of): { organization?: string } => (organization && of !== 'carbon' ? { organization } : {})

// Point is an interval of the chart: what was, or what will be with its interval.
export interface Point extends Step {
  actual: number | null
  central: number | null
  low: number | null // P10
  high: number | null // P90
}

// pointsOf are the past and the forecast in one row, on the clock of the park.
export function pointsOf(outlook: Outlook, zone: string): Point[] {
  const { forecast } = outlook
  const size = forecast.step_seconds * 1000
  const level = (wanted: number): number => (forecast.levels ?? []).findIndex((one) => Math.abs(one - wanted) < 1e-9)
  const [low, high] = [level(0.1), level(0.9)]
  const none = { central: null, low: null, high: null }
  const start = Date.parse(outlook.before_from)
  const past = (outlook.before ?? []).map((actual, n) => ({ ...clockOf(start + n * size, zone), ...none, actual }))
  const ahead = (forecast.steps ?? []).map((step, n) => ({
    ...clockOf(Date.parse(step.time), zone),
    actual: outlook.actual?.[n] ?? null,
    central: step.mean,
    low: step.quantiles?.[low] ?? null,
    high: step.quantiles?.[high] ?? null,
  }))
  return [...past, ...ahead]
}

export function clockOf(at: number, zone: string): Step {
  const clock = civil(at, zone)
  const time = `${String(clock.hour).padStart(2, '0')}:${String(clock.minute).padStart(2, '0')}`
  const opens = time === '00:00'
  return { at, axis: opens ? clock.date.slice(5) : time, full: `${clock.date} ${time}`, opens }
}
