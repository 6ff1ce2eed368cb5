import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { BalancePlace, BalanceTable, CarrierBalance, CarrierStep, Grades, ReconciledFlow, Reconciliation } from '../api/types'
import { known, settled, type Line } from '../flow/lines'
import type { StepGrain } from '../flow/steps'

// useBalance is the energy balance of a park over a period by steps.
export function useBalance(park: Ref<string>, period: Ref<string>, step: Ref<StepGrain | 'period'>) {
  return useQuery<BalanceTable>({
    queryKey: ['balance', park, period, step],
    enabled: () => park.value !== '' && period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/balance', { params: { path: { park: park.value }, query: { period: period.value, step: step.value } }, signal })),
  })
}

// useReconciliation is the metered flows of a park's network over a period, raw and reconciled.
export function useReconciliation(park: Ref<string>, period: Ref<string>) {
  return useQuery<Reconciliation>({
    queryKey: ['reconciliation', park, period],
    enabled: () => park.value !== '' && period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => must(client.GET('/api/v1/parks/{park}/reconciliation', { params: { path: { park: park.value }, query: { period: period.value } }, signal })),
  })
}

// Shares are how the intervals of some meters came about; null where there is no meter.
export interface Shares {
  measured: number // 0 to 1
  estimated: number
  edited: number
  missing: number // intervals
}

export function sharesOf(grades: Grades): Shares | null {
  const all = grades.measured + grades.estimated + grades.edited + grades.missing
  if (all === 0) return null
  return { measured: grades.measured / all, estimated: grades.estimated / all, edited: grades.edited / all, missing: grades.missing }
}

export const carrierColumns = ['supplied', 'made', 'used', 'converted', 'exported', 'stored', 'lost', 'unjudged'] as const
export type CarrierColumn = (typeof carrierColumns)[number]
export const placeColumns = ['in', 'out', 'converted', 'stored', 'lost', 'unjudged', 'unmetered'] as const
export type PlaceColumn = (typeof placeColumns)[number]

// carrierFigure is a figure of a carrier in a step, without the dust of adding.
export function carrierFigure(step: CarrierStep | undefined, column: CarrierColumn): number | null {
  return step ? settled(step[column], Math.abs(step.supplied ?? 0) + Math.abs(step.made ?? 0)) : null
}

// placeFigure is a figure of a node over the first step of its table, without the dust.
export function placeFigure(place: BalancePlace, column: PlaceColumn): number | null {
  const step = place.steps?.[0]
  return step ? settled(step[column], Math.max(Math.abs(step.in ?? 0), Math.abs(step.out ?? 0))) : null
}

// used are the columns in which any row has a figure that is known and not 0; those that
// every balance has stay.
export function usedColumns<C extends string>(columns: readonly C[], always: readonly C[], figures: (column: C) => (number | null)[]): C[] {
  return columns.filter((column) => always.includes(column) || figures(column).some((value) => value !== null && value !== 0))
}

// carrierLines are the figures of a carrier by step, those that are all 0 or unknown left out.
export function carrierLines(carrier: CarrierBalance, name: (column: CarrierColumn) => string): Line[] {
  const values = (column: CarrierColumn): (number | null)[] => (carrier.steps ?? []).map((step) => carrierFigure(step, column))
  return usedColumns(carrierColumns, ['supplied', 'used', 'lost'], values).map((column) => ({ id: column, name: name(column), values: values(column) }))
}

// imbalanceLines are the imbalance shares of the buses in per cent; a bus that a closing edge
// balances has none, nor has one that nothing can be said of.
export function imbalanceLines(table: BalanceTable, name: (place: BalancePlace) => string): Line[] {
  return judged(table)
    .map((place) => ({ id: place.node, name: name(place), values: (place.steps ?? []).map((step) => (step.share === null ? null : 100 * step.share)) }))
    .filter(known)
}

// judged are the buses at which a difference can show.
export const judged = (table: BalanceTable): BalancePlace[] => (table.places ?? []).filter((place) => place.kind === 'bus' && !place.closing)

// suspectsFirst sorts flows: those set aside, then those above the critical value, then by
// the size of their adjustment in sigma; what was not adjusted keeps its order at the end.
export function suspectsFirst(flows: readonly ReconciledFlow[]): ReconciledFlow[] {
  const rank = (flow: ReconciledFlow): number => (flow.suspect ? 0 : flow.exceeds ? 1 : 2)
  return [...flows].sort((a, b) => rank(a) - rank(b) || Math.abs(b.inSigma ?? 0) - Math.abs(a.inSigma ?? 0))
}

// Note is a finding of the reconciliation with all the places it names.
export interface Note {
  kind: string
  text: { zh: string; en: string }
  places: string[]
}

// notesOf joins the findings of a kind, in the order in which they are told.
export function notesOf(reconciliation: Reconciliation): Note[] {
  const notes = new Map<string, Note>()
  for (const finding of reconciliation.result.findings ?? []) {
    const note = notes.get(finding.kind) ?? { kind: finding.kind, text: finding.text, places: [] }
    if (finding.place !== 'network') note.places.push(finding.place, ...(finding.beside ?? []))
    notes.set(finding.kind, note)
  }
  return [...notes.values()]
}

// placeNames are the names of flows and nodes as findings write them: "flow steam-main".
export function placeNames(reconciliation: Reconciliation, name: (of: { zh: string; en: string } | undefined) => string): (place: string) => string {
  const { flows, balances } = reconciliation.result
  const names = new Map<string, string>()
  for (const flow of flows ?? []) names.set(`flow ${flow.id}`, name(flow.name) || flow.id)
  for (const balance of balances ?? []) names.set(balance.place, name(balance.name) || balance.place)
  return (place) => names.get(place) ?? place
}
