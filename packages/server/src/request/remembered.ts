/** How much is remembered: texts come from clients. */
export interface RememberedLimits {
  /** So many texts; then it starts over. */
  maxTexts: number
  /** Longer ones are read each time. */
  maxLength: number
}

/**
 * A function of a text alone, remembered for texts that come again and again. What it gives is shared by all who
 * ask: it must be read only. A failure is not remembered.
 */
export function remembered<T>(limits: RememberedLimits, read: (text: string) => T): (text: string) => T {
  const known = new Map<string, { value: T }>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found.value
    const value = read(text)
    if (text.length > limits.maxLength) return value
    if (known.size >= limits.maxTexts) known.clear()
    known.set(text, { value })
    return value
  }
}
