/** The compiled `kernel/kernel.ts`; its comments say what each function does. */
export interface Kernel {
  readonly memory: WebAssembly.Memory
  splitOpaque(source: number, count: number, table: number, red: number, stride: number): void
  splitOpaquePlain(source: number, count: number, red: number, stride: number): void
  splitAlpha(source: number, count: number, table: number, red: number, stride: number): void
  widen(source: number, count: number, target: number): void
  filterRows(
    source: number,
    sourceStride: number,
    target: number,
    targetStride: number,
    count: number,
    starts: number,
    coefficients: number,
    vectors: number,
  ): void
  filterColumns(rows: number, rowCount: number, coefficients: number, target: number, count: number): void
  joinOpaque(red: number, stride: number, count: number, table: number, target: number): void
  joinOpaquePlain(red: number, stride: number, count: number, target: number): void
  joinAlpha(red: number, stride: number, count: number, table: number, target: number): void
  joinPlanar(
    luma: number,
    blueness: number,
    redness: number,
    count: number,
    numbers: number,
    target: number,
  ): void
}

const pageBytes = 65_536

/** @throws WebAssembly.CompileError, EvalError where the page's policy or the browser does not allow it */
export async function loadKernel(bytes: Uint8Array<ArrayBuffer> | WebAssembly.Module): Promise<Kernel> {
  const module = bytes instanceof WebAssembly.Module ? bytes : await WebAssembly.compile(bytes)
  const memory = new WebAssembly.Memory({ initial: 1 })
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } })
  return { ...(exports as unknown as Kernel), memory }
}

/** Lays out the memory of one resize from its beginning; the next one overwrites it. */
export interface Arena {
  /** Address of so many bytes that are zero, at a multiple of 16. */
  take(bytes: number): number
}

export function createArena({ memory }: Kernel): Arena {
  // The kernel has no data of its own.
  let end = 16
  return {
    take(bytes) {
      const address = end
      // Vectors may reach behind the last sample.
      end += roundUp(bytes, 16) + 32
      const missing = end - memory.buffer.byteLength
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
      new Uint8Array(memory.buffer, address, end - address).fill(0)
      return address
    },
  }
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple
}
