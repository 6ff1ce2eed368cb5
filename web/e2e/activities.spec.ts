import { randomBytes } from 'node:crypto'
import { expect, test, type Browser, type Page } from '@playwright/test'
import { accessible, firstPark, password, watch } from './console'

// A record of a month outside the data of the demo park: what other specs read of the park stays
// as it was even while the record is there, and each test withdraws what it declared.
const period = '2017-03'
const organization = 'steel'
const spare = 2199 // a year that nobody reports
const headers = { 'X-Lingtan-Csrf': '1' }

interface Stored {
  id: string
  revision: number
  amount: string
  withdrawn: boolean
  note?: string
}
const address = (park: string, id = ''): string => `/api/v1/parks/${park}/activities${id && `/${id}`}`

async function stored(page: Page, park: string, query = ''): Promise<Stored[]> {
  const answer = await page.request.get(`${address(park)}${query}`)
  expect(answer.status()).toBe(200)
  return ((await answer.json()) as { activities: Stored[] }).activities
}

async function declare(page: Page, park: string, change: Record<string, string> = {}): Promise<string> {
  const id = `e2e-${randomBytes(6).toString('hex')}`
  const body = { id, organization, kind: 'natural_gas', carrier: 'natural_gas', first: '2017-03-01', last: '2017-03-31', amount: '12.50', unit: 'GJ', ...change }
  const answer = await page.request.post(address(park), { headers, data: body })
  expect(answer.status(), await answer.text()).toBe(201)
  return id
}

// What a test left because it failed is withdrawn too.
test.afterEach(async ({ page }) => {
  const park = await firstPark(page)
  for (const one of (await stored(page, park.id)).filter((record) => record.id.startsWith('e2e-'))) {
    const answer = await page.request.delete(`${address(park.id, one.id)}?revision=${one.revision}&reason=end+of+test`, { headers })
    expect(answer.status(), await answer.text()).toBe(200)
  }
})

test('the navigation leads to a park without records', async ({ page, baseURL }) => {
  const seen = watch(page, baseURL!)
  const park = await firstPark(page)
  expect(await stored(page, park.id)).toEqual([])
  await page.goto(`/p/${park.id}?lang=en`)
  const link = page.getByRole('navigation').getByRole('link', { name: 'Activities' })
  await link.click()
  await expect(page).toHaveURL(new RegExp(`/p/${park.id}/activities`))
  await expect(link).toHaveAttribute('aria-current', 'page')
  await expect(page.locator('[data-block="activities"]')).toContainText('No record')
  await expect(page.locator('[data-block="methods"]')).toContainText('park-energy-cn@1')
  await page.locator('[data-import] summary').click()
  await expect(page.locator('[data-import]')).toContainText(`lingtan activity import records.csv --park ${park.id}`)
  await accessible(page)
  expect(seen).toEqual({ errors: [], foreign: [] })
})

for (const [lang, theme, words] of [
  ['zh', 'light', { declare: '申报', dialog: '申报活动数据', id: '编号', organization: '单位', kind: '活动类别', amount: '数量', unit: '单位（计量）', evidence: '凭证', save: '保存', revise: '修订', withdraw: '撤回', reason: '理由', confirm: '确认撤回', needed: '必填。', kindName: '天然气（按热量）', second: '第 2 版', scope: '范围 1' }],
  ['en', 'dark', { declare: 'Declare', dialog: 'Declare activity data', id: 'Id', organization: 'Organization', kind: 'Kind of activity', amount: 'Amount', unit: 'Unit', evidence: 'Evidence', save: 'Save', revise: 'Revise', withdraw: 'Withdraw', reason: 'Reason', confirm: 'Withdraw it', needed: 'Needed.', kindName: 'Natural gas, by heat', second: 'Revision 2', scope: 'Scope 1' }],
] as const) {
  test(`a record is declared, revised and withdrawn, ${lang}, ${theme}`, async ({ page, baseURL }) => {
    const seen = watch(page, baseURL!)
    const park = await firstPark(page)
    const id = `e2e-${randomBytes(6).toString('hex')}`
    await page.goto(`/p/${park.id}/activities?t=${period}&lang=${lang}&theme=${theme}`)
    const block = page.locator('[data-block="activities"]')
    await block.getByRole('button', { name: words.declare, exact: true }).click()
    const form = page.getByRole('dialog', { name: words.dialog })
    await expect(form.getByLabel(words.id, { exact: true })).toBeVisible()

    // Empty, it is refused at its fields, and the first of them has the focus.
    await form.getByRole('button', { name: words.save }).click()
    await expect(form.locator('#fault-kind')).toHaveText(words.needed)
    await expect(form.locator('#fault-amount')).toBeVisible()
    await expect(form.locator('[name="id"]')).toBeFocused()
    await accessible(page)

    await form.locator('[name="id"]').fill(id)
    await form.locator('[name="organization"]').selectOption(organization)
    await form.locator('[name="kind"]').selectOption('natural_gas')
    await form.locator('[name="carrier"]').fill('natural_gas')
    await form.locator('[name="first"]').fill('2017-03-01')
    await form.locator('[name="last"]').fill('2017-03-31')
    await form.locator('[name="amount"]').fill('12.50')
    await form.locator('[name="unit"]').fill('t')
    await form.locator('[name="evidence"]').fill('invoice 2017-03')
    await expect(form.locator('.fault')).toHaveCount(0)
    expect(seen.errors).toEqual([])

    // What only the server knows is said at its field too.
    await form.getByRole('button', { name: words.save }).click()
    await expect(form.locator('#fault-unit')).toContainText('convert t to GJ')
    await expect(form.locator('[name="unit"]')).toBeFocused()
    expect(seen.errors).toHaveLength(1) // the browser notes the answer 422
    seen.errors.length = 0
    await form.locator('[name="unit"]').fill('GJ')
    await form.getByRole('button', { name: words.save }).click()
    await expect(form).toBeHidden()

    const row = page.locator(`tr[data-activity="${id}"]`)
    await expect(row).toContainText(words.kindName)
    await expect(row).toContainText('12.50 GJ')
    await expect(row).toContainText('invoice 2017-03')
    await expect(page.locator('[data-done]')).toContainText(id)
    await accessible(page)

    // Revised by keyboard; the reason is needed.
    await row.getByRole('button', { name: words.revise }).press('Enter')
    const revision = page.getByRole('dialog', { name: id })
    await revision.locator('[name="amount"]').fill('13')
    await revision.locator('[name="amount"]').press('Enter')
    await expect(revision.locator('#fault-note')).toBeVisible()
    await revision.locator('[name="note"]').fill('second invoice')
    await revision.getByRole('button', { name: words.save }).press('Enter')
    await expect(revision).toBeHidden()
    await expect(row).toContainText('13 GJ')
    await expect(row).toContainText(words.second)

    await row.getByRole('button', { name: words.withdraw }).click()
    const withdrawal = page.getByRole('dialog', { name: id })
    await withdrawal.getByRole('button', { name: words.confirm }).click()
    await expect(withdrawal.locator('#withdraw-fault')).toBeVisible()
    await accessible(page)
    await withdrawal.getByLabel(words.reason).fill('metered since')
    await withdrawal.getByRole('button', { name: words.confirm }).click()
    await expect(row).toHaveCount(0)

    // Nothing was overwritten: the three revisions are there, the newest first.
    const answer = await page.request.get(address(park.id, id))
    const { activities } = (await answer.json()) as { activities: Stored[] }
    expect(activities.map((one) => [one.revision, one.amount, one.withdrawn, one.note ?? ''])).toEqual([
      [3, '13', true, 'metered since'],
      [2, '13', false, 'second invoice'],
      [1, '12.50', false, ''],
    ])
    expect(seen).toEqual({ errors: [], foreign: [] })
  })
}

test('a record shows what it made and its revisions', async ({ page, baseURL }) => {
  const seen = watch(page, baseURL!)
  const park = await firstPark(page)
  // A day with data, for the inventory is compiled over the days of the record; it is withdrawn at the end.
  const id = await declare(page, park.id, { first: '2018-03-05', last: '2018-03-05', amount: '1000', evidence: 'invoice 7' })
  await page.goto(`/p/${park.id}/activities?lang=en`)
  await page.getByRole('button', { name: `Open ${id}` }).click()
  const dialog = page.getByRole('dialog', { name: id })
  // 1000 GJ × 0.0153 tC/GJ × 99 % × 44/12 = 55.539 t, worked by hand
  const entry = dialog.locator('[data-made] [data-entry]')
  await expect(entry).toHaveCount(1)
  expect(Number(await entry.locator('data').getAttribute('value'))).toBeCloseTo(55.539, 9)
  await expect(entry).toContainText('0.0153 tC/GJ × 99 % × 44/12')
  await expect(entry).toContainText('Scope 1')
  await expect(dialog.locator('[data-revision="1"]')).toContainText('invoice 7')
  await accessible(page)
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  expect(seen).toEqual({ errors: [], foreign: [] })
})

test('records are filtered by period, by words and by when they were known', async ({ page }) => {
  const park = await firstPark(page)
  const march = await declare(page, park.id)
  const april = await declare(page, park.id, { first: '2017-04-01', last: '2017-04-30', evidence: 'weighbridge' })
  await page.goto(`/p/${park.id}/activities?lang=en`)
  const row = (id: string) => page.locator(`tr[data-activity="${id}"]`)
  await expect(row(march)).toBeVisible()
  await expect(row(april)).toBeVisible()
  await page.getByLabel('Filter: Declared records').fill('WEIGHBRIDGE')
  await expect(row(march)).toHaveCount(0)
  await expect(row(april)).toBeVisible()
  await page.getByLabel('Filter: Declared records').fill('')

  const wish = page.locator('[data-block="activities"] input[name="period"]')
  await wish.fill('March')
  await wish.press('Enter')
  await expect(page.getByRole('alert')).toContainText('Not a period')
  await wish.fill('2017-03')
  await wish.press('Enter')
  await expect(page).toHaveURL(/t=2017-03/)
  await expect(row(march)).toBeVisible()
  await expect(row(april)).toHaveCount(0)

  // As known long ago there was none, and what is past is not changed.
  await page.locator('input[name="known"]').fill('2020-01-01')
  await expect(page.locator('[data-block="activities"]')).toContainText('none known by then')
  await expect(page.getByRole('button', { name: 'Declare', exact: true })).toBeDisabled()
  await page.getByRole('button', { name: 'All', exact: true }).click()
  await expect(row(april)).toBeVisible()
})

test('a refused change says what to do, and a newer revision is not overwritten', async ({ page }) => {
  const park = await firstPark(page)
  const id = await declare(page, park.id)
  await page.goto(`/p/${park.id}/activities?lang=en`)
  await page.getByRole('button', { name: `Revise ${id}` }).click()
  const other = await page.request.put(address(park.id, id), {
    headers,
    data: { revision: 1, kind: 'natural_gas', carrier: 'natural_gas', first: '2017-03-01', last: '2017-03-31', amount: '20', unit: 'GJ', note: 'by another' },
  })
  expect(other.status()).toBe(200)
  const form = page.getByRole('dialog', { name: id })
  await form.locator('[name="note"]').fill('mine')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.getByRole('alert')).toContainText('LT-0409')
  await form.getByRole('button', { name: 'Cancel' }).click()
  expect((await stored(page, park.id)).find((one) => one.id === id)?.amount).toBe('20')
})

test('the method of an organization is recorded and taken back', async ({ page, baseURL }) => {
  const seen = watch(page, baseURL!)
  const park = await firstPark(page)
  await page.goto(`/p/${park.id}/activities?lang=en`)
  const block = page.locator('[data-block="methods"]')
  await block.locator('[data-change] summary').click()
  await block.locator('[name="member"]').selectOption(organization)
  await block.locator('[name="year"]').fill('1066')
  await block.locator('[name="method"]').selectOption('gbt32151.5-2015@1')
  await block.getByRole('button', { name: 'Save' }).click()
  await expect(block.locator('#fault-year')).toBeVisible()
  await block.locator('[name="year"]').fill(String(spare))
  await block.getByRole('button', { name: 'Save' }).click()
  const line = block.locator(`tr[data-method="${organization} ${spare}"]`)
  await expect(line).toContainText('iron and steel')
  await expect(block.locator('[data-saved]')).toContainText('gbt32151.5-2015@1')
  await accessible(page)
  await block.locator('[name="method"]').selectOption('')
  await block.getByRole('button', { name: 'Save' }).click()
  await expect(block.locator('[data-saved]')).toContainText('by no method')
  await expect(line).toHaveCount(0)
  expect(seen).toEqual({ errors: [], foreign: [] })
})

// signedIn is a page of a new person with a role at an organization.
async function signedIn(page: Page, browser: Browser, base: string, role: string, path: string): Promise<Page> {
  const login = `${role.replace('_', '-')}-${randomBytes(4).toString('hex')}`
  const made = await page.request.post('/api/v1/people', { headers, data: { login, name: login, organization: path, role, locale: 'zh' } })
  expect(made.status(), await made.text()).toBe(201)
  const { link } = (await made.json()) as { link: { path: string } }
  const stranger = await browser.newContext({ baseURL: base, storageState: { cookies: [], origins: [] }, viewport: { width: 1440, height: 1100 } })
  const view = await stranger.newPage()
  await view.goto(link.path)
  await view.fill('input[name=password]', password)
  await view.fill('input[name=repeat]', password)
  await view.click('button[type=submit]')
  await expect(view).toHaveURL(/\/p\//)
  return view
}

test('a verifier reads the records and has no form', async ({ page, browser, baseURL }) => {
  const park = await firstPark(page)
  const id = await declare(page, park.id)
  const view = await signedIn(page, browser, baseURL!, 'verifier', `/${park.region}/${park.id}`)
  const seen = watch(view, baseURL!)
  await view.goto(`/p/${park.id}/activities?lang=zh`)
  await expect(view.locator(`tr[data-activity="${id}"]`)).toBeVisible()
  await expect(view.locator('[data-may-not]')).toBeVisible()
  for (const name of ['申报', '修订', '撤回']) await expect(view.getByRole('button', { name })).toHaveCount(0)
  await expect(view.locator('[data-change]')).toHaveCount(0)
  await expect(view.locator('[data-import]')).toHaveCount(0)
  await accessible(view)
  expect(seen).toEqual({ errors: [], foreign: [] })
  await view.context().close()
})

test('an enterprise declares for itself and sees no records of the others', async ({ page, browser, baseURL }) => {
  const park = await firstPark(page)
  const [own, other] = [await declare(page, park.id), await declare(page, park.id, { organization: 'metalworks' })]
  const view = await signedIn(page, browser, baseURL!, 'enterprise_manager', `/${park.region}/${park.id}/${organization}`)
  const seen = watch(view, baseURL!)
  await view.goto(`/p/${park.id}/activities?lang=zh`)
  await expect(view.locator(`tr[data-activity="${own}"]`)).toBeVisible()
  await expect(view.locator(`tr[data-activity="${other}"]`)).toHaveCount(0)
  await expect(view.getByRole('button', { name: `修订 ${own}` })).toBeVisible()
  await view.getByRole('button', { name: '申报', exact: true }).click()
  await expect(view.getByRole('dialog').locator('[name="organization"] option:not([disabled])')).toHaveText(['钢材加工厂'])
  await accessible(view)
  expect(seen).toEqual({ errors: [], foreign: [] })
  await view.context().close()
})

test('an installer is told who may see the records', async ({ page, browser, baseURL }) => {
  const park = await firstPark(page)
  const view = await signedIn(page, browser, baseURL!, 'installer', `/${park.region}/${park.id}`)
  await view.goto(`/p/${park.id}/activities?lang=zh`)
  await expect(view.locator('[data-block="activities"] [role="alert"]')).toContainText('LT-0403')
  await expect(view.getByRole('button', { name: '申报', exact: true })).toHaveCount(0)
  await accessible(view)
  await view.context().close()
})

test('on a phone the page and its form fit', async ({ page }) => {
  const park = await firstPark(page)
  const id = await declare(page, park.id)
  await page.setViewportSize({ width: 390, height: 800 })
  await page.goto(`/p/${park.id}/activities?lang=zh`)
  await expect(page.locator(`tr[data-activity="${id}"]`)).toBeVisible()
  const fits = async (): Promise<void> => expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await fits()
  await accessible(page)
  await page.getByRole('button', { name: '申报', exact: true }).click()
  await expect(page.getByRole('dialog', { name: '申报活动数据' })).toBeVisible()
  await fits()
  await accessible(page)
})
