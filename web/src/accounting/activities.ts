import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { scopeOf } from '../access/scope'
import { client, must } from '../api/client'
import type { Problem } from '../api/problem'
import type { Activity, ActivityBody, EnterpriseInventory, Entry, Me, Name, Organization, ParkStructure } from '../api/types'
import type { MessageKey } from '../language/zh'
import { civil } from '../quantity/format'

// useActivities is what members of a park declared: of a period or, where it is empty, all;
// as known at an instant or, where it is empty, now.
export function useActivities(park: Ref<string>, organization: Ref<string>, period: Ref<string>, asKnownAt: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<Activity[]>({
    queryKey: ['activities', park, organization, period, asKnownAt],
    enabled,
    queryFn: async ({ signal }) => {
      const query = { organization: organization.value || undefined, period: period.value || undefined, asKnownAt: asKnownAt.value || undefined }
      return (await must(client.GET('/api/v1/parks/{park}/activities', { params: { path: { park: park.value }, query }, signal }))).activities
    },
  })
}

// useRevisions is every revision of a record, the newest first.
export function useRevisions(park: Ref<string>, id: Ref<string>) {
  return useQuery<Activity[]>({
    queryKey: ['activities', park, 'revisions', id],
    enabled: () => id.value !== '',
    queryFn: async ({ signal }) =>
      (await must(client.GET('/api/v1/parks/{park}/activities/{activity}', { params: { path: { park: park.value, activity: id.value } }, signal }))).activities,
  })
}

// useMade is the inventory of a record's organization over the days of the record, by a
// method: in it stands what the record made.
export function useMade(park: Ref<string>, record: Ref<Activity | null>, method: Ref<string>) {
  return useQuery<EnterpriseInventory>({
    queryKey: ['made', park, () => record.value?.id, () => record.value?.revision, method],
    enabled: () => record.value !== null && method.value !== '',
    queryFn: ({ signal }) => {
      const { organization = '', first = '', last = '' } = record.value ?? {}
      return must(
        client.GET('/api/v1/parks/{park}/organizations/{organization}/inventory', {
          params: { path: { park: park.value, organization }, query: { period: first === last ? first : `${first}..${last}`, method: method.value } },
          signal,
        }),
      )
    },
  })
}

// useStructure is the park file: its members and its own method.
export function useStructure(park: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<ParkStructure>({
    queryKey: ['structure', park],
    enabled,
    staleTime: 300_000,
    retry: false,
    queryFn: ({ signal }) => must(client.GET('/api/v1/parks/{park}/structure', { params: { path: { park: park.value } }, signal })),
  })
}

// useSeen is the organizations that a person sees.
export function useSeen(enabled: Ref<boolean>) {
  return useQuery<Organization[]>({
    queryKey: ['organizations'],
    enabled,
    staleTime: 300_000,
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/organizations', { signal }))).organizations ?? [],
  })
}

// usePeople is the names of people by id, for who may read them.
export function usePeople(enabled: Ref<boolean>) {
  return useQuery<Map<string, string>>({
    queryKey: ['people', 'names'],
    enabled,
    staleTime: 300_000,
    retry: false,
    queryFn: async ({ signal }) => new Map(((await must(client.GET('/api/v1/people', { signal }))).people ?? []).map((one) => [one.id, one.name || one.login])),
  })
}

// useChange runs a change of declared records and lets all that rests on them be read anew.
function useChange<V>(change: (values: V) => Promise<Activity>) {
  const queries = useQueryClient()
  return useMutation<Activity, unknown, V>({
    mutationFn: change,
    onSuccess: async () => {
      await Promise.all(['activities', 'made', 'overview', 'inventories'].map((key) => queries.invalidateQueries({ queryKey: [key] })))
    },
  })
}

// useDeclare records a new record.
export const useDeclare = (park: Ref<string>) =>
  useChange<{ id: string; organization: string } & ActivityBody>((body) => must(client.POST('/api/v1/parks/{park}/activities', { params: { path: { park: park.value } }, body })))

// useRevise records the revision after body.revision.
export const useRevise = (park: Ref<string>) =>
  useChange<{ activity: string; body: { revision: number } & ActivityBody }>(({ activity, body }) =>
    must(client.PUT('/api/v1/parks/{park}/activities/{activity}', { params: { path: { park: park.value, activity } }, body })),
  )

// useWithdraw records that a record counts no more.
export const useWithdraw = (park: Ref<string>) =>
  useChange<{ activity: string; revision: number; reason: string }>(({ activity, ...query }) =>
    must(client.DELETE('/api/v1/parks/{park}/activities/{activity}', { params: { path: { park: park.value, activity }, query } })),
  )

// Member is an organization of the park that may have activity data.
export interface Member {
  id: string
  name: Name
  may: boolean // the person may declare for it
}

const declarers = ['administrator', 'park_manager', 'enterprise_manager']

// membersOf are the members of a park that a person may see. Whoever sees the whole park
// has them from the park file, with the operator; an enterprise has itself and those
// below. Whether a change is offered follows the roles; the server decides.
export function membersOf(me: Me | null, park: { id: string; region: string }, seen: readonly Organization[], structure: ParkStructure | null): Member[] {
  const editing = scopeOf(me && { ...me, roles: (me.roles ?? []).filter((role) => declarers.includes(role.role)) }, park.id, park.region)
  const own = seen.filter((one) => one.park === park.id && one.kind === 'enterprise').map((one) => ({ id: one.path.split('/').pop() ?? '', path: one.path, name: one.name }))
  const paths = new Map(own.map((one) => [one.id, one.path]))
  const may = (id: string): boolean => editing.whole || editing.own.some((held) => `${paths.get(id) ?? ''}/`.includes(`/${held.id}/`))
  const listed = structure ? (structure.organizations ?? []).filter((one) => one.kind === 'operator' || one.kind === 'enterprise') : own
  return listed.map((one) => ({ id: one.id, name: one.name, may: may(one.id) }))
}

// GivenRow is a value of one's own as it is written in the form.
export interface GivenRow {
  role: string
  value: string
  unit: string
  source: string
  uncertainty: string
  pressure: string // MPa absolute; of steam, in place of value and unit
  temperature: string // °C; 0 = saturated
}

// Draft is a record as it is written in the form.
export interface Draft {
  id: string
  organization: string
  kind: string
  carrier: string
  first: string
  last: string
  amount: string
  unit: string
  evidence: string
  uncertainty: string
  note: string
  given: GivenRow[]
  choose: { role: string; name: string }[]
}

export type Field = keyof Draft
export type Faults = Partial<Record<Field, MessageKey>>

export const emptyGiven = (): GivenRow => ({ role: '', value: '', unit: '', source: '', uncertainty: '', pressure: '', temperature: '' })

export function emptyDraft(organization: string, period: { first: string; last: string }): Draft {
  return { id: '', organization, kind: '', carrier: '', ...period, amount: '', unit: '', evidence: '', uncertainty: '', note: '', given: [], choose: [] }
}

const written = (value: number | undefined): string => (value ? String(value) : '')

// draftOf is a record as the form shows it for its next revision. The note is the reason
// of a revision, so it begins empty.
export function draftOf(record: Activity): Draft {
  const steam = (one: { pressure?: number }): boolean => one.pressure !== undefined && one.pressure > 0
  return {
    id: record.id,
    organization: record.organization,
    kind: record.kind,
    carrier: record.carrier ?? '',
    first: record.first,
    last: record.last,
    amount: record.amount,
    unit: record.unit,
    evidence: record.evidence ?? '',
    uncertainty: written(record.uncertainty),
    note: '',
    given: Object.entries(record.given ?? {}).map(([role, one]) => ({
      role,
      value: steam(one) ? '' : String(one.value),
      unit: one.unit,
      source: one.source,
      uncertainty: written(one.uncertainty),
      pressure: written(one.pressure),
      temperature: written(one.temperature),
    })),
    choose: Object.entries(record.choose ?? {}).map(([role, name]) => ({ role, name })),
  }
}

// bodyOf is a draft as the server takes it.
export function bodyOf(draft: Draft): ActivityBody {
  const number = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text))
  const given = draft.given.map((row): [string, NonNullable<ActivityBody['given']>[string]] => [
    row.role.trim(),
    { value: number(row.value) ?? 0, unit: row.unit.trim(), source: row.source.trim(), uncertainty: number(row.uncertainty), pressure: number(row.pressure), temperature: number(row.temperature) },
  ])
  return {
    kind: draft.kind.trim(),
    carrier: draft.carrier.trim() || undefined,
    first: draft.first,
    last: draft.last,
    amount: draft.amount.trim(),
    unit: draft.unit.trim(),
    evidence: draft.evidence.trim() || undefined,
    note: draft.note.trim() || undefined,
    uncertainty: number(draft.uncertainty),
    given: given.length > 0 ? Object.fromEntries(given) : undefined,
    choose: draft.choose.length > 0 ? Object.fromEntries(draft.choose.map((row) => [row.role.trim(), row.name.trim()])) : undefined,
  }
}

const recordID = /^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,99}$/u
const decimal = /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/
const date = /^\d{4}-\d{2}-\d{2}$/
const mostDays = 3660 // of a record, as the server has it
const mostText = 2000 // characters of evidence and note

const within = (text: string, most: number): boolean => text.trim() !== '' && Number(text) >= 0 && Number(text) <= most

// faultsOf says what in a draft the server would refuse, by field. Revised records need
// a reason in the note.
export function faultsOf(draft: Draft, revising: boolean): Faults {
  const days = (Date.parse(draft.last) - Date.parse(draft.first)) / 86_400_000
  const checks: [Field, boolean, MessageKey][] = [
    ['id', recordID.test(draft.id), 'activity.fault.id'],
    ['organization', draft.organization !== '', 'activity.fault.needed'],
    ['kind', draft.kind.trim() !== '', 'activity.fault.needed'],
    ['first', date.test(draft.first), 'activity.fault.date'],
    ['last', date.test(draft.last), 'activity.fault.date'],
    ['last', !(days < 0 || days >= mostDays), 'activity.fault.span'],
    ['amount', decimal.test(draft.amount.trim()), 'activity.fault.amount'],
    ['unit', draft.unit.trim() !== '', 'activity.fault.needed'],
    ['uncertainty', draft.uncertainty.trim() === '' || within(draft.uncertainty, 10), 'activity.fault.uncertainty'],
    ['evidence', [...draft.evidence].length <= mostText, 'activity.fault.long'],
    ['note', !revising || draft.note.trim() !== '', 'activity.fault.reason'],
    ['note', [...draft.note].length <= mostText, 'activity.fault.long'],
    ['given', draft.given.every(completeGiven) && distinct(draft.given), 'activity.fault.given'],
    ['choose', draft.choose.every((row) => row.role.trim() !== '' && row.name.trim() !== '') && distinct(draft.choose), 'activity.fault.choose'],
  ]
  const faults: Faults = {}
  for (const [field, ok, why] of checks) if (!ok) faults[field] ??= why
  return faults
}

function completeGiven(row: GivenRow): boolean {
  const finite = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))
  const steam = row.pressure.trim() !== ''
  const value = steam ? finite(row.pressure) && (row.temperature.trim() === '' || finite(row.temperature)) : finite(row.value) && row.unit.trim() !== ''
  return row.role.trim() !== '' && row.source.trim() !== '' && value && (row.uncertainty.trim() === '' || within(row.uncertainty, 10))
}

const distinct = (rows: readonly { role: string }[]): boolean => new Set(rows.map((row) => row.role.trim())).size === rows.length

// fieldOf is the field that a refusal of the server is about; empty = the record as a whole.
export function fieldOf(problem: Problem): Field | '' {
  const byCode: Record<string, Field> = { 'LT-4006': 'kind', 'LT-4007': 'given', 'LT-4008': 'unit', 'LT-7104': 'unit', 'LT-4009': 'amount' }
  const found = byCode[problem.code]
  if (found) return found
  if (problem.code === 'LT-0409') return /is at revision \d+, the change was made from 0\b/.test(problem.detail) ? 'id' : ''
  if (problem.code !== 'LT-4012') return ''
  const said = problem.detail.split('a record that cannot be: ').pop() ?? ''
  if (said.includes('is no organization')) return 'organization'
  if (/^\d{4}-\d{2}-\d{2} to /.test(said)) return 'last'
  if (/^\d+ values given/.test(said)) return 'given'
  const word = /^(id|kind|first|last|amount|unit|uncertainty|evidence|given|choose)\b/.exec(said)
  return word ? (word[1] as Field) : ''
}

// madeBy are the entries of an inventory that a record made.
export function madeBy(inventory: EnterpriseInventory | undefined, id: string): Entry[] {
  return (inventory?.entries ?? []).filter((entry) => entry.activity.record === id)
}

// dayEnd is the last millisecond of a civil day in a zone, as an instant.
export function dayEnd(day: string, zone: string): string {
  const wanted = Date.parse(`${day}T23:59:59.999Z`)
  if (Number.isNaN(wanted)) return ''
  // ahead is how far the wall clock of the zone is before UTC at an instant.
  const ahead = (at: number): number => {
    const { date, hour, minute } = civil(at, zone)
    return Date.parse(`${date}T00:00:00Z`) + (hour * 60 + minute) * 60_000 - Math.floor(at / 60_000) * 60_000
  }
  return new Date(wanted - ahead(wanted - ahead(wanted))).toISOString()
}
