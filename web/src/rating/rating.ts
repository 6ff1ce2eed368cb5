import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { Diagnosis, Lever, Publication, PublicCode, Rating, RatingCode, RatingMark, RatingValue, WhatIf } from '../api/types'

// Asked is what is rated: a period of a park or of one of its organizations, with what people
// declare beside the meters.
export interface Asked {
  park: Ref<string>
  period: Ref<string>
  organization: Ref<string>
  declare: Ref<string[]> // quantity=number
}

const queryOf = (asked: Asked) => ({ period: asked.period.value, organization: asked.organization.value || undefined, declare: asked.declare.value.length ? asked.declare.value : undefined })

export function useRating(asked: Asked) {
  return useQuery<Rating>({
    queryKey: ['rating', asked.park, asked.period, asked.organization, asked.declare],
    enabled: () => asked.park.value !== '' && asked.period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => must(client.GET('/api/v1/parks/{park}/rating', { params: { path: { park: asked.park.value }, query: queryOf(asked) }, signal })),
  })
}

// useWhatIf is the rating with levers pulled, lever=amount.
export function useWhatIf(asked: Asked, levers: Ref<string[]>) {
  return useQuery<WhatIf>({
    queryKey: ['what-if', asked.park, asked.period, asked.organization, asked.declare, levers],
    enabled: () => asked.park.value !== '' && asked.period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/rating/what-if', { params: { path: { park: asked.park.value }, query: { ...queryOf(asked), lever: levers.value.length ? levers.value : undefined } }, signal })),
  })
}

// Prices are the prices of power that savings are told in; 0 = not told.
export interface Prices {
  price: number
  fixed: number
  demand: number
}

export function useDiagnosis(asked: Asked, prices: Ref<Prices>) {
  return useQuery<Diagnosis>({
    queryKey: ['diagnosis', asked.park, asked.period, asked.organization, prices],
    enabled: () => asked.park.value !== '' && asked.period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const { price, fixed, demand } = prices.value
      const query = { period: asked.period.value, organization: asked.organization.value || undefined, price: price || undefined, fixed: fixed || undefined, demand: demand || undefined }
      return must(client.GET('/api/v1/parks/{park}/diagnosis', { params: { path: { park: asked.park.value }, query }, signal }))
    },
  })
}

export function usePublication(park: Ref<string>, organization: Ref<string>) {
  return useQuery<Publication>({
    queryKey: ['publication', park, organization],
    enabled: () => park.value !== '',
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/rating/publication', { params: { path: { park: park.value }, query: { organization: organization.value || undefined } }, signal })),
  })
}

// usePublish publishes the code that was asked for, or withdraws what is published (null).
export function usePublish(asked: Asked) {
  const queries = useQueryClient()
  return useMutation<Publication, unknown, 'publish' | 'withdraw'>({
    mutationFn: (what) => {
      const params = { path: { park: asked.park.value }, query: { organization: asked.organization.value || undefined } }
      const path = '/api/v1/parks/{park}/rating/publication'
      if (what === 'withdraw') return must(client.DELETE(path, { params }))
      return must(client.PUT(path, { params, body: { period: asked.period.value, declare: asked.declare.value } }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['publication'] }),
  })
}

export function usePublicCode(token: Ref<string>) {
  return useQuery<PublicCode>({
    queryKey: ['code', token],
    retry: false,
    queryFn: ({ signal }) => must(client.GET('/api/v1/codes/{token}', { params: { path: { token: token.value } }, signal })),
  })
}

// marksOf are the three marks of a code, in its order.
export const marksOf = (code: RatingCode): RatingMark[] => [code.level, code.efficiency, code.neutrality]

// entryOf is the id of an entry that explains itself; empty where a figure came from elsewhere.
export const entryOf = (from: string): string => (/^e[0-9a-f]{16}$/.test(from) ? from : '')

// missingOf are the quantities that values lack, each once.
export function missingOf(values: readonly RatingValue[]): RatingValue['missing'] {
  const found = new Map(values.flatMap((value) => value.missing).map((one) => [one.id, one]))
  return [...found.values()]
}

// declaredOf reads quantity=number pairs; what is no number is left out.
export function declaredOf(texts: readonly string[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const one of texts) {
    const [id = '', number = ''] = one.split('=')
    const value = Number(number)
    if (id && number.trim() !== '' && Number.isFinite(value) && value >= 0) found.set(id, value)
  }
  return found
}

export const declaredTexts = (declared: ReadonlyMap<string, number>): string[] => [...declared].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, value]) => `${id}=${value}`)

// compared are the values of before that after changed.
export interface Compared {
  id: string
  value: RatingValue
  before: number
  after: number
}

export function compared(before: Rating, after: Rating): Compared[] {
  const values = (one: Rating): RatingValue[] => [...(one.code ? marksOf(one.code) : []), ...one.zeroCarbonPark.indicators, ...one.indicators]
  const then = new Map(values(after).map((value) => [value.indicator.id, value.value]))
  return values(before).flatMap((value) => {
    const next = then.get(value.indicator.id)
    if (value.value === null || next === null || next === undefined || Math.abs(next - value.value) <= 1e-12 * Math.abs(value.value)) return []
    return [{ id: value.indicator.id, value, before: value.value, after: next }]
  })
}

// bounded holds levers to what there is: those that take purchased power share it, and the
// last moved gives way to none but takes from what is left.
export function bounded(levers: readonly Lever[], pulled: Readonly<Record<string, number>>, moved: string): Record<string, number> {
  const power = (lever: Lever): number => Math.max(0, -(lever.change.purchased_power ?? 0))
  const bought = Math.max(0, ...levers.filter((lever) => power(lever) > 0).map((lever) => lever.most))
  const others = levers.filter((lever) => lever.id !== moved).reduce((sum, lever) => sum + power(lever) * (pulled[lever.id] ?? 0), 0)
  const next = { ...pulled }
  const lever = levers.find((one) => one.id === moved)
  if (lever) {
    const room = power(lever) > 0 ? Math.max(0, bought - others) / power(lever) : Infinity
    next[moved] = Math.max(0, Math.min(pulled[moved] ?? 0, lever.most, room))
  }
  return next
}
