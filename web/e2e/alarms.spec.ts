import { expect, test } from '@playwright/test'
import { accessible, firstPark, watch } from './console'

for (const [lang, theme] of [['en', 'light'], ['zh', 'dark']] as const) {
  test(`alarms: the list, one alarm, its evidence as a table, ${lang} ${theme}`, async ({ page, baseURL }) => {
    const seen = watch(page, baseURL!)
    const park = await firstPark(page)
    await page.goto(`/p/${park.id}/alarms?lang=${lang}&theme=${theme}`)
    const rows = page.locator('[data-block="alarms"] tbody tr')
    await expect(rows.first()).toBeVisible()
    await expect(page.locator('[data-replay]')).toBeVisible()
    await accessible(page)
    await rows.first().getByRole('link').first().click()
    await expect(page).toHaveURL(/\/alarms\/.+/)
    await expect(page.locator('[data-block="journal"] li').first()).toBeVisible()
    await accessible(page)
    expect(seen).toEqual({ errors: [], foreign: [] })
  })
}

test('a comment stands in the timeline', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/alarms?lang=en`)
  await page.locator('[data-block="alarms"] tbody tr').first().getByRole('link').first().click()
  await page.getByLabel('Note').fill('looked at by the e2e')
  await page.locator('[data-handle]').getByRole('button', { name: 'comment' }).click()
  await expect(page.locator('[data-block="journal"]')).toContainText('looked at by the e2e')
})
