/** An article code is a number and perhaps letters that name a variation: `85123A`. Shorter numbers are no codes: `page-2` follows `page-1` for other reasons than a catalogue's. */
const pattern = /^(?<prefix>.*?)(?<number>\d{4,9})(?<letters>[A-Za-z]{0,3})$/u

/** The variations of one article share what is before their letters. @returns undefined where there are none */
export function siblingGroupOf(key: string): string | undefined {
  const code = partsOf(key)
  return code === undefined || code.letters === '' ? undefined : code.prefix + code.number
}

/** The codes next to this one, with their distance: numbers for a plain code, letters for one with a letter. */
export function neighboursOf(key: string, reach: number): { key: string; distance: number }[] {
  const code = partsOf(key)
  if (code === undefined) return []
  const { prefix, number, letters } = code
  const neighbours: { key: string; distance: number }[] = []
  for (let distance = 1; distance <= reach; distance++)
    for (const step of [distance, -distance]) {
      const near = letters === '' ? prefix + stepped(number, step) : nextLetter(letters, step)
      if (near === undefined) continue
      neighbours.push({ key: letters === '' ? near : prefix + number + near, distance })
    }
  return neighbours
}

/** The number of a code, and what is around it: codes with equal surroundings are in one series. */
export function placeOf(key: string): { series: string; number: number } | undefined {
  const code = partsOf(key)
  if (code === undefined) return undefined
  if (code.letters === '') return { series: code.prefix, number: Number(code.number) }
  const last = code.letters.codePointAt(code.letters.length - 1) ?? 0
  return { series: `${code.prefix}${code.number}${code.letters.slice(0, -1)}#`, number: last }
}

function partsOf(key: string): { prefix: string; number: string; letters: string } | undefined {
  // The pattern is linear only for short keys, and no article code is longer.
  if (key.length > 64) return undefined
  const groups = pattern.exec(key)?.groups
  if (groups === undefined) return undefined
  return {
    prefix: groups['prefix'] ?? '',
    number: groups['number'] ?? '',
    letters: groups['letters'] ?? '',
  }
}

function stepped(number: string, step: number): string {
  return String(Math.max(0, Number(number) + step)).padStart(number.length, '0')
}

function nextLetter(letters: string, step: number): string | undefined {
  const last = letters.codePointAt(letters.length - 1) ?? 0
  const next = String.fromCodePoint(last + step)
  return /^[A-Za-z]$/u.test(next) ? letters.slice(0, -1) + next : undefined
}
