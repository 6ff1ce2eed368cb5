// What a dispatch plan says, made ready for charts, tables and sentences; and the questions
// to the server.
import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'

export interface DispatchRun {
  number: number
  document: number
  begins: string
  ends: string
  recordedAt: string
  title: string
  status: 'optimal' | 'feasible' | 'relaxed' | 'fallback'
  currency: string
  total: number
  carbon: number
  saving: number | null
  avoided: number | null
  gap: number | null
  seconds: number
}
export interface Planning {
  day: string
  best: number | null
  bound: number | null
  running: boolean
  run: number
  error: string
}
export interface Dispatch {
  document: { number: number; text: string; recordedAt: string } | null
  runs: DispatchRun[]
  planning: Planning | null
}
export interface Said {
  zh: string
  en: string
}
export interface Outcome {
  total: number
  carbon: number
  cost: Record<string, number>
  schedule: Record<string, Record<string, number[]>>
  violations?: Said[]
}
export interface Plan {
  hours: number[]
  currency: string
  reason?: Said
  outcomes: Outcome[]
  today?: Outcome
  prices?: Record<string, number[]>
  binding?: Said[]
  conflict?: Said[]
}
export interface Problem {
  carriers: { id: string }[]
  supplies?: { id: string; carrier: string }[]
  renewables?: { id: string; carrier: string }[]
  storages?: { id: string; carrier: string }[]
  charging?: { id: string; carrier: string }[]
}
export interface Decision {
  number: number
  kind: 'propose' | 'approve' | 'reject' | 'withdraw'
  name: string
  at: string
  note: string
}
export interface Planned {
  run: DispatchRun
  inputs: (Said & { path: string })[]
  problem: Problem
  plan: Plan
  decisions: Decision[]
}

// Flow is what an asset puts into a carrier's network in each step, kW; below 0 it takes.
export interface Flow {
  id: string
  values: number[]
}

// flowsOf are the assets that give or take a carrier, without those that rest all day.
export function flowsOf(problem: Problem, outcome: Outcome, carrier: string): Flow[] {
  const of = (id: string, quantity: string): number[] => outcome.schedule[id]?.[quantity] ?? []
  const less = (plus: number[], minus: number[]): number[] => Array.from({ length: Math.max(plus.length, minus.length) }, (_, n) => (plus[n] ?? 0) - (minus[n] ?? 0))
  const list: Flow[] = []
  for (const one of problem.supplies ?? []) if (one.carrier === carrier) list.push({ id: one.id, values: less(of(one.id, 'import'), of(one.id, 'export')) })
  for (const one of problem.renewables ?? []) if (one.carrier === carrier) list.push({ id: one.id, values: of(one.id, 'output') })
  for (const one of problem.storages ?? []) if (one.carrier === carrier) list.push({ id: one.id, values: less(of(one.id, 'discharge'), of(one.id, 'charge')) })
  for (const one of problem.charging ?? []) if (one.carrier === carrier) list.push({ id: one.id, values: less([], of(one.id, 'charge')) })
  for (const [id, quantities] of Object.entries(outcome.schedule)) if (quantities[`flow.${carrier}`]) list.push({ id, values: quantities[`flow.${carrier}`]! })
  return list.filter((one) => one.values.some((value) => Math.abs(value) > 1e-6))
}

// peakOf is the highest import over the supplies of a carrier, kW.
export function peakOf(problem: Problem, outcome: Outcome | undefined, carrier: string): number | null {
  if (!outcome) return null
  const values = (problem.supplies ?? []).filter((one) => one.carrier === carrier).flatMap((one) => outcome.schedule[one.id]?.import ?? [])
  return values.length > 0 ? Math.max(...values) : null
}

// standsAt is how the decisions of a plan stand.
export function standsAt(decisions: Decision[]): Decision['kind'] | 'none' {
  return decisions[decisions.length - 1]?.kind ?? 'none'
}

// startsOf are the beginnings of the steps.
export function startsOf(begins: string, hours: number[]): Date[] {
  let at = Date.parse(begins)
  return hours.map((h) => {
    const start = new Date(at)
    at += h * 3_600_000
    return start
  })
}

// The routes are asked by their address: plans are JSON of the engine's own format.
interface Plain {
  GET(path: string, more: object): Promise<never>
  PUT(path: string, more: object): Promise<never>
  POST(path: string, more: object): Promise<never>
  DELETE(path: string, more: object): Promise<never>
}
const plain = client as unknown as Plain
const at = '/api/v1/parks/{park}/dispatch'

export function useDispatch(park: Ref<string>) {
  return useQuery<Dispatch>({
    queryKey: ['dispatch', park],
    enabled: () => park.value !== '',
    refetchInterval: (query) => (query.state.data?.planning?.running ? 1000 : false),
    queryFn: ({ signal }) => must<Dispatch>(plain.GET(at, { params: { path: { park: park.value } }, signal })),
  })
}

export function usePlanned(park: Ref<string>, run: Ref<number>) {
  return useQuery<Planned>({
    queryKey: ['dispatch-run', park, run],
    enabled: () => park.value !== '' && run.value > 0,
    queryFn: ({ signal }) => must<Planned>(plain.GET(`${at}/runs/{run}`, { params: { path: { park: park.value, run: run.value } }, signal })),
  })
}

export const template = (park: string): Promise<{ text: string; missing: string[] }> => must(plain.GET(`${at}/template`, { params: { path: { park } } }))

export type Act =
  | { do: 'plan'; day: string; example: boolean }
  | { do: 'end' }
  | { do: 'save'; text: string }
  | { do: 'approve' | 'propose' | 'reject' | 'withdraw'; run: number; note: string }

// useAct does what a person asks for.
export function useAct(park: Ref<string>) {
  const queries = useQueryClient()
  return useMutation<unknown, unknown, Act>({
    mutationFn: (act) => {
      const path = { park: park.value }
      if (act.do === 'plan') return must(plain.POST(`${at}/runs`, { params: { path }, body: { day: act.day, example: act.example, gap: 0.001 } }))
      if (act.do === 'save') return must(plain.PUT(`${at}/document`, { params: { path }, body: { text: act.text } }))
      if (act.do === 'end') return plain.DELETE(`${at}/planning`, { params: { path } })
      const params = { path: { ...path, run: act.run } }
      if (act.do === 'approve') return must(plain.POST(`${at}/runs/{run}/approval`, { params, body: { note: act.note } }))
      return must(plain.POST(`${at}/runs/{run}/decisions`, { params, body: { kind: act.do, note: act.note } }))
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['dispatch'] })
      await queries.invalidateQueries({ queryKey: ['dispatch-run'] })
    },
  })
}
