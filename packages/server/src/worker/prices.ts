/** What one model's pictures cost, in US dollars: each, or for each second of the accelerator. */
export type Price = { perImageUsd: number } | { perSecondUsd: number }

/** Prices by the public name of a model, by `backend:model`, or `*` for any other. */
export type PriceList = ReadonlyMap<string, Price>

/**
 * Reads `DARKROOM_PRICES`: `name=dollars` for each picture, or `name=dollars/s` for each GPU-second.
 * @returns the list, or every fault as a sentence
 * @example parsePrices('flux=0.0004/s,openai:gpt-image-1=0.04')
 */
export function parsePrices(text: string | undefined): { prices: PriceList } | { faults: string[] } {
  const prices = new Map<string, Price>()
  const faults: string[] = []
  for (const part of (text ?? '').split(',').map((each) => each.trim())) {
    if (part === '') continue
    const [, name = '', amount = '', unit] =
      /^([^=\s]+)\s*=\s*(\d{1,6}(?:\.\d{1,9})?)(\/s)?$/u.exec(part) ?? []
    if (name === '')
      faults.push(`${JSON.stringify(part.slice(0, 80))} must look like model=0.04 or model=0.0004/s`)
    else if (prices.has(name)) faults.push(`${name} has two prices: keep one`)
    else
      prices.set(
        name,
        unit === undefined ? { perImageUsd: Number(amount) } : { perSecondUsd: Number(amount) },
      )
  }
  return faults.length > 0 ? { faults } : { prices }
}

/**
 * What a picture cost: as the server says, else by the list. `undefined` where nobody knows.
 * @param done what the backend said of the run
 */
export function costOf(
  row: { alias: string; backend: string; model: string },
  done: { costUsd?: number | undefined; gpuSeconds?: number | undefined },
  prices: PriceList,
): number | undefined {
  if (done.costUsd !== undefined) return done.costUsd
  const price = prices.get(row.alias) ?? prices.get(`${row.backend}:${row.model}`) ?? prices.get('*')
  if (price === undefined) return undefined
  if ('perImageUsd' in price) return price.perImageUsd
  return done.gpuSeconds === undefined ? undefined : price.perSecondUsd * done.gpuSeconds
}
