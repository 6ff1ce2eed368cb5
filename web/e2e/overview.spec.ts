import { expect, test } from '@playwright/test'
import { formatNumber, formatShare, type Language } from '../src/quantity/format'
import { mergeLinks } from '../src/flow/layout'
import { formatPeriod, parsePeriod, shift } from '../src/period/period'
import { accessible, firstPark, month, overviewOf, settled, watch } from './console'

const sizes = { desktop: { width: 1440, height: 1100 }, mobile: { width: 390, height: 844 } }

for (const lang of ['zh', 'en'] as const) {
  for (const theme of ['light', 'dark'] as const) {
    for (const [name, viewport] of Object.entries(sizes)) {
      test(`is whole in ${lang}, ${theme}, ${name}`, async ({ page, baseURL }) => {
        await page.setViewportSize(viewport)
        const seen = watch(page, baseURL!)
        const park = await firstPark(page)
        await page.goto(`/p/${park.id}?t=${month(park)}&lang=${lang}&theme=${theme}`)
        await settled(page)
        await expect(page.locator('html')).toHaveAttribute('lang', lang === 'en' ? 'en' : 'zh-CN')
        await expect(page.locator('html')).toHaveAttribute('data-theme', theme)
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(park.name[lang])
        await expect(page.locator('[data-node]').first()).toBeVisible()
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        expect(overflow).toBeLessThanOrEqual(0)
        await accessible(page)
        expect(seen).toEqual({ errors: [], foreign: [] })
      })
    }
  }
}

for (const basis of ['location', 'market'] as const) {
  test(`figures are those of the server, ${basis}-based`, async ({ page }) => {
    const park = await firstPark(page)
    const lang: Language = 'zh'
    const want = await overviewOf(page, park.id, month(park), basis)
    await page.goto(`/p/${park.id}?t=${month(park)}&basis=${basis}&lang=${lang}`)
    await settled(page)

    expect(want.indicators?.length).toBeGreaterThan(0)
    for (const indicator of want.indicators ?? []) {
      const card = page.locator(`[data-indicator="${indicator.id}"]`)
      await expect(card.locator('data.value')).toHaveText(formatNumber(indicator.value, lang))
      await expect(card.locator('data.value')).toHaveAttribute('value', String(indicator.value ?? ''))
      if (indicator.value !== null) await expect(card).toContainText(formatShare(indicator.measuredShare, lang))
    }
    expect(want.enterprises?.length).toBeGreaterThan(0)
    for (const row of want.enterprises ?? []) {
      const cells = page.locator(`[data-organization="${row.organization}"] td data`)
      const { energyMWh, emissionsScope1: one, emissionsScope2: two } = row
      const total = one === null || two === null ? null : one + two
      await expect(cells).toHaveText([energyMWh, one, two, total].map((v) => formatNumber(v, lang)))
    }
    for (const factor of want.factors ?? []) {
      await expect(page.locator(`[data-factor="${factor.id}"] data`).first()).toHaveAttribute('value', /^\d/)
    }
    const drawn = mergeLinks(want.sankey.links ?? []).filter((link) => link.value > 0).length
    await expect(page.locator('path.ribbon')).toHaveCount(drawn)
  })
}

test('the table twins hold what the charts draw', async ({ page }) => {
  const park = await firstPark(page)
  const want = await overviewOf(page, park.id, month(park))
  await page.goto(`/p/${park.id}?t=${month(park)}&table=flow,carbon&lang=zh`)
  await expect(page.locator('section.flow tbody tr')).toHaveCount(mergeLinks(want.sankey.links ?? []).length)
  await expect(page.locator('section.carbon tbody tr')).toHaveCount(want.carbon.series?.[0]?.values?.length ?? 0)
  const links = await page.locator('section.flow tbody tr td:nth-child(4)').allTextContents()
  expect(links).toEqual(mergeLinks(want.sankey.links ?? []).map((link) => formatNumber(link.value, 'zh')))
  await accessible(page)
})

for (const theme of ['light', 'dark'] as const) test(`the drawer opens by Enter, walks down to the readings, and closes by Esc, ${theme}`, async ({ page, baseURL }) => {
  const park = await firstPark(page)
  const want = await overviewOf(page, park.id, month(park))
  const traced = want.indicators?.find((indicator) => indicator.entries?.length)
  if (!traced) throw new Error('no indicator of the park has an entry')
  const seen = watch(page, baseURL!)
  await page.goto(`/p/${park.id}?t=${month(park)}&lang=zh&theme=${theme}`)
  await settled(page)

  const link = page.locator(`[data-indicator="${traced.id}"] a.trace`)
  await link.focus()
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog')
  await expect(drawer).toBeVisible()
  await expect(page).toHaveURL(new RegExp(`trace=indicator\\.${traced.id}`))
  await expect(drawer.locator('[data-kind="entry"]').first()).toBeVisible()
  await drawer.getByRole('button', { name: '全部展开' }).click()
  await expect(drawer.locator('[data-kind="factor"]').first()).toBeVisible()
  await expect(drawer.locator('[data-kind="register"]').first()).toBeVisible()
  await accessible(page)

  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()
  await expect(page).not.toHaveURL(/trace=/)
  await expect(link).toBeFocused()
  expect(seen).toEqual({ errors: [], foreign: [] })
})

test('an entry has a page of its own', async ({ page }) => {
  const park = await firstPark(page)
  const want = await overviewOf(page, park.id, month(park))
  const entry = want.indicators?.flatMap((indicator) => indicator.entries ?? [])[0]
  if (!entry) throw new Error('the park has no entry')
  await page.goto(`/lineage/entry/${encodeURIComponent(entry)}`)
  await expect(page.locator('[data-kind="entry"]').first()).toBeVisible()
  await accessible(page)
})

test('the period is in the address and goes by keys and buttons', async ({ page }) => {
  const park = await firstPark(page)
  const start = parsePeriod(month(park))!
  await page.goto(`/p/${park.id}?t=${month(park)}&lang=zh`)
  await settled(page)

  await page.keyboard.press('[')
  await expect(page).toHaveURL(new RegExp(`t=${formatPeriod(shift(start, -1))}`))
  await expect(page.locator('[data-period]')).toHaveText(formatPeriod(shift(start, -1)))
  await page.keyboard.press(']')
  await expect(page).toHaveURL(new RegExp(`t=${month(park)}`))
  await page.getByRole('button', { name: '年', exact: true }).click()
  await expect(page).toHaveURL(new RegExp(`t=${month(park).slice(0, 4)}(&|$)`))
  await page.keyboard.press('[')
  await page.keyboard.press('t')
  await expect(page).toHaveURL(new RegExp(`t=${park.lastDay?.slice(0, 4)}(&|$)`))
  await page.goBack()
  await expect(page.locator('[data-period]')).toHaveText(String(Number(month(park).slice(0, 4)) - 1))
})

test('a period without data says so and shows no figure', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}?t=1999-01&lang=en`)
  await expect(page.getByText(/No data in this period/)).toBeVisible()
  await expect(page.locator('[data-indicator] data.value').first()).toHaveText('—')
})

test('the assembled park says so, with the source of every data set', async ({ page }) => {
  const park = await firstPark(page)
  const want = await overviewOf(page, park.id, month(park))
  await page.goto(`/p/${park.id}?lang=zh`)
  await expect(page.getByRole('note')).toContainText('真实读数，组合园区')
  await page.getByRole('button', { name: '数据集与处理' }).click()
  for (const set of want.park.assembly ?? []) {
    await expect(page.getByRole('dialog')).toContainText(set.dataset)
    await expect(page.getByRole('dialog')).toContainText(set.licence)
  }
  await accessible(page)
})

test('the flow figure can be walked by keyboard', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}?t=${month(park)}&lang=zh`)
  await settled(page)
  const node = page.locator('[data-node]').first()
  await node.focus()
  await expect(page.locator('path.ribbon.lit').first()).toBeAttached()
  await node.blur()
  await expect(page.locator('path.ribbon.lit')).toHaveCount(0)
})
