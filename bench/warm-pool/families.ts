import { keepAlive, reactive, seasonal } from './baselines.ts'
import type { SimulatedPolicy } from './simulator.ts'

/** One kind of policy at all its settings; `shown` are those that have a row of their own. */
export interface Family {
  name: string
  settings: readonly { name: string; shown: boolean; make: () => SimulatedPolicy }[]
  /** Whether it is one of the baselines that a forecast has to beat, or a forecast itself. */
  kind: 'baseline' | 'forecast'
}

const keepAlivesS = [0, 30, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 2400, 3600, 7200]
const named = new Map([
  [0, 'no keep-alive'],
  [60, 'keep-alive 60 s'],
  [600, 'keep-alive 10 min'],
  [1200, 'keep-alive 20 min'],
])

function keepAlives(floor: number): Family['settings'] {
  return keepAlivesS.map((keepAliveS) => ({
    name: `${named.get(keepAliveS) ?? `keep-alive ${keepAliveS} s`}${floor === 0 ? '' : `, floor ${floor}`}`,
    shown: named.has(keepAliveS),
    make: () => keepAlive(keepAliveS, floor),
  }))
}

export const families: readonly Family[] = [
  { name: 'keep-alive', kind: 'baseline', settings: keepAlives(0) },
  { name: 'keep-alive, floor 1', kind: 'baseline', settings: keepAlives(1) },
  {
    name: 'reactive',
    kind: 'baseline',
    settings: [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3].map((target) => ({
      name: `reactive ${target}`,
      shown: target === 0.7 || target === 0.5,
      make: () => reactive(target),
    })),
  },
  {
    name: 'seasonal quantile',
    kind: 'forecast',
    settings: [0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99].map((quantile) => ({
      name: `seasonal quantile ${quantile}`,
      shown: [0.5, 0.8, 0.95].includes(quantile),
      make: () => seasonal(quantile),
    })),
  },
]
