/** Intersected with the type of a value, makes it `never` where that is a promise or another thenable. */
export type NotThenable<S> = S extends PromiseLike<unknown> ? never : unknown

/** How one branch ended, and which it was. */
export type BranchResult<R> = { index: number } & PromiseSettledResult<R>

/** What a branch is given besides the shared value and its own part. */
export interface BranchContext {
  /** Its place among the branches. */
  index: number
  /** Aborted with the caller's signal, and when the consumer stops early. */
  signal: AbortSignal
}

/** How to run the branches. */
export interface FanOutOptions {
  /** How many run at a time, a whole number from 1. Default: all. */
  concurrency?: number | undefined
  /** Aborting it starts no further branch; those not started are answered as rejected with its reason. */
  signal?: AbortSignal | undefined
}

/**
 * One shared input, many branches, each doing only what is its own. Yields one result for each branch, in order
 * of completion; a branch that throws is a rejected result and harms no other.
 * The shared part is a value, so that no branch can cause it to be made again: a promise or other thenable is
 * refused by type and at run time. Branches start when the iteration does; the result is iterated once.
 * When the consumer stops early the branches are aborted, and `return` waits until those that run have settled:
 * afterwards nothing uses `shared` any more.
 * @throws TypeError if `shared` is a thenable
 * @throws RangeError if `concurrency` is not a whole number from 1
 */
export function fanOut<S, B, R>(
  shared: S & NotThenable<S>,
  branches: readonly B[],
  run: (shared: S, branch: B, context: BranchContext) => Promise<R> | R,
  options: FanOutOptions = {},
): AsyncGenerator<BranchResult<R>, void, undefined> {
  if (isThenable(shared)) {
    throw new TypeError('fanOut: shared is a promise; await it first, so that no branch can cause it')
  }
  const { concurrency = Math.max(1, branches.length), signal } = options
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`fanOut: concurrency is ${concurrency}, not a whole number from 1`)
  }
  const runBranch = async (branch: B, context: BranchContext): Promise<R> => run(shared, branch, context)
  return settleEach([...branches], runBranch, concurrency, signal)
}

async function* settleEach<B, R>(
  branches: readonly B[],
  run: (branch: B, context: BranchContext) => Promise<R>,
  concurrency: number,
  callerSignal: AbortSignal | undefined,
): AsyncGenerator<BranchResult<R>, void, undefined> {
  const stopping = new AbortController()
  const signal =
    callerSignal === undefined ? stopping.signal : AbortSignal.any([callerSignal, stopping.signal])
  const finished: BranchResult<R>[] = []
  let wake = (): void => undefined
  let next = 0
  let told = 0
  const settleOne = async (index: number): Promise<BranchResult<R>> => {
    if (signal.aborted) return { index, status: 'rejected', reason: signal.reason as unknown }
    try {
      // The index comes from `next`, which stays below the length.
      return { index, status: 'fulfilled', value: await run(branches[index] as B, { index, signal }) }
    } catch (reason) {
      return { index, status: 'rejected', reason }
    }
  }
  const lane = async (): Promise<void> => {
    while (next < branches.length) {
      next += 1
      finished.push(await settleOne(next - 1))
      wake()
    }
  }
  const lanes = Promise.all(Array.from({ length: Math.min(concurrency, branches.length) }, lane))
  try {
    while (told < branches.length) {
      if (finished.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      told += 1
      yield finished.shift() as BranchResult<R>
    }
  } finally {
    const stopped = new DOMException('The consumer of this fan-out stopped', 'AbortError')
    if (told < branches.length) stopping.abort(stopped)
    await lanes
  }
}

function isThenable(value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  return 'then' in value && typeof value.then === 'function'
}
