import type { Like } from '../like'
import type { forecast as zh } from '../zh/forecast'

export const forecast: Like<typeof zh> = {
  forecast: {
    title: 'Forecast',
    text: 'Made from settled usage, with calibrated intervals and drivers; the model is renewed daily and its errors stand beside the naive ones.',
    of: 'What is forecast',
    ofs: { load: 'Load', pv: 'PV', demand: 'Grid demand', carbon: 'Carbon intensity' },
    horizon: 'Horizon',
    horizons: { day: '24 hours', week: '7 days' },
    fan: 'Forecast and actual',
    fanSub: '{unit} · {zone} · interval P10–P90',
    fanChart: '{title}: {before} intervals of the past and {n} of the forecast',
    actual: 'Actual',
    central: 'Forecast',
    band: 'P10–P90',
    model: 'Model: {model}, fitted on {from} to {to}',
    now: 'The data end at {time}, which is taken as now',
    drivers: 'Drivers',
    driversSub: 'Mean over the intervals; they sum to the forecast',
    driver: 'Driver',
    adds: 'Adds {unit}',
    total: 'Forecast',
    card: 'Errors (backtest)',
    cardSub: '{from} to {to}, issued daily, {n} times; each model beside the naive ones',
    kinds: { naive_day: 'Same time, last day', naive_week: 'Same time, last week', smoothing: 'Smoothing', ridge: 'Ridge regression', trees: 'Boosted trees', mean: 'Mean of the best', auto: 'Auto, by past errors alone' },
    columns: { model: 'Model', mae: 'Mean absolute error', nmae: 'Relative error', coverage: 'Coverage', width: 'Width', skill: 'Better than naive' },
    nominal: 'Intervals are meant to cover {share}; better than: {reference}. Least error: {choice}.',
    empty: 'There is no settled usage to forecast from.',
  },
}
