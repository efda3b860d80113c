import { DarkroomError } from '../errors.ts'
import type { ByteRange } from './object-store.ts'

/**
 * The part of a range that lies inside an object: an end beyond the last byte is cut, as RFC 9110 §14.1.2 does.
 * @throws DarkroomError `invalid_range` for a range that is no range, or that starts at or after the end
 */
export function rangeWithin(range: ByteRange, sizeBytes: number): ByteRange {
  const { start, end } = range
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end <= start) {
    throw new DarkroomError('invalid_range', 'A range needs whole numbers with 0 <= start < end.')
  }
  if (start >= sizeBytes) {
    throw new DarkroomError(
      'invalid_range',
      `The range starts at byte ${start} of an object of ${sizeBytes}.`,
    )
  }
  return { start, end: Math.min(end, sizeBytes) }
}
