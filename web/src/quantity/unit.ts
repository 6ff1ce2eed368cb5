import type { Overview } from '../api/types'

// Units that a person may choose for energy and for emissions; the address holds the choice
// as ?unit=GJ,kg.
export const energyUnits = ['kWh', 'MWh', 'GJ', 'tce'] as const
export const massUnits = ['t', 'kg'] as const
export type EnergyUnit = (typeof energyUnits)[number]
export type MassUnit = (typeof massUnits)[number]

export interface Units {
  energy: EnergyUnit
  mass: MassUnit
}

// GJ in a unit. 1 tce is 29,307.6 MJ by GB/T 2589 (29.3076 GJ), heat content.
const inGJ: Record<string, number> = { kWh: 0.0036, MWh: 3.6, GJ: 1, MJ: 0.001, tce: 29.3076 }

// parseUnits reads a choice; what is no unit is as if it were not there.
export function parseUnits(text: string): Units {
  const said = text.split(',')
  return { energy: energyUnits.find((one) => said.includes(one)) ?? 'MWh', mass: massUnits.find((one) => said.includes(one)) ?? 't' }
}

// formatUnits writes a choice as parseUnits reads it; empty for what is shown without one.
export function formatUnits(units: Units): string {
  return [units.energy === 'MWh' ? '' : units.energy, units.mass === 't' ? '' : units.mass].filter(Boolean).join(',')
}

// energyFactor is what an amount in MWh is multiplied with.
export const energyFactor = (to: EnergyUnit): number => (to === 'MWh' ? 1 : inGJ.MWh! / inGJ[to]!)
export const massFactor = (to: MassUnit): number => (to === 'kg' ? 1000 : 1)

// massUnit is a unit of emissions in the unit of mass chosen: tCO2 becomes kgCO2. A quotient
// such as tCO2/tce keeps its own.
export const massUnit = (unit: string, to: MassUnit): string => (to === 'kg' && /^tCO2e?$/.test(unit) ? unit.replace(/^t/, 'kg') : unit)

type Value = number | null

const times = <T extends Value | undefined>(value: T, by: number): T => (typeof value === 'number' ? ((value * by) as T) : value)
const all = (values: readonly Value[] | null | undefined, by: number): Value[] => (values ?? []).map((one) => times(one, by))

// inUnits is an overview in the units chosen. A gap stays a gap.
export function inUnits(overview: Overview, units: Units): Overview {
  const e = energyFactor(units.energy)
  const m = massFactor(units.mass)
  if (e === 1 && m === 1) return overview
  const { sankey, carbon } = overview
  return {
    ...overview,
    indicators: (overview.indicators ?? []).map((one) => {
      const unit = massUnit(one.unit, units.mass)
      return unit === one.unit ? one : { ...one, unit, value: times(one.value, m), limit: times(one.limit, m), spark: all(one.spark, m) }
    }),
    sankey: {
      ...sankey,
      unit: units.energy,
      nodes: sankey.nodes.map((one) => ({ ...one, value: one.value * e, emissions: times(one.emissions, m) })),
      links: sankey.links.map((one) => ({ ...one, value: one.value * e, emissions: times(one.emissions, m) })),
    },
    carbon: {
      ...carbon,
      unit: massUnit(carbon.unit, units.mass),
      series: carbon.series.map((one) => ({ ...one, values: all(one.values, m) })),
    },
    enterprises: (overview.enterprises ?? []).map((row) => ({
      ...row,
      energyMWh: times(row.energyMWh, e), // in the unit chosen from here on
      emissionsScope1: times(row.emissionsScope1, m),
      emissionsScope2: times(row.emissionsScope2, m),
    })),
  }
}
