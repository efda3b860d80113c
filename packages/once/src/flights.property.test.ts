import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { turn } from './flights.contract.ts'
import type { Flight, Flights, Work } from './index.ts'
import { createFlights } from './index.ts'

/** What can happen. Numbers pick a caller or a run among those that exist, so that every history is possible. */
type Event =
  | { do: 'ask'; unit: number; refuses: boolean }
  | { do: 'leave'; caller: number }
  | { do: 'succeed'; run: number; stays: boolean }
  | { do: 'fail' | 'end' | 'release'; run: number }
  | { do: 'forget'; unit: number }

const pick = fc.nat({ max: 50 })
const unit = fc.nat({ max: 1 })
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ask'), unit, refuses: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave'), caller: pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('succeed'), run: pick, stays: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('fail', 'end', 'release'), run: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget'), unit }) },
)

interface ModelRun {
  unit: number
  waiters: number[]
  state: 'pending' | 'stays' | 'over'
  listed: boolean
  released: boolean
  aborted: boolean
}

interface ModelCaller {
  unit: number
  refuses: boolean
  run: number
  how: 'ran' | 'joined'
  answer: string | undefined
}

/** The whole contract as plain data, with no promise in it. */
class Model {
  readonly runs: ModelRun[] = []
  readonly callers: ModelCaller[] = []
  readonly #abandonedAborts: boolean

  constructor(whenAbandoned: 'abort' | 'finish') {
    this.#abandonedAborts = whenAbandoned === 'abort'
  }

  ask(askedUnit: number, refuses: boolean): void {
    const caller = this.callers.push({ unit: askedUnit, refuses, run: -1, how: 'ran', answer: undefined }) - 1
    const found = this.runs.findIndex((run) => run.listed && run.unit === askedUnit)
    const run = this.runs[found]
    if (run === undefined) this.#start(caller, true)
    else if (run.released) this.#start(caller, false)
    else {
      Object.assign(this.callers[caller] as ModelCaller, { run: found, how: 'joined' })
      if (run.state === 'stays') this.#deliver(caller, found)
      else run.waiters.push(caller)
    }
  }

  leave(index: number): void {
    const caller = this.callers[index]
    if (caller === undefined || caller.answer !== undefined) return
    caller.answer = 'left'
    const run = this.runs[caller.run] as ModelRun
    run.waiters = run.waiters.filter((waiter) => waiter !== index)
    if (run.waiters.length === 0 && this.#abandonedAborts)
      Object.assign(run, { aborted: true, listed: false })
  }

  succeed(index: number, stays: boolean): void {
    const run = this.runs[index]
    if (run?.state !== 'pending') return
    run.state = stays ? 'stays' : 'over'
    run.listed &&= stays
    for (const waiter of run.waiters.splice(0)) this.#deliver(waiter, index)
  }

  fail(index: number): void {
    const run = this.runs[index]
    if (run?.state !== 'pending') return
    Object.assign(run, { state: 'over', listed: false })
    for (const waiter of run.waiters.splice(0))
      (this.callers[waiter] as ModelCaller).answer = `error ${index}`
  }

  end(index: number): void {
    const run = this.runs[index]
    if (run?.state === 'stays') Object.assign(run, { state: 'over', listed: false })
  }

  release(index: number): void {
    const run = this.runs[index]
    if (run === undefined || run.released) return
    run.released = true
    for (const waiter of run.waiters.splice(1)) this.#start(waiter, false)
  }

  forget(forgotten: number): void {
    for (const run of this.runs) run.listed &&= run.unit !== forgotten
  }

  #start(caller: number, listed: boolean): void {
    const { unit: askedUnit } = this.callers[caller] as ModelCaller
    const started = {
      unit: askedUnit,
      waiters: [caller],
      state: 'pending' as const,
      released: false,
      aborted: false,
    }
    const run = this.runs.push({ ...started, listed }) - 1
    Object.assign(this.callers[caller] as ModelCaller, { run, how: 'ran' })
  }

  #deliver(index: number, run: number): void {
    const caller = this.callers[index] as ModelCaller
    if (caller.how === 'joined' && caller.refuses) this.#start(index, false)
    else caller.answer = `${caller.how} ${run}`
  }
}

/** The real thing, driven by the same events. */
class Subject {
  readonly flights: Flights<number>
  readonly runs: {
    settle: PromiseWithResolvers<Work<number>>
    stays: PromiseWithResolvers<void>
    flight: Flight
  }[] = []
  readonly callers: { leaver: AbortController; answers: string[] }[] = []

  constructor(whenAbandoned: 'abort' | 'finish') {
    this.flights = createFlights<number>({ whenAbandoned })
  }

  ask(askedUnit: number, refuses: boolean): void {
    const caller = { leaver: new AbortController(), answers: [] as string[] }
    this.callers.push(caller)
    const { signal } = caller.leaver
    const work = (flight: Flight): Promise<Work<number>> => {
      const settle = Promise.withResolvers<Work<number>>()
      this.runs.push({ settle, stays: Promise.withResolvers<void>(), flight })
      return settle.promise
    }
    const asked = { kind: 'test', key: String(askedUnit), domain: '' }
    this.flights.run(asked, work, { signal, accept: () => !refuses }).then(
      ({ value, how }) => caller.answers.push(`${how} ${value}`),
      (error: unknown) => caller.answers.push(String(error)),
    )
  }

  leave(index: number): void {
    this.callers[index]?.leaver.abort('left')
  }

  succeed(index: number, stays: boolean): void {
    const run = this.runs[index]
    run?.settle.resolve({ value: index, until: stays ? run.stays.promise : undefined })
  }

  fail(index: number): void {
    const run = this.runs[index]
    // A string, so that the answer reads as in the model.
    run?.settle.reject(`error ${index}`)
  }

  end(index: number, model: Model): void {
    // Rejected, as the harder case; only where the model says that it stays, or a later `succeed` would not.
    if (model.runs[index]?.state === 'stays') this.runs[index]?.stays.reject(new Error('not stored'))
  }

  release(index: number): void {
    this.runs[index]?.flight.release()
  }

  forget(forgotten: number): void {
    this.flights.forget({ kind: 'test', key: String(forgotten), domain: '' })
  }
}

async function apply(happened: Event, model: Model, subject: Subject): Promise<void> {
  const someRun = (run: number): number => (model.runs.length === 0 ? 0 : run % model.runs.length)
  const someCaller = (caller: number): number =>
    model.callers.length === 0 ? 0 : caller % model.callers.length
  switch (happened.do) {
    case 'ask':
      subject.ask(happened.unit, happened.refuses)
      return model.ask(happened.unit, happened.refuses)
    case 'leave':
      subject.leave(someCaller(happened.caller))
      return model.leave(someCaller(happened.caller))
    case 'succeed':
      subject.succeed(someRun(happened.run), happened.stays)
      await turn()
      return model.succeed(someRun(happened.run), happened.stays)
    case 'forget':
      subject.forget(happened.unit)
      return model.forget(happened.unit)
    case 'fail':
      subject.fail(someRun(happened.run))
      await turn()
      return model.fail(someRun(happened.run))
    case 'end':
      subject.end(someRun(happened.run), model)
      await turn()
      return model.end(someRun(happened.run))
    case 'release':
      subject.release(someRun(happened.run))
      return model.release(someRun(happened.run))
  }
}

function compare(model: Model, subject: Subject): void {
  expect(subject.runs.length).toBe(model.runs.length)
  expect(subject.runs.map(({ flight }) => flight.signal.aborted)).toEqual(
    model.runs.map(({ aborted }) => aborted),
  )
  expect(subject.runs.map(({ flight }) => flight.callers)).toEqual(
    model.runs.map(({ waiters }) => waiters.length),
  )
  expect(subject.flights.inFlight).toBe(model.runs.filter(({ state }) => state !== 'over').length)
}

test.each(['abort', 'finish'] as const)('%s: every history ends as the model says', async (whenAbandoned) => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (history) => {
      const model = new Model(whenAbandoned)
      const subject = new Subject(whenAbandoned)
      for (const happened of history) {
        await apply(happened, model, subject)
        compare(model, subject)
      }
      // To the end: runs may start others (a joiner that refuses), so the list grows meanwhile.
      for (let run = 0; run < model.runs.length; run += 1) {
        await apply({ do: 'succeed', run, stays: false }, model, subject)
        await apply({ do: 'end', run }, model, subject)
      }
      compare(model, subject)
      expect(subject.flights.inFlight).toBe(0)
      expect(subject.callers.map(({ answers }) => answers)).toEqual(
        model.callers.map(({ answer }) => [answer]),
      )
    }),
    { numRuns: 400 },
  )
})
