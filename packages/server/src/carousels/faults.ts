import { CarouselError } from '@darkroom/carousel'
import type { CarouselErrorCode } from '@darkroom/carousel'
import type { OutboundErrorCode } from '@darkroom/outbound'
import { OutboundError } from '@darkroom/outbound'
import type { PictureErrorCode } from '@darkroom/picture'
import { PictureError } from '@darkroom/picture'
import type { ErrorCode } from '../errors.ts'
import { DarkroomError } from '../errors.ts'

/** A URL that somebody gave is theirs to correct, whoever answers behind it: all but our own state are 4xx. */
const codeOfOutbound: Readonly<Record<OutboundErrorCode, ErrorCode>> = {
  URL_INVALID: 'invalid_request',
  URL_SCHEME: 'invalid_request',
  URL_CREDENTIALS: 'invalid_request',
  URL_PORT: 'base_forbidden',
  HOST_FORBIDDEN: 'base_forbidden',
  ADDRESS_FORBIDDEN: 'base_forbidden',
  DNS_FAILED: 'base_unreachable',
  CONNECT_FAILED: 'base_unreachable',
  TLS_FAILED: 'base_unreachable',
  CONNECTION_LOST: 'base_unreachable',
  TIMEOUT: 'base_timeout',
  TOO_SLOW: 'base_timeout',
  TOO_LARGE: 'base_too_large',
  RESPONSE_INVALID: 'base_unreachable',
  CONTENT_ENCODING: 'base_unreachable',
  MEDIA_TYPE: 'not_an_image',
  HTTP_STATUS: 'base_unreachable',
  REDIRECT_INVALID: 'base_unreachable',
  REDIRECT_LIMIT: 'base_unreachable',
  REDIRECT_LOOP: 'base_unreachable',
  REDIRECT_DOWNGRADE: 'base_forbidden',
  BUSY: 'too_many_requests',
  CLOSED: 'shutting_down',
}

const codeOfPicture: Readonly<Record<PictureErrorCode, ErrorCode>> = {
  NOT_AN_IMAGE: 'not_an_image',
  IMAGE_TOO_LARGE: 'image_too_large',
  TRUNCATED: 'not_an_image',
  DECODE_FAILED: 'not_an_image',
  UNSUPPORTED_FORMAT: 'not_an_image',
  UNSUPPORTED_VARIANT: 'invalid_request',
}

const codeOfCarousel: Partial<Record<CarouselErrorCode, ErrorCode>> = {
  BASE_TOO_SMALL: 'base_too_small',
  BASE_TOO_LARGE: 'base_too_large',
  CLOSED: 'shutting_down',
}

/**
 * What the packages throw, as one of ours: their messages are words for users. `undefined` for anything else.
 * @param param the parameter at fault, where the error does not name it
 */
export function carouselFaultOf(error: unknown, param: string = 'base'): DarkroomError | undefined {
  if (error instanceof OutboundError) {
    const retryAfterS = error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1000)
    return new DarkroomError(codeOfOutbound[error.code], `${param}: ${error.message}`, {
      param,
      retryAfterS,
      cause: error,
    })
  }
  if (error instanceof PictureError) {
    return new DarkroomError(codeOfPicture[error.code], `${param}: ${error.message}`, { param, cause: error })
  }
  if (error instanceof CarouselError) {
    // `slides[2].title` is `slides.2.title` in this API.
    const named = error.param?.replaceAll(/\[(\d+)\]/gu, '.$1')
    return new DarkroomError(codeOfCarousel[error.code] ?? 'invalid_request', error.message, {
      param: named ?? param,
      cause: error,
    })
  }
  return undefined
}
