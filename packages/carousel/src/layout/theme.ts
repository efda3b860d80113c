/** How the slides of a carousel look. */
export interface Theme {
  readonly name: string
}
