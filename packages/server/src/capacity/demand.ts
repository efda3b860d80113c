/** Work that comes in, in seconds of a worker, by model. */
export interface Demand {
  /** @returns seconds that a worker was kept busy by one of the last pictures, each of them in turn */
  arrived(model: string): number
  served(model: string, busyS: number): void
  /** @returns seconds of work that came in since the last call */
  advance(passedS: number): number
  /** Of the models together. */
  meanServiceS(): number
  /** Work of each model within about the last hour, the largest first. */
  shares(): { model: string; work: number }[]
}

interface ModelDemand {
  serviceS: number
  served: number
  work: number
}

/** What a picture takes where none was made yet. */
const assumedServiceS = 30
/** Of how many pictures the mean is; a model's first ones count fully. */
const memory = 200
const shareHalfLifeS = 3600
/** How many of the last pictures' times are kept as they were. */
const sampled = 512

export function createDemand(): Demand {
  const models = new Map<string, ModelDemand>()
  let all: ModelDemand = { serviceS: assumedServiceS, served: 0, work: 0 }
  let arrivedS = 0
  const sample: number[] = []
  let written = 0
  let read = 0

  function of(model: string): ModelDemand {
    let known = models.get(model)
    if (known === undefined) {
      known = { serviceS: all.serviceS, served: 0, work: 0 }
      models.set(model, known)
    }
    return known
  }
  return {
    arrived: (model) => {
      const known = of(model)
      const serviceS = known.served < 5 ? all.serviceS : known.serviceS
      arrivedS += serviceS
      known.work += serviceS
      read += 1
      return sample[read % sample.length] ?? serviceS
    },
    served: (model, busyS) => {
      sample[written % sampled] = busyS
      written += 1
      learn(all, busyS)
      learn(of(model), busyS)
    },
    advance: (passedS) => {
      const came = arrivedS
      arrivedS = 0
      if (passedS > 0) {
        const kept = 2 ** (-passedS / shareHalfLifeS)
        for (const [name, each] of models) {
          each.work *= kept
          // Names are users' own: those that nobody asks for any more are forgotten.
          if (each.work < 1e-6) models.delete(name)
        }
      }
      return came
    },
    meanServiceS: () => all.serviceS,
    shares: () =>
      Array.from(models, ([model, { work }]) => ({ model, work })).toSorted(
        (a, b) => b.work - a.work || (a.model < b.model ? -1 : 1),
      ),
  }
}

function learn(of: ModelDemand, busyS: number): void {
  of.served += 1
  of.serviceS += (busyS - of.serviceS) / Math.min(memory, of.served)
}
