import { formatOfExtension } from '@darkroom/picture'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import type { PictureAsk } from './generate-picture.ts'
import { generatePicture } from './generate-picture.ts'

export interface GenerateOptions extends PictureAsk {
  output: string
  json: boolean
}

/** `darkroom generate`: one picture into one file. */
export async function generateCommand(options: GenerateOptions, io: CommandEnvironment): Promise<number> {
  const { output, json, ...ask } = options
  const format = formatOfExtension(extname(output).slice(1).toLowerCase())
  if (format === undefined) {
    io.stderr(`${output}: the file must end in .jpg, .png, .webp or .avif.\n`)
    return exitCodes.usage
  }
  const folder = dirname(resolve(output))
  if (!existsSync(folder)) {
    io.stderr(`${output}: there is no folder ${folder}.\n`)
    return exitCodes.failed
  }
  const made = await generatePicture(ask, format, io)
  if (typeof made === 'number') return made
  const { id, bytes, warnings, record } = made
  try {
    await writeFile(output, bytes)
  } catch (error) {
    io.stderr(`${error instanceof Error ? error.message : String(error)}; the picture is kept as ${id}\n`)
    return exitCodes.failed
  }
  if (json) io.stdout(`${JSON.stringify(record)}\n`)
  else io.stdout(`${output}: ${ask.size}, ${bytes.byteLength} bytes (${id})\n`)
  for (const warning of warnings) io.stderr(`note: ${warning}\n`)
  return exitCodes.done
}
