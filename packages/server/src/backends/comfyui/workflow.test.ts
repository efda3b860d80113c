import { afterEach, describe, expect, test } from 'vitest'
import { parseConfig } from '../../config.ts'
import { toyMapping, toyNodes, workflowFolder } from './testing/toy-workflow.ts'
import { loadWorkflow } from './workflow.ts'

const removes: (() => void)[] = []
afterEach(() => {
  for (const remove of removes.splice(0)) remove()
})

function load(files: Readonly<Record<string, unknown>>, name = 'flux.json'): ReturnType<typeof loadWorkflow> {
  const { folder, remove } = workflowFolder(files)
  removes.push(remove)
  return loadWorkflow(name, folder)
}

function faultsOf(files: Readonly<Record<string, unknown>>): string {
  const loaded = load(files)
  return 'faults' in loaded ? loaded.faults.join('; ') : ''
}

const flux = (mapping: object): Record<string, unknown> => ({
  'flux.json': { ...toyNodes, darkroom: mapping },
})
const { seed: _seed, ...seedless } = toyMapping

describe('a workflow', () => {
  test('has its mapping within, or beside it, and a version that changes with either', () => {
    const within = load(flux(toyMapping))
    const beside = load({ 'flux.json': toyNodes, 'flux.darkroom.json': toyMapping })
    const other = load(flux({ ...toyMapping, seed: null }))
    if ('faults' in within || 'faults' in beside || 'faults' in other) throw new Error('not loaded')
    expect(beside.workflow).toEqual(within.workflow)
    expect(other.workflow.sha256).not.toBe(within.workflow.sha256)
    expect(within.workflow.output).toBe('9')
  })

  const twoSavers = { ...toyNodes, '12': toyNodes['9'] }
  const rows: [string, Record<string, unknown>, string][] = [
    ['is not there', {}, 'there is no file'],
    ['is no JSON', { 'flux.json': '{' }, 'no JSON object'],
    ['is the editor’s', { 'flux.json': { nodes: [], links: [] } }, 'Export (API)'],
    ['has no mapping', { 'flux.json': toyNodes }, 'flux.darkroom.json'],
    ['has a broken sidecar', { 'flux.json': toyNodes, 'flux.darkroom.json': '{' }, 'mapping'],
    ['names no place for the seed', flux(seedless), 'seed is missing'],
    [
      'points to nothing',
      flux({ ...toyMapping, prompt: '/66/inputs/text' }),
      '/66/inputs/text, where there is nothing',
    ],
    ['points to a link', flux({ ...toyMapping, prompt: '/3/inputs/positive' }), 'a link to another node'],
    ['points to a text for a number', flux({ ...toyMapping, seed: '/6/inputs/text' }), 'not a number'],
    ['has no pointers', flux({ ...toyMapping, prompt: '6.inputs.text' }), 'JSON pointer'],
    ['has an unknown part', flux({ ...toyMapping, sead: '/3/inputs/seed' }), 'sead'],
    ['has width without height', flux({ ...toyMapping, height: null }), 'width and height'],
    ['saves twice', { 'flux.json': { ...twoSavers, darkroom: toyMapping } }, 'name one with "output"'],
  ]
  test.each(rows)('that %s is refused in words', (_name, files, words) => {
    expect(faultsOf(files)).toContain(words)
  })

  test('is refused at the start of the server, with all others', () => {
    const { folder, remove } = workflowFolder(flux(seedless))
    removes.push(remove)
    const environment = {
      DARKROOM_MODELS: 'default=comfyui:flux.json,b=comfyui:gone.json',
      COMFYUI_WORKFLOWS: folder,
    }
    expect(() => parseConfig(environment)).toThrow(/seed is missing.*there is no file/su)
  })
})
