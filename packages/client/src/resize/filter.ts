/** One axis of a resize: for each sample made, where its source samples begin and what each counts. */
export interface AxisFilter {
  /** First source sample of each. */
  readonly starts: Int32Array
  /** `length` coefficients each, in units of 1/16384; what is behind the last that counts is 0. */
  readonly coefficients: Int16Array
  /** Coefficients a sample: a multiple of `multiple`. */
  readonly length: number
}

/** Lobes of the kernel on each side. */
const lobes = 3
/** Coefficients are whole numbers; each sample's have this sum, so that a plain area keeps its value. */
export const coefficientSum = 16_384

/**
 * Lanczos-3, stretched by the scale where the target is smaller (Turkowski, "Filters for Common Resampling Tasks",
 * 1990). Beyond the edge the picture goes on as its last sample, which is how libvips has it: sizes made by the
 * server and by the page are alike up to their borders.
 * @param sourceSize samples that there are
 * @param targetSize samples to be made
 * @param multiple to which `length` is rounded up
 */
export function axisFilter(sourceSize: number, targetSize: number, multiple: number): AxisFilter {
  const name = `${sourceSize} ${targetSize} ${multiple}`
  const known = recent.get(name)
  if (known !== undefined) return known
  if (recent.size >= maxRecent) recent.clear()
  const made = newFilter(sourceSize, targetSize, multiple)
  recent.set(name, made)
  return made
}

/** The pictures of a page have few sizes. */
const recent = new Map<string, AxisFilter>()
const maxRecent = 16

function newFilter(sourceSize: number, targetSize: number, multiple: number): AxisFilter {
  const scale = sourceSize / targetSize
  const stretch = Math.max(1, scale)
  const support = lobes * stretch
  const most = Math.min(sourceSize, Math.ceil(2 * support) + 1)
  const length = Math.ceil(most / multiple) * multiple
  const starts = new Int32Array(targetSize)
  const coefficients = new Int16Array(targetSize * length)
  const weights = new Float64Array(most)
  for (let i = 0; i < targetSize; i++) {
    const center = (i + 0.5) * scale - 0.5
    const first = Math.ceil(center - support)
    const last = Math.floor(center + support)
    const start = Math.max(0, Math.min(first, sourceSize - most))
    starts[i] = start
    weights.fill(0)
    let sum = 0
    for (let at = first; at <= last; at++) {
      const weight = lanczos((at - center) / stretch)
      const within = Math.max(0, Math.min(at, sourceSize - 1)) - start
      weights[within] = (weights[within] ?? 0) + weight
      sum += weight
    }
    quantise(weights, sum, coefficients.subarray(i * length, i * length + most))
  }
  return { starts, coefficients, length }
}

/** Whole numbers of the right sum: what rounding leaves goes from one to the next, and so stays where it was. */
function quantise(weights: Float64Array, sum: number, into: Int16Array): void {
  let wanted = 0
  let given = 0
  for (const [i, weight] of weights.entries()) {
    wanted += (weight / sum) * coefficientSum
    const value = Math.round(wanted) - given
    into[i] = value
    given += value
  }
}

function lanczos(x: number): number {
  if (x === 0) return 1
  if (Math.abs(x) >= lobes) return 0
  const t = Math.PI * x
  return (lobes * Math.sin(t) * Math.sin(t / lobes)) / (t * t)
}
