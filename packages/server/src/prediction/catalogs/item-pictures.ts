import type { StoredTemplate, StoredVariation } from '../../database/prediction-schema.ts'
import { DarkroomError } from '../../errors.ts'
import { parseLiveUrl } from '../../request/live-query.ts'
import type { PictureSpec, ResolvedModel } from '../../request/picture-spec.ts'

/** One picture of an item: where it is asked for, and what it is. */
export interface ItemPicture {
  variation: string
  /** Relative: `/live/{scope}?prompt=…`. */
  url: string
  spec: PictureSpec
}

export interface ItemPlace {
  scope: string
  domain: string
  template: StoredTemplate
  resolveModel(alias: string | undefined): ResolvedModel
}

/**
 * The pictures of an item, by its own fields alone: an item whose text did not change has the same keys, and costs nothing.
 * @throws DarkroomError invalid_request for a field that a prompt names and the item lacks
 */
export function picturesOf(
  item: { id: string; fields: Readonly<Record<string, string>> },
  { scope, domain, template, resolveModel }: ItemPlace,
): ItemPicture[] {
  return template.variations.map((variation) => {
    const url = liveUrl(scope, template, variation, promptOf(item, variation.prompt ?? template.prompt))
    // Read as the gateway reads it, so that the picture is found under the URL that the record names.
    const ask = parseLiveUrl(new URL(url, 'http://localhost'))
    const spec = {
      domain,
      model: resolveModel(ask.model),
      prompt: ask.prompt,
      negative: ask.negative,
      style: ask.style,
      widthPx: ask.widthPx,
      heightPx: ask.heightPx,
      seed: ask.seed,
    }
    return { variation: variation.name, url, spec }
  })
}

/** `{{name}}` is the field of that name; `{{id}}` the item's id where it has no such field. */
function promptOf(item: { id: string; fields: Readonly<Record<string, string>> }, template: string): string {
  return template.replaceAll(/\{\{\s*(?<name>[\w.-]{1,64})\s*\}\}/gu, (_, name: string) => {
    const value = Object.hasOwn(item.fields, name) ? item.fields[name] : name === 'id' ? item.id : undefined
    if (value !== undefined) return value
    throw new DarkroomError(
      'invalid_request',
      `The item ${item.id} has no field ${name}, which the prompt names.`,
      { param: `items.${item.id}.${name}` },
    )
  })
}

function liveUrl(
  scope: string,
  { negative, model }: StoredTemplate,
  { widthPx, heightPx, seed, style }: StoredVariation,
  prompt: string,
): string {
  const query = new URLSearchParams({ prompt, size: `${widthPx}x${heightPx}` })
  if (seed !== 0) query.set('seed', String(seed))
  if (model !== undefined) query.set('model', model)
  if (style !== undefined) query.set('style', style)
  if (negative !== undefined) query.set('negative', negative)
  return `/live/${scope}?${query}`
}
