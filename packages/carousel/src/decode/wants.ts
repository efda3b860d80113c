import type { Unit } from '@darkroom/once'
import { identityOf } from '@darkroom/once'
import type { SlideSize } from '../carousel-request.ts'

/** Sizes that carousels under way will ask of a unit. */
export interface Wants {
  add(unit: Unit, size: SlideSize): Disposable
  of(unit: Unit): readonly SlideSize[]
}

export function createWants(): Wants {
  const sizes = new Map<string, Set<SlideSize>>()
  return {
    add: (unit, size) => {
      const identity = identityOf(unit)
      const wanted = sizes.get(identity) ?? new Set()
      sizes.set(identity, wanted)
      // A copy: two carousels may hand in one object.
      const own = { ...size }
      wanted.add(own)
      return {
        [Symbol.dispose]: () => {
          wanted.delete(own)
          if (wanted.size === 0 && sizes.get(identity) === wanted) sizes.delete(identity)
        },
      }
    },
    of: (unit) => [...(sizes.get(identityOf(unit)) ?? [])],
  }
}
