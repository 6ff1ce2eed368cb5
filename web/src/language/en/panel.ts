import type { panel as zh } from '../zh/panel'
import type { Like } from '../like'

export const panel: Like<typeof zh> = {
  take: {
    label: 'Export and copy: {what}',
    xlsx: 'Download XLSX',
    csv: 'Download CSV',
    png: 'Picture, PNG',
    svg: 'Picture, SVG',
    api: 'Copy API call',
    link: 'Copy link',
    making: 'Being made…',
    saved: 'Saved {name}',
    failed: 'Not done: {why}',
    noChart: 'No chart here; turn the data table back into the chart first.',
    copied: 'Copied',
    byHand: 'The browser refuses to copy (page without TLS); copy by hand:',
  },
  units: {
    label: 'Units',
    energy: 'Unit of energy',
    mass: 'Unit of emissions',
    why: 'Standard coal by heat content: 1 tce = 29.3076 GJ (GB/T 2589). Indicators in tce follow the coefficient of each carrier and are not converted.',
  },
}
