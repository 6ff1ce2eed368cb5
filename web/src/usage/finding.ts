import { useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { client, must } from '../api/client'
import type { Finding } from '../api/types'
import { useTexts } from '../language/language'
import { zh, type MessageKey } from '../language/zh'

export const findingsMost = 2000 // findings that are asked for and shown at once

// useFindings is what validation found in the readings of a park over a period.
export function useFindings(park: Ref<string>, organization: Ref<string>, period: Ref<string>) {
  return useQuery<Finding[]>({
    queryKey: ['findings', park, organization, period],
    enabled: () => park.value !== '' && period.value !== '',
    queryFn: async ({ signal }) => {
      const query = { period: period.value, organization: organization.value || undefined, limit: findingsMost }
      return (await must(client.GET('/api/v1/parks/{park}/findings', { params: { path: { park: park.value }, query }, signal }))).findings ?? []
    },
  })
}

// useFindingWords says rules and treatments in the language of the page; one that the page
// does not know stays as the server writes it.
export function useFindingWords() {
  const { text } = useTexts()
  return {
    rule: (rule: string): string => (rule in zh.finding.rule ? text(`finding.rule.${rule}` as MessageKey) : rule),
    treatment: (treatment: string): string => (treatment in zh.finding.treatment ? text(`finding.treatment.${treatment}` as MessageKey) : treatment),
  }
}
