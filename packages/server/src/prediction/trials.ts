import type { Logistic } from './logistic.ts'
import { estimate, train } from './logistic.ts'
import { createPosterior, learn, lowerBound } from './posterior.ts'
import type { PolicySettings } from './settings.ts'
import { compare, createStructureTest } from './structure-test.ts'

/** A guess: this key will be asked for before the trial ends. */
export interface Trial {
  key: string
  features: readonly number[]
  probability: number
  /** A key with no relation to the cause, which is what the guess must beat. */
  controlKey: string | undefined
  endsAtMs: number
  isHit: boolean
  controlHit: boolean
}

/**
 * Guesses of one kind in one scope, made whether or not anything is spent. When a trial ends its outcome trains the
 * estimate; those that would have been made count for the precision, and against their controls for whether the cause
 * matters at all.
 */
export interface Trials {
  /** Notes a guess. @returns the estimate, and whether it may be made */
  guess(guess: { key: string; features: readonly number[]; controlKey: string | undefined; nowMs: number }): {
    probability: number
    mayMake: boolean
  }
  /** Is there a guess about this key that has not ended? */
  has(key: string): boolean
  /** Is there one that was likely enough? */
  isChosen(key: string): boolean
  asked(key: string, nowMs: number): void
  /** Ends what is due. */
  turn(nowMs: number): void
  /** Ends all: what was made is retired. */
  endAll(): void
}

export function createTrials(
  settings: PolicySettings,
  model: Logistic,
  horizonMs: number,
  opensAt: number,
): Trials {
  const structure = createStructureTest(0, opensAt)
  const precision = createPosterior(0)
  let queue: Trial[] = []
  let head = 0
  const byKey = new Map<string, Trial[]>()
  const byControl = new Map<string, Trial[]>()

  const end = (trial: Trial): void => {
    forget(byKey, trial.key, trial)
    forget(byControl, trial.controlKey, trial)
    train(model, trial.features, trial.isHit ? 1 : 0)
  }
  /** Hits are evidence at once, of the guess and of its control alike: nobody waits for the end of the others. */
  const hit = (trial: Trial, who: 'guess' | 'control', nowMs: number): void => {
    if (who === 'guess' ? trial.isHit : trial.controlHit) return
    if (who === 'guess') trial.isHit = true
    else trial.controlHit = true
    if (trial.probability < settings.leastProbability) return
    const halfLifeMs = settings.evidenceHalfLifeMs
    // It was counted as a miss when it was made.
    if (who === 'guess') learn(precision, { hits: 1, misses: -1, atMs: nowMs }, halfLifeMs)
    if (trial.controlKey === undefined) return
    compare(structure, { rule: +(who === 'guess'), control: +(who === 'control'), atMs: nowMs }, halfLifeMs)
  }
  const endUntil = (isDue: (trial: Trial) => boolean): void => {
    for (let trial = queue[head]; trial !== undefined && isDue(trial); trial = queue[head]) {
      head++
      end(trial)
    }
    if (head > 4096 && head > queue.length / 2) {
      queue = queue.slice(head)
      head = 0
    }
  }
  return {
    guess({ key, features, controlKey, nowMs }) {
      const probability = estimate(model, features)
      const trial: Trial = {
        key,
        features,
        probability,
        controlKey,
        endsAtMs: nowMs + horizonMs,
        isHit: false,
        controlHit: false,
      }
      queue.push(trial)
      note(byKey, key, trial)
      note(byControl, controlKey, trial)
      if (probability >= settings.leastProbability)
        learn(precision, { hits: 0, misses: 1, atMs: nowMs }, settings.evidenceHalfLifeMs)
      const mayMake =
        structure.open &&
        probability >= settings.leastProbability &&
        lowerBound(precision) >= settings.leastPrecision
      return { probability, mayMake }
    },
    has: (key) => byKey.has(key),
    isChosen: (key) =>
      byKey.get(key)?.some(({ probability }) => probability >= settings.leastProbability) ?? false,
    asked(key, nowMs) {
      for (const each of byKey.get(key) ?? []) hit(each, 'guess', nowMs)
      for (const each of byControl.get(key) ?? []) hit(each, 'control', nowMs)
    },
    turn(nowMs) {
      endUntil((trial) => trial.endsAtMs <= nowMs)
    },
    endAll() {
      endUntil(() => true)
    },
  }
}

function note(trials: Map<string, Trial[]>, key: string | undefined, trial: Trial): void {
  if (key === undefined) return
  const noted = trials.get(key)
  if (noted === undefined) trials.set(key, [trial])
  else noted.push(trial)
}

function forget(trials: Map<string, Trial[]>, key: string | undefined, trial: Trial): void {
  if (key === undefined) return
  const rest = trials.get(key)?.filter((each) => each !== trial) ?? []
  if (rest.length === 0) trials.delete(key)
  else trials.set(key, rest)
}
