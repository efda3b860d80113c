import { createHash } from 'node:crypto'
import type { PictureSpec } from '../request/picture-spec.ts'

/**
 * What was asked for, whichever renderer draws it: the generation key without the renderer's version and with the public
 * name of the model. After a renderer change the same asks have other generation keys, and this one still.
 */
export function askKeyOf(spec: PictureSpec): string {
  return hashOf(['ask', spec.domain, spec.model.alias, ...textOf(spec), ...variationOf(spec)])
}

/** What sizes, styles and seeds of one picture have in common. */
export function familyOf(spec: PictureSpec): string {
  return hashOf(['family', spec.domain, spec.model.alias, ...textOf(spec)])
}

function textOf({ prompt, negative, inputs }: PictureSpec): (string | null)[] {
  // Pictures that it starts from are named by their hashes.
  return [prompt, negative ?? null, inputs === undefined ? null : JSON.stringify(inputs)]
}

function variationOf({
  style,
  widthPx,
  heightPx,
  seed,
  strength,
  steps,
}: PictureSpec): (string | number | null)[] {
  return [style ?? null, widthPx, heightPx, seed, strength ?? null, steps ?? null]
}

function hashOf(parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}
