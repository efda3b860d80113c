/**
 * Whether time matters at all. A rule that uses *when* things were asked competes against one that does not, on the
 * same days and with the same number of picks. What both choose says nothing; of the picks that only one made, the
 * winners are counted (McNemar). On a uniform trace, and on one whose times were shuffled, the difference stays
 * within chance, and nothing may be spent.
 */
export interface StructureTest {
  /** Picks of the rule alone that came true. */
  rule: number
  /** Picks of its control alone that came true. */
  control: number
  open: boolean
  atMs: number
  /** In standard deviations: far above what chance reaches when it is asked after every outcome. */
  opensAt: number
}

/** Once open it stays so above this: the evidence fades while the rule acts. */
const closesBelow = 2
/** With many comparisons a difference may be certain and yet too small to pay. */
const leastRatio = 1.2

export function createStructureTest(atMs: number, opensAt: number): StructureTest {
  return { rule: 0, control: 0, open: false, atMs, opensAt }
}

/** Adds a comparison and says whether the rule may act. */
export function compare(
  test: StructureTest,
  outcome: { rule: number; control: number; atMs: number },
  halfLifeMs: number,
): boolean {
  const weight = 0.5 ** (Math.max(0, outcome.atMs - test.atMs) / halfLifeMs)
  test.rule = test.rule * weight + outcome.rule
  test.control = test.control * weight + outcome.control
  test.atMs = Math.max(test.atMs, outcome.atMs)
  const deviations = (test.rule - test.control) / Math.sqrt(test.rule + test.control || 1)
  const isLarge = test.rule >= leastRatio * test.control
  test.open = isLarge && deviations >= (test.open ? closesBelow : test.opensAt)
  return test.open
}
