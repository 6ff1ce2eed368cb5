import { expect, test, type Page } from '@playwright/test'
import type { BalanceTable, Basis, CarbonFlow, Reconciliation } from '../src/api/types'
import { carrierColumns, carrierFigure, placeFigure } from '../src/balance/balance'
import { carriersOf, findingsOf, membersOf, placesOf, transfersOf } from '../src/flow/carbonFlow'
import { formatNumber } from '../src/quantity/format'
import { accessible, firstPark, month, watch } from './console'

const sizes = { desktop: { width: 1440, height: 1100 }, mobile: { width: 390, height: 844 } }
const titles = { flow: { zh: '能流与碳流', en: 'Energy and carbon flow' }, balance: { zh: '能量平衡', en: 'Energy balance' } }

async function answer<T>(page: Page, path: string): Promise<T> {
  const got = await page.request.get(path)
  expect(got.status(), await got.text()).toBe(200)
  return (await got.json()) as T
}

// whole waits until every block of the page has its answer and its chart.
async function whole(page: Page): Promise<void> {
  await expect(page.locator('[data-block]').first()).toBeVisible()
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
  await expect(page.locator('canvas').first()).toBeVisible()
}

for (const name of ['flow', 'balance'] as const) {
  for (const lang of ['zh', 'en'] as const) {
    for (const theme of ['light', 'dark'] as const) {
      for (const [size, viewport] of Object.entries(sizes)) {
        test(`${name} is whole in ${lang}, ${theme}, ${size}`, async ({ page, baseURL }) => {
          await page.setViewportSize(viewport)
          const seen = watch(page, baseURL!)
          const park = await firstPark(page)
          await page.goto(`/p/${park.id}/${name}?t=${month(park)}&lang=${lang}&theme=${theme}`)
          await whole(page)
          await expect(page.locator('html')).toHaveAttribute('data-theme', theme)
          await expect(page.getByRole('heading', { level: 1 })).toHaveText(titles[name][lang])
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
          await accessible(page)
          expect(seen).toEqual({ errors: [], foreign: [] })
        })
      }
    }
  }
}

for (const basis of ['location', 'market'] as Basis[]) {
  test(`the carbon flow is that of the server, ${basis}-based`, async ({ page }) => {
    const park = await firstPark(page)
    const want = await answer<CarbonFlow>(page, `/api/v1/parks/${park.id}/carbon-flow?period=${month(park)}&step=day`)
    const footprint = basis === 'location' ? 0 : 1
    await page.goto(`/p/${park.id}/flow?t=${month(park)}&basis=${basis}&table=intensity&lang=zh`)

    const members = membersOf(want, footprint)
    expect(members.length).toBeGreaterThan(2)
    for (const row of members) {
      const { used, lost, exported, stored, sourced } = row.figures
      const figures = [used, lost, exported, stored, row.answered, sourced].map((value) => formatNumber(value, 'zh'))
      await expect(page.locator(`tr[data-member="${row.organization}"] data`)).toHaveText(figures)
    }
    const sum = members[members.length - 1]!
    expect(Math.abs(sum.answered! - sum.figures.sourced!)).toBeLessThanOrEqual(1e-9 * sum.figures.sourced!)
    await expect(page.locator('[data-gap]')).toContainText('进出相符')

    const transfers = transfersOf(want, footprint)
    await expect(page.locator('tr[data-transfer]')).toHaveCount(transfers.length)
    await expect(page.locator('tr[data-transfer] td:nth-child(5)')).toHaveText(transfers.map((row) => formatNumber(row.carbon, 'zh')))
    const kinds = await page.locator('tr[data-finding]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-finding')))
    expect(kinds).toEqual(findingsOf(want).map((one) => one.kind))

    // The twin of the chart: a row for each step, a column for each place of the carrier.
    const places = placesOf(want, carriersOf(want)[0]!)
    const table = page.locator('[data-block="intensity"] table')
    await expect(table.locator('tbody tr')).toHaveCount(want.times?.length ?? 0)
    await expect(table.locator('tbody tr').first().locator('data')).toHaveText(places.map((one) => formatNumber(one.intensity?.[footprint]?.[0], 'zh')))
    await accessible(page)
  })
}

test('a step without energy is a gap, in the table and for the ear', async ({ page }) => {
  const park = await firstPark(page)
  const want = await answer<CarbonFlow>(page, `/api/v1/parks/${park.id}/carbon-flow?period=${month(park)}&step=hour`)
  const pv = placesOf(want, 'electricity').find((one) => one.intensity?.[0]?.some((value) => value === null))
  if (!pv) throw new Error('no place of the park rests for an hour')
  const at = pv.intensity![0]!.indexOf(null)
  await page.goto(`/p/${park.id}/flow?t=${month(park)}&step=hour&table=intensity&lang=en`)
  const row = page.locator('[data-block="intensity"] tbody tr').nth(at)
  await expect(row).toContainText('—')
  await page.goto(`/p/${park.id}/flow?t=${month(park)}&step=hour&lang=en`)
  const chart = page.locator('[data-block="intensity"] [role="img"]')
  await chart.focus()
  for (let n = 0; n <= at; n++) await page.keyboard.press('ArrowRight')
  await expect(page.locator('[data-block="intensity"] [aria-live]')).toContainText(`${pv.name.en} no data`, { ignoreCase: true })
})

test('the balance is that of the server', async ({ page }) => {
  const park = await firstPark(page)
  const path = `/api/v1/parks/${park.id}`
  const want = await answer<BalanceTable>(page, `${path}/balance?period=${month(park)}&step=period`)
  const daily = await answer<BalanceTable>(page, `${path}/balance?period=${month(park)}&step=day`)
  const held = await answer<Reconciliation>(page, `${path}/reconciliation?period=${month(park)}`)
  await page.goto(`/p/${park.id}/balance?t=${month(park)}&table=series&lang=en`)
  for (const carrier of want.carriers ?? []) {
    const figures = carrierColumns.map((column) => formatNumber(carrierFigure(carrier.steps?.[0], column), 'en'))
    await expect(page.locator(`tr[data-carrier="${carrier.carrier}"] data`)).toHaveText(figures)
  }
  await expect(page.locator('tr[data-place]')).toHaveCount(want.places?.length ?? 0)
  for (const place of want.places ?? []) {
    const cells = page.locator(`tr[data-place="${place.node}"] data`)
    await expect(cells.first()).toHaveText(formatNumber(placeFigure(place, 'in'), 'en'))
    await expect(cells.nth(1)).toHaveText(formatNumber(placeFigure(place, 'out'), 'en'))
  }
  await expect(page.locator('[data-block="series"] tbody tr')).toHaveCount(daily.steps?.length ?? 0)

  const { flows, global, findings } = held.result
  await expect(page.locator('tr[data-flow]')).toHaveCount(flows?.length ?? 0)
  for (const flow of (flows ?? []).slice(0, 5)) {
    const figures = [flow.raw, flow.reconciled, flow.adjustment, flow.inSigma].map((value) => formatNumber(value, 'en'))
    await expect(page.locator(`tr[data-flow="${flow.id}"] data`)).toHaveText(figures)
  }
  await expect(page.locator('[data-verdict]')).toContainText(global.tested ? /Global test/ : 'nothing to test')
  await expect(page.locator('[data-note]')).toHaveCount(new Set((findings ?? []).map((one) => one.kind)).size)
  await page.getByLabel('Filter: Data reconciliation').fill('no such flow')
  await expect(page.locator('tr[data-flow]')).toHaveCount(0)
  await accessible(page)
})

test('step, basis, carrier and period are in the address', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}?t=${month(park)}&lang=zh`)
  const link = page.getByRole('navigation').getByRole('link', { name: '能流与碳流' })
  await link.click()
  await expect(page).toHaveURL(new RegExp(`/p/${park.id}/flow\\?.*t=${month(park)}`))
  await expect(link).toHaveAttribute('aria-current', 'page')
  await whole(page)
  await page.getByRole('button', { name: '市场法' }).press('Enter')
  await expect(page).toHaveURL(/basis=market/)
  await page.getByRole('button', { name: '时', exact: true }).click()
  await expect(page).toHaveURL(/step=hour/)
  await page.getByRole('button', { name: '天然气' }).click()
  await expect(page).toHaveURL(/carrier=natural_gas/)
  await page.reload()
  await expect(page.getByRole('button', { name: '天然气' })).toHaveAttribute('aria-pressed', 'true')
  await expect(page.locator('[data-block="intensity"]')).toContainText('kgCO₂/GJ · 市场法')
  await page.getByRole('navigation').getByRole('link', { name: '能量平衡' }).click()
  await expect(page).toHaveURL(new RegExp(`/p/${park.id}/balance\\?.*t=${month(park)}`))
  await whole(page)
  await page.keyboard.press('[')
  await expect(page).not.toHaveURL(new RegExp(`t=${month(park)}`))
})

test('a period without data says so and shows no figure', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/flow?t=1999-01&lang=en`)
  await expect(page.getByText('No energy to trace in this period.').first()).toBeVisible()
  await expect(page.locator('tr[data-member]')).toHaveCount(0)
  await accessible(page)
  await page.goto(`/p/${park.id}/balance?t=1999-01&lang=en`)
  await expect(page.getByText('No usage is settled in this period.')).toHaveCount(5)
  await expect(page.locator('tr[data-place]')).toHaveCount(0)
  await accessible(page)
})
