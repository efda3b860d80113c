import { CarouselError } from '@darkroom/carousel'
import { OutboundError } from '@darkroom/outbound'
import { PictureError } from '@darkroom/picture'
import type { CarouselErrorCode } from '@darkroom/carousel'
import { exitCodes } from '../command.ts'

/** What went wrong, said for the command line. */
export interface CarouselFault {
  message: string
  exitCode: number
}

/** Wrong requests: the command line or the files that it names must be changed. */
const ofRequest: ReadonlySet<CarouselErrorCode> = new Set<CarouselErrorCode>([
  'SLIDES_INVALID',
  'SLIDE_INVALID',
  'SIZE_INVALID',
  'THEME_UNKNOWN',
  'BRAND_INVALID',
  'FORMAT_INVALID',
  'FONT_INVALID',
])

/** Refusals of the guard that the operator can lift. */
const guarded: ReadonlySet<string> = new Set(['HOST_FORBIDDEN', 'ADDRESS_FORBIDDEN', 'URL_PORT'])

/**
 * Why no slides were made.
 * @param source the base, as it was given
 * @param slidesFile that the request was read from
 */
export function carouselFault(error: unknown, source: string, slidesFile: string): CarouselFault {
  if (error instanceof CarouselError && ofRequest.has(error.code)) {
    const place = error.param === undefined ? '' : `${placeOf(error.param, slidesFile)}: `
    return { message: `${place}${error.message}`, exitCode: exitCodes.usage }
  }
  if (error instanceof OutboundError && guarded.has(error.code)) {
    const hint = 'If you trust it, list it in DARKROOM_OUTBOUND_ALLOW (docs/configuration.md).'
    return { message: `${source}: ${error.message} ${hint}`, exitCode: exitCodes.failed }
  }
  if (error instanceof CarouselError || error instanceof OutboundError || error instanceof PictureError) {
    return { message: `${source}: ${error.message}`, exitCode: exitCodes.failed }
  }
  return { message: error instanceof Error ? error.message : String(error), exitCode: exitCodes.failed }
}

function placeOf(param: string, slidesFile: string): string {
  return param.startsWith('slides') ? `${slidesFile}: ${param}` : param
}
