import { expect, test, type Page } from '@playwright/test'
import { readFile } from 'node:fs/promises'
import type { EntryExplained, InventoryLine } from '../src/api/types'
import { accessible, firstPark, month, overviewOf, watch } from './console'

async function listed(page: Page, park: string): Promise<InventoryLine[]> {
  const answer = (await (await page.request.get(`/api/v1/parks/${park}/inventories`)).json()) as { inventories: InventoryLine[] }
  return answer.inventories
}

// close closes the inventory of a period on the page, by the two questions.
async function close(page: Page, period: string): Promise<void> {
  await page.getByRole('button', { name: '关闭清单' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('input[name=period]').fill(period)
  await dialog.getByRole('button', { name: '关闭清单' }).click()
  await expect(dialog).toContainText(`关闭 ${period} 的清单？`)
  await dialog.getByRole('button', { name: '确认关闭' }).click()
}

for (const theme of ['light', 'dark'] as const) {
  for (const lang of ['zh', 'en'] as const) {
    test(`inventories are shown with state, hash, root and files, ${lang}, ${theme}`, async ({ page, baseURL }) => {
      const seen = watch(page, baseURL!)
      const park = await firstPark(page)
      const [first] = await listed(page, park.id)
      if (!first) throw new Error('the park has no closed inventory')
      await page.goto(`/p/${park.id}/inventories?lang=${lang}&theme=${theme}`)
      const card = page.locator(`[data-inventory="${first.id}"]`)
      await expect(card.locator(`[data-value="${first.hash}"]`)).toBeVisible()
      await expect(card.locator(`[data-value="${first.root}"]`)).toBeVisible()
      await card.locator('summary').click()
      await expect(card).toContainText(`lingtan verify ${first.id}.json --root ${first.root}`)
      await accessible(page)
      expect(seen).toEqual({ errors: [], foreign: [] })
    })
  }
}

test('on a phone the pages are tabs, and nothing is cut off', async ({ page, baseURL }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  const seen = watch(page, baseURL!)
  const park = await firstPark(page)
  const [first] = await listed(page, park.id)
  await page.goto(`/p/${park.id}/findings?t=${month(park).slice(0, 4)}&lang=en`)
  await expect(page.locator('tbody tr').first()).toBeVisible()
  await accessible(page)
  const cut = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(await cut()).toBeLessThanOrEqual(0)
  await page.getByRole('navigation').getByRole('link', { name: 'Inventories' }).click()
  await expect(page.locator(`[data-inventory="${first!.id}"]`)).toBeVisible()
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Inventories' })).toHaveAttribute('aria-current', 'page')
  expect(await cut()).toBeLessThanOrEqual(0)
  await accessible(page)
  expect(seen).toEqual({ errors: [], foreign: [] })
})

test('an inventory is taken along as a file, with evidence', async ({ page }) => {
  const park = await firstPark(page)
  const [first] = await listed(page, park.id)
  await page.goto(`/p/${park.id}/inventories?lang=zh`)
  const card = page.locator(`[data-inventory="${first!.id}"]`)
  for (const [name, extension] of [['JSON', 'json'], ['CSV', 'csv'], ['XLSX', 'xlsx']] as const) {
    const [download] = await Promise.all([page.waitForEvent('download'), card.getByRole('link', { name }).click()])
    expect(download.suggestedFilename()).toBe(`${first!.id}.${extension}`)
    const body = await readFile(await download.path())
    if (extension === 'json') {
      const file = JSON.parse(body.toString()) as { hash: string; evidence: unknown[] }
      expect(file.hash).toBe(first!.hash)
      expect(file.evidence.length).toBeGreaterThan(0)
    }
    if (extension === 'csv') expect(body.toString()).toContain(first!.id)
    if (extension === 'xlsx') expect(body.subarray(0, 2).toString()).toBe('PK')
  }
})

test('the hash is copied whole', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const park = await firstPark(page)
  const [first] = await listed(page, park.id)
  await page.goto(`/p/${park.id}/inventories?lang=en`)
  await page.locator(`[data-inventory="${first!.id}"]`).getByRole('button', { name: 'Copy: Content hash' }).click()
  await expect(page.getByText('Copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(first!.hash)
})

test('a period is closed after two questions, and a correction makes a revision that can be compared', async ({ page, baseURL }) => {
  const seen = watch(page, baseURL!)
  const park = await firstPark(page)
  const period = month(park)
  await page.goto(`/p/${park.id}/inventories?lang=zh`)
  await page.getByRole('button', { name: '关闭清单' }).click()
  await page.locator('input[name=period]').fill('2018-13')
  await page.getByRole('dialog').getByRole('button', { name: '关闭清单' }).click()
  await expect(page.getByRole('alert')).toHaveText('这不是一个时段。')
  await accessible(page)
  await page.keyboard.press('Escape')

  await close(page, period)
  const closed = (await expect.poll(() => listed(page, park.id)).toContainEqual(expect.objectContaining({ period, state: 'closed' })), (await listed(page, park.id)).find((line) => line.period === period && line.state === 'closed')!)
  await expect(page.locator('[data-closed]')).toHaveText(`${closed.id} 已关账。`)
  await expect(page.locator(`[data-inventory="${closed.id}"]`)).toContainText('已关账')
  await close(page, period)
  await expect(page.locator('[data-closed]')).toContainText('逐位相同')

  await correct(page, park.id, period)
  await close(page, period)
  const cards = page.locator('[data-inventory]').filter({ hasText: period })
  await expect(cards.filter({ hasText: '已被新修订取代' })).toHaveCount(1)
  await expect(page.locator('[data-difference="totals"] tbody tr').first()).toBeVisible()
  await expect(page.locator('[data-difference="usage"] tbody tr')).toHaveCount(1)
  await accessible(page)
  expect(seen).toEqual({ errors: [], foreign: [] })
})

test('what cannot be closed is refused in words', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/inventories?lang=zh`)
  await close(page, '1999-01')
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('LT-5001')
})

// correct sends a corrected reading of a register behind the figures of the period.
async function correct(page: Page, park: string, period: string): Promise<void> {
  const want = await overviewOf(page, park, period)
  const row = want.enterprises?.find((one) => one.measuredShare === 1 && (one.energyMWh ?? 0) > 1)
  const { entry } = (await (await page.request.get(`/api/v1/entries/${row!.entries[0]}`)).json()) as EntryExplained
  const register = entry.activity.registers![0]!
  const day = `${period}-05`
  const from = Date.parse(`${day}T10:00:00+08:00`)
  const answer = await page.request.post(`/api/v1/parks/${park}/readings`, {
    headers: { 'X-Lingtan-Csrf': '1' },
    data: { readings: [{ register, at: new Date(from + 900_000).toISOString(), span: 900, value: 12.5 }] },
  })
  expect(await answer.json()).toMatchObject({ corrected: 1 })
  const settledDay = async (): Promise<string> => JSON.stringify(await (await page.request.get(`/api/v1/parks/${park}/usage/${register}/days/${day}`)).json())
  await expect.poll(settledDay).toContain('revision 1')
}
