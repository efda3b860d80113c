/** What the simulated accelerator takes, can and breaks. Times in milliseconds. */
export interface SimulatedGpuSettings {
  /** From the first use to a server that answers. */
  spinUpMs: number
  /** Loading a model's weights; a LoRA on a model that is loaded takes a tenth of it. */
  loadMs: number
  /** One step of one run, whatever its size and however many pictures are in its batch. */
  stepMs: number
  /** Of a run that names no number of steps. */
  steps: number
  /** A run of more megapixels than this, its batch taken together, is out of memory. */
  vramMegapixels: number
  /** The most pictures of one run; 1: no batching. */
  batch: number
  /** Every nth run is out of memory until memory is freed; 0: none. */
  oomEvery: number
  /** Every nth run breaks off half way, and the weights are gone; 0: none. */
  crashEvery: number
}

/** Short enough to be seen on a laptop without being waited for. */
export const defaultSimulatedGpu: SimulatedGpuSettings = Object.freeze({
  spinUpMs: 500,
  loadMs: 1000,
  stepMs: 50,
  steps: 20,
  vramMegapixels: 4.2,
  batch: 4,
  oomEvery: 0,
  crashEvery: 0,
})

const limits: Readonly<Record<keyof SimulatedGpuSettings, readonly [least: number, most: number]>> = {
  spinUpMs: [0, 600_000],
  loadMs: [0, 600_000],
  stepMs: [0, 60_000],
  steps: [1, 150],
  vramMegapixels: [0.01, 1000],
  batch: [1, 64],
  oomEvery: [0, 1_000_000],
  crashEvery: [0, 1_000_000],
}

/**
 * Reads `DARKROOM_SIMULATED_GPU`: `name=number`, separated by commas; what is not named keeps its default.
 * @returns the settings, or every fault as a sentence
 * @example parseSimulatedGpu('spinUpMs=0,stepMs=5,batch=8')
 */
export function parseSimulatedGpu(
  text: string | undefined,
): { settings: SimulatedGpuSettings } | { faults: string[] } {
  const settings = { ...defaultSimulatedGpu }
  const faults: string[] = []
  for (const part of (text ?? '').split(',').map((each) => each.trim())) {
    if (part === '') continue
    const [name = '', value = ''] = part.split('=').map((each) => each.trim())
    if (!isSetting(name)) {
      faults.push(`${JSON.stringify(name.slice(0, 40))} is none of ${Object.keys(limits).join(', ')}`)
      continue
    }
    const [least, most] = limits[name]
    const number = value === '' ? Number.NaN : Number(value)
    const isWhole = name === 'vramMegapixels' || Number.isInteger(number)
    if (isWhole && number >= least && number <= most) settings[name] = number
    else faults.push(`${name} must be a number from ${least} to ${most}`)
  }
  return faults.length > 0 ? { faults } : { settings }
}

function isSetting(name: string): name is keyof SimulatedGpuSettings {
  return Object.hasOwn(limits, name)
}
