import { siblingGroupOf } from './code.ts'
import type { Draw } from './draw.ts'
import { createKnownKeys } from './known-keys.ts'
import type { KnownKey, KnownKeys } from './known-keys.ts'
import { createNewItems } from './new-items.ts'
import type { NewItems } from './new-items.ts'
import { rewarmReason } from './reason.ts'
import { createRewarm, dayOf } from './rewarm.ts'
import type { Rewarm } from './rewarm.ts'
import type { PolicySettings } from './settings.ts'
import { createSiblings } from './siblings.ts'
import type { Candidate, Siblings } from './siblings.ts'
import { dayMs, minuteMs } from './usage-event.ts'
import type { Decision, Observation, PredictionKind, UsageEvent } from './usage-event.ts'
import { createWasteCircuit, defaultWasteCircuit } from './waste-circuit.ts'
import type { WasteCircuit, WasteCircuitOptions } from './waste-circuit.ts'

/**
 * What to make before it is asked for. Told what happened, asked what to do: it reads no clock, no database and no
 * dice, so the simulator and the server run the same decisions.
 */
export interface PredictionPolicy {
  /** In the order of time. */
  observe(observation: Observation): void
  /** What should be made now, best first, within the allowance. A decision is given once. */
  decide(nowMs: number): Decision[]
}

export interface PolicyParts {
  settings: PolicySettings
  draw: Draw
  /** How many more pictures this scope may make now; 0 where it has not opted in. */
  allowance(scope: string, nowMs: number): number
  /** Which keys are variations of one thing; by default codes that differ in their last letters. */
  siblingGroupOf?: (event: UsageEvent) => string | undefined
  /** Whether a key that was never asked for could be made at all; by default yes. */
  canMake?: (scope: string, key: string) => boolean
  circuit?: WasteCircuitOptions
}

/** The state of one scope: nothing is shared between scopes. */
interface ScopeState {
  keys: KnownKeys
  rewarm: Rewarm
  siblings: Siblings
  newItems: NewItems
  circuit: WasteCircuit
  day: number
  /** Keys whose results were retired and not asked for or made since. */
  retired: Set<KnownKey>
  /** From when re-warming is worth a look again: it ranks all that was retired. */
  rewarmFromMs: number
  pending: { kind: PredictionKind; candidate: Candidate }[]
}

/** What is left of a retirement is looked at again so often, where there is allowance. */
const rewarmEveryMs = 60 * minuteMs
/** A plan that was not made is forgotten after a day. */
const planMs = dayMs

export function createPredictionPolicy(parts: PolicyParts): PredictionPolicy {
  const { settings, draw } = parts
  const scopes = new Map<string, ScopeState>()
  const groupOf = parts.siblingGroupOf ?? ((event: UsageEvent) => siblingGroupOf(event.key))

  const scopeState = (scope: string, nowMs: number): ScopeState => {
    let state = scopes.get(scope)
    if (state === undefined) {
      state = {
        keys: createKnownKeys(settings),
        rewarm: createRewarm(settings),
        siblings: createSiblings(settings, draw),
        newItems: createNewItems(settings, draw),
        circuit: createWasteCircuit(parts.circuit ?? defaultWasteCircuit),
        day: dayOf(nowMs),
        retired: new Set(),
        rewarmFromMs: Number.NEGATIVE_INFINITY,
        pending: [],
      }
      state.keys.turn(state.day)
      scopes.set(scope, state)
    }
    turn(state, nowMs)
    return state
  }
  const asked = (event: UsageEvent): void => {
    const state = scopeState(event.scope, event.atMs)
    state.circuit.asked(event.key, event.atMs)
    const { known, isNew } = state.keys.ask(event)
    const wasPresent = known.present
    known.present = true
    known.plannedAtMs = undefined
    known.retiredAtMs = undefined
    state.retired.delete(known)
    state.siblings.trials.asked(event.key, event.atMs)
    if (isNew) state.newItems.trials.asked(event.key, event.atMs)
    const group = wasPresent ? undefined : groupOf(event)
    if (group !== undefined)
      for (const candidate of state.siblings.consider(state.keys, known, group, event.atMs))
        state.pending.push({ kind: 'sibling', candidate })
    if (isNew)
      for (const candidate of state.newItems.consider(state.keys, known, event.atMs))
        state.pending.push({ kind: 'new-item', candidate })
  }
  const retire = (scope: string, keys: readonly string[] | 'all', atMs: number): void => {
    const state = scopeState(scope, atMs)
    state.circuit.retired(keys, atMs)
    state.rewarmFromMs = atMs
    const gone = keys === 'all' ? state.keys.all.values() : keys.map((key) => state.keys.all.get(key))
    for (const known of gone) {
      if (known === undefined) continue
      known.present = false
      known.plannedAtMs = undefined
      known.retiredAtMs = atMs
      state.retired.add(known)
    }
    if (keys !== 'all') return
    state.siblings.trials.endAll()
    state.newItems.trials.endAll()
  }
  return {
    observe(observation) {
      if (observation.type === 'asked') asked(observation)
      else if (observation.type === 'retired') retire(observation.scope, observation.keys, observation.atMs)
      else {
        const state = scopeState(observation.scope, observation.atMs)
        state.circuit.made(observation.key, observation.atMs)
        const known = state.keys.all.get(observation.key)
        if (known === undefined) return
        known.present = true
        known.plannedAtMs = undefined
        state.retired.delete(known)
      }
    },
    decide(nowMs) {
      const decisions: Decision[] = []
      for (const [scope, state] of scopes) {
        if (state.pending.length === 0 && (state.retired.size === 0 || nowMs < state.rewarmFromMs)) continue
        decisions.push(...decideFor(scope, state, nowMs))
      }
      return decisions
    },
  }

  function decideFor(scope: string, state: ScopeState, nowMs: number): Decision[] {
    turn(state, nowMs)
    const pending = state.pending
    state.pending = []
    if (state.circuit.isOpen(nowMs)) return []
    let allowance = parts.allowance(scope, nowMs)
    const decisions: Decision[] = []
    const decide = (kind: PredictionKind, { key, family, probability, because }: Candidate): void => {
      const heldOut = draw('held-out', scope, key, dayOf(nowMs)) < settings.heldOutShare
      if (!heldOut) allowance--
      decisions.push({ atMs: nowMs, kind, key, scope, family, probability, reason: because, heldOut })
    }
    for (const { kind, candidate } of pending.toSorted(
      (a, b) => b.candidate.probability - a.candidate.probability,
    )) {
      const known = state.keys.all.get(candidate.key)
      if (allowance < 1 || !candidate.mayMake || !settings.kinds.includes(kind)) continue
      if (known?.present === true || (known === undefined && parts.canMake?.(scope, candidate.key) === false))
        continue
      if (known !== undefined) known.plannedAtMs = nowMs
      decide(kind, candidate)
    }
    if (nowMs < state.rewarmFromMs || !settings.kinds.includes('rewarm')) return decisions
    state.rewarmFromMs = nowMs + rewarmEveryMs
    if (allowance < 1 || state.retired.size === 0 || state.keys.isQuiet(dayOf(nowMs))) return decisions
    const candidates = [...state.retired].filter(
      ({ plannedAtMs }) => plannedAtMs === undefined || plannedAtMs < nowMs - planMs,
    )
    for (const { known, probability } of state.rewarm.choose(state.keys, candidates, allowance, nowMs)) {
      known.plannedAtMs = nowMs
      decide('rewarm', {
        key: known.key,
        family: known.family,
        probability,
        mayMake: true,
        because: rewarmReason(state.keys.recently(known.key), nowMs - (known.retiredAtMs ?? nowMs)),
      })
    }
    return decisions
  }
}

/** Days end lazily: with the first event or question of another. */
function turn(state: ScopeState, nowMs: number): void {
  state.siblings.trials.turn(nowMs)
  state.newItems.trials.turn(nowMs)
  const day = dayOf(nowMs)
  if (day <= state.day) return
  state.rewarm.turn(state.keys, day * dayMs)
  state.keys.turn(day)
  state.circuit.turn(nowMs)
  state.day = day
}
