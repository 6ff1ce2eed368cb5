import createClient from 'openapi-fetch'
import type { paths } from './schema'
import { Problem } from './problem'

// client speaks to the server this page came from, and to no other. The session is a
// cookie that scripts cannot read; the header proves that the request is from our page.
export const client = createClient<paths>({
  baseUrl: '',
  credentials: 'same-origin',
  headers: { 'X-Lingtan-Csrf': '1', Accept: 'application/json' },
})

interface Outcome<T> {
  data?: T
  error?: unknown
  response: Response
}

// Words of the server come in the language of the page.
client.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', document.documentElement.lang)
    return request
  },
})

// must hands on the answer of a request, or throws a Problem.
export async function must<T>(request: Promise<Outcome<T>>): Promise<T> {
  let outcome: Outcome<T>
  try {
    outcome = await request
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new Problem('/api/v1', 0, { title: 'unreachable', detail: cause instanceof Error ? cause.message : '' })
  }
  if (!outcome.response.ok) {
    throw new Problem(outcome.response.url, outcome.response.status, outcome.error)
  }
  return outcome.data as T
}
