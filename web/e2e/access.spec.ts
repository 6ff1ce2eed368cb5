import { expect, test } from '@playwright/test'
import type { Me } from '../src/api/types'
import { accessible, password } from './console'

test('the page is served under a strict content security policy', async ({ page }) => {
  const answer = await page.goto('/')
  const policy = answer?.headers()['content-security-policy'] ?? ''
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe-inline')
  expect(policy).not.toContain('unsafe-eval')
})

test('a wrong password is refused, the right one leads back to where one was', async ({ page, browser, baseURL }) => {
  const { login } = (await (await page.request.get('/api/v1/session')).json()) as Me
  const stranger = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } })
  const other = await stranger.newPage()

  await other.goto('/p/nowhere?t=2018-03')
  await expect(other).toHaveURL(/\/sign-in\?next=/)
  await accessible(other)
  await other.fill('input[name=login]', login)
  await other.fill('input[name=password]', 'not the password at all')
  await other.click('button[type=submit]')
  await expect(other.getByRole('alert')).toBeVisible()
  await other.fill('input[name=password]', password)
  await other.click('button[type=submit]')
  await expect(other).toHaveURL(/\/p\/nowhere\?t=2018-03/)

  await other.getByRole('button', { name: /退出登录|Sign out/ }).click()
  await expect(other).toHaveURL(/\/sign-in/)
  await other.goto('/')
  await expect(other).toHaveURL(/\/sign-in/)
  await stranger.close()
})

test('sign-in never leads to another server', async ({ page, browser, baseURL }) => {
  const { login } = (await (await page.request.get('/api/v1/session')).json()) as Me
  const stranger = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } })
  const other = await stranger.newPage()
  await other.goto('/sign-in?next=//example.org/')
  await other.fill('input[name=login]', login)
  await other.fill('input[name=password]', password)
  await other.click('button[type=submit]')
  await expect(other).toHaveURL(/\/p\//)
  expect(new URL(other.url()).origin).toBe(new URL(baseURL!).origin)
  await stranger.close()
})

test('a used link is refused in words', async ({ page }) => {
  await page.goto('/setup/used-or-wrong')
  await expect(page.getByRole('alert')).toContainText(/lingtan setup-url/)
})
