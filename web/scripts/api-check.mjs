// Fails when openapi.json, which the console is written against, is not the document of the
// server, or when src/api/schema.d.ts was not written out of it.
// Usage: npm run api:check -- FILE   (FILE: what `lingtan openapi` prints)
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import openapiTS, { astToString } from 'openapi-typescript'

const file = process.argv[2]
if (!file) {
  console.error('usage: npm run api:check -- FILE, where FILE is what `lingtan openapi` printed')
  process.exit(2)
}
const committed = JSON.parse(await readFile('openapi.json', 'utf8'))
const served = JSON.parse(await readFile(file, 'utf8'))
const differences = []
compare(committed, served, '')
for (const { path, what } of differences.slice(0, 20)) console.error(`openapi.json ${path || '/'}: ${what}`)
if (differences.length > 0) {
  console.error(`openapi.json differs from ${file} in ${differences.length} places: copy it here and run npm run api:types`)
  process.exit(1)
}
const types = await readFile('src/api/schema.d.ts', 'utf8')
if (!types.endsWith(astToString(await openapiTS(pathToFileURL(resolve('openapi.json')))))) {
  console.error('src/api/schema.d.ts is not written out of openapi.json: run npm run api:types')
  process.exit(1)
}
console.log('openapi.json is the document of the server')

// compare notes where two documents differ; the order of keys does not count.
function compare(ours, theirs, path) {
  if (isDeepStrictEqual(ours, theirs)) return
  if (!isTree(ours) || !isTree(theirs) || Array.isArray(ours) !== Array.isArray(theirs)) {
    differences.push({ path, what: `${brief(ours)} here, ${brief(theirs)} at the server` })
    return
  }
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!(key in theirs)) differences.push({ path: at, what: 'not at the server' })
    else if (!(key in ours)) differences.push({ path: at, what: 'new at the server' })
    else compare(ours[key], theirs[key], at)
  }
}

function isTree(value) {
  return value !== null && typeof value === 'object'
}

function brief(value) {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
