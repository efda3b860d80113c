import type { Brand } from '@darkroom/carousel'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { readJson, readPart } from './read-json.ts'

/** `#rgb` or `#rrggbb`. */
export const colorPattern: RegExp = /^#(?:[\da-f]{3}|[\da-f]{6})$/iu

const path = z.string('must be the path of a file').min(1, 'must be the path of a file')

/** A brand as a file says it: pictures and fonts are paths, relative to that file. */
export const brandText = z.strictObject({
  color: z
    .string('must be a colour like #c8102e')
    .regex(colorPattern, 'must be a colour like #c8102e')
    .optional(),
  handle: z.string('must be a text').optional(),
  logo: path.optional(),
  pageMark: z.boolean('must be true or false').optional(),
  swipeCue: z.boolean('must be true or false').optional(),
  fonts: z.strictObject({ title: path.optional(), body: path.optional() }).optional(),
})

export type BrandText = z.output<typeof brandText>

/** @throws UsageError naming the file and the place in it */
export async function readBrandFile(file: string): Promise<Brand> {
  return readBrand(await readJson(file, brandText), file)
}

/**
 * Reads the files that a brand names.
 * @param file that the brand stands in
 * @throws UsageError naming what cannot be read
 */
export async function readBrand({ logo, fonts, ...said }: BrandText, file: string): Promise<Brand> {
  const read = async (part: string | undefined): Promise<Uint8Array | undefined> =>
    part === undefined ? undefined : readPart(resolve(dirname(file), part))
  return {
    ...said,
    ...(logo === undefined ? {} : { logo: await read(logo) }),
    ...(fonts === undefined
      ? {}
      : { fonts: { title: await read(fonts.title), body: await read(fonts.body) } }),
  }
}
