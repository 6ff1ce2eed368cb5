import type { Problem } from '../api/problem'

// BlockState is how the data of a block stands. Each block of a page shows its own.
export interface BlockState {
  loading: boolean // nothing to show yet
  stale: boolean // what is shown belongs to the previous question
  problem: Problem | null
  zone: string // for the time an error is shown with
  retry: () => void
}
