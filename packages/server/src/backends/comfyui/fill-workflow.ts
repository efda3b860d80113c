import type { BackendRequest } from '../backend.ts'
import { setValueAt } from './json-pointer.ts'
import type { Workflow, WorkflowNode } from './workflow.ts'

/** The names under which the server keeps uploaded inputs. */
export interface UploadedInputs {
  image?: string
  mask?: string
  references: readonly string[]
}

/** ComfyUI reads `embedding:name` in a prompt and loads that file: a space makes it words. */
export function harmlessText(text: string): string {
  return text.replaceAll(/embedding:/giu, (found) => `${found.slice(0, -1)} :`)
}

/**
 * The workflow with the request written into it.
 * @param prefix of every saved file. Unique: for a workflow that it has run before, the server answers with the old
 *   file's name, which may be gone.
 */
export function fillWorkflow(
  { nodes, mapping, savers }: Workflow,
  request: BackendRequest,
  uploaded: UploadedInputs,
  prefix: string,
): Record<string, WorkflowNode> {
  const filled = structuredClone(nodes)
  const write = (pointers: readonly string[] | null | undefined, value: unknown): void => {
    if (value === undefined) return
    for (const pointer of pointers ?? []) setValueAt(filled, pointer, value)
  }
  write(mapping.prompt, harmlessText(request.prompt))
  // An example's negative prompt, left in the workflow, is not what the caller asked for.
  write(mapping.negative, harmlessText(request.negative ?? ''))
  write(mapping.seed, request.seed)
  write(mapping.width, request.widthPx)
  write(mapping.height, request.heightPx)
  write(mapping.steps, request.steps)
  write(mapping.strength, request.strength)
  write(mapping.image, uploaded.image)
  write(mapping.mask, uploaded.mask)
  for (const [index, name] of uploaded.references.entries()) {
    const pointer = mapping.references?.[index]
    if (pointer !== undefined) write([pointer], name)
  }
  for (const id of savers) {
    const node = filled[id]
    if (node !== undefined) node.inputs['filename_prefix'] = prefix
  }
  return filled
}
