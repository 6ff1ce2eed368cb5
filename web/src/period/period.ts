// A period as the console writes it: 2018, 2018-03, 2018-03-05 or 2018-03-05..2018-03-11
// (both days included). Civil days of the park; no clock time, so no zone is needed here.

export type Grain = 'year' | 'month' | 'day' | 'span'

export interface Period {
  grain: Grain
  first: string // YYYY-MM-DD
  last: string // YYYY-MM-DD, included
}

const day = /^(\d{4})-(\d{2})-(\d{2})$/

// parsePeriod reads a period; null when the text is none, or names a day that is not in
// the calendar, or ends before it begins.
export function parsePeriod(text: string): Period | null {
  if (/^\d{4}$/.test(text)) return whole(text, 'year')
  if (/^\d{4}-\d{2}$/.test(text)) return whole(text, 'month')
  if (day.test(text)) return whole(text, 'day')
  const [first = '', last = '', more] = text.split('..')
  if (more !== undefined || !isDay(first) || !isDay(last) || last < first) return null
  return { grain: 'span', first, last }
}

function whole(text: string, grain: 'year' | 'month' | 'day'): Period | null {
  const first = (text + '-01-01').slice(0, 10)
  if (!isDay(first)) return null
  return { grain, first, last: lastDayOf(first, grain) }
}

function lastDayOf(first: string, grain: 'year' | 'month' | 'day'): string {
  if (grain === 'year') return `${first.slice(0, 4)}-12-31`
  if (grain === 'day') return first
  const date = asDate(first)
  return iso(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0))
}

// formatPeriod writes a period as parsePeriod reads it.
export function formatPeriod(p: Period): string {
  switch (p.grain) {
    case 'year':
      return p.first.slice(0, 4)
    case 'month':
      return p.first.slice(0, 7)
    case 'day':
      return p.first
    case 'span':
      return `${p.first}..${p.last}`
  }
}

// shift moves a period by n of its own length: the next month of a month, and for a span
// as many days on as it has.
export function shift(p: Period, n: number): Period {
  const date = asDate(p.first)
  const y = date.getUTCFullYear()
  const m = date.getUTCMonth()
  switch (p.grain) {
    case 'year':
      return must(String(y + n).padStart(4, '0'))
    case 'month':
      return must(iso(Date.UTC(y, m + n, 1)).slice(0, 7))
    case 'day':
      return must(addDays(p.first, n))
    case 'span': {
      const by = n * days(p)
      return { grain: 'span', first: addDays(p.first, by), last: addDays(p.last, by) }
    }
  }
}

// regrain is the period of another grain that holds the last day of p.
export function regrain(p: Period, grain: 'year' | 'month' | 'day'): Period {
  const cut = { year: 4, month: 7, day: 10 }[grain]
  return must(p.last.slice(0, cut))
}

// days is the number of civil days in p.
export function days(p: Period): number {
  return Math.round((asDate(p.last).getTime() - asDate(p.first).getTime()) / 86_400_000) + 1
}

export function addDays(text: string, n: number): string {
  return iso(asDate(text).getTime() + n * 86_400_000)
}

// within is p held to the days on which there is data: when p lies wholly outside, the
// period of the same grain at the nearest end.
export function within(p: Period, first: string, last: string): Period {
  if (p.last >= first && p.first <= last) return p
  const near = p.first > last ? last : first
  return p.grain === 'span' ? must(near) : regrain({ grain: 'day', first: near, last: near }, p.grain)
}

function must(text: string): Period {
  const p = parsePeriod(text)
  if (!p) throw new RangeError(`no period: ${text}`)
  return p
}

function isDay(text: string): boolean {
  return day.test(text) && iso(asDate(text).getTime()) === text
}

function asDate(text: string): Date {
  return new Date(`${text}T00:00:00Z`)
}

function iso(ms: number): string {
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().slice(0, 10)
}
