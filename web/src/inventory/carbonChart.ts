import * as echarts from 'echarts/core'
import { LineChart } from 'echarts/charts'
import { GridComponent, MarkAreaComponent, TooltipComponent } from 'echarts/components'
import type { EChartsCoreOption } from 'echarts/core'
import type { Carbon } from '../api/types'
import { timeAxis, tooltip, valueAxis } from '../panel/chartFrame'
import { token } from '../theme/theme'
import { runs, tintOf, type Step } from './carbon'

echarts.use([LineChart, GridComponent, MarkAreaComponent, TooltipComponent])

// Drawing is what the chart shows, in the words and numbers of the page.
export interface Drawing {
  carbon: Carbon
  steps: Step[]
  width: number
  lines: (n: number) => string[]
  number: (value: number) => string
  intensityName: string
}

// drawing is the chart as ECharts takes it.
export function drawing(plan: Drawing): EChartsCoreOption {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  return {
    animation: !still && plan.steps.length < 200,
    animationDuration: 250,
    grid: { left: 44, right: 48, top: 12, bottom: 26 },
    tooltip: tooltip(plan.lines),
    xAxis: timeAxis(plan.steps, plan.carbon.stepSeconds, plan.width),
    yAxis: [valueAxis(plan.number), valueAxis(plan.number, { splitLine: { show: false }, min: 0 })],
    series: [...areas(plan), intensity(plan)],
  }
}

function areas(plan: Drawing): object[] {
  return (plan.carbon.series ?? []).map((series, n) => {
    const color = token(tintOf(series.color))
    return {
      type: 'line',
      stack: 'emissions',
      data: series.values ?? [],
      symbol: 'none',
      connectNulls: false,
      lineStyle: { width: visible(plan, series.values ?? []) ? (plan.steps.length > 200 ? 0.7 : 1.4) : 0, color },
      areaStyle: { color, opacity: 0.42 },
      itemStyle: { color },
      z: 2,
      ...(n === 0 ? { markArea: estimatedArea(plan) } : {}),
    }
  })
}

// visible says whether a series is thick enough to have an edge of its own: the edge of a
// thousandth would recolour what it is stacked on.
function visible(plan: Drawing, values: readonly (number | null)[]): boolean {
  const most = (series: readonly (number | null)[]): number => Math.max(0, ...series.map((value) => value ?? 0))
  return most(values) > 0.01 * Math.max(...(plan.carbon.series ?? []).map((series) => most(series.values ?? [])))
}

function intensity(plan: Drawing): object {
  return {
    type: 'line',
    name: plan.intensityName,
    yAxisIndex: 1,
    data: plan.carbon.intensity.values ?? [],
    symbol: 'none',
    connectNulls: false,
    lineStyle: { width: plan.steps.length > 200 ? 1 : 2, color: token('text'), opacity: plan.steps.length > 200 ? 0.6 : 1 },
    itemStyle: { color: token('text') },
    z: 4,
  }
}

// estimatedArea veils and hatches the steps whose readings are partly estimated.
function estimatedArea(plan: Drawing): object {
  const last = plan.steps.length - 1
  const flags = (plan.carbon.estimated ?? []).slice(0, plan.steps.length)
  return {
    silent: true,
    z: 3,
    itemStyle: { color: { image: hatch(), repeat: 'repeat' } },
    data: runs(flags).map(([from, to]) => [{ xAxis: from }, { xAxis: Math.min(last, to + 1) }]),
  }
}

function hatch(): HTMLCanvasElement {
  const tile = document.createElement('canvas')
  tile.width = tile.height = 8
  const pen = tile.getContext('2d')
  if (!pen) return tile
  pen.globalAlpha = 0.45
  pen.fillStyle = token('card')
  pen.fillRect(0, 0, 8, 8)
  pen.globalAlpha = 0.55
  pen.strokeStyle = token('text-faint')
  pen.lineWidth = 1
  for (const shift of [-8, 0, 8]) {
    pen.beginPath()
    pen.moveTo(shift, 8)
    pen.lineTo(shift + 8, 0)
    pen.stroke()
  }
  return tile
}
