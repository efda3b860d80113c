import { ShardedMap } from '../store/sharded-map.ts'

/** One name that entries carry and purges hit: a tag, a key, a URL, a domain. */
export interface PurgeRecord {
  readonly name: string
  /** Entries that carry it and are still held, purged ones included. */
  held: number
  /** Of these, the ones that no hard purge of this name has hit. */
  live: number
  /** When it was last purged, counted in purges; 0: never. */
  hardSequence: number
  softSequence: number
  softAtMs: number
}

/** Forgotten at a time: the end of one long fill must not have everything to forget that was purged during it. */
const maxForgotten = 64

/** One fill under way. What was purged after it began must not be stored by it as if nothing had happened. */
export interface Fill {
  /** How many purges there had been when it began. */
  readonly sequence: number
}

/**
 * Purges as epochs: a purge writes one number, whatever it hits, and an entry compares its own with those of
 * the names it carries when it is next looked at. A record lives as long as an entry carries it or a fill
 * that began before its last purge is under way.
 */
export class PurgeEpochs {
  readonly #records = new ShardedMap<PurgeRecord>()
  readonly #openFills = new Set<Fill>()
  /** Names that were purged while no entry carried them, oldest first. */
  readonly #unheld = new Set<PurgeRecord>()
  #sequence = 0

  /** How many purges there have been. */
  get sequence(): number {
    return this.#sequence
  }

  get size(): number {
    return this.#records.size
  }

  beginFill(): Fill {
    const fill: Fill = { sequence: this.#sequence }
    this.#openFills.add(fill)
    return fill
  }

  endFill(fill: Fill): void {
    this.#openFills.delete(fill)
    this.#dropUnheld()
  }

  /** Has a hard purge hit one of the names since the fill began? */
  isPurgedSince(names: readonly string[], fill: Fill): boolean {
    return names.some((name) => (this.#records.get(name)?.hardSequence ?? 0) > fill.sequence)
  }

  /** The records of a new entry's names. The caller has made sure that no purge hit them since the fill. */
  hold(names: readonly string[]): readonly PurgeRecord[] {
    return names.map((name) => {
      const record = this.#recordOf(name)
      record.held += 1
      record.live += 1
      this.#unheld.delete(record)
      return record
    })
  }

  /** When a soft purge first hit one of the names since the fill began, milliseconds since 1970; undefined: none did. */
  softPurgedSinceAtMs(names: readonly string[], fill: Fill): number | undefined {
    let atMs: number | undefined
    for (const name of names) {
      const record = this.#records.get(name)
      if (record !== undefined) atMs = earlier(atMs, record, fill.sequence)
    }
    return atMs
  }

  /** The entry that held these, of a fill that began after so many purges, is gone. */
  release(records: readonly PurgeRecord[], sequence: number): void {
    for (const record of records) {
      record.held -= 1
      if (record.hardSequence <= sequence) record.live -= 1
      if (record.held === 0) this.#unheld.add(record)
    }
    this.#dropUnheld()
  }

  /** Purges one name; how many live entries carry it. */
  purge(name: string, nowMs: number, soft: boolean): number {
    this.#sequence += 1
    const found = this.#records.get(name)
    // Nothing has it, and no fill that could bring it is under way: nothing to remember.
    if (found === undefined && this.#openFills.size === 0) return 0
    const record = found ?? this.#recordOf(name)
    const hit = record.live
    if (soft) {
      record.softSequence = this.#sequence
      record.softAtMs = nowMs
    } else {
      record.hardSequence = this.#sequence
      record.live = 0
    }
    if (record.held === 0) {
      // To the end of the list, which is in the order of purges.
      this.#unheld.delete(record)
      this.#unheld.add(record)
    }
    return hit
  }

  #recordOf(name: string): PurgeRecord {
    let record = this.#records.get(name)
    if (record === undefined) {
      record = { name, held: 0, live: 0, hardSequence: 0, softSequence: 0, softAtMs: 0 }
      this.#records.set(name, record)
    }
    return record
  }

  /** Forgets names that nothing carries and no fill can bring back. */
  #dropUnheld(): void {
    if (this.#unheld.size === 0) return
    const [oldest] = this.#openFills
    const safeSequence = oldest?.sequence ?? this.#sequence
    let forgotten = 0
    for (const record of this.#unheld) {
      if (forgotten >= maxForgotten) return
      forgotten += 1
      if (Math.max(record.hardSequence, record.softSequence) > safeSequence) return
      this.#unheld.delete(record)
      this.#records.delete(record.name)
    }
  }
}

/** Has a hard purge hit an entry whose fill began after so many purges? */
export function isHardPurged(records: readonly PurgeRecord[], sequence: number): boolean {
  for (const record of records) if (record.hardSequence > sequence) return true
  return false
}

/** When the first soft purge that we know of hit such an entry, in milliseconds since 1970; undefined: none did. */
export function softPurgedAtMs(records: readonly PurgeRecord[], sequence: number): number | undefined {
  let atMs: number | undefined
  for (const record of records) atMs = earlier(atMs, record, sequence)
  return atMs
}

function earlier(atMs: number | undefined, record: PurgeRecord, sequence: number): number | undefined {
  if (record.softSequence <= sequence) return atMs
  return atMs === undefined ? record.softAtMs : Math.min(atMs, record.softAtMs)
}
