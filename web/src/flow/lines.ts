// Line is one line of a chart over steps. A null is a gap and is drawn as one.
export interface Line {
  id: string
  name: string
  values: readonly (number | null)[]
}

export const linesMost = 12 // lines that a reader can still tell apart

const tints = ['text', 'grid', 'pv', 'heat', 'storage', 'hydrogen', 'chp', 'coal', 'cooling', 'green', 'wind', 'use']
const dashes = ['solid', 'dashed', 'dotted'] as const

// tintAt and dashAt are the look of the n-th line: no two of linesMost share both, and
// neighbours differ in more than their colour.
export const tintAt = (n: number): string => tints[n % tints.length] ?? 'text'
export const dashAt = (n: number): (typeof dashes)[number] => dashes[n % dashes.length] ?? 'solid'

// strokeOf is a dash as an SVG stroke has it.
export const strokeOf = (n: number): string => ({ solid: 'none', dashed: '5 3', dotted: '2 2' })[dashAt(n)]

// alone says whether the n-th value stands between two gaps: a line cannot show it, a point
// can.
export function alone(values: readonly (number | null)[], n: number): boolean {
  const gap = (at: number): boolean => (values[at] ?? null) === null
  return !gap(n) && gap(n - 1) && gap(n + 1)
}

// known says whether any value of a line is known.
export const known = (line: { values: readonly (number | null)[] }): boolean => line.values.some((value) => value !== null)

// settled is a value without the dust of adding: below a thousand-millionth of what it was
// summed of it is 0.
export function settled(value: number | null, size: number): number | null {
  return value !== null && Math.abs(value) < 1e-9 * Math.abs(size) ? 0 : value
}
