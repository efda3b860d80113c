import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelTable } from './model-table.ts'
import { parseModelTable } from './model-table.ts'

function tableOf(text?: string): ModelTable {
  const parsed = parseModelTable(text)
  if ('faults' in parsed) throw new Error(parsed.faults.join('; '))
  return parsed.table
}

function faultsOf(text: string): readonly string[] {
  const parsed = parseModelTable(text)
  return 'faults' in parsed ? parsed.faults : []
}

describe('a table resolves', () => {
  test('unset: everything to sketch-1, under the name that was asked for', () => {
    const table = tableOf()
    expect(table.resolve(undefined)).toEqual({ alias: 'default', backend: 'sketch', model: 'sketch-1' })
    expect(table.resolve('gpt-image-1')).toEqual({
      alias: 'gpt-image-1',
      backend: 'sketch',
      model: 'sketch-1',
    })
    expect(table.names()).toEqual(['default'])
    expect(table.list().map((entry) => entry.alias)).toEqual(['default', '*'])
  })

  test('names exactly, and nothing else without *', () => {
    const table = tableOf(' default=openai:gpt-image-2 , draft = sketch:sketch-1,')
    expect(table.resolve('draft')).toEqual({ alias: 'draft', backend: 'sketch', model: 'sketch-1' })
    expect(table.resolve('Draft')).toBeUndefined()
    expect(table.resolve('*')).toBeUndefined()
    expect(table.names()).toEqual(['default', 'draft'])
  })

  test('no name to *, where there is no default', () => {
    expect(tableOf('*=sketch:sketch-1').resolve(undefined)).toEqual({
      alias: 'default',
      backend: 'sketch',
      model: 'sketch-1',
    })
  })

  test('models whose names hold colons, slashes and equals signs', () => {
    expect(tableOf('default=openai:org/model:tag=q4').resolve('default')?.model).toBe('org/model:tag=q4')
  })

  test('no name of Object.prototype', () => {
    expect(tableOf('default=sketch:sketch-1').resolve('constructor')).toBeUndefined()
    expect(tableOf('default=sketch:sketch-1').resolve('__proto__')).toBeUndefined()
  })
})

describe('faults', () => {
  test.each([
    ['default', 'alias=backend:model'],
    ['default=sketch', 'alias=backend:model'],
    ['=sketch:sketch-1', 'alias=backend:model'],
    ['default=sketch:', 'alias=backend:model'],
    ['default=scetch:sketch-1', 'no backend "scetch"'],
    ['default=toString:x', 'no backend "toString"'],
    ['my model=sketch:sketch-1', 'no public name'],
    ['default=openai:*', 'no name of a model'],
    ['default=openai:a b', 'no name of a model'],
    ['flux=sketch:sketch-1', 'default=backend:model'],
    ['', 'default=backend:model'],
    ['default=sketch:sketch-1,default=openai:x', 'given twice'],
  ])('%s', (text, fault) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(fault)])
  })

  test('all are reported at once', () => {
    expect(faultsOf('a=cogg:x,b=nothing:y,c')).toHaveLength(3)
  })

  test('any text is a table or faults, never an exception', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('=', ':', ',', '*', ' ', 'a', 'sketch', '\n', 'é') }),
        (text) => {
          const parsed = parseModelTable(text)
          expect('table' in parsed ? parsed.table.resolve(undefined) : parsed.faults[0]).toBeDefined()
        },
      ),
    )
  })
})
