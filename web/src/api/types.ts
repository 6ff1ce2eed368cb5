// Names for the answers of the server. They are taken from the paths, so that they hold
// whatever names the server's OpenAPI document gives to its schemas.
import type { paths } from './schema'

type Answer<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer T } } } }
}
  ? T
  : never
type Item<T> = NonNullable<T> extends (infer E)[] ? E : never

export type Me = Answer<'/api/v1/session'>
export type Park = Item<Answer<'/api/v1/parks'>['parks']>
export type Overview = Answer<'/api/v1/parks/{park}/overview'>
export type Name = Overview['park']['name']
export type Assembled = Item<Overview['park']['assembly']>
export type Indicator = Item<Overview['indicators']>
export type EnergyFlow = Overview['sankey']
export type FlowNode = Item<EnergyFlow['nodes']>
export type FlowLink = Item<EnergyFlow['links']>
export type Carbon = Overview['carbon']
export type EnterpriseRow = Item<Overview['enterprises']>
export type Quality = Overview['quality']
export type FactorUsed = Item<Overview['factors']>
export type EntryExplained = Answer<'/api/v1/entries/{entry}'>
export type Explanation = EntryExplained['tree']
export type Activity = Item<Answer<'/api/v1/parks/{park}/activities'>['activities']>
export type ActivityBody = Omit<paths['/api/v1/parks/{park}/activities/{activity}']['put']['requestBody']['content']['application/json'], 'revision' | '$schema'>
export type ReportingMethod = Item<Answer<'/api/v1/parks/{park}/methods'>['methods']>
export type EnterpriseInventory = Answer<'/api/v1/parks/{park}/organizations/{organization}/inventory'>
export type Entry = Item<EnterpriseInventory['entries']>
export type ParkStructure = Answer<'/api/v1/parks/{park}/structure'>
export type Basis = 'location' | 'market'
export type Finding = Item<Answer<'/api/v1/parks/{park}/findings'>['findings']>
export type Usage = Answer<'/api/v1/parks/{park}/usage/{register}'>
export type Organization = Item<Answer<'/api/v1/organizations'>['organizations']>
export type InventoryLine = Item<Answer<'/api/v1/parks/{park}/inventories'>['inventories']>
export type Devices = Answer<'/api/v1/parks/{park}/devices'>
export type Device = Item<Devices['devices']>
export type Unmapped = Item<Answer<'/api/v1/parks/{park}/unmapped'>['unmapped']>
export type Gateway = Item<Answer<'/api/v1/parks/{park}/gateways'>['gateways']>
export type ChargingSession = Item<Answer<'/api/v1/parks/{park}/devices/{device}/sessions'>['sessions']>
export type Register = Item<Answer<'/api/v1/parks/{park}/registers'>['registers']>
export type Ingest = Answer<'/api/v1/parks/{park}/ingest'>
export type CarbonFlow = Answer<'/api/v1/parks/{park}/carbon-flow'>
export type FlowPlace = Item<CarbonFlow['nodes']>
export type FlowMember = Item<CarbonFlow['owners']>
export type FlowFinding = Item<CarbonFlow['findings']>
export type BalanceTable = Answer<'/api/v1/parks/{park}/balance'>
export type BalancePlace = Item<BalanceTable['places']>
export type BalanceStep = Item<BalancePlace['steps']>
export type CarrierBalance = Item<BalanceTable['carriers']>
export type CarrierStep = Item<CarrierBalance['steps']>
export type Grades = BalanceStep['quality']
export type Reconciliation = Answer<'/api/v1/parks/{park}/reconciliation'>
export type ReconciledFlow = Item<Reconciliation['result']['flows']>
export type Suspect = Item<Reconciliation['result']['suspects']>
export type Difference = Answer<'/api/v1/inventories/{inventory}/difference'>
export type Rating = Answer<'/api/v1/parks/{park}/rating'>
export type RatingValue = Item<Rating['indicators']>
export type RatingCode = NonNullable<Rating['code']>
export type RatingMark = RatingCode['level']
export type WhatIf = Answer<'/api/v1/parks/{park}/rating/what-if'>
export type Lever = Item<WhatIf['levers']>
export type Diagnosis = Answer<'/api/v1/parks/{park}/diagnosis'>
export type SavingFinding = Item<Diagnosis['findings']>
export type Publication = Answer<'/api/v1/parks/{park}/rating/publication'>
export type PublicCode = Answer<'/api/v1/codes/{token}'>
export type Uncertainty = Answer<'/api/v1/parks/{park}/inventories/{inventory}/uncertainty'>
export type UncertaintyResult = Item<Uncertainty['results']>
export type Contribution = Item<Uncertainty['contributions']>
export type Consolidation = Answer<'/api/v1/parks/{park}/consolidation'>
export type ConsolidatedView = Item<Consolidation['views']>
export type Counting = Item<Consolidation['countings']>
export type ReportForm = Item<Answer<'/api/v1/reports/forms'>['forms']>
export type ReportPreview = Answer<'/api/v1/parks/{park}/inventories/{inventory}/report/preview'>
export type ReportTable = Item<ReportPreview['tables']>
export type Verified = paths['/api/v1/parks/{park}/verify']['post']['responses'][200]['content']['application/json']
export type ShippedMethod = Item<Answer<'/api/v1/methods'>['methods']>
export type MethodRules = Answer<'/api/v1/methods/rules'>
export type MethodRule = Item<MethodRules['rules']>
export type FactorList = Answer<'/api/v1/factors'>
export type FactorEntry = Item<FactorList['factors']>
export type FactorAnswer = Answer<'/api/v1/factors/lookup'>
export type Outlook = Answer<'/api/v1/parks/{park}/forecast'>
export type ForecastCard = Answer<'/api/v1/parks/{park}/forecast/backtest'>
export type TariffSheet = Answer<'/api/v1/parks/{park}/tariff'>
export type TariffHour = Item<TariffSheet['hours']>
export type TariffBill = TariffSheet['bill']
