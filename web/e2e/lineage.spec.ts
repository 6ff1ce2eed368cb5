import { expect, test, type Page } from '@playwright/test'
import type { EntryExplained, Explanation, Finding, Park, Usage } from '../src/api/types'
import { formatExact, formatNumber } from '../src/quantity/format'
import { intervalsOf, readingsOf } from '../src/usage/day'
import { accessible, firstPark, month, overviewOf, watch } from './console'

// metered is a register behind the first traced indicator, with a month of it.
async function metered(page: Page, park: Park): Promise<{ entry: string; register: string; month: string }> {
  const want = await overviewOf(page, park.id, month(park))
  for (const entry of want.indicators?.flatMap((indicator) => indicator.entries ?? []) ?? []) {
    const { tree } = (await (await page.request.get(`/api/v1/entries/${entry}`)).json()) as EntryExplained
    const found = find(tree, (node) => node.kind === 'register' && (node.children ?? []).some((child) => child.kind === 'month'))
    const first = found?.children?.find((child) => child.kind === 'month')
    if (found?.ref && first?.ref) return { entry, register: found.ref, month: first.ref }
  }
  throw new Error('no entry of the park is explained down to the months of a register')
}
function find(node: Explanation, fits: (node: Explanation) => boolean): Explanation | undefined {
  if (fits(node)) return node
  for (const child of node.children ?? []) {
    const found = find(child, fits)
    if (found) return found
  }
  return undefined
}

test('a figure is walked by keyboard down to the readings of a day', async ({ page, baseURL }) => {
  const seen = watch(page, baseURL!)
  const park = await firstPark(page)
  const { entry, register, month: shown } = await metered(page, park)
  const days = (await (await page.request.get(`/api/v1/parks/${park.id}/usage/${register}?period=${shown}&step=day`)).json()) as Usage
  const at = days.values.findIndex((value) => value !== null && value > 0)
  const day = `${shown}-${String(at + 1).padStart(2, '0')}`
  const want = (await (await page.request.get(`/api/v1/parks/${park.id}/usage/${register}/days/${day}`)).json()) as Explanation

  await page.goto(`/lineage/entry/${entry}?lang=zh`)
  await page.getByRole('button', { name: '全部展开' }).click()
  const link = page.locator(`[data-kind="month"] a[href="/lineage/day/${park.id}/${register}/${shown}"]`).first()
  await link.focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/lineage/day/${park.id}/${register}/${shown}`))
  await expect(page.locator('tr[data-day]')).toHaveCount(new Date(Number(shown.slice(0, 4)), Number(shown.slice(5)), 0).getDate())
  await accessible(page)

  const choice = page.locator(`tr[data-day="${day}"] a`)
  await expect(page.locator(`tr[data-day="${day}"] data`)).toHaveText(formatNumber(days.values[at], 'zh'))
  await choice.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 2, name: day })).toBeVisible()
  await expect(page.locator('tr[data-interval] data')).toHaveText(intervalsOf(want).map((one) => formatExact(one.value, 'zh')))
  await expect(page.locator('tr[data-reading] data')).toHaveText(readingsOf(want).map((one) => formatExact(one.value, 'zh')))
  await expect(page.locator('main')).toContainText(want.detail!)
  await accessible(page)
  expect(seen).toEqual({ errors: [], foreign: [] })
})

for (const theme of ['light', 'dark'] as const) {
  test(`a day with estimated intervals says so, in English, on a phone, ${theme}`, async ({ page, baseURL }) => {
    await page.setViewportSize({ width: 390, height: 844 })
    const seen = watch(page, baseURL!)
    const park = await firstPark(page)
    const found = (await (await page.request.get(`/api/v1/parks/${park.id}/findings?period=${park.lastDay!.slice(0, 4)}&rule=gap`)).json()) as { findings: Finding[] }
    const gap = found.findings.find((one) => one.treatment === 'estimated')
    if (!gap) throw new Error('the park has no estimated gap')
    const day = new Intl.DateTimeFormat('sv-SE', { timeZone: park.zone }).format(gap.from)
    await page.goto(`/lineage/day/${park.id}/${gap.register}/${day}?lang=en&theme=${theme}`)
    await expect(page.locator('tr[data-interval]', { hasText: 'estimated' }).first()).toBeVisible()
    await expect(page.locator(`tr[data-day="${day}"]`)).toContainText('estimated')
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    await accessible(page)
    expect(seen).toEqual({ errors: [], foreign: [] })
  })
}

test('an unknown register is said to be unknown', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/lineage/day/${park.id}/no-such.register/${park.lastDay}?lang=en`)
  await expect(page.getByRole('alert').first()).toContainText('LT-')
})
