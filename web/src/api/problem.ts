// A Problem is what went wrong with a request, as the server says it (RFC 9457) or,
// when no answer came, as the browser found it.
export class Problem extends Error {
  readonly status: number // HTTP status; 0 = no answer came
  readonly code: string // LT-xxxx; empty when the answer was not from Lingtan
  readonly title: string
  readonly detail: string
  readonly next: string
  readonly fields: string[] // which input is wrong, and why
  readonly url: string
  readonly at: Date

  constructor(url: string, status: number, body: unknown, at: Date = new Date()) {
    const said = read(body)
    super(said.detail || said.title || `HTTP ${status}`)
    this.name = 'Problem'
    this.status = status
    this.code = said.code
    this.title = said.title
    this.detail = said.detail
    this.next = said.next
    this.fields = said.fields
    this.url = url
    this.at = at
  }

  get refused(): boolean {
    return this.status === 403
  }

  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504
  }

  // diagnostics is what a person can hand to support: no reading, no name, no token.
  diagnostics(): string {
    const { status, code, title, detail, next, fields, url } = this
    return JSON.stringify({ at: this.at.toISOString(), url, status, code, title, detail, next, fields }, null, 2)
  }
}

function read(body: unknown): Pick<Problem, 'code' | 'title' | 'detail' | 'next' | 'fields'> {
  const said = body !== null && typeof body === 'object' ? (body as Record<string, unknown>) : {}
  const text = (key: string): string => (typeof said[key] === 'string' ? said[key] : '')
  return { code: text('code'), title: text('title'), detail: text('detail'), next: text('next'), fields: Array.isArray(said.fields) ? said.fields.filter((one): one is string => typeof one === 'string') : [] }
}

// asProblem turns whatever was thrown into a Problem.
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  return new Problem(location.pathname, -1, { title: 'console', detail })
}
