import { days, type Period } from '../period/period'
import { civil } from '../quantity/format'
import type { Step } from '../inventory/carbon'

export const grains = ['hour', 'day', 'month'] as const
export type StepGrain = (typeof grains)[number]

// stepsOffered are the steps that a period can be told by: neither one point alone nor more
// than some hundreds of them.
export function stepsOffered(period: Period): StepGrain[] {
  const n = days(period)
  const fit: StepGrain[] = []
  if (n <= 31) fit.push('hour')
  if (n > 1 && n <= 366) fit.push('day')
  if (n > 31) fit.push('month')
  return fit
}

// stepOf is the step of a page: the one its address names where it fits, otherwise hours of
// a day or two, days of a quarter, months of what is longer.
export function stepOf(period: Period, wish: string): StepGrain {
  const offered = stepsOffered(period)
  const named = offered.find((grain) => grain === wish)
  if (named) return named
  const n = days(period)
  return n <= 2 ? 'hour' : n <= 92 ? 'day' : 'month'
}

// stepSeconds is the least length of a step, as the axis needs it to thin its labels.
export const stepSeconds: Record<StepGrain, number> = { hour: 3600, day: 86_400, month: 28 * 86_400 }

// timesOf writes the beginnings of steps on the clock of the park.
export function timesOf(starts: readonly string[], grain: StepGrain, zone: string): Step[] {
  return starts.map((start) => {
    const at = Date.parse(start)
    // The middle of a day lies in it even where the clocks were changed.
    const clock = civil(grain === 'hour' ? at : at + 43_200_000, zone)
    if (grain === 'month') return { at, axis: clock.date.slice(0, 7), full: clock.date.slice(0, 7), opens: true }
    const short = clock.date.slice(5)
    if (grain === 'day') return { at, axis: short, full: clock.date, opens: short.endsWith('-01') }
    const time = `${String(clock.hour).padStart(2, '0')}:${String(clock.minute).padStart(2, '0')}`
    const opens = time === '00:00'
    return { at, axis: opens ? short : time, full: `${clock.date} ${time}`, opens }
  })
}
