import { expect, it } from 'vitest'
import { grouped, offered } from './alarms'

const one = (rule: string, state: string, priority: string, causeRule?: string) => ({ rule, state, priority, causeRule })

it('puts alarms under their cause, the most urgent first', () => {
  const groups = grouped([one('seen', 'acknowledged', 'critical'), one('flat', 'unacknowledged', 'low', 'gateway'), one('gateway', 'unacknowledged', 'high'), one('lost', 'unacknowledged', 'low', 'elsewhere')])
  expect(groups.map(({ root, caused }) => [root.rule, caused.map(({ rule }) => rule)])).toEqual([
    ['gateway', ['flat']],
    ['lost', []],
    ['seen', []],
  ])
})

it('offers what the state knows, and a comment always', () => {
  expect(offered('unacknowledged')).toContain('acknowledge')
  expect(offered('shelved')).toEqual(['unshelve', 'remove', 'comment'])
  expect(offered('something new')).toEqual(['comment'])
})
