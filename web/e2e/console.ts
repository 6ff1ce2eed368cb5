// What the specs share: the watch over the browser's console and the address bar, the
// accessibility check, and the server's own answer to hold the page against.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Page } from '@playwright/test'
import type { Overview, Park } from '../src/api/types'

export const password = 'a park of thirty-three turbines' // of the account made on the server under test

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// Watch notes every error of the page and every request that leaves its server.
export interface Watch {
  errors: string[]
  foreign: string[]
}

export function watch(page: Page, base: string): Watch {
  const seen: Watch = { errors: [], foreign: [] }
  page.on('console', (message) => {
    if (message.type() === 'error') seen.errors.push(message.text())
  })
  page.on('pageerror', (error) => seen.errors.push(error.message))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== new URL(base).origin && url.protocol !== 'data:' && url.protocol !== 'blob:') seen.foreign.push(request.url())
  })
  return seen
}

// accessible holds the page against WCAG 2.2 AA.
export async function accessible(page: Page): Promise<void> {
  const run = `${axe};axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`
  const result = (await page.evaluate(run)) as { violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[] }
  const found = result.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id} ${node.target.join(' ')}: ${node.failureSummary}`))
  expect(found).toEqual([])
}

export async function firstPark(page: Page): Promise<Park> {
  const answer = await page.request.get('/api/v1/parks')
  expect(answer.status()).toBe(200)
  const { parks } = (await answer.json()) as { parks: Park[] }
  const park = parks[0]
  if (!park) throw new Error('the server under test has no park')
  return park
}

export async function overviewOf(page: Page, park: string, period: string, basis = 'location'): Promise<Overview> {
  const answer = await page.request.get(`/api/v1/parks/${park}/overview?period=${period}&basis=${basis}`)
  expect(answer.status()).toBe(200)
  return (await answer.json()) as Overview
}

// month is the last month in which the park has data.
export function month(park: Park): string {
  if (!park.lastDay) throw new Error('the park of the server under test has no data')
  return park.lastDay.slice(0, 7)
}

// settled waits until the page shows its figures and its chart.
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('[data-indicator] data').first()).toBeVisible()
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0)
  await expect(page.locator('canvas').first()).toBeVisible()
}
