// Shows /api/openapi.json: operations by tag, their parameters and schemas, and a
// form to send a GET. All text goes in as text nodes.
'use strict'

const words = {
  zh: { parameters: '参数', body: '请求内容', answers: '响应', send: '发送', public: '公开', language: 'English', required: '必填', name: '名称', where: '位置', type: '类型', about: '说明', code: '代码', status: '状态', title: '含义', next: '处理' },
  en: { parameters: 'Parameters', body: 'Request body', answers: 'Answers', send: 'Send', public: 'public', language: '中文', required: 'required', name: 'Name', where: 'In', type: 'Type', about: 'About', code: 'Code', status: 'Status', title: 'Meaning', next: 'What to do' },
}
let language = (navigator.language || 'en').startsWith('zh') ? 'zh' : 'en'
let openapi = null
let errors = []

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children.filter((child) => child !== null && child !== undefined))
  return node
}

const byId = (id) => document.getElementById(id)
const word = (key) => words[language][key]

function resolve(schema) {
  const path = schema && schema.$ref
  return path ? openapi.components.schemas[path.split('/').pop()] : schema || {}
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split('/').pop()
  const type = [].concat(schema.type || 'any').join(' | ')
  if (schema.items) return `${typeOf(schema.items)}[]`
  return schema.format ? `${type} (${schema.format})` : type
}

function limits(schema) {
  const parts = []
  if (schema.enum) parts.push(schema.enum.join(' | '))
  for (const key of ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'default', 'pattern']) {
    if (schema[key] !== undefined) parts.push(`${key} ${schema[key]}`)
  }
  return parts.join(', ')
}

function row(cells, tag = 'td') {
  return element('tr', {}, ...cells.map((cell) => element(tag, {}, cell)))
}

// schemaTable lists the properties of a schema; nested ones unfold, each type once on a way down.
function schemaTable(schema, seen = []) {
  const name = schema.$ref || ''
  let whole = resolve(schema)
  while (whole.items) whole = resolve(whole.items)
  if (!whole.properties || seen.includes(name)) return element('p', { className: 'what' }, typeOf(schema))
  const table = element('table', {}, row([word('name'), word('type'), word('about')], 'th'))
  for (const [key, part] of Object.entries(whole.properties)) {
    const label = element('code', { className: (whole.required || []).includes(key) ? 'required' : '' }, key)
    const about = element('div', {}, [part.description, limits(part)].filter(Boolean).join(' · '))
    const inner = resolve(part.items || part)
    if (inner.properties) {
      const fold = element('details', {}, element('summary', {}, typeOf(part)))
      fold.addEventListener('toggle', () => {
        if (fold.open && fold.children.length === 1) fold.append(schemaTable(part.items || part, [...seen, name]))
      })
      about.append(fold)
    }
    table.append(row([label, typeOf(part), about]))
  }
  return table
}

function contentSchemas(content) {
  return Object.entries(content || {}).map(([type, media]) =>
    element('div', {}, element('code', {}, type), media.schema ? schemaTable(media.schema) : null))
}

function parameterTable(parameters) {
  const table = element('table', {}, row([word('name'), word('where'), word('type'), word('about')], 'th'))
  for (const parameter of parameters) {
    const label = element('code', { className: parameter.required ? 'required' : '' }, parameter.name)
    const about = [parameter.description, limits(parameter.schema)].filter(Boolean).join(' · ')
    table.append(row([label, parameter.in, typeOf(parameter.schema), about]))
  }
  return table
}

// tryForm sends a GET with the parameters filled in, as the person signed in here.
function tryForm(path, parameters) {
  const answer = element('pre', { hidden: true })
  const fields = parameters.filter((parameter) => parameter.in !== 'header')
    .map((parameter) => ({ parameter, input: element('input', { name: parameter.name, placeholder: parameter.name, required: Boolean(parameter.required) }) }))
  const form = element('form', {}, ...fields.map(({ parameter, input }) => element('label', {}, `${parameter.name} `, input, ' ')),
    element('button', { type: 'submit' }, `${word('send')} GET`))
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    let target = path
    const query = new URLSearchParams()
    for (const { parameter, input } of fields) {
      if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value))
      else if (input.value) query.set(parameter.name, input.value)
    }
    const text = query.toString()
    answer.hidden = false
    answer.textContent = '…'
    try {
      const response = await fetch(text ? `${target}?${text}` : target, { headers: { 'Accept-Language': language } })
      const body = await response.text()
      answer.textContent = `${response.status} ${response.statusText}\n${pretty(body)}`
    } catch (failure) {
      answer.textContent = String(failure)
    }
  })
  return element('div', {}, form, answer)
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

function operationView(path, method, operation) {
  const parameters = operation.parameters || []
  const open = operation['x-lingtan-action'] === 'public.read'
  const view = element('details', { id: operation.operationId },
    element('summary', {}, element('span', { className: 'method' }, method.toUpperCase()), element('code', {}, path),
      element('span', { className: 'what' }, ` ${operation.summary || ''}`),
      element('span', { className: 'action' }, open ? word('public') : operation['x-lingtan-action'] || '')))
  view.addEventListener('toggle', () => {
    if (!view.open || view.children.length > 1) return
    if (operation.description) view.append(element('p', {}, operation.description))
    if (parameters.length) view.append(element('h3', {}, word('parameters')), parameterTable(parameters))
    if (operation.requestBody) view.append(element('h3', {}, word('body')), ...contentSchemas(operation.requestBody.content))
    view.append(element('h3', {}, word('answers')))
    for (const [status, response] of Object.entries(operation.responses || {})) {
      view.append(element('p', {}, element('code', {}, status), ` ${response.description || ''}`), ...contentSchemas(response.content))
    }
    const streams = Boolean(operation.responses['200'] && (operation.responses['200'].content || {})['text/event-stream'])
    if (method === 'get' && !streams) view.append(tryForm(path, parameters))
  })
  return view
}

function show() {
  document.documentElement.lang = language
  byId('language').textContent = word('language')
  byId('about').textContent = `${openapi.info.description} ${openapi.info.version || ''}`
  for (const node of document.querySelectorAll('[data-zh]')) node.textContent = node.dataset[language]
  const wanted = byId('find').value.toLowerCase()
  const tags = new Map()
  for (const [path, methods] of Object.entries(openapi.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!operation.operationId) continue
      const text = `${path} ${method} ${operation.summary} ${operation.operationId}`.toLowerCase()
      if (wanted && !text.includes(wanted)) continue
      const tag = (operation.tags || ['other'])[0]
      tags.set(tag, [...(tags.get(tag) || []), operationView(path, method, operation)])
    }
  }
  byId('tags').replaceChildren(...[...tags.keys()].map((tag) => element('a', { href: `#tag-${tag}` }, tag)))
  byId('operations').replaceChildren(...[...tags].map(([tag, views]) =>
    element('section', { id: `tag-${tag}` }, element('h2', {}, tag), ...views)))
  byId('errors').replaceChildren(row([word('code'), word('status'), word('title'), word('next')], 'th'),
    ...errors.map((line) => Object.assign(row([element('code', {}, line.code), String(line.status), line.title[language], line.next[language]]), { id: line.code })))
}

async function start() {
  const [first, second] = await Promise.all([fetch('/api/openapi.json'), fetch('/api/errors.json')])
  openapi = await first.json()
  errors = await second.json()
  byId('find').addEventListener('input', show)
  byId('language').addEventListener('click', () => {
    language = language === 'zh' ? 'en' : 'zh'
    show()
  })
  show()
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
}

start().catch((failure) => {
  byId('operations').textContent = String(failure)
})
