import { inject, provide, type ComputedRef, type InjectionKey } from 'vue'
import type { Basis } from '../api/types'

// Question is what the blocks of a page were asked, so that a file is made of the same.
export interface Question {
  park: string
  period: string // empty while it is not known
  basis: Basis
  organization?: string
  step?: string
  demo: boolean // the park is assembled; files and pictures say so
}

// ExportTable is a table that the server writes as a file.
export type ExportTable = 'indicators' | 'flow' | 'carbon' | 'enterprises' | 'quality' | 'factors' | 'intensity' | 'members' | 'transfers' | 'carriers' | 'places' | 'findings'

// Tables of the whole network know no single organization, but a step.
const whole: readonly ExportTable[] = ['intensity', 'members', 'transfers', 'carriers', 'places']

const key: InjectionKey<ComputedRef<Question>> = Symbol('question')

export const provideQuestion = (question: ComputedRef<Question>): void => provide(key, question)
export const useQuestion = (): ComputedRef<Question> | null => inject(key, null)

// exportPath is the address of a table as a file; empty while the question is not whole.
export function exportPath(q: Question, table: ExportTable, format: 'csv' | 'xlsx'): string {
  if (!q.park || !q.period) return ''
  const query = new URLSearchParams({ period: q.period, basis: q.basis })
  if (whole.includes(table)) {
    if (q.step) query.set('step', q.step)
  } else if (q.organization) query.set('organization', q.organization)
  query.set('format', format)
  return `/api/v1/parks/${encodeURIComponent(q.park)}/export/${table}?${query}`
}

// pictureName is a file name without the signs that file systems refuse.
export function pictureName(title: string, period: string, kind: 'png' | 'svg'): string {
  const clean = `${title}-${period}`.replace(/[^\p{L}\p{N}._]+/gu, '-').replace(/^-+|-+$/g, '')
  return `${clean || 'chart'}.${kind}`
}
