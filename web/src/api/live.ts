import { onScopeDispose, reactive, watch, type Ref } from 'vue'

// LiveEvent is one event of a text/event-stream.
export interface LiveEvent {
  id: string
  type: string
  data: string
}

// EventReader takes a text/event-stream in pieces and hands out its whole events, by the
// rules of WHATWG HTML 9.2.6; a piece may end within a line.
export class EventReader {
  private rest = ''
  private id = ''
  private type = ''
  private data: string[] = []

  read(piece: string): LiveEvent[] {
    const events: LiveEvent[] = []
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') this.dispatch(events)
      else this.field(line)
    }
    return events
  }

  private dispatch(events: LiveEvent[]): void {
    if (this.data.length > 0) {
      events.push({ id: this.id, type: this.type || 'message', data: this.data.join('\n') })
    }
    this.type = ''
    this.data = []
  }

  private field(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return // a comment
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.type = value
    else if (name === 'data') this.data.push(value)
    else if (name === 'id' && !value.includes('\0')) this.id = value
  }
}

// LiveState says how the live connection of a park is.
export interface LiveState {
  connected: boolean
  lost: boolean // was asked for and is not there
  retryIn: number // s until the next attempt; 0 = trying now
  retry: () => void
}

const waits = [3, 5, 10, 20, 40, 60] // s between attempts
const silence = 60_000 // ms without any event, heartbeat included, that count as lost

// useLive keeps the live stream of a park open while the page stands. It reads the stream
// by fetch and not by EventSource, since that neither shows when it tries again nor lets a
// new connection resume after the last event.
export function useLive(park: Ref<string>, onEvent: (event: LiveEvent) => void): LiveState {
  const state = reactive<LiveState>({ connected: false, lost: false, retryIn: 0, retry: () => undefined })
  let stop = new AbortController()
  let last = ''
  let failures = 0

  async function follow(abort: AbortController): Promise<void> {
    while (!abort.signal.aborted) {
      const again = await attempt(abort)
      if (!again || abort.signal.aborted) return
      state.connected = false
      state.lost = true
      await countDown(waits[Math.min(failures++, waits.length - 1)] ?? 60, abort)
    }
  }

  // attempt reads until the stream ends; false = this park has no stream for us.
  async function attempt(abort: AbortController): Promise<boolean> {
    const once = new AbortController()
    const end = (): void => once.abort()
    abort.signal.addEventListener('abort', end)
    let timer = setTimeout(end, silence)
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (last) headers['Last-Event-ID'] = last
      const answer = await fetch(`/api/v1/parks/${encodeURIComponent(park.value)}/live`, { headers, signal: once.signal })
      if (!answer.ok || !answer.body) return answer.status >= 500
      failures = 0
      state.connected = true
      state.lost = false
      const reader = new EventReader()
      const stream = answer.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let part = await stream.read(); !part.done; part = await stream.read()) {
        clearTimeout(timer)
        timer = setTimeout(end, silence)
        for (const event of reader.read(part.value)) {
          last = event.id || last
          onEvent(event)
        }
      }
    } catch {
      // lost: tried again after the wait
    } finally {
      clearTimeout(timer)
      abort.signal.removeEventListener('abort', end)
    }
    return true
  }

  async function countDown(seconds: number, abort: AbortController): Promise<void> {
    let skip = false
    state.retry = () => (skip = true)
    for (state.retryIn = seconds; state.retryIn > 0 && !skip && !abort.signal.aborted; state.retryIn--) {
      await new Promise((done) => setTimeout(done, 1000))
    }
    state.retryIn = 0
  }

  watch(
    park,
    () => {
      stop.abort()
      stop = new AbortController()
      last = ''
      state.connected = false
      state.lost = false
      if (park.value) void follow(stop)
    },
    { immediate: true },
  )
  onScopeDispose(() => stop.abort())
  return state
}
