import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { ChargingSession, Device, Devices, Gateway, Ingest, Register, Unmapped } from '../api/types'
import type { MessageKey } from '../language/zh'
import type { Language } from '../quantity/format'

const every = 10_000 // ms between two looks at the server
export const rowsMost = 500 // rows of a table that are shown at once

// useDevices is the device list of a park with the status of each device.
export function useDevices(park: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<Devices>({
    queryKey: ['devices', park],
    enabled,
    staleTime: every,
    refetchInterval: every,
    queryFn: ({ signal }) => must(client.GET('/api/v1/parks/{park}/devices', { params: { path: { park: park.value } }, signal })),
  })
}

// useUnmapped is what came and is of no known register.
export function useUnmapped(park: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<Unmapped[]>({
    queryKey: ['unmapped', park],
    enabled,
    staleTime: every,
    refetchInterval: every,
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/parks/{park}/unmapped', { params: { path: { park: park.value } }, signal }))).unmapped,
  })
}

// useIngest is what became of the samples since the server started.
export function useIngest(park: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<Ingest>({
    queryKey: ['ingest', park],
    enabled,
    staleTime: every,
    refetchInterval: every,
    queryFn: ({ signal }) => must(client.GET('/api/v1/parks/{park}/ingest', { params: { path: { park: park.value } }, signal })),
  })
}

// useGateways is the gateways that spoke or are listed, and how far each lags.
export function useGateways(park: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<Gateway[]>({
    queryKey: ['gateways', park],
    enabled,
    staleTime: every,
    refetchInterval: every,
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/parks/{park}/gateways', { params: { path: { park: park.value } }, signal }))).gateways,
  })
}

// useSessions is the charging sessions of a charger, the newest first.
export function useSessions(park: Ref<string>, device: Ref<string>) {
  return useQuery<ChargingSession[]>({
    queryKey: ['sessions', park, device],
    enabled: () => device.value !== '',
    staleTime: every,
    refetchInterval: every,
    queryFn: async ({ signal }) =>
      (await must(client.GET('/api/v1/parks/{park}/devices/{device}/sessions', { params: { path: { park: park.value, device: device.value } }, signal }))).sessions,
  })
}

// useRegisters is the registers of a park that a value may be mapped to.
export function useRegisters(park: Ref<string>, enabled: Ref<boolean>) {
  return useQuery<Register[]>({
    queryKey: ['registers', park],
    enabled,
    staleTime: 300_000,
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/parks/{park}/registers', { params: { path: { park: park.value } }, signal }))).registers,
  })
}

// useMapping gives a device's value its register; the answer is the list's new version.
export function useMapping(park: Ref<string>) {
  const queries = useQueryClient()
  return useMutation<number, unknown, { device: string; name: string; register: string }>({
    mutationFn: async (body) => (await must(client.POST('/api/v1/parks/{park}/unmapped/map', { params: { path: { park: park.value } }, body }))).number,
    onSuccess: async () => {
      await Promise.all(['unmapped', 'devices', 'ingest'].map((key) => queries.invalidateQueries({ queryKey: [key] })))
    },
  })
}

export type DeviceState = 'failing' | 'ok' | 'quiet' | 'off'

// stateOf says how a device does.
export function stateOf(device: Device): DeviceState {
  if (device.disabled) return 'off'
  if (!device.status) return 'quiet'
  return device.status.ok ? 'ok' : 'failing'
}

const order: DeviceState[] = ['failing', 'ok', 'quiet', 'off']

// failingFirst sorts devices by state, those that fail first, and by id.
export function failingFirst(devices: readonly Device[]): Device[] {
  return [...devices].sort((a, b) => order.indexOf(stateOf(a)) - order.indexOf(stateOf(b)) || (a.id < b.id ? -1 : 1))
}

// fitting are the rows whose words hold every word of the wish, in any order and case.
export function fitting<T>(rows: readonly T[], words: (row: T) => string, wish: string): T[] {
  const parts = wish.toLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter((row) => {
    const text = words(row).toLowerCase()
    return parts.every((part) => text.includes(part))
  })
}

// lengthText writes a length of time in its one fitting unit; below a second, milliseconds.
export function lengthText(seconds: number, lang: Language): string {
  const steps = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
    ['millisecond', 0.001],
  ] as const
  const size = Math.abs(seconds)
  const [unit, long] = steps.find(([, long]) => size >= long) ?? (size === 0 ? steps[3] : steps[4])
  const format = new Intl.NumberFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 })
  return format.format(Math.trunc(seconds / long)).replace(/^-/, '\u2212')
}

// reasonKeys are the texts of the server's reasons for refusing a sample.
export const reasonKeys: Record<string, MessageKey> = {
  'not a number': 'device.reason.number',
  'beyond ±1e15': 'device.reason.huge',
  'before the year 2000': 'device.reason.early',
  'in the future': 'device.reason.future',
  'span not whole seconds of at most 366 days': 'device.reason.span',
  'name empty, too long or not text': 'device.reason.name',
  'too many unknown names': 'device.reason.names',
}
