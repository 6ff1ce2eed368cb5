import { useTexts } from '../language/language'
import { zh, type MessageKey } from '../language/zh'

// useCarrierName names a carrier; one that the page does not know keeps its identifier.
export function useCarrierName(): (id: string) => string {
  const { text } = useTexts()
  return (id) => (id in zh.carrier ? text(`carrier.${id}` as MessageKey) : id)
}

// useFlowWords names the kind of a finding and what it is about.
export function useFlowWords() {
  const { text } = useTexts()
  return {
    kind: (kind: string): string => (kind in zh.carbonFlow.kinds ? text(`carbonFlow.kinds.${kind}` as MessageKey) : kind),
    // place reads "node steam-header"; names are of nodes, by identifier.
    place: (place: string, names: ReadonlyMap<string, string>): string => {
      const [what = '', ...rest] = place.split(' ')
      const id = rest.join(' ')
      return what in zh.carbonFlow.at ? `${text(`carbonFlow.at.${what}` as MessageKey)} ${names.get(id) ?? id}` : place
    },
  }
}
