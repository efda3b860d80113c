import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Took } from './variant-process.ts'
import type { Ask, VariantName } from './variants.ts'

/** A variant in a process of its own: its memory and its libraries' settings are nobody else's. */
export interface VariantChild {
  make(ask: Ask): Promise<Took>
  end(): Promise<void>
}

/** @param environment added to that of this process */
export async function startVariant(
  name: VariantName,
  environment: Readonly<Record<string, string>> = {},
): Promise<VariantChild> {
  const child = fork(new URL('variant-process.ts', import.meta.url), [name], {
    execArgv: [],
    env: { ...process.env, ...environment },
  })
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code}`)
  })
  died.catch(() => undefined)
  await Promise.race([once(child, 'message'), died])
  return {
    make: async (ask) => {
      child.send(ask)
      const [took] = (await Promise.race([once(child, 'message'), died])) as [Took]
      return took
    },
    end: async () => {
      const gone = once(child, 'exit')
      child.disconnect()
      child.kill()
      await gone
    },
  }
}
