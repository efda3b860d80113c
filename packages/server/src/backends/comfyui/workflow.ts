import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { jsonOrUndefined } from '../wire/connection.ts'
import { isRecord } from '../wire/answer-error.ts'
import { valueAt } from './json-pointer.ts'
import type { Mapping } from './mapping.ts'
import { mappedKinds, mappingSchema } from './mapping.ts'

/** One node of a workflow in ComfyUI's API format. */
export interface WorkflowNode {
  class_type: string
  inputs: Record<string, unknown>
}

/** A workflow in API format with what Darkroom writes into it. */
export interface Workflow {
  /** As in `DARKROOM_MODELS`. */
  name: string
  nodes: Readonly<Record<string, WorkflowNode>>
  mapping: Mapping
  /** Nodes that save a picture under a `filename_prefix`. */
  savers: readonly string[]
  /** The node whose picture is the result. */
  output: string
  /** Of the workflow and its mapping: part of every generation key, since another workflow is another picture. */
  sha256: string
}

/** A workflow, or what is wrong with its files: sentences that say what to change. */
export type LoadedWorkflow = { workflow: Workflow } | { faults: readonly string[] }

/**
 * Reads a workflow and its mapping: `flux.json` with a key `darkroom`, or with `flux.darkroom.json` beside it.
 * @param name as in `DARKROOM_MODELS`, a path from the folder
 */
export function loadWorkflow(name: string, folder: string): LoadedWorkflow {
  const path = resolve(folder, name)
  const text = textOf(path)
  if (text === undefined) return fault(name, `there is no file ${path}`)
  const document = jsonOrUndefined(text)
  if (!isRecord(document)) return fault(name, 'is no JSON object')
  const { darkroom, ...rest } = document
  const nodes = nodesOf(rest)
  if (typeof nodes === 'string') return fault(name, nodes)
  const sidecarName = name.replace(/\.json$/iu, '') + '.darkroom.json'
  const sidecar = darkroom === undefined ? textOf(resolve(folder, sidecarName)) : undefined
  const mapping = darkroom ?? (sidecar === undefined ? undefined : (jsonOrUndefined(sidecar) ?? null))
  if (mapping === undefined) {
    return fault(
      name,
      `says nowhere where the prompt goes: add ${sidecarName} or a key "darkroom" with JSON pointers`,
    )
  }
  return workflowOf(name, nodes, mapping)
}

/** Checks a workflow whose files were read. @param mapping as it was written */
export function workflowOf(
  name: string,
  nodes: Readonly<Record<string, WorkflowNode>>,
  mapping: unknown,
): LoadedWorkflow {
  const parsed = mappingSchema.safeParse(mapping)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => {
      const [part] = path
      const missing = isRecord(mapping) && typeof part === 'string' && !Object.hasOwn(mapping, part)
      return `${name}: its mapping: ${path.join('.') || 'it'} ${missing ? 'is missing' : `is wrong: ${message}`}`
    })
    return { faults }
  }
  const faults = mappingFaults(nodes, parsed.data)
  const savers = Object.keys(nodes).filter((id) => typeof nodes[id]?.inputs['filename_prefix'] === 'string')
  const output = parsed.data.output ?? (savers.length === 1 ? savers[0] : undefined)
  if (savers.length === 0) faults.push('no node saves a picture: add a SaveImage node')
  else if (output === undefined) faults.push('several nodes save pictures: name one with "output"')
  else if (nodes[output] === undefined) faults.push(`there is no node ${output}, which "output" names`)
  if (faults.length > 0 || output === undefined) return { faults: faults.map((each) => `${name}: ${each}`) }
  const sha256 = createHash('sha256')
    .update(JSON.stringify([nodes, parsed.data]))
    .digest('hex')
  return { workflow: { name, nodes, mapping: parsed.data, savers, output, sha256 } }
}

function fault(name: string, what: string): LoadedWorkflow {
  return { faults: [`${name}: ${what}`] }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The nodes, or what is wrong. */
function nodesOf(document: Record<string, unknown>): Record<string, WorkflowNode> | string {
  if (Array.isArray(document['nodes'])) {
    return 'is a workflow as the editor saves it: export it with "Export (API)"'
  }
  const nodes = Object.entries(document)
  const wrong = nodes.find(
    ([, node]) => !isRecord(node) || typeof node['class_type'] !== 'string' || !isRecord(node['inputs']),
  )
  if (nodes.length === 0) return 'has no nodes'
  if (wrong !== undefined) return `is no workflow in API format: ${JSON.stringify(wrong[0])} is no node`
  return document as unknown as Record<string, WorkflowNode>
}

function mappingFaults(nodes: object, mapping: Mapping): string[] {
  const faults: string[] = []
  for (const [part, kind] of Object.entries(mappedKinds)) {
    for (const pointer of mapping[part as keyof typeof mappedKinds] ?? []) {
      const value = valueAt(nodes, pointer)
      if (typeof value === kind) continue
      const found = Array.isArray(value)
        ? 'a link to another node'
        : value === undefined
          ? 'nothing'
          : typeof value
      faults.push(`its mapping: ${part} points to ${pointer}, where there is ${found} and not a ${kind}`)
    }
  }
  const sized = mapping.width !== null && mapping.height !== null
  if (!sized && (mapping.width !== null || mapping.height !== null || mapping.size === undefined)) {
    faults.push('its mapping: width and height are both pointers, or both null with "size": [width, height]')
  }
  if (mapping.mask !== undefined && mapping.image === undefined) {
    faults.push('its mapping: a mask needs an image')
  }
  return faults
}
