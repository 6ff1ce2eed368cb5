import type { UseQueryReturnType } from '@tanstack/vue-query'
import { computed, type ComputedRef, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { asProblem } from '../api/problem'
import type { BlockState } from '../panel/state'

const unsettled = 'LT-5001' // nothing is settled in the period: no fault, only nothing to show

// Standing is how the answer to a question stands, for the block that shows it.
export interface Standing {
  state: ComputedRef<BlockState>
  nothing: ComputedRef<boolean> // the server says that nothing is settled in the period
}

export function useStanding<T>(query: UseQueryReturnType<T, Error>, zone: Ref<string>): Standing {
  const found = computed(() => (query.error.value ? asProblem(query.error.value) : null))
  const nothing = computed(() => found.value?.code === unsettled)
  const state = computed<BlockState>(() => ({
    loading: query.isPending.value,
    stale: query.isPlaceholderData.value,
    problem: nothing.value || found.value?.status === 401 ? null : found.value,
    zone: zone.value,
    retry: () => void query.refetch(),
  }))
  return { state, nothing }
}

// useWish is a choice of the page that lives in its address under a key.
export function useWish(key: string): { wish: ComputedRef<string>; choose: (value: string) => void } {
  const route = useRoute()
  const router = useRouter()
  const wish = computed(() => (typeof route.query[key] === 'string' ? (route.query[key] as string) : ''))
  return { wish, choose: (value) => void router.replace({ query: { ...route.query, [key]: value } }) }
}
