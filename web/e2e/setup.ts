import { expect, test } from '@playwright/test'
import { accessible, password, watch } from './console'

// The one-time link opens once: this test uses it up, and leaves the session to the others.
test('the one-time link leads to a password and into the console', async ({ page, baseURL }) => {
  const link = process.env.LINGTAN_SETUP_LINK
  if (!link) throw new Error('set LINGTAN_SETUP_LINK to the one-time link that the server printed')
  const seen = watch(page, baseURL!)
  const token = link.split('/').pop()!

  await page.goto(`/setup/${token}`)
  await expect(page.locator('input[name=password]')).toBeVisible()
  await accessible(page)

  await page.fill('input[name=password]', 'short')
  await page.fill('input[name=repeat]', 'short')
  await page.click('button[type=submit]')
  await expect(page.getByRole('alert')).toBeVisible()

  await page.fill('input[name=password]', password)
  await page.fill('input[name=repeat]', password)
  await page.click('button[type=submit]')
  await expect(page).toHaveURL(/\/p\/[a-z0-9-]+/)
  expect(seen).toEqual({ errors: [], foreign: [] })
  await page.context().storageState({ path: 'node_modules/.e2e/session.json' })
})
