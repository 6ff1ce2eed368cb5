import { expect, test } from '@playwright/test'
import { formatNumber } from '../src/quantity/format'
import type { Overview } from '../src/api/types'
import { accessible, firstPark, month, overviewOf, password, settled, watch } from './console'

test('an enterprise manager sees the own works and nothing of the others', async ({ page, browser, baseURL }) => {
  const park = await firstPark(page)
  const whole = await overviewOf(page, park.id, month(park))
  const [own, other] = ['steel', 'metalworks'].map((id) => whole.enterprises?.find((row) => row.organization === id))
  if (!own || !other) throw new Error('the park has no steel works and metal works')

  const login = `manager-${Date.now()}`
  const made = await page.request.post('/api/v1/people', {
    headers: { 'X-Lingtan-Csrf': '1' },
    data: { login, name: '赵工 Zhao', organization: `/${park.region}/${park.id}/steel`, role: 'enterprise_manager', locale: 'zh' },
  })
  expect(made.status()).toBe(201)
  const { link } = (await made.json()) as { link: { path: string } }

  const stranger = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] }, viewport: { width: 1440, height: 1100 } })
  const view = await stranger.newPage()
  const seen = watch(view, baseURL!)
  await view.goto(link.path)
  await view.fill('input[name=password]', password)
  await view.fill('input[name=repeat]', password)
  await view.click('button[type=submit]')
  await expect(view).toHaveURL(new RegExp(`/p/${park.id}`))
  await view.goto(`/p/${park.id}?t=${month(park)}&lang=zh`)
  await settled(view)

  await expect(view.locator('[data-scope]')).toContainText(own.name.zh)
  await expect(view.getByRole('link', { name: '看全园区' })).toHaveCount(0)
  await expect(view.locator('tr[data-organization]')).toHaveCount(1)
  const cells = view.locator('tr[data-organization="steel"] td data')
  await expect(cells.first()).toHaveText(formatNumber(own.energyMWh, 'zh'))
  await expect(view.locator('[data-indicator="emissions"] data')).toHaveText(formatNumber((own.emissionsScope1 ?? 0) + (own.emissionsScope2 ?? 0), 'zh'))
  await expect(view.locator('main')).not.toContainText(other.name.zh)
  await accessible(view)

  // Another's works in the address show one's own: the page does not ask for what is not granted.
  await view.goto(`/p/${park.id}?t=${month(park)}&org=metalworks&lang=zh`)
  await settled(view)
  await expect(view.locator('tr[data-organization]')).toHaveCount(1)
  await expect(view.locator('tr[data-organization="steel"]')).toBeVisible()
  const asked = (organization: string) => view.request.get(`/api/v1/parks/${park.id}/overview?period=${month(park)}&organization=${organization}`)
  expect(((await (await asked('steel')).json()) as Overview).enterprises).toHaveLength(1)
  expect([403, 404]).toContain((await asked('metalworks')).status())

  // The findings are those of the own registers; inventories are the park's, and say who may read them.
  await view.goto(`/p/${park.id}/findings?t=${month(park).slice(0, 4)}&lang=zh`)
  await expect(view.getByRole('heading', { level: 1 })).toHaveText('核验发现')
  await expect(view.locator('[aria-busy="true"]')).toHaveCount(0)
  for (const register of await view.locator('tr[data-register]').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-register')))) expect(register).toContain('steel')
  expect(seen).toEqual({ errors: [], foreign: [] })
  await view.goto(`/p/${park.id}/inventories?lang=zh`)
  await expect(view.getByRole('alert')).toContainText('没有查看清单的权限')
  await expect(view.getByRole('button', { name: '关闭清单' })).toHaveCount(0)
  await stranger.close()
})

test('who sees the whole park can look at one enterprise and go back', async ({ page }) => {
  const park = await firstPark(page)
  const whole = await overviewOf(page, park.id, month(park))
  const row = whole.enterprises?.find((one) => one.organization === 'furniture')
  if (!row) throw new Error('the park has no furniture shop')
  await page.goto(`/p/${park.id}?t=${month(park)}&lang=zh`)
  await settled(page)
  await page.locator('tr[data-organization="furniture"] th a').click()
  await expect(page).toHaveURL(/org=furniture/)
  await expect(page.locator('tr[data-organization]')).toHaveCount(1)
  await expect(page.locator('[data-scope]')).toContainText(row.name.zh)
  await page.getByRole('link', { name: '看全园区' }).click()
  await expect(page.locator('tr[data-organization]')).toHaveCount(whole.enterprises!.length)
})
