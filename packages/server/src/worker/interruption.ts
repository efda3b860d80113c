/** `yield`: it has made room for work that somebody waits for, and is queued again. */
export type InterruptionKind = 'cancelled' | 'drain' | 'lease_lost' | 'yield'

/** Why running work was told to stop. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly kind: InterruptionKind

  constructor(kind: InterruptionKind) {
    super(`the run was interrupted: ${kind}`)
    this.kind = kind
  }
}
