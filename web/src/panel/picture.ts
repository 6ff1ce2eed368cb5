// Pictures of charts, made in the browser: what is painted on a canvas as PNG, what is drawn
// as SVG in either form. Each carries its title and the notice of a demo park.
import { token } from '../theme/theme'

const drawnWith = ['fill', 'paint-order', 'stroke-linejoin', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-dasharray', 'opacity', 'font-family', 'font-size', 'font-weight', 'text-anchor', 'dominant-baseline', 'stop-color', 'stop-opacity', 'visibility']
const band = 28 // height of a line of words

export interface Words {
  title: string
  notice: string // empty where the park is a real one
}

// chartOf is the chart of a block; the small marks in titles and legends are none.
export function chartOf(block: Element | null): HTMLCanvasElement | SVGSVGElement | null {
  const canvas = block?.querySelector('canvas')
  if (canvas) return canvas
  return [...(block?.querySelectorAll('svg') ?? [])].find((svg) => svg.clientWidth >= 200 && svg.clientHeight >= 100) ?? null
}

// asSvg is the drawing with the styles that the page gives it, so that it stands alone.
export function asSvg(svg: SVGSVGElement, words: Words): Blob {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const from = [svg, ...svg.querySelectorAll('*')]
  const to = [copy, ...copy.querySelectorAll('*')]
  from.forEach((one, n) => {
    const style = getComputedStyle(one)
    for (const name of drawnWith) to[n]?.setAttribute(name, style.getPropertyValue(name))
  })
  const { width, height } = svg.getBoundingClientRect()
  copy.setAttribute('y', String(band))
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const space = 'http://www.w3.org/2000/svg'
  const sheet = document.createElementNS(space, 'svg')
  const put = (name: string, attributes: Record<string, string | number>, text = ''): void => {
    const one = document.createElementNS(space, name)
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, String(value))
    one.textContent = text
    sheet.append(one)
  }
  const tall = height + band * (words.notice ? 2 : 1)
  sheet.setAttribute('xmlns', space)
  sheet.setAttribute('width', String(width))
  sheet.setAttribute('height', String(tall))
  sheet.setAttribute('viewBox', `0 0 ${width} ${tall}`)
  put('rect', { width, height: tall, fill: token('card') })
  put('text', { x: 8, y: 19, fill: token('text'), 'font-size': 14, 'font-family': token('font') }, words.title)
  sheet.append(copy)
  if (words.notice) put('text', { x: 8, y: tall - 9, fill: token('text-muted'), 'font-size': 12, 'font-family': token('font') }, words.notice)
  return new Blob([new XMLSerializer().serializeToString(sheet)], { type: 'image/svg+xml' })
}

// asPng is the chart as it stands on the page, on its ground.
export async function asPng(chart: HTMLCanvasElement | SVGSVGElement, words: Words): Promise<Blob> {
  const sheet = document.createElement('canvas')
  const brush = sheet.getContext('2d')
  if (!brush) throw new Error('no canvas')
  if (chart instanceof SVGSVGElement) await paintSvg(sheet, brush, asSvg(chart, words))
  else paintCanvas(sheet, brush, chart, words)
  return new Promise((done, failed) => sheet.toBlob((blob) => (blob ? done(blob) : failed(new Error('no picture'))), 'image/png'))
}

async function paintSvg(sheet: HTMLCanvasElement, brush: CanvasRenderingContext2D, svg: Blob): Promise<void> {
  const address = URL.createObjectURL(svg)
  try {
    const image = new Image()
    image.src = address
    await image.decode()
    sheet.width = image.width * 2
    sheet.height = image.height * 2
    brush.drawImage(image, 0, 0, sheet.width, sheet.height)
  } finally {
    URL.revokeObjectURL(address)
  }
}

function paintCanvas(sheet: HTMLCanvasElement, brush: CanvasRenderingContext2D, chart: HTMLCanvasElement, words: Words): void {
  const scale = chart.width / Math.max(1, chart.clientWidth)
  sheet.width = chart.width
  sheet.height = chart.height + band * scale * (words.notice ? 2 : 1)
  brush.fillStyle = token('card')
  brush.fillRect(0, 0, sheet.width, sheet.height)
  brush.drawImage(chart, 0, band * scale)
  brush.fillStyle = token('text')
  brush.font = `${14 * scale}px ${token('font')}`
  brush.fillText(words.title, 8 * scale, 19 * scale)
  if (!words.notice) return
  brush.fillStyle = token('text-muted')
  brush.font = `${12 * scale}px ${token('font')}`
  brush.fillText(words.notice, 8 * scale, sheet.height - 9 * scale)
}

// save hands a file to the person.
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
