import { DarkroomError } from '../errors.ts'
import type { ResolvedModel } from '../request/picture-spec.ts'

/** Which pictures a model can start from. */
export interface ModelEdits {
  image: boolean
  mask: boolean
  /** An image without a prompt. */
  variation: boolean
  /** How many references it takes. */
  references: number
}

/** The models that requests may name. */
export interface Models {
  editsOf(model: ResolvedModel): ModelEdits
  /** Public names of the models that can do what is asked. */
  namesThat(can: (edits: ModelEdits) => boolean): readonly string[]
  /** @throws DarkroomError unknown_model, naming those there are */
  resolve(name: string | undefined): ResolvedModel
  /** Public names, `*` left out. */
  names(): readonly string[]
}

/** What the gateway needs of the table of models, so that it does not depend on the backends themselves. */
export interface ModelTableLike {
  resolve(name: string | undefined): { alias: string; backend: string; model: string } | undefined
  names(): readonly string[]
  rendererVersionOf(backend: string, model: string): string
  editsOf(backend: string, model: string): ModelEdits
}

export function createModels(table: ModelTableLike): Models {
  return {
    names: () => table.names(),
    editsOf: ({ backend, model }) => table.editsOf(backend, model),
    namesThat: (can) =>
      table.names().filter((name) => {
        const found = table.resolve(name)
        return found !== undefined && can(table.editsOf(found.backend, found.model))
      }),
    resolve: (name) => {
      const found = table.resolve(name)
      if (found === undefined) {
        throw new DarkroomError(
          'unknown_model',
          `There is no model of that name; there are: ${table.names().join(', ')}.`,
          {
            param: 'model',
          },
        )
      }
      return { ...found, rendererVersion: table.rendererVersionOf(found.backend, found.model) }
    },
  }
}
