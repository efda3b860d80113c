import { keyOf } from '@darkroom/once'
import { createHmac } from 'node:crypto'

/** A model as the gateway resolved it: which backend draws, under which name, with which renderer version. */
export interface ResolvedModel {
  /** The public name that was asked for, or `default`. */
  alias: string
  backend: string
  model: string
  rendererVersion: string
}

/** Everything that determines the pixels of one picture, normalised: equal asks are equal here. */
export interface PictureSpec {
  /** The sharing domain: equal requests of two projects never meet. */
  domain: string
  model: ResolvedModel
  prompt: string
  negative: string | undefined
  style: string | undefined
  widthPx: number
  heightPx: number
  seed: number
  /** The pictures it starts from; absent: from the prompt alone. */
  inputs?: PictureInputs | undefined
  /** How far to move away from `inputs.image`, 0..1; absent: the model's own. */
  strength?: number | undefined
  /** Steps of the sampler; absent: the model's own. */
  steps?: number | undefined
}

/** A stored picture that another starts from: the name of its object, and what its bytes are. */
export interface PictureInput {
  hash: string
  format: string
}

/** The pictures that one starts from. */
export interface PictureInputs {
  image?: PictureInput
  mask?: PictureInput
  references: readonly PictureInput[]
}

/** Changing what the key is made of needs a new number here, or old and new keys would mean different things. */
const keyVersion = 1

/**
 * The generation key: SHA-256 (base64url) of the canonical JSON (RFC 8785) of what determines the pixels.
 * The alias is not part of it: two names of one model share their pictures.
 */
export function generationKey(spec: PictureSpec): string {
  return keyOf({
    keyVersion,
    domain: spec.domain,
    backend: spec.model.backend,
    model: spec.model.model,
    rendererVersion: spec.model.rendererVersion,
    prompt: spec.prompt,
    negative: spec.negative ?? null,
    style: spec.style ?? null,
    widthPx: spec.widthPx,
    heightPx: spec.heightPx,
    seed: spec.seed,
    // Absent where they are: keys of an earlier release stay what they were.
    ...(spec.inputs === undefined ? {} : { inputs: hashesOf(spec.inputs) }),
    ...(spec.strength === undefined ? {} : { strength: spec.strength }),
    ...(spec.steps === undefined ? {} : { steps: spec.steps }),
  })
}

/** The bytes are what counts, under whatever id they were given. */
function hashesOf({ image, mask, references }: PictureInputs): {
  image: string | null
  mask: string | null
  references: string[]
} {
  return {
    image: image?.hash ?? null,
    mask: mask?.hash ?? null,
    references: references.map(({ hash }) => hash),
  }
}

/**
 * The public id of a stored result: `img_` and an HMAC-SHA256 of key and revision (DESIGN 1).
 * The secret makes it unguessable: whoever knows a prompt cannot compute the address of its picture.
 */
export function imageIdOf(secret: string, key: string, revision: number): string {
  const mac = createHmac('sha256', secret).update(`generation\n${key}\n${revision}`).digest('base64url')
  // 192 of 256 bits: short enough for a URL, far beyond guessing.
  return `img_${mac.slice(0, 32)}`
}

/** The public id of uploaded bytes: the same bytes uploaded twice to one project have one id. */
export function uploadIdOf(secret: string, domain: string, objectHash: string): string {
  const mac = createHmac('sha256', secret).update(`upload\n${domain}\n${objectHash}`).digest('base64url')
  return `img_${mac.slice(0, 32)}`
}
