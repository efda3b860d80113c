import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Objects } from '../storage/objects.ts'
import type { Variants } from '../storage/variants.ts'
import type { ImageRow, UploadedObject } from './image-rows.ts'
import {
  deleteOrphan,
  imageIdsOfTags,
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
  /** Takes a picture down, with its object and variants when nothing else shares them. @throws not_found */
  takeDown(project: string, id: string): Promise<void>
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
      // A takedown that ended between the record and the bytes is completed by asking again.
      const before = await objectOfTakenDown(database, project, id)
      if (before !== undefined) await dropUnshared(before)
      const image = await takeDown(database, project, id)
      await dropUnshared(image.object_hash)
    },
  }
}
