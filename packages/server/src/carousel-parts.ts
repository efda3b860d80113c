import type { CarouselMaker } from '@darkroom/carousel'
import { createCarouselMaker } from '@darkroom/carousel'
import type { LedgerWriter } from '@darkroom/once'
import type { Outbound } from '@darkroom/outbound'
import { createOutbound } from '@darkroom/outbound'
import type { Closers } from './closers.ts'
import type { PlatformOptions } from './platform.ts'

export interface CarouselParts {
  outbound: Outbound
  maker: Pick<CarouselMaker, 'make' | 'warm'>
}

/** The door for URLs of users, and the maker that shares work between all carousels of this process. */
export function composeCarousels(
  { config, carouselMaker = (maker) => maker, outboundTimeouts: timeouts }: PlatformOptions,
  ledger: LedgerWriter,
  closers: Closers,
): CarouselParts {
  const outbound = createOutbound({
    allow: config.outboundAllow,
    maxBytes: config.maxUploadBytes,
    timeouts,
    ledger,
  })
  closers.add('the door to other hosts', () => outbound.close())
  const maker = createCarouselMaker({ outbound, maxBaseBytes: config.maxUploadBytes, ledger })
  closers.add('the maker of carousels', () => maker.close())
  return { outbound, maker: carouselMaker(maker) }
}
