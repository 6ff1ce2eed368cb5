import type { Carbon } from '../api/types'
import { civil } from '../quantity/format'

// Step is one interval of the chart, written on the clock of the park.
export interface Step {
  at: number // ms since 1970, UTC
  axis: string // what the axis says under it
  full: string // date and, below a day, time
  opens: boolean // begins a day (hourly) or a month (daily)
}

// stepsOf writes the intervals of the chart on the clock of the park. Hours are added to an
// instant, so a day of 23 or 25 hours keeps its hours.
export function stepsOf(carbon: Carbon, zone: string): Step[] {
  const start = Date.parse(carbon.from)
  const daily = carbon.stepSeconds >= 86_400
  return Array.from({ length: lengthOf(carbon) }, (_, n) => {
    // The middle of a step lies in its day even where the clocks were changed.
    const at = start + n * carbon.stepSeconds * 1000
    const clock = civil(daily ? at + 43_200_000 : at, zone)
    const date = clock.date.slice(5)
    const time = `${String(clock.hour).padStart(2, '0')}:${String(clock.minute).padStart(2, '0')}`
    const opens = daily ? clock.date.endsWith('-01') : clock.hour === 0 && clock.minute === 0
    return { at, axis: daily || opens ? date : time, full: daily ? clock.date : `${clock.date} ${time}`, opens }
  })
}

export function lengthOf(carbon: Carbon): number {
  return Math.max(0, carbon.intensity?.values?.length ?? 0, ...(carbon.series ?? []).map((s) => s.values?.length ?? 0))
}

// labelled says which steps the axis writes: every third hour of a day, each day or every
// few days of a month, each month of a year.
export function labelled(steps: Step[], stepSeconds: number, room: number): (n: number) => boolean {
  const daily = stepSeconds >= 86_400
  const marks = steps.length <= 48 && !daily ? steps.map((_, n) => n).filter((n) => n % 3 === 0) : opening(steps, daily)
  const every = Math.max(1, Math.ceil(marks.length / Math.max(1, room)))
  const kept = new Set(marks.filter((_, n) => n % every === 0))
  return (n) => kept.has(n)
}

function opening(steps: Step[], daily: boolean): number[] {
  const all = steps.map((_, n) => n)
  return daily && steps.length <= 62 ? all : all.filter((n) => steps[n]?.opens)
}

// runs joins neighbouring true steps to spans [from, to], both included.
export function runs(flags: readonly boolean[]): [number, number][] {
  const spans: [number, number][] = []
  flags.forEach((flag, n) => {
    if (!flag) return
    const last = spans[spans.length - 1]
    if (last && last[1] === n - 1) last[1] = n
    else spans.push([n, n])
  })
  return spans
}

// totalAt is the sum over the series at a step; null when all are missing there.
export function totalAt(carbon: Carbon, n: number): number | null {
  const present = (carbon.series ?? []).map((s) => s.values?.[n] ?? null).filter((v): v is number => v !== null)
  return present.length > 0 ? present.reduce((sum, v) => sum + v, 0) : null
}

// tintOf is the colour token of a series.
export function tintOf(color: string): string {
  const known = ['grid', 'pv', 'wind', 'storage', 'chp', 'heat', 'cooling', 'hydrogen', 'coal', 'green']
  return known.includes(color) ? color : 'coal'
}
