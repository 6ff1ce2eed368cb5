import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { Basis, CarbonFlow, FlowFinding, FlowMember, FlowPlace } from '../api/types'
import { settled } from './lines'
import type { StepGrain } from './steps'

export const rowsMost = 500 // rows of a table that are shown at once
export const gapMost = 1e-9 // relative difference of carbon in and out that rounding explains

// useCarbonFlow is the carbon that went with energy through a park's network over a period.
export function useCarbonFlow(park: Ref<string>, period: Ref<string>, step: Ref<StepGrain>) {
  return useQuery<CarbonFlow>({
    queryKey: ['carbon-flow', park, period, step],
    enabled: () => park.value !== '' && period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/carbon-flow', { params: { path: { park: park.value }, query: { period: period.value, step: step.value } }, signal })),
  })
}

// footprintOf is where the figures of a basis stand in the answer; −1 where they do not.
export const footprintOf = (flow: CarbonFlow, basis: Basis): number => (flow.footprints ?? []).indexOf(basis)

// carriersOf are the carriers that the answer tells of, the one with the most places first.
export function carriersOf(flow: CarbonFlow): string[] {
  const places = new Map<string, number>()
  for (const { carrier } of flow.nodes ?? []) places.set(carrier, (places.get(carrier) ?? 0) + 1)
  return [...places].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([carrier]) => carrier)
}

// unitOf is the unit in which the answer counts a carrier; empty where it does not.
export const unitOf = (flow: CarbonFlow, carrier: string): string => (flow.nodes ?? []).find((node) => node.carrier === carrier)?.unit ?? ''

// placesOf are the places of a carrier, those where flows mix before the sources alone.
export function placesOf(flow: CarbonFlow, carrier: string): FlowPlace[] {
  const sources = new Set((flow.sources ?? []).map((one) => one.node))
  return (flow.nodes ?? []).filter((node) => node.carrier === carrier).sort((a, b) => Number(sources.has(a.node)) - Number(sources.has(b.node)))
}

// flowed says whether any energy was traced at all.
export const flowed = (flow: CarbonFlow): boolean => (flow.nodes ?? []).some((node) => (node.through ?? []).some((through) => through > 0))

export const columns = ['used', 'lost', 'exported', 'stored', 'sourced'] as const
export type Column = (typeof columns)[number]

// MemberRow is what a member answers for on one basis, in tCO2; null = not told.
export interface MemberRow {
  organization: string // empty: all members
  figures: Record<Column, number | null>
  answered: number | null // used + lost + exported + stored
}

// membersOf is a row for each member and their sum at the end.
export function membersOf(flow: CarbonFlow, footprint: number): MemberRow[] {
  const owners = flow.owners ?? []
  if (owners.length === 0) return []
  const size = owners.reduce((sum, one) => sum + Math.abs(one.sourced?.[footprint] ?? 0) + Math.abs(one.used?.[footprint] ?? 0), 0)
  const figures = (of: (column: Column) => number | null): Record<Column, number | null> =>
    Object.fromEntries(columns.map((column) => [column, settled(of(column), size)])) as Record<Column, number | null>
  const row = (organization: string, held: Record<Column, number | null>): MemberRow => ({ organization, figures: held, answered: sum([held.used, held.lost, held.exported, held.stored]) })
  const figure = (one: FlowMember, column: Column): number | null => one[column]?.[footprint] ?? null
  const rows = owners.map((one) => row(one.organization, figures((column) => figure(one, column))))
  return [...rows, row('', figures((column) => sum(owners.map((one) => figure(one, column)))))]
}

// sum adds; what is not known leaves the sum unknown.
function sum(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0)
}

// TransferRow is energy that one member handed to another on one basis.
export interface TransferRow {
  from: string
  to: string
  carrier: string
  amount: number
  carbon: number | null // tCO2
  mean: number | null // kgCO2 a unit of the carrier
}

// transfersOf are the transfers between members, the most carbon first.
export function transfersOf(flow: CarbonFlow, footprint: number): TransferRow[] {
  return (flow.transfers ?? [])
    .map(({ from, to, carrier, amount, carbon }) => {
      const tonnes = carbon?.[footprint] ?? null
      return { from, to, carrier, amount, carbon: tonnes, mean: tonnes === null || amount === 0 ? null : (1000 * tonnes) / amount }
    })
    .sort((a, b) => (b.carbon ?? 0) - (a.carbon ?? 0))
}

// findingsOf are the findings, places at rest last: they are told and are no fault.
export function findingsOf(flow: CarbonFlow): FlowFinding[] {
  return [...(flow.findings ?? [])].sort((a, b) => Number(a.kind === 'idle') - Number(b.kind === 'idle'))
}

// intervalSeconds is the length of a settlement interval as a park names it; 0 = unknown.
export function intervalSeconds(interval: string): number {
  const found = /^(\d+)(m|h)$/.exec(interval)
  return found ? Number(found[1]) * (found[2] === 'h' ? 3600 : 60) : 0
}

// firstSeen is the instant of a finding's first interval, in ms; null where it is unknown.
export function firstSeen(flow: CarbonFlow, finding: FlowFinding, seconds: number): number | null {
  const start = Date.parse(flow.times?.[0] ?? '')
  return seconds > 0 && !Number.isNaN(start) ? start + finding.interval * seconds * 1000 : null
}

const raised = [...'⁰¹²³⁴⁵⁶⁷⁸⁹']

// formatTiny writes a small number by its power of ten: 7.1 × 10⁻¹⁶.
export function formatTiny(value: number): string {
  if (value === 0) return '0'
  const [digits, power = '0'] = value.toExponential(1).split('e')
  const up = [...String(Math.abs(Number(power)))].map((digit) => raised[Number(digit)]).join('')
  return `${digits} × 10${Number(power) < 0 ? '⁻' : ''}${up}`
}
