import { describe, expect, it } from 'vitest'
import { EventReader, type LiveEvent } from './live'

const stream = ': hello\nid: 7\nevent: reading\ndata: {"register":"a.b",\ndata: "value":1}\n\nevent: heartbeat\ndata:\n\nid: 8\r\nevent: settled\r\ndata: {"period":"2018-03-05"}\r\n\r\n'
const want: LiveEvent[] = [
  { id: '7', type: 'reading', data: '{"register":"a.b",\n"value":1}' },
  { id: '7', type: 'heartbeat', data: '' },
  { id: '8', type: 'settled', data: '{"period":"2018-03-05"}' },
]

describe('EventReader', () => {
  it('reads a stream at once', () => {
    expect(new EventReader().read(stream)).toEqual(want)
  })

  it('reads the same events wherever the stream is cut', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new EventReader()
      const got = [...reader.read(stream.slice(0, cut)), ...reader.read(stream.slice(cut))]
      expect(got, `cut at ${cut}`).toEqual(want)
    }
  })

  it('holds back an event that has not ended', () => {
    expect(new EventReader().read('data: half\n')).toEqual([])
  })
})
