import { DarkroomError } from '../errors.ts'

/** What an operator can do about it, by the code of the operating system's error (errno(3)). */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is gone',
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EACCES: 'this process may not access its folder',
  EPERM: 'its file system refused the operation; it must allow hard links',
  ENOTSUP: 'its file system has no hard links',
  EROFS: 'its file system is read-only',
  EMFILE: 'this process has too many open files',
  ENFILE: 'this machine has too many open files',
  EIO: 'its disk failed',
}

/** The operating system's code of an error, e.g. `ENOENT`; `undefined` for any other error. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * An error of the operating system as `storage_unavailable`; any other error as it is. The message is public and
 * names no path: those are in the cause, for the log.
 */
export function storageError(error: unknown): unknown {
  const code = systemCodeOf(error)
  if (code === undefined) return error
  const reason = reasons[code] ?? 'the operating system refused'
  return new DarkroomError('storage_unavailable', `The object store failed: ${reason} (${code}).`, {
    cause: error,
  })
}
