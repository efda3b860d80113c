/** Why running work was told to stop. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly kind: 'cancelled' | 'drain' | 'lease_lost'

  constructor(kind: 'cancelled' | 'drain' | 'lease_lost') {
    super(`the run was interrupted: ${kind}`)
    this.kind = kind
  }
}
