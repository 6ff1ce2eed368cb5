import { expect, test, type Page } from '@playwright/test'
import { readFile, writeFile } from 'node:fs/promises'
import type { Consolidation, InventoryLine, Rating, Uncertainty, WhatIf } from '../src/api/types'
import { formatNumber } from '../src/quantity/format'
import { accessible, firstPark, watch } from './console'

const declare = 'value_added=4000,sector_intensity=0.2'
const declared = declare.split(',').map((one) => `declare=${one}`).join('&')

async function get<T>(page: Page, path: string): Promise<T> {
  const answer = await page.request.get(path)
  expect(answer.status(), path).toBe(200)
  return (await answer.json()) as T
}
const quiet = (page: Page) => expect(page.locator('[aria-busy="true"]')).toHaveCount(0, { timeout: 60_000 })
const cut = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
const closed = async (page: Page, park: string): Promise<InventoryLine> => {
  const { inventories } = await get<{ inventories: InventoryLine[] }>(page, `/api/v1/parks/${park}/inventories`)
  const line = inventories.find((one) => one.state === 'closed')
  if (!line) throw new Error('the park has no closed inventory')
  return line
}

const pages = ['rating', 'consolidation', 'reports', 'inventories'] as const
for (const [theme, lang, width] of [['light', 'zh', 1440], ['dark', 'en', 1440], ['dark', 'zh', 390], ['light', 'en', 390]] as const) {
  test(`the pages of the carbon engine are accessible and whole, ${lang}, ${theme}, ${width}`, async ({ page, baseURL }) => {
    test.setTimeout(240_000)
    await page.setViewportSize({ width, height: 1100 })
    const seen = watch(page, baseURL!)
    const park = await firstPark(page)
    const addresses = [...pages.map((one) => `/p/${park.id}/${one}?t=2018&declare=${declare}&`), '/admin/factors?id=grid.prov.32.2023&', '/admin/methods?method=gbt32151.5-2015@1&']
    for (const address of addresses) {
      await page.goto(`${address}lang=${lang}&theme=${theme}`)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await quiet(page)
      await expect(page.getByRole('alert')).toHaveCount(0)
      await accessible(page)
      expect(await cut(page), address).toBeLessThanOrEqual(0)
    }
    expect(seen).toEqual({ errors: [], foreign: [] })
  })
}

test('the grade, the marks and the indicators are those of the server, each with its origin', async ({ page }) => {
  const park = await firstPark(page)
  const want = await get<Rating>(page, `/api/v1/parks/${park.id}/rating?period=2018&${declared}`)
  await page.goto(`/p/${park.id}/rating?t=2018&lang=zh`)
  await expect(page.locator('[data-block="code"] [data-grade="0"]')).toBeVisible()
  for (const one of declare.split(',')) {
    const [id = '', value = ''] = one.split('=')
    await page.locator(`[data-block="declared"] input[name="${id}"]`).fill(value)
  }
  await page.getByRole('button', { name: '重新评级' }).click()
  await expect(page).toHaveURL(/declare=/)
  await expect(page.locator(`[data-block="code"] [data-grade="${want.code!.grade}"]`)).toBeVisible()
  await expect(page.locator('[data-mark="code.efficiency"] data').first()).toHaveText(formatNumber(want.code!.efficiency.value, 'zh'))
  for (const one of want.zeroCarbonPark.indicators) await expect(page.locator(`[data-value="${one.indicator.id}"] data.figure`)).toHaveText(formatNumber(one.value, 'zh'))
  const origin = page.locator('[data-value="carbon_per_energy"] details')
  await origin.locator('summary').click()
  await origin.getByRole('link').first().click()
  await expect(page).toHaveURL(/\/lineage\/entry\/e[0-9a-f]{16}/)
})

test('a lever moved by the keyboard is rated anew by the server', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/rating?t=2018&declare=${declare}&lang=en`)
  const before = await get<WhatIf>(page, `/api/v1/parks/${park.id}/rating/what-if?period=2018&${declared}`)
  const slider = page.locator('[data-lever="clean_power"] input[type=range]')
  await slider.focus()
  await slider.press('End')
  await expect(page.locator('[data-what-if] tbody tr').first()).toBeVisible()
  const want = await get<WhatIf>(page, `/api/v1/parks/${park.id}/rating/what-if?period=2018&${declared}&lever=clean_power=${before.levers.find((one) => one.id === 'clean_power')!.most}`)
  await expect(page.locator('[data-changed="code.efficiency"] data')).toHaveText(formatNumber(want.after.code!.efficiency.value, 'en'))
  await expect(page.locator('.grades [data-grade]').nth(1)).toHaveAttribute('data-grade', String(want.after.code!.grade))
})

test('findings are ranked and lead to the metered day', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/rating?t=2018&prices=0.4,0.2,0&lang=en`)
  const rows = page.locator('[data-saving]')
  await expect(rows.first()).toBeVisible({ timeout: 60_000 })
  await rows.first().locator('td.evidence a').first().click()
  await expect(page).toHaveURL(/\/lineage\/day\//)
})

test('a code is published after two questions, read without sign-in, and withdrawn for good', async ({ page, browser, baseURL }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/rating?t=2018&declare=${declare}&lang=zh`)
  await page.getByRole('button', { name: '公开 2018 的碳效码' }).click()
  await accessible(page)
  await page.getByRole('button', { name: '确认公开' }).click()
  await expect(page.locator('[data-published] svg.qr')).toBeVisible()
  const address = await page.locator('[data-published] code').textContent()
  const stranger = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] }, viewport: { width: 390, height: 844 } })
  const view = await stranger.newPage()
  const seen = watch(view, baseURL!)
  for (const [lang, theme] of [['zh', 'light'], ['en', 'dark']]) {
    await view.goto(`${new URL(address!).pathname}?lang=${lang}&theme=${theme}`)
    await expect(view.locator('[data-public] [data-grade="4"]')).toBeVisible()
    await expect(view.locator('[data-public]')).not.toContainText('336.2')
    await accessible(view)
    expect(await cut(view)).toBeLessThanOrEqual(0)
  }
  expect(seen).toEqual({ errors: [], foreign: [] })
  await page.getByRole('button', { name: '撤回' }).click()
  await page.getByRole('button', { name: '确认撤回' }).click()
  await expect(page.getByText('还没有公开。')).toBeVisible()
  await view.reload()
  await expect(view.locator('[data-gone]')).toBeVisible()
  await stranger.close()
})

test('an enterprise has an address of its own', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto('/e/steel/rating?t=2018&lang=zh')
  await expect(page).toHaveURL(new RegExp(`/p/${park.id}/rating\\?.*org=steel`))
  await expect(page.locator('[data-scope]')).toContainText('钢材加工厂')
})

test('uncertainty is shown with both approaches, a table twin, and on the entry', async ({ page }) => {
  const park = await firstPark(page)
  const line = await closed(page, park.id)
  const want = await get<Uncertainty>(page, `/api/v1/parks/${park.id}/inventories/${line.id}/uncertainty`)
  await page.goto(`/p/${park.id}/inventories?uncertain=${line.id}&lang=en`)
  const block = page.locator('[data-block="uncertainty"]')
  const total = block.locator('tr[data-group="total"]').first()
  const { approach1, monteCarlo, emissions } = want.results![0]!
  for (const figure of [emissions, approach1.low, approach1.high, monteCarlo.low, monteCarlo.high]) await expect(total).toContainText(formatNumber(figure, 'en'))
  await block.getByRole('button', { name: 'Table' }).click()
  await expect(block.locator('[data-shares] tbody tr')).toHaveCount(want.contributions!.length)
  await block.locator('[data-quality] summary').click()
  await block.locator('[data-quality] tbody a').first().click()
  await expect(page.locator('[data-block="entry-uncertainty"] tbody tr')).toHaveCount(5)
  await accessible(page)
})

test('the consolidation agrees with the server on three levels', async ({ page }) => {
  const park = await firstPark(page)
  const want = await get<Consolidation>(page, `/api/v1/parks/${park.id}/consolidation?period=2018`)
  await page.goto(`/p/${park.id}/consolidation?t=2018&lang=en`)
  const whole = want.views!.find((one) => one.level === 'park')!
  await expect(page.locator(`tr[data-place="${whole.path}"] td.strong data`)).toHaveText(formatNumber(whole.consolidated.total.location, 'en'))
  await expect(page.locator('[data-none]')).toContainText(String(want.countings!.length))
  await expect(page.locator('[data-transfer]')).toHaveCount(want.countings!.length)
  await page.getByRole('button', { name: 'Enterprise', exact: true }).click()
  await expect(page.locator('[data-place]')).toHaveCount(want.views!.filter((one) => one.level === 'enterprise').length)
  await page.getByRole('button', { name: 'Government' }).click()
  await expect(page.locator('[data-block="views"]')).toContainText('No place above the park is recorded')
  await page.locator('[data-transfer] a').first().click()
  await expect(page).toHaveURL(/\/lineage\/entry\//)
})

test('a report is previewed, downloaded, and verifies; a changed one does not', async ({ page }) => {
  const park = await firstPark(page)
  const line = await closed(page, park.id)
  await page.goto(`/p/${park.id}/reports?inventory=${line.id}&form=energy&lang=en`)
  await expect(page.locator('[data-block="choose"] select[name=form] option')).toHaveCount(8)
  await expect(page.locator('[data-block="preview"] [data-table] tbody tr').first()).toBeVisible()
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-format="json"]').click()])
  expect(download.suggestedFilename()).toBe(`${line.id}-energy.json`)
  await expect(page.locator('[data-progress]')).toContainText('JSON saved')
  const file = await download.path()
  const good = `${file}-good.json`
  const bad = `${file}-bad.json`
  const said = await readFile(file, 'utf8')
  await writeFile(good, said)
  await writeFile(bad, said.replace(/"printed": "(\d)/, (_, digit: string) => `"printed": "${(Number(digit) + 1) % 10}`))
  await page.setInputFiles('input[name=file]', good)
  await expect(page.locator('[data-verified]')).toHaveAttribute('data-equal', 'true', { timeout: 60_000 })
  await expect(page.locator('[data-verified]')).toContainText(`that of the inventory ${line.id}`)
  await page.setInputFiles('input[name=file]', bad)
  await expect(page.locator('[data-verified]')).toHaveAttribute('data-equal', 'false', { timeout: 60_000 })
  await accessible(page)
})

test('the factor library is searched, compared and asked', async ({ page }) => {
  await page.goto('/admin/factors?lang=zh')
  await page.getByRole('searchbox').fill('江苏 grid_provincial')
  await page.getByRole('button', { name: '查找', exact: true }).click()
  await expect(page.locator('[data-factor="grid.prov.32.2023"]')).toBeVisible()
  await page.locator('[data-factor="grid.prov.32.2023"] button').click()
  await expect(page.locator('[data-block="versions"] tbody tr').first()).toBeVisible()
  await page.getByRole('button', { name: '试查' }).click()
  await expect(page.locator('[data-answer]')).toContainText('江苏 → 华东 → CN')
})

test('a method shows what it asks for and its rules', async ({ page }) => {
  await page.goto('/admin/methods?lang=en')
  await page.locator('[data-method="ets-power@1"] a').click()
  await expect(page.locator('[data-inputs] tbody tr').first()).toBeVisible()
  await expect(page.locator('[data-rules] tbody tr')).not.toHaveCount(0)
  await accessible(page)
})
