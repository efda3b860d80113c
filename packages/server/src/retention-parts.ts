import type { Access } from './access/access.ts'
import type { Closers } from './closers.ts'
import type { Purges } from './gateway/purges.ts'
import type { GonePicture } from './generation/expire-rows.ts'
import { createLiveness } from './database/liveness.ts'
import type { ImageUse } from './generation/image-use.ts'
import { createImageUse } from './generation/image-use.ts'
import { createRetention } from './generation/retention.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import type { Variants } from './storage/variants.ts'

/** Deletes what is kept no longer, beside other processes, and notes what is used. */
export function startRetention(
  { config, log, now = Date.now }: PlatformOptions,
  parts: Pick<Foundation, 'database' | 'objects' | 'sessionLock'> & {
    variants: Variants
    purges: Purges
    access: Pick<Access, 'domains'>
  },
  closers: Closers,
): ImageUse {
  const { database, objects, variants, sessionLock } = parts
  const imageUse = createImageUse({
    database,
    defaults: config.retention,
    now,
    failed: (error) => log.warn({ err: error }, 'when pictures were used could not be written'),
  })
  closers.add('the use of pictures', () => imageUse.close())
  const liveness = createLiveness({ database, lock: sessionLock })
  closers.add('the look at processes', async () => liveness.close())
  const retention = createRetention({
    database,
    objects,
    variants,
    defaults: config.retention,
    flushUse: () => imageUse.flush(),
    purge: (pictures) => purgeAll(pictures, parts),
    isDead: async (workerId) => (await liveness.dead([workerId])).length > 0,
    log,
    now,
  })
  closers.add('retention', () => retention.close())
  retention.start()
  return imageUse
}

/** Under every name that a copy may lie by. */
async function purgeAll(
  pictures: readonly GonePicture[],
  { purges, access }: { purges: Purges; access: Pick<Access, 'domains'> },
): Promise<void> {
  const byDomain = new Map<string, string[]>()
  for (const { id, project, askedBy } of pictures) {
    const domains = [project, ...askedBy].flatMap((name) => [name, ...access.domains.edgeDomainsOf(name)])
    for (const domain of new Set(domains)) byDomain.set(domain, [...(byDomain.get(domain) ?? []), id])
  }
  for (const [domain, tags] of byDomain) await purges.purge({ domain, tags, soft: false })
}
