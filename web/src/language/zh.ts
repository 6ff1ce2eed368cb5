// Chinese is the source of truth of every text, a file a page folder; English must have the
// same keys.
import { access } from './zh/access'
import { accounting } from './zh/accounting'
import { alarm } from './zh/alarm'
import { connector } from './zh/connector'
import { consolidation } from './zh/consolidation'
import { dispatch } from './zh/dispatch'
import { factor } from './zh/factor'
import { flow } from './zh/flow'
import { forecast } from './zh/forecast'
import { frame } from './zh/frame'
import { inventory } from './zh/inventory'
import { overview } from './zh/overview'
import { panel } from './zh/panel'
import { rating } from './zh/rating'
import { reports } from './zh/reports'
import { tariff } from './zh/tariff'
import { usage } from './zh/usage'
import type { Like } from './like'

export const zh = { ...frame, ...forecast, ...tariff, ...access, ...overview, ...usage, ...accounting, ...alarm, ...inventory, ...connector, ...flow, ...rating, ...reports, ...consolidation, ...dispatch, ...factor, ...panel }

// Messages is the shape that every language must have.
export type Messages = Like<typeof zh>

type Paths<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Paths<T[K]>}` }[keyof T & string]

// MessageKey is the key of a text, written with dots.
export type MessageKey = Paths<typeof zh>
