import { expect, test, type Page } from '@playwright/test'
import { readFile } from 'node:fs/promises'
import { accessible, firstPark, overviewOf, settled, watch } from './console'
import { formatNumber } from '../src/quantity/format'

async function taken(page: Page, form: string): Promise<{ name: string; data: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator(`[data-as="${form}"]`).click()])
  return { name: download.suggestedFilename(), data: await readFile(await download.path()) }
}

test('a chart leaves as CSV, workbook and picture, each with the notice of the park', async ({ page, baseURL }) => {
  const seen = watch(page, baseURL!)
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}?t=2018&lang=en`)
  await settled(page)
  const block = page.locator('section.carbon')
  await block.locator('[data-take]').focus()
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-as="xlsx"]')).toBeFocused()
  await accessible(page)
  const csv = await taken(page, 'csv')
  expect(csv.name).toBe(`${park.id}-carbon-2018.csv`)
  const [head = '', ...rows] = csv.data.toString().replace('\ufeff', '').trim().split('\r\n')
  expect(head.split(',')).toContain('measured_share')
  const overview = await overviewOf(page, park.id, '2018')
  expect(rows).toHaveLength((overview.carbon.series.length + 1) * overview.carbon.intensity.values!.length)
  expect(rows.every((row) => /it does not exist"$/.test(row))).toBe(true)
  const book = await taken(page, 'xlsx')
  expect(book.data.subarray(0, 2).toString()).toBe('PK')
  const picture = await taken(page, 'png')
  expect(picture.data.subarray(1, 4).toString()).toBe('PNG')
  await page.keyboard.press('Escape')
  await expect(block.locator('[data-take]')).toBeFocused()
  await page.locator('section.flow [data-take]').click()
  const drawing = (await taken(page, 'svg')).data.toString()
  expect(drawing).toContain('assembled park')
  expect(drawing).not.toContain('var(--')
  expect(seen).toEqual({ errors: [], foreign: [] })
})

test('units and basis are chosen once and go along', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}?t=2018&basis=market&lang=en`)
  await settled(page)
  await page.locator('select[name="energy-unit"]').selectOption('GJ')
  await page.locator('select[name="mass-unit"]').selectOption('kg')
  await expect(page).toHaveURL(/unit=GJ(,|%2C)kg/)
  const want = await overviewOf(page, park.id, '2018', 'market')
  const emissions = want.indicators!.find((one) => one.id === 'emissions')!
  await expect(page.locator('[data-indicator="emissions"] data')).toHaveText(formatNumber(emissions.value! * 1000, 'en'))
  await expect(page.locator('[data-indicator="emissions"] .unit')).toHaveText('kgCO₂')
  const row = want.enterprises!.find((one) => one.energyMWh)!
  await expect(page.locator(`[data-organization="${row.organization}"] data`).first()).toHaveText(formatNumber(row.energyMWh! * 3.6, 'en'))
  await page.locator('nav a[href*="/flow"]').click()
  await expect(page).toHaveURL(/\/flow\?.*unit=GJ/)
  await expect(page).toHaveURL(/basis=market/)
  await expect(page.locator('select[name="energy-unit"]')).toHaveValue('GJ')
})
