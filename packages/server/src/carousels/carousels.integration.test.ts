import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLine } from '../generation/line.ts'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import { noBudget, startTestCluster, testSecret } from '../generation/testing/test-cluster.ts'
import type { CarouselOrder } from './accept-carousel.ts'
import { acceptCarousel } from './accept-carousel.ts'
import { cancelCarousel } from './cancel-carousel.ts'
import type { LeasedCarousel, StoredSlide } from './carousel-lease.ts'
import {
  recoverCarouselOrphans,
  recoverCarousels,
  recoverOwnCarousels,
  workersWithCarousels,
} from './carousel-recovery.ts'
import type { CarouselRow } from './carousel-row.ts'
import { readSlides } from './carousel-row.ts'
import { createCarousels } from './carousels.ts'
import { changeSlide } from './edit-slide.ts'
import { leaseCarousel } from './leased-carousel.ts'

let cluster: TestCluster
let node: TestNode
let base: { image: string; hash: string }

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
  const bytes = new TextEncoder().encode('a photograph')
  const facts = { format: 'png', widthPx: 1, heightPx: 1 }
  const image = await node.images.upload('default', bytes, facts)
  base = { image: image.id, hash: image.object_hash }
})

afterAll(async () => {
  await cluster.close()
})

function context() {
  const now = (): number => cluster.clock.now
  return {
    database: node.database.kysely,
    queue: node.carouselQueue,
    now,
    secret: testSecret,
    generations: {
      database: node.database.kysely,
      queue: node.queue,
      secret: testSecret,
      now,
      budget: noBudget,
      line: createLine({ table: 'generations', maxQueuedPerScope: 10_000, now }),
    },
    line: createLine({ table: 'carousels', maxQueuedPerScope: 10_000, now }),
  }
}

const noModel = (): never => {
  throw new Error('no base of these tests is generated')
}

async function accept(
  titles: readonly string[],
  asked: CarouselOrder['base'] = { kind: 'image', ...base },
): Promise<CarouselRow> {
  const order: CarouselOrder = {
    project: 'default',
    scope: 'default',
    tags: [],
    base: asked,
    slides: titles.map((title) => ({ kind: 'point', title, body: undefined, label: undefined })),
    design: { widthPx: 1080, heightPx: 1350, format: 'png', brand: {} },
    logoHash: undefined,
  }
  const accepted = await acceptCarousel(order, context())
  if (accepted.kind !== 'accepted') throw new Error('the carousel was answered from an earlier one')
  return accepted.carousel
}

async function rowOf(id: string): Promise<CarouselRow> {
  const rows = node.database.kysely.selectFrom('carousels').selectAll().where('id', '=', id)
  return await rows.executeTakeFirstOrThrow()
}

async function statesOf(id: string): Promise<string[]> {
  return (await readSlides(node.database.kysely, id)).map(({ status }) => status)
}

/** Takes the carousel's present job, as a worker does. */
async function lease(id: string, workerId = 1): Promise<LeasedCarousel> {
  const { job_id: jobId } = await rowOf(id)
  const leased = await leaseCarousel({ jobId: jobId ?? '', recordId: id }, { ...context(), workerId })
  if (leased === undefined) throw new Error('the carousel was not leased')
  return leased
}

/** Claims with keys that are the words. @returns the words that this carousel makes */
async function claim(leased: LeasedCarousel): Promise<string[]> {
  const claimed = await leased.claimSlides(
    (slides) => new Map(slides.map(({ index, title }) => [index, title])),
  )
  return [...(claimed?.mine.values() ?? [])]
}

function slideOf(key: string): StoredSlide {
  const bytes = new TextEncoder().encode(`the slide ${key}`)
  return {
    key,
    objectHash: node.objects.hashOf(bytes),
    format: 'png',
    widthPx: 1080,
    heightPx: 1350,
    bytes: bytes.byteLength,
    fit: { fits: true },
    put: async () => {
      await node.objects.put(bytes)
    },
  }
}

let count = 0

/** Words that no other test has. */
function words(...names: string[]): string[] {
  count += 1
  return names.map((name) => `${name}-${count}`)
}

describe('slides that several carousels want', () => {
  test('are made by the first and told to all; who waits for nothing else has ended with them', async () => {
    const [a = '', b = '', c = ''] = words('a', 'b', 'c')
    const [one, two] = [await accept([a, b]), await accept([b, c])]
    const first = await lease(one.id)
    const second = await lease(two.id, 2)
    expect(await claim(first)).toEqual([a, b])
    expect(await claim(second)).toEqual([c])
    expect(await second.storeSlide(slideOf(c))).toBe(true)
    expect(await second.finish()).toBe('ended')
    expect(await rowOf(two.id)).toMatchObject({ status: 'queued', waits_for: 'slides', job_id: null })
    expect(await first.storeSlide(slideOf(b))).toBe(true)
    expect(await rowOf(two.id)).toMatchObject({ status: 'stored', waits_for: null })
    expect(await first.storeSlide(slideOf(a))).toBe(true)
    // Stored once: the claim is used up.
    expect(await first.storeSlide(slideOf(a))).toBe(false)
    expect(await first.finish()).toBe('ended')
    expect(await rowOf(one.id)).toMatchObject({ status: 'stored' })
    const [shared, also] = [
      await readSlides(node.database.kysely, one.id),
      await readSlides(node.database.kysely, two.id),
    ]
    expect(shared[1]?.image_id).toBe(also[0]?.image_id)
  })

  test('of a carousel that is cancelled are made by one that waits', async () => {
    const [a = '', b = ''] = words('a', 'b')
    const [one, two] = [await accept([a, b]), await accept([a, b])]
    const first = await lease(one.id)
    const second = await lease(two.id, 2)
    await claim(first)
    expect(await claim(second)).toEqual([])
    expect(await second.finish()).toBe('ended')
    expect(await first.storeSlide(slideOf(a))).toBe(true)
    await cancelCarousel(context(), 'default', one.id)
    expect(await statesOf(one.id)).toEqual(['stored', 'cancelled'])
    expect(await first.storeSlide(slideOf(b))).toBe(false)
    const again = await lease(two.id, 2)
    expect(await claim(again)).toEqual([b])
    await again.storeSlide(slideOf(b))
    await again.finish()
    expect(await rowOf(two.id)).toMatchObject({ status: 'stored' })
  })

  test('of a carousel that failed as a whole are made by one that still runs', async () => {
    const [a = '', b = ''] = words('a', 'b')
    const [one, two] = [await accept([a, b]), await accept([b, a])]
    const first = await lease(one.id)
    const second = await lease(two.id, 2)
    await claim(first)
    expect(await claim(second)).toEqual([])
    await first.fail({ code: 'internal', message: 'It failed.' })
    expect(await statesOf(one.id)).toEqual(['failed', 'failed'])
    expect(await second.finish()).toBe('more')
    expect((await claim(second)).toSorted()).toEqual([a, b])
  })

  test('that cannot be made fail for all, and are claimed anew afterwards', async () => {
    const [a = '', b = ''] = words('a', 'b')
    const [one, two] = [await accept([a, b]), await accept([a, b])]
    const first = await lease(one.id)
    const second = await lease(two.id, 2)
    await claim(first)
    await claim(second)
    await second.finish()
    await first.failSlide(a, { code: 'internal', message: 'It failed.' })
    await first.storeSlide(slideOf(b))
    await first.finish()
    for (const id of [one.id, two.id]) {
      expect(await rowOf(id)).toMatchObject({ status: 'failed', error_code: 'internal' })
      expect(await statesOf(id)).toEqual(['failed', 'stored'])
    }
    const three = await accept([a, b])
    expect(await claim(await lease(three.id))).toEqual([a])
  })
})

describe('a URL that several carousels want', () => {
  const url = (): string => `https://example.com/${words('a')[0]}.jpg`

  test('is fetched by the first; the others have neither job nor slot, and go on when it is there', async () => {
    const asked = { kind: 'url', url: url() } as const
    const [one, two] = [await accept(words('a', 'b'), asked), await accept(words('c', 'd'), asked)]
    expect(two).toMatchObject({ status: 'queued', waits_for: 'base', job_id: null })
    const first = await lease(one.id)
    expect(await first.claimBase(one.base_key ?? '')).toBe('mine')
    const stored = { objectHash: base.hash, how: 'ran', image: { id: base.image } } as const
    expect(await first.storeBase(stored)).toBe(true)
    expect(await rowOf(one.id)).toMatchObject({ base_hash: base.hash, base_how: 'ran' })
    const second = await lease(two.id, 2)
    expect(second.row).toMatchObject({ base_hash: base.hash, base_how: 'joined' })
    // Its fetch has ended: whoever asks now asks the host again.
    expect(await accept(words('e', 'f'), asked)).toMatchObject({ waits_for: null })
  })

  test('fails for all of them when its fetch does, and is the next one’s when it is withdrawn', async () => {
    const asked = { kind: 'url', url: url() } as const
    const [one, two, three] = [
      await accept(words('a', 'b'), asked),
      await accept(words('c', 'd'), asked),
      await accept(words('e', 'f'), asked),
    ]
    const key = one.base_key ?? ''
    await cancelCarousel(context(), 'default', one.id)
    const next = await lease(two.id, 2)
    expect(await next.claimBase(key)).toBe('mine')
    // Both were given a job; the one that comes second waits again.
    expect(await (await lease(three.id, 3)).claimBase(key)).toBe('waiting')
    await next.fail({ code: 'base_unreachable', message: 'Nobody is there.' }, key)
    for (const { id } of [two, three]) {
      expect(await rowOf(id)).toMatchObject({ status: 'failed', error_code: 'base_unreachable' })
      expect(await statesOf(id)).toEqual(['failed', 'failed'])
    }
  })
})

describe('a change while a run draws', () => {
  test('is drawn by the same run, and what was drawn for the old words is not shown', async () => {
    const [a = '', b = '', c = ''] = words('a', 'b', 'c')
    const { id } = await accept([a, b])
    const leased = await lease(id)
    await claim(leased)
    await leased.storeSlide(slideOf(b))
    const address = { project: 'default', carouselId: id, index: 0 }
    await changeSlide(address, { title: c }, context(), noModel)
    expect((await rowOf(id)).status).toBe('running')
    // Stored all the same: somebody may ask for those words.
    expect(await leased.storeSlide(slideOf(a))).toBe(true)
    expect(await statesOf(id)).toEqual(['queued', 'stored'])
    expect(await leased.finish()).toBe('more')
    expect(await claim(leased)).toEqual([c])
    await leased.storeSlide(slideOf(c))
    expect(await leased.finish()).toBe('ended')
    expect(await rowOf(id)).toMatchObject({ status: 'stored', edit: { slides: [0] } })
  })
})

describe('a worker that dies', () => {
  test('loses its lease: another makes what is missing, and the dead one changes nothing more', async () => {
    const [a = '', b = ''] = words('a', 'b')
    const { id } = await accept([a, b])
    const dead = await lease(id, 77)
    await claim(dead)
    await dead.storeSlide(slideOf(a))
    expect(await workersWithCarousels(context())).toContain(77)
    expect(await recoverCarousels(context(), 77)).toBe(1)
    expect(await recoverCarousels(context(), 77)).toBe(0)
    const alive = await lease(id, 78)
    expect(await claim(alive)).toEqual([b])
    expect(await dead.finish()).toBe('ended')
    expect(await dead.fail({ code: 'internal', message: 'No.' })).toBe(false)
    expect((await rowOf(id)).status).toBe('running')
    expect(await alive.storeSlide(slideOf(b))).toBe(true)
    await alive.finish()
    expect(await rowOf(id)).toMatchObject({ status: 'stored', reruns: 1 })
  })

  test('is not one that lives, though the queue gives its job again: the run goes on', async () => {
    const [a = '', b = ''] = words('a', 'b')
    const { id, job_id: jobId } = await accept([a, b])
    const alive = await lease(id, 79)
    await claim(alive)
    for (const workerId of [79, 80]) {
      expect(await leaseCarousel({ jobId: jobId ?? '', recordId: id }, { ...context(), workerId })).toBe(
        undefined,
      )
    }
    await node.database.pool.query(`update pgboss.job set state = 'completed' where id = $1`, [jobId])
    expect(await recoverCarouselOrphans(context())).toBe(0)
    for (const key of [a, b]) expect(await alive.storeSlide(slideOf(key))).toBe(true)
    await alive.finish()
    expect(await rowOf(id)).toMatchObject({ status: 'stored', reruns: 0 })
  })

  test('leaves what a living one holds and has lost to that one, which hands it back', async () => {
    const { id } = await accept(words('a', 'b'))
    await lease(id, 81)
    expect(await recoverOwnCarousels(context(), 81, (running) => running === id)).toBe(0)
    expect(await recoverOwnCarousels(context(), 81, () => false)).toBe(1)
    expect(await recoverOwnCarousels(context(), 81, () => false)).toBe(0)
    expect(await rowOf(id)).toMatchObject({ status: 'queued', reruns: 1 })
  })

  test('four times over one carousel: it fails as worker_lost, and who waits for its slides makes them', async () => {
    const [a = '', b = ''] = words('a', 'b')
    const [one, two] = [await accept([a, b]), await accept([a, b])]
    for (let death = 1; death <= 4; death += 1) {
      const leased = await lease(one.id, 90 + death)
      await claim(leased)
      if (death === 1) {
        const second = await lease(two.id, 2)
        await claim(second)
        await second.finish()
      }
      expect(await recoverCarousels(context(), 90 + death)).toBe(1)
    }
    expect(await rowOf(one.id)).toMatchObject({ status: 'failed', error_code: 'worker_lost' })
    expect((await claim(await lease(two.id))).toSorted()).toEqual([a, b])
  })

  test('with its job: the carousel gets another', async () => {
    const { id, job_id: jobId } = await accept(words('a', 'b'))
    await node.database.pool.query('delete from pgboss.job where id = $1', [jobId])
    expect(await recoverCarouselOrphans(context())).toBe(1)
    expect((await rowOf(id)).job_id).not.toBe(jobId)
    await lease(id)
  })

  test('in the middle of a cancellation: those that wait are found by the sweep', async () => {
    const [a = '', b = ''] = words('a', 'b')
    const [one, two] = [await accept([a, b]), await accept([a, b])]
    await claim(await lease(one.id))
    const second = await lease(two.id, 2)
    await claim(second)
    await second.finish()
    // As if the process had died between the two steps of the cancellation.
    await node.database.pool.query(`update carousels set status = 'cancelled' where id = $1`, [one.id])
    await recoverCarouselOrphans(context())
    expect((await claim(await lease(two.id))).toSorted()).toEqual([a, b])
  })
})

describe('a database that restarts while somebody waits for a carousel', () => {
  test('is waited for: what was accepted is answered', async () => {
    /** Statements that the database still refuses. */
    let refused = 0
    const restarting: KyselyPlugin = {
      transformQuery: ({ node: query }) => {
        if (query.kind === 'SelectQueryNode' && refused > 0) {
          refused -= 1
          throw Object.assign(new Error('terminating connection'), { code: '57P01' })
        }
        return query
      },
      transformResult: async ({ result }) => await Promise.resolve(result),
    }
    const { database, ...rest } = context()
    const maker = { make: noModel, warm: () => Promise.resolve() }
    const carousels = createCarousels({
      ...rest,
      database: database.withPlugin(restarting),
      objects: node.objects,
      maker,
      outbound: { check: () => {} },
    })
    const { id } = await accept(['one'])
    refused = 2
    const wait = carousels.settled('default', id, AbortSignal.timeout(30_000))
    await cancelCarousel(context(), 'default', id)
    expect((await wait).record.status).toBe('cancelled')
    expect(refused).toBe(0)
    refused = 2
    expect((await carousels.settled('default', id, AbortSignal.timeout(30_000))).record.id).toBe(id)
    carousels.close()
  })
})
