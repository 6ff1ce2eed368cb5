import * as echarts from 'echarts/core'
import { LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import type { EChartsCoreOption } from 'echarts/core'
import type { Step } from '../inventory/carbon'
import { timeAxis, tooltip, valueAxis } from '../panel/chartFrame'
import { token } from '../theme/theme'
import { alone, dashAt, tintAt, type Line } from './lines'

echarts.use([LineChart, GridComponent, TooltipComponent])

// Drawing is what the chart shows, in the words and numbers of the page.
export interface Drawing {
  lines: Line[]
  steps: Step[]
  stepSeconds: number
  width: number
  tell: (n: number) => string[]
  number: (value: number) => string
}

// drawing is the chart as ECharts takes it.
export function drawing(plan: Drawing): EChartsCoreOption {
  return {
    animation: false,
    grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
    tooltip: tooltip(plan.tell),
    xAxis: timeAxis(plan.steps, plan.stepSeconds, plan.width),
    yAxis: valueAxis(plan.number),
    series: plan.lines.map((line, n) => lineSeries(line, n, plan.steps.length)),
  }
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
