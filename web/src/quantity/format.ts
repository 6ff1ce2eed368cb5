// How figures and times are written. A missing value is a dash, never 0.

export type Language = 'zh' | 'en'

export const dash = '—'

const locale = (lang: Language): string => (lang === 'zh' ? 'zh-CN' : 'en-GB')
const formats = new Map<string, Intl.NumberFormat>()

function numberFormat(lang: Language, digits: number): Intl.NumberFormat {
  const key = `${lang}${digits}`
  let format = formats.get(key)
  if (!format) {
    format = new Intl.NumberFormat(locale(lang), { minimumFractionDigits: digits, maximumFractionDigits: digits })
    formats.set(key, format)
  }
  return format
}

type Value = number | null | undefined

const missing = (value: Value): value is null | undefined =>
  value === null || value === undefined || !Number.isFinite(value)

// decimals is how many decimals a figure of this size is shown with, 1 or more: three
// significant digits up to 10, one decimal up to 1,000, whole numbers from 1,000 on.
export function decimals(value: number): number {
  const size = Math.abs(value)
  if (size === 0 || size >= 999.95) return 0 // 999.99 is written 1,000 as its neighbours are
  return size >= 9.995 ? 1 : 2
}

// formatNumber writes a figure with the decimals its size asks for. Below 1 it keeps three
// significant digits, so that a small amount is never written as 0.
export function formatNumber(value: Value, lang: Language, digits?: number): string {
  if (missing(value)) return dash
  const small = digits === undefined && value !== 0 && Math.abs(value) < 1
  const format = small ? significantFormat(lang) : numberFormat(lang, digits ?? decimals(value))
  return format.format(value).replace(/^-/, '\u2212')
}

function significantFormat(lang: Language): Intl.NumberFormat {
  const key = `${lang}small`
  let format = formats.get(key)
  if (!format) {
    format = new Intl.NumberFormat(locale(lang), { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })
    formats.set(key, format)
  }
  return format
}

// formatExact writes a figure as it was read or computed with, up to six decimals; what is
// smaller keeps three significant digits.
export function formatExact(value: Value, lang: Language): string {
  if (missing(value)) return dash
  if (value !== 0 && Math.abs(value) < 1e-4) return formatNumber(value, lang)
  const key = `${lang}exact`
  const format = formats.get(key) ?? new Intl.NumberFormat(locale(lang), { maximumFractionDigits: 6 })
  formats.set(key, format)
  return format.format(value).replace(/^-/, '\u2212')
}

// formatShare writes a share of 0 to 1 in per cent. It never rounds up to 100 % nor down
// to 0 %: 99.99 % measured is not all measured.
export function formatShare(share: Value, lang: Language): string {
  if (missing(share)) return dash
  if (share > 0 && share < 0.001) return `< ${numberFormat(lang, 1).format(0.1)} %`
  if (share < 1 && share > 0.999) return `> ${numberFormat(lang, 1).format(99.9)} %`
  const digits = share === 0 || share === 1 ? 0 : 1
  return `${numberFormat(lang, digits).format(share * 100)} %`
}

// formatUnit sets the indices of a unit: tCO2 is written tCO₂.
export function formatUnit(unit: string): string {
  return unit.replace(/CO2/g, 'CO₂').replace(/\bm3\b/g, 'm³').replace(/\bm2\b/g, 'm²')
}

// formatTime writes an instant in the park's zone, on a 24-hour clock: 2018-12-31 23:45. The
// form of ISO 8601 is read alike in every language.
export function formatTime(at: string | number | Date, zone: string): string {
  const { date, hour, minute } = civil(new Date(at).getTime(), zone)
  return `${date} ${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

// zoneName writes the zone as its offset at an instant: UTC+8.
export function zoneName(at: string | number | Date, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(new Date(at))
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
  return name.replace('GMT', 'UTC')
}

// Civil is an instant as a wall clock of the zone shows it.
export interface Civil {
  date: string // YYYY-MM-DD
  hour: number // 0 to 23
  minute: number
}

const clocks = new Map<string, Intl.DateTimeFormat>()

// civil reads an instant off a wall clock in the zone.
export function civil(at: number, zone: string): Civil {
  let clock = clocks.get(zone)
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    clocks.set(zone, clock)
  }
  const found: Record<string, string> = {}
  for (const part of clock.formatToParts(at)) found[part.type] = part.value
  return {
    date: `${found.year}-${found.month}-${found.day}`,
    hour: Number(found.hour),
    minute: Number(found.minute),
  }
}
