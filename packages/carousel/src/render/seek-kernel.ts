import {
  advance,
  assemble,
  type Code,
  either,
  type FunctionBody,
  greater16,
  i32,
  load4,
  type Local,
  local,
  number,
  repeatUntil,
  set,
  smaller16,
  store,
  v128,
} from '../wasm/assemble.ts'

/** Pixels that are looked at together. */
export const seekPx = 16

/** Finds pixels with a byte beyond a bound, sixteen at a time. */
export interface SeekKernel {
  /** For pixels, RGB. */
  readonly room: Uint8Array
  /** Bytes that none of a pixel's may be above, or below. */
  bound(red: number, green: number, blue: number): void
  /**
   * The first group of sixteen pixels, of those from `group` to `groups`, with a byte above the bound; `groups` if
   * there is none.
   */
  above(group: number, groups: number): number
  /** The same with a byte below it. */
  below(group: number, groups: number): number
}

const groupBytes = 3 * seekPx
/** Addresses. */
const bounds = 0
const result = 64
const pixels = 128
const pageBytes = 65_536

/** @param roomBytes for a row of pixels */
export function createSeekKernel(roomBytes: number): SeekKernel {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((pixels + roomBytes) / pageBytes) })
  const module = new WebAssembly.Module(assemble([seek('above', greater16), seek('below', smaller16)]))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const kernels = exports as unknown as Record<'above' | 'below', (at: number, groups: number) => void>
  const pattern = new Uint8Array(memory.buffer, bounds, groupBytes)
  const found = new Int32Array(memory.buffer, result, 1)
  const run = (kernel: 'above' | 'below', group: number, groups: number): number => {
    if (group >= groups) return groups
    kernels[kernel](pixels + group * groupBytes, groups - group)
    return ((found[0] as number) - pixels) / groupBytes
  }
  return {
    room: new Uint8Array(memory.buffer, pixels, roomBytes),
    bound: (red, green, blue) => {
      for (let at = 0; at < groupBytes; at += 3) {
        pattern[at] = red
        pattern[at + 1] = green
        pattern[at + 2] = blue
      }
    },
    above: (group, groups) => run('above', group, groups),
    below: (group, groups) => run('below', group, groups),
  }
}

/** Leaves the address where it ended in `result`. */
function seek(name: string, isBeyond: (left: Code, right: Code) => Code): FunctionBody {
  const [at, groups, step, first, second, third] = [0, 1, 2, 3, 4, 5].map(local) as unknown as Six
  const vectors = [first, second, third]
  const [one, two, three] = vectors.map((bound, index) =>
    isBeyond(load4(at.get, 16 * index), bound.get),
  ) as unknown as [Code, Code, Code]
  return {
    name,
    parameters: [i32, i32],
    locals: [i32, v128, v128, v128],
    code: [
      ...vectors.flatMap((bound, index) => set(bound, load4(number(bounds + 16 * index)))),
      ...repeatUntil(step, groups.get, either(either(one, two), three), advance(at, number(groupBytes))),
      ...store(number(result), at.get),
    ],
  }
}

type Six = [Local, Local, Local, Local, Local, Local]
