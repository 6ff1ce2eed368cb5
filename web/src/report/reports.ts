import { useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import { Problem } from '../api/problem'
import type { ReportForm, ReportPreview, Verified } from '../api/types'

export function useForms() {
  return useQuery<ReportForm[]>({ queryKey: ['report-forms'], staleTime: Infinity, queryFn: async ({ signal }) => (await must(client.GET('/api/v1/reports/forms', { signal }))).forms })
}

// usePreview is the tables of a report; a closed inventory makes the same for good.
export function usePreview(park: Ref<string>, inventory: Ref<string>, form: Ref<string>) {
  return useQuery<ReportPreview>({
    queryKey: ['preview', park, inventory, form],
    enabled: () => park.value !== '' && inventory.value !== '' && form.value !== '',
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      must(
        client.GET('/api/v1/parks/{park}/inventories/{inventory}/report/preview', {
          params: { path: { park: park.value, inventory: inventory.value }, query: { form: form.value as 'energy' } },
          signal,
        }),
      ),
  })
}

// What a file may have, in bytes; the server refuses more.
export const verifyMost = 64 << 20

export const reportPath = (park: string, inventory: string, form: string, format: string, lang: string): string =>
  `/api/v1/parks/${encodeURIComponent(park)}/inventories/${encodeURIComponent(inventory)}/report?form=${form}&format=${format}&lang=${lang}`

// fetchFile reads a file and tells how many bytes came in. Throws a Problem.
export async function fetchFile(url: string, came: (bytes: number) => void, signal: AbortSignal): Promise<{ name: string; blob: Blob }> {
  const answer = await fetch(url, { credentials: 'same-origin', headers: { 'Accept-Language': document.documentElement.lang }, signal })
  if (!answer.ok || !answer.body) throw new Problem(answer.url, answer.status, await answer.json().catch(() => null))
  const parts: BlobPart[] = []
  let bytes = 0
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    bytes += value.length
    came(bytes)
  }
  return { name: nameOf(answer.headers.get('Content-Disposition') ?? ''), blob: new Blob(parts, { type: answer.headers.get('Content-Type') ?? '' }) }
}

// nameOf reads the file name out of a Content-Disposition.
export const nameOf = (disposition: string): string => /filename="([^"]+)"/.exec(disposition)?.[1] ?? 'report'

// sendFile has a file verified and tells the share that is sent, 0 to 1. fetch does not tell
// how much of a body is sent; XMLHttpRequest does.
export function sendFile(park: string, file: File, sent: (share: number) => void): Promise<Verified> {
  return new Promise((resolve, reject) => {
    const url = `/api/v1/parks/${encodeURIComponent(park)}/verify`
    const request = new XMLHttpRequest()
    request.open('POST', url)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.setRequestHeader('X-Lingtan-Csrf', '1')
    request.setRequestHeader('Accept-Language', document.documentElement.lang)
    request.upload.onprogress = (event) => sent(event.total > 0 ? event.loaded / event.total : 0)
    request.onerror = () => reject(new Problem(url, 0, { title: 'unreachable' }))
    request.onload = () => {
      const body: unknown = parsed(request.responseText)
      if (request.status === 200) resolve(body as Verified)
      else reject(new Problem(url, request.status, body))
    }
    request.send(file)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

// sizeOf writes a size of a file.
export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`
}
