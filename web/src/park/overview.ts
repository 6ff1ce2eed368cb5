import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { client, must } from '../api/client'
import type { Basis, Name, Organization, Overview, Park } from '../api/types'

// useParks is the parks that the signed-in person may see.
export function useParks() {
  return useQuery<Park[]>({
    queryKey: ['parks'],
    staleTime: 300_000,
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/parks', { signal }))).parks ?? [],
  })
}

// useOrganizations is the names of the organizations of a park, by identifier.
export function useOrganizations(park: Ref<string>) {
  const query = useQuery<Organization[]>({
    queryKey: ['organizations'],
    staleTime: 300_000,
    queryFn: async ({ signal }) => (await must(client.GET('/api/v1/organizations', { signal }))).organizations ?? [],
  })
  return computed(() => {
    const own = (query.data.value ?? []).filter((one) => one.park === park.value)
    return new Map<string, Name>(own.map((one) => [one.path.split('/').pop() ?? '', one.name]))
  })
}

// useOverview is a park, or one organization of it, over a period. While the next period
// loads, the last stays on the page, marked as stale.
export function useOverview(park: Ref<string>, organization: Ref<string>, period: Ref<string>, basis: Ref<Basis>) {
  return useQuery<Overview>({
    queryKey: ['overview', park, organization, period, basis],
    enabled: () => park.value !== '' && period.value !== '',
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      must(
        client.GET('/api/v1/parks/{park}/overview', {
          params: { path: { park: park.value }, query: { period: period.value, basis: basis.value, organization: organization.value || undefined } },
          signal,
        }),
      ),
  })
}

// withoutData is an overview whose period lies outside the days with data: every figure is
// a gap. A sum over nothing may be 0, and 0 would read as a measured zero.
export function withoutData(overview: Overview): Overview {
  const gap = (values: readonly (number | null)[] | null | undefined): null[] => (values ?? []).map(() => null)
  return {
    ...overview,
    indicators: (overview.indicators ?? []).map((one) => ({ ...one, value: null, spark: gap(one.spark), entries: [] })),
    sankey: { ...overview.sankey, nodes: [], links: [] },
    carbon: {
      ...overview.carbon,
      series: overview.carbon.series.map((one) => ({ ...one, values: gap(one.values) })),
      intensity: { ...overview.carbon.intensity, values: gap(overview.carbon.intensity.values) },
      estimated: [],
    },
    enterprises: (overview.enterprises ?? []).map((row) => ({ ...row, energyMWh: null, emissionsScope1: null, emissionsScope2: null, entries: [] })),
    quality: { ...overview.quality, findings: [], measured: 0, estimated: 0, edited: 0, missing: 1 },
    factors: [],
  }
}
