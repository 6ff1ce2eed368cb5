import { expect, test } from 'vitest'
import { exportPath, pictureName, type Question } from './exporting'

const question: Question = { park: 'p', period: '2018-03-05..2018-03-11', basis: 'market', organization: 'steel', step: 'hour', demo: true }

test('a file is asked for with the question of the page', () => {
  expect(exportPath(question, 'carbon', 'xlsx')).toBe('/api/v1/parks/p/export/carbon?period=2018-03-05..2018-03-11&basis=market&organization=steel&format=xlsx')
})
test('a table of the whole network has a step and no organization', () => {
  expect(exportPath(question, 'places', 'csv')).toBe('/api/v1/parks/p/export/places?period=2018-03-05..2018-03-11&basis=market&step=hour&format=csv')
})
test('without a period there is no file', () => expect(exportPath({ ...question, period: '' }, 'carbon', 'csv')).toBe(''))
test('names of pictures hold no signs that file systems refuse', () => {
  expect(pictureName('碳排放 / 逐时: "a"', '2018', 'png')).toBe('碳排放-逐时-a-2018.png')
  expect(pictureName('///', '', 'svg')).toBe('chart.svg')
})
