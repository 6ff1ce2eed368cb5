// What charts over steps have in common: labels, tooltip and time axis.
import { labelled, type Step } from '../inventory/carbon'
import { token } from '../theme/theme'

export const axisText = (): object => ({ color: token('text-faint'), fontSize: 12, fontFamily: token('font') })

// valueAxis is an axis of figures with its grid.
export function valueAxis(number: (value: number) => string, more: object = {}): object {
  return { type: 'value', axisLabel: { ...axisText(), formatter: number }, splitLine: { lineStyle: { color: token('grid-line') } }, ...more }
}

// tooltip is painted on the canvas (richText): its HTML form writes style attributes, which
// the content security policy forbids.
export function tooltip(tell: (n: number) => string[]): object {
  return {
    trigger: 'axis',
    renderMode: 'richText',
    confine: true,
    backgroundColor: token('raised'),
    borderColor: token('border'),
    textStyle: { color: token('text'), fontSize: 12, fontFamily: token('font') },
    axisPointer: { type: 'line', lineStyle: { color: token('text-faint') } },
    formatter: (params: unknown) => tell(indexOf(params)).join('\n'),
  }
}

function indexOf(params: unknown): number {
  const first = (Array.isArray(params) ? params[0] : params) as { dataIndex?: number } | undefined
  return first?.dataIndex ?? 0
}

// timeAxis writes as many steps as the width has room for.
export function timeAxis(steps: Step[], stepSeconds: number, width: number): object {
  const write = labelled(steps, stepSeconds, Math.floor(width / 64))
  return {
    type: 'category',
    data: steps.map((step) => step.axis),
    boundaryGap: false,
    axisLine: { lineStyle: { color: token('border') } },
    axisTick: { interval: write, lineStyle: { color: token('border') } },
    axisLabel: { ...axisText(), interval: write },
  }
}
