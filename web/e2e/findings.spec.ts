import { expect, test } from '@playwright/test'
import type { Finding } from '../src/api/types'
import { accessible, firstPark, settled, watch } from './console'

for (const theme of ['light', 'dark'] as const) {
  test(`findings are listed, filtered by rule and register, and lead to their day, ${theme}`, async ({ page, baseURL }) => {
    const seen = watch(page, baseURL!)
    const park = await firstPark(page)
    const year = park.lastDay!.slice(0, 4)
    const { findings } = (await (await page.request.get(`/api/v1/parks/${park.id}/findings?period=${year}&limit=2000`)).json()) as { findings: Finding[] }
    expect(findings.length).toBeGreaterThan(0)

    await page.goto(`/p/${park.id}?t=${year}&lang=zh&theme=${theme}`)
    await settled(page)
    await page.getByRole('link', { name: '逐条查看' }).click()
    await expect(page).toHaveURL(new RegExp(`/p/${park.id}/findings\\?.*t=${year}`))
    await expect(page.locator('tbody tr')).toHaveCount(findings.length)
    await accessible(page)

    const { rule, register } = findings[findings.length - 1]!
    await page.getByLabel('规则', { exact: true }).selectOption(rule)
    await expect(page).toHaveURL(new RegExp(`rule=${rule}`))
    await expect(page.locator('tbody tr')).toHaveCount(findings.filter((one) => one.rule === rule).length)
    await page.getByLabel('计量', { exact: true }).selectOption(register)
    await expect(page.locator('tbody tr')).toHaveCount(findings.filter((one) => one.rule === rule && one.register === register).length)
    await page.reload()
    await expect(page.locator('tbody tr')).toHaveCount(findings.filter((one) => one.rule === rule && one.register === register).length)

    await page.locator('tbody tr a').first().click()
    await expect(page).toHaveURL(new RegExp(`/lineage/day/${park.id}/${register}/`))
    expect(seen).toEqual({ errors: [], foreign: [] })
  })
}

test('a period without findings says so', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/findings?t=1999-01&lang=en`)
  await expect(page.getByText('No findings in this period.')).toBeVisible()
})
