import { createHash, randomBytes } from 'node:crypto'
import { expect, test, type Page } from '@playwright/test'
import { accessible, firstPark, watch } from './console'

const register = 'metalworks-main.power' // has a reading at each quarter hour of the year: mapping changes none
const at = Date.parse('2018-06-01T00:15:00+08:00')
const name = 'e2e,place=hall-1.kw'

// put records a device list of the park under test.
async function put(page: Page, park: string, list: string): Promise<void> {
  const answer = await page.request.put(`/api/v1/parks/${park}/devices`, { headers: { 'X-Lingtan-Csrf': '1', 'Content-Type': 'application/yaml' }, data: list })
  expect(answer.status(), await answer.text()).toBe(200)
}

// The list is left without devices, as it was; what was mapped stays so.
const mappings = `mappings:\n  - {device: e2e-gateway, name: "${name}", register: ${register}}\n`
const none = `format: lingtan.devices/v1\ndevices: []\n${mappings}`
test.afterEach(async ({ page }) => put(page, (await firstPark(page)).id, none))

test('a park without devices is told how to send', async ({ page, baseURL }) => {
  const seen = watch(page, baseURL!)
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}?lang=en`)
  const link = page.getByRole('navigation').getByRole('link', { name: 'Devices' })
  await link.click()
  await expect(page).toHaveURL(new RegExp(`/p/${park.id}/devices`))
  await expect(link).toHaveAttribute('aria-current', 'page')
  await expect(page.getByText('No devices yet.')).toBeVisible()
  await expect(page.locator('[data-how]')).toHaveAttribute('open', '')
  await expect(page.locator('[data-how]')).toContainText(`curl -X POST ${new URL(baseURL!).origin}/api/v2/write`)
  await expect(page.locator('[data-how]')).toContainText(`lingtan device import devices.yaml --park ${park.id}`)
  await accessible(page)
  expect(seen).toEqual({ errors: [], foreign: [] })
})

for (const theme of ['light', 'dark'] as const) {
  test(`a value that came is mapped and goes from the list, ${theme}`, async ({ page, baseURL }) => {
    const seen = watch(page, baseURL!)
    const park = await firstPark(page)
    const token = randomBytes(24).toString('hex')
    const hash = createHash('sha256').update(token).digest('hex')
    await put(page, park.id, `format: lingtan.devices/v1\ndevices:\n  - {id: e2e-gateway, protocol: http, token: ${hash}}\n`)
    const sent = await page.request.post('/api/v2/write', { headers: { Authorization: `Token ${token}` }, data: `e2e,place=hall-1 kw=12.5 ${at}000000\n` })
    expect(sent.status(), await sent.text()).toBe(204)

    await page.goto(`/p/${park.id}/devices?lang=zh&theme=${theme}`)
    const device = page.locator('[data-block="devices"] tr[data-device="e2e-gateway"]')
    await expect(device).toHaveAttribute('data-state', 'ok')
    expect(await page.content()).not.toContain(hash)
    const row = page.locator(`tr[data-name="${name}"]`)
    await expect(row).toContainText('12.5')
    await expect(row).toContainText('2018-06-01')
    await accessible(page)

    // By keyboard alone: open, search, choose, look again, confirm.
    await row.getByRole('button', { name: `映射 e2e-gateway 的 ${name}` }).press('Enter')
    const dialog = page.getByRole('dialog', { name: '映射到计量' })
    await expect(dialog.locator('option').first()).toBeAttached()
    await accessible(page)
    await dialog.getByLabel('搜索计量').fill('no such register')
    await expect(dialog.locator('option')).toHaveCount(0)
    await dialog.getByLabel('搜索计量').fill('METALWORKS power')
    await expect(dialog.locator('option')).toHaveCount(1)
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowDown')
    await expect(dialog.locator('select')).toHaveValue(register)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect(dialog).toContainText('该计量的单位：W')
    await expect(dialog.getByRole('button', { name: '确认映射' })).toBeFocused()
    await accessible(page)
    await page.keyboard.press('Enter')
    await expect(page.locator('[data-mapped]')).toContainText(register)
    await expect(row).toHaveCount(0)
    await expect(device).toContainText('1 个数值')
    expect(seen).toEqual({ errors: [], foreign: [] })
  })
}

test('the page follows by itself what comes', async ({ page }) => {
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/devices?lang=en`)
  await expect(page.getByText('No devices yet.')).toBeVisible()
  await put(page, park.id, `format: lingtan.devices/v1\ndevices:\n  - {id: e2e-off, protocol: modbus, address: "reader:word@192.0.2.1:502", disabled: true}\n${mappings}`)
  const row = page.locator('tr[data-device="e2e-off"]')
  await expect(row).toHaveAttribute('data-state', 'off')
  await expect(row).toContainText('192.0.2.1:502')
  await expect(row).not.toContainText('word')
  await put(page, park.id, none)
  await expect(page.getByText('No devices yet.')).toBeVisible()
})

test('on a phone the page fits', async ({ page }) => {
  const park = await firstPark(page)
  await page.setViewportSize({ width: 390, height: 800 })
  await page.goto(`/p/${park.id}/devices?lang=zh`)
  await expect(page.getByText('还没有设备。')).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await accessible(page)
})
