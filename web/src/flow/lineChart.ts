import * as echarts from 'echarts/core'
import { LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { CanvasRenderer } from 'echarts/renderers'
import type { EChartsCoreOption } from 'echarts/core'
import { labelled, type Step } from '../inventory/carbon'
import { token } from '../theme/theme'
import { alone, dashAt, tintAt, type Line } from './lines'

echarts.use([LineChart, GridComponent, TooltipComponent, CanvasRenderer])

// Drawing is what the chart shows, in the words and numbers of the page.
export interface Drawing {
  lines: Line[]
  steps: Step[]
  stepSeconds: number
  width: number
  tell: (n: number) => string[]
  number: (value: number) => string
}

export function startChart(host: HTMLElement): echarts.ECharts {
  return echarts.init(host, null, { renderer: 'canvas' })
}

// drawing is the chart as ECharts takes it. The tooltip is painted on the canvas (richText):
// its HTML form writes style attributes, which the content security policy forbids.
export function drawing(plan: Drawing): EChartsCoreOption {
  const faint = token('text-faint')
  const label = { color: faint, fontSize: 12, fontFamily: token('font') }
  const write = labelled(plan.steps, plan.stepSeconds, Math.floor(plan.width / 64))
  return {
    animation: false,
    grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      confine: true,
      backgroundColor: token('raised'),
      borderColor: token('border'),
      textStyle: { color: token('text'), fontSize: 12, fontFamily: token('font') },
      axisPointer: { type: 'line', lineStyle: { color: faint } },
      formatter: (params: unknown) => plan.tell(indexOf(params)).join('\n'),
    },
    xAxis: {
      type: 'category',
      data: plan.steps.map((step) => step.axis),
      boundaryGap: false,
      axisLine: { lineStyle: { color: token('border') } },
      axisTick: { interval: write, lineStyle: { color: token('border') } },
      axisLabel: { ...label, interval: write },
    },
    yAxis: { type: 'value', axisLabel: { ...label, formatter: plan.number }, splitLine: { lineStyle: { color: token('grid-line') } } },
    series: plan.lines.map((line, n) => lineSeries(line, n, plan.steps.length)),
  }
}

function indexOf(params: unknown): number {
  const first = (Array.isArray(params) ? params[0] : params) as { dataIndex?: number } | undefined
  return first?.dataIndex ?? 0
}

function lineSeries(line: Line, n: number, steps: number): object {
  const color = token(tintAt(n))
  return {
    type: 'line',
    name: line.name,
    data: line.values.map((value, at) => (alone(line.values, at) ? { value, symbol: 'circle', symbolSize: 5 } : value)),
    symbol: 'none',
    showAllSymbol: true,
    connectNulls: false,
    lineStyle: { width: steps > 200 ? 1.2 : 2, color, type: dashAt(n) },
    itemStyle: { color },
    emphasis: { disabled: true },
  }
}
