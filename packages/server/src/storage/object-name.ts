import { DarkroomError } from '../errors.ts'

/** Longest name in characters, and so in bytes: every allowed character is ASCII. A file name ends at 255. */
const maxNameLength = 255

/**
 * One segment. It starts with no dot, which rules out `.` and `..` and keeps hidden names for the adapters' own
 * use (the file store's folder of unfinished writes).
 */
const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/

/**
 * Checks an object's name: relative segments of `[A-Za-z0-9._-]` joined by `/`, none starting with a dot, at most
 * 255 characters in all. Every adapter calls it first, so that no name can leave the store's own folder or bucket.
 * @throws DarkroomError `invalid_request`
 */
export function assertObjectName(name: string): void {
  if (name.length === 0 || name.length > maxNameLength) {
    throw refused(`is ${name.length} characters long; 1 to ${maxNameLength} are allowed`)
  }
  if (!name.split('/').every((part) => segment.test(part))) {
    throw refused('must be segments of letters, digits, ".", "_" and "-" joined by single slashes')
  }
}

/**
 * Checks a prefix to list: a valid name followed by one `/`.
 * @throws DarkroomError `invalid_request`
 */
export function assertObjectPrefix(prefix: string): void {
  if (!prefix.endsWith('/')) throw refused('used as a prefix must end in "/"')
  assertObjectName(prefix.slice(0, -1))
}

// The name itself is not repeated: it may be somebody's input, and an error's message is public.
function refused(reason: string): DarkroomError {
  return new DarkroomError('invalid_request', `The object name ${reason}.`)
}
