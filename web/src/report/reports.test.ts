import { expect, it } from 'vitest'
import { nameOf, reportPath, sizeOf } from './reports'

it('a report has an address, and its file the name that the server gives', () => {
  expect(reportPath('demo', 'demo-2018-r1', 'energy', 'pdf', 'both')).toBe('/api/v1/parks/demo/inventories/demo-2018-r1/report?form=energy&format=pdf&lang=both')
  expect([nameOf('attachment; filename="demo-2018-r1-energy.pdf"'), nameOf('')]).toEqual(['demo-2018-r1-energy.pdf', 'report'])
})

it('sizes are written in the unit that suits them', () => {
  expect([sizeOf(0), sizeOf(1023), sizeOf(1024), sizeOf(1 << 20), sizeOf(1.5 * (1 << 20))]).toEqual(['0 B', '1023 B', '1 KiB', '1.0 MiB', '1.5 MiB'])
})
