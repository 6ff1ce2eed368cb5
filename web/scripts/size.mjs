// Adds up what a browser loads to show the park overview for the first time: index.html,
// theme.js, the entry, the page and all they import at once, with their styles, gzipped.
// Parts that come later on demand (the chart, the drawer) are listed and not counted.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 300 * 1024
const manifest = JSON.parse(readFileSync('dist/manifest.json', 'utf8'))
const first = new Set(['index.html', 'theme.js'])

function take(key) {
  const part = manifest[key]
  if (!part) throw new Error(`size: ${key} is not in dist/manifest.json; run npm run build first`)
  if (first.has(part.file)) return
  first.add(part.file)
  for (const style of part.css ?? []) first.add(style)
  for (const imported of part.imports ?? []) take(imported)
}
take('index.html')
take('src/park/OverviewPage.vue')

const size = (file) => gzipSync(readFileSync(`dist/${file}`)).length
const line = (file, note) => console.log(`${(size(file) / 1024).toFixed(1).padStart(7)} KB  ${file}${note}`)
let total = 0
for (const file of first) {
  total += size(file)
  line(file, '')
}
const later = Object.values(manifest).flatMap((part) => [part.file, ...(part.css ?? [])])
for (const file of new Set(later)) if (!first.has(file)) line(file, ' (on demand)')
console.log(`first load ${(total / 1024).toFixed(1)} KB gzip, limit ${limit / 1024} KB`)
if (total > limit) process.exit(1)
