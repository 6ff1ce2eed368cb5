import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import type { paths } from '../api/schema'
import { client, must } from '../api/client'

type Answer<P extends keyof paths> = paths[P] extends { get: { responses: { 200: { content: { 'application/json': infer T } } } } } ? T : never

export type Alarms = Answer<'/api/v1/parks/{park}/alarms'>
export type AlarmDetail = Answer<'/api/v1/parks/{park}/alarms/{rule}'>
export type Alarm = NonNullable<Alarms['alarms']>[number]
export type Proposal = Answer<'/api/v1/parks/{park}/alarm-rules/proposed'>

const every = 15_000 // ms between two looks at the server

// useAlarms is a park's alarms as they stand.
export function useAlarms(park: Ref<string>, organization: Ref<string>, all: Ref<boolean>, enabled: Ref<boolean>) {
  return useQuery<Alarms>({
    queryKey: ['alarms', park, organization, all],
    enabled,
    staleTime: every,
    refetchInterval: every,
    retry: false,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/alarms', { params: { path: { park: park.value }, query: { all: all.value, organization: organization.value || undefined } }, signal })),
  })
}

// useAlarm is one alarm with its journal and evidence.
export function useAlarm(park: Ref<string>, rule: Ref<string>, organization: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<AlarmDetail>({
    queryKey: ['alarm', park, rule, organization],
    enabled,
    staleTime: every,
    refetchInterval: every,
    queryFn: ({ signal }) =>
      must(client.GET('/api/v1/parks/{park}/alarms/{rule}', { params: { path: { park: park.value, rule: rule.value }, query: { organization: organization.value || undefined } }, signal })),
  })
}

export const events = ['acknowledge', 'assign', 'shelve', 'unshelve', 'comment', 'remove', 'restore'] as const
export type AlarmEvent = (typeof events)[number]

export interface Handling {
  event: AlarmEvent
  note?: string
  minutes?: number
  assignee?: string
}

// useHandling records what a person does to an alarm.
export function useHandling(park: Ref<string>, rule: Ref<string>, organization: Ref<string>) {
  const queries = useQueryClient()
  return useMutation<AlarmDetail, unknown, Handling>({
    mutationFn: (body) =>
      must(client.POST('/api/v1/parks/{park}/alarms/{rule}/actions', { params: { path: { park: park.value, rule: rule.value }, query: { organization: organization.value || undefined } }, body })),
    onSuccess: async () => {
      await Promise.all(['alarms', 'alarm'].map((key) => queries.invalidateQueries({ queryKey: [key] })))
    },
  })
}

// offered are the events that an alarm's state knows (ANSI/ISA-18.2-2016, 5.3).
export function offered(state: string): AlarmEvent[] {
  const by: Record<string, AlarmEvent[]> = {
    normal: ['shelve', 'remove'],
    unacknowledged: ['acknowledge', 'assign', 'shelve', 'remove'],
    acknowledged: ['assign', 'shelve', 'remove'],
    returned: ['acknowledge', 'shelve', 'remove'],
    shelved: ['unshelve', 'remove'],
    suppressed: ['shelve', 'remove'],
    out_of_service: ['restore'],
  }
  return [...(by[state] ?? []), 'comment']
}

const rank = ['critical', 'high', 'medium', 'low']
const order = ['unacknowledged', 'acknowledged', 'returned', 'shelved', 'suppressed', 'out_of_service', 'normal']

// grouped puts alarms under their cause, the most urgent group first: what nobody has
// seen before what somebody has, then by priority and onset.
export function grouped<T extends { rule: string; state: string; priority?: string; onset?: string; causeRule?: string }>(alarms: readonly T[]): { root: T; caused: T[] }[] {
  const here = new Set(alarms.map((one) => one.rule))
  const roots = alarms.filter((one) => !one.causeRule || !here.has(one.causeRule))
  const groups = roots.map((root) => ({ root, caused: alarms.filter((one) => one !== root && one.causeRule === root.rule) }))
  return groups.sort(
    (a, b) =>
      order.indexOf(a.root.state) - order.indexOf(b.root.state) ||
      rank.indexOf(a.root.priority ?? 'low') - rank.indexOf(b.root.priority ?? 'low') ||
      (b.root.onset ?? '').localeCompare(a.root.onset ?? '') ||
      a.root.rule.localeCompare(b.root.rule),
  )
}
