// Writes src/api/schema.d.ts out of an OpenAPI document.
// Usage: npm run api:types -- [file]   (default: openapi.json)
import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'

const file = process.argv[2] ?? 'openapi.json'
JSON.parse(await readFile(file, 'utf8')) // a broken file should be named before it is read as a schema
const tree = await openapiTS(pathToFileURL(resolve(file)))
const head = '// Written by `npm run api:types`; edit the OpenAPI document, not this file.\n\n'
await writeFile('src/api/schema.d.ts', head + astToString(tree))
console.log(`src/api/schema.d.ts written from ${file}`)
