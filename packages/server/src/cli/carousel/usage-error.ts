/** What the caller of a command must change, in one line that names the option, or the file and the place in it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
