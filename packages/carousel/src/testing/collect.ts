import type { Carousel, FinishedSlide, SlideOutcome } from '../carousel.ts'

/** Every outcome, in the order of slides. */
export async function outcomesOf(carousel: Carousel): Promise<SlideOutcome[]> {
  const outcomes: SlideOutcome[] = []
  for await (const outcome of carousel) outcomes.push(outcome)
  return outcomes.toSorted((a, b) => a.index - b.index)
}

/** Every slide, in order. @throws the reason of the first that failed */
export async function slidesOf(carousel: Carousel): Promise<FinishedSlide[]> {
  const outcomes = await outcomesOf(carousel)
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}

/** What a promise, or a function, fails with; a test that expects a failure must not get past it. */
export async function failureOf(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('nothing failed')
}
