import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { Objects } from '../storage/objects.ts'
import type { Variants } from '../storage/variants.ts'
import type { ImageRow, UploadedObject } from './image-rows.ts'
import {
  deleteOrphan,
  imageIdsOfTags,
  imagesMadeFrom,
  keepObject,
  objectOfTakenDown,
  readImage,
  registerUpload,
  seedOfImage,
  takeDown,
} from './image-rows.ts'

/** Pictures by their public id. */
export interface Images {
  /** @throws DarkroomError not_found */
  read(id: string): Promise<ImageWithSeed>
  /** Stores uploaded bytes that have been checked to be a picture of these facts. */
  upload(project: string, bytes: Uint8Array, facts: UploadFacts): Promise<ImageRow>
  /** Pictures of the requests that have one of these tags, at most `limit`. */
  idsOfTags(project: string, tags: readonly string[], limit: number): Promise<string[]>
  /**
   * Takes a picture down, with what was made from it, and with objects and variants that nothing else shares.
   * @throws not_found
   */
  takeDown(project: string, id: string): Promise<void>
  /** Pictures that were made from this one, taken down or not: the slides that it is the base of. */
  madeFrom(id: string): Promise<{ id: string; project: string }[]>
}

export type ImageWithSeed = ImageRow & { seed: number | undefined }

export type UploadFacts = Pick<UploadedObject, 'format' | 'widthPx' | 'heightPx'>

export interface ImagesOptions {
  database: Kysely<Schema>
  objects: Objects
  variants: Variants
  /** The secret of image ids. */
  secret: string
}

export function createImages(options: ImagesOptions): Images {
  const { database, objects, variants, secret } = options
  const dropUnshared = async (objectHash: string): Promise<void> => {
    await deleteOrphan(database, objectHash, async (hash) => {
      // In this order: `storage/variant-maker.ts` says why.
      await objects.delete(hash)
      await variants.deleteAllOf(hash)
    })
  }
  const takeDownIfThere = async (project: string, id: string): Promise<void> => {
    try {
      await dropUnshared((await takeDown(database, project, id)).object_hash)
    } catch (error) {
      if (!(error instanceof DarkroomError) || error.code !== 'not_found') throw error
      const before = await objectOfTakenDown(database, project, id)
      if (before !== undefined) await dropUnshared(before)
    }
  }
  return {
    read: async (id) => {
      const image = await readImage(database, id)
      return { ...image, seed: await seedOfImage(database, image) }
    },
    upload: async (project, bytes, facts) => {
      const objectHash = objects.hashOf(bytes)
      return await database.transaction().execute(async (transaction) => {
        await keepObject(transaction, objectHash)
        await objects.put(bytes)
        return await registerUpload(transaction, secret, {
          project,
          objectHash,
          ...facts,
          bytes: bytes.byteLength,
        })
      })
    },
    idsOfTags: (project, tags, limit) => imageIdsOfTags(database, project, tags, limit),
    takeDown: async (project, id) => {
      const dropMade = async (): Promise<void> => {
        for (const made of await imagesMadeFrom(database, id)) await takeDownIfThere(made.project, made.id)
      }
      // A takedown that ended between the record and the bytes is completed by asking again.
      const before = await objectOfTakenDown(database, project, id)
      if (before !== undefined) {
        await dropMade()
        await dropUnshared(before)
      }
      const image = await takeDown(database, project, id)
      // Afterwards: a slide of a base that is gone is not stored any more, so none is missed.
      await dropMade()
      await dropUnshared(image.object_hash)
    },
    madeFrom: (id) => imagesMadeFrom(database, id),
  }
}
