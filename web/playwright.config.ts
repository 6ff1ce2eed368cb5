import { defineConfig, devices } from '@playwright/test'

// The server under test: LINGTAN_URL is its address, LINGTAN_SETUP_LINK the one-time link
// that it printed (or the token at its end). `lingtan demo` gives both.
const baseURL = process.env.LINGTAN_URL
if (!baseURL) throw new Error('set LINGTAN_URL to the address of a running server, for example http://127.0.0.1:8080')

export default defineConfig({
  testDir: 'e2e',
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    baseURL,
    viewport: { width: 1440, height: 1100 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] },
    trace: 'retain-on-failure',
  },
  projects: [
    { name: 'setup', testMatch: 'setup.ts' },
    { name: 'console', testMatch: '*.spec.ts', dependencies: ['setup'], use: { storageState: 'node_modules/.e2e/session.json' } },
  ],
})
