import { expect, it } from 'vitest'
import { spanOf } from './library'

it('a validity names its last day, and open ends as open', () => {
  expect(spanOf('2023-01-01', '2024-01-01', 'open')).toBe('2023-01-01 – 2023-12-31')
  expect(spanOf('2015-07-06', '', 'open')).toBe('2015-07-06 – open')
  expect(spanOf('', '', 'open')).toBe('open')
})
