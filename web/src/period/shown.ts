import { computed, type ComputedRef, type Ref } from 'vue'
import type { Park } from '../api/types'
import { parsePeriod, regrain, within, type Period } from './period'

// usePeriod is the period of a page: the one its address names, or the latest month with
// data. Without data it is the present month, which then says that it is empty.
export function usePeriod(park: Ref<Park | null>, t: Ref<string>): { period: ComputedRef<Period>; latest: ComputedRef<Period> } {
  const latest = computed(() => {
    const last = park.value?.lastDay || new Date().toISOString().slice(0, 10)
    return regrain({ grain: 'day', first: last, last }, 'month')
  })
  const period = computed(() => {
    const wish = parsePeriod(t.value)
    if (wish) return wish
    const { firstDay, lastDay } = park.value ?? {}
    return firstDay && lastDay ? within(latest.value, firstDay, lastDay) : latest.value
  })
  return { period, latest }
}
