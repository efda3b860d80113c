import { chmod, chown, copyFile, link, mkdir, readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canReach } from './account.ts'
import { embeddedPostgresSupport, startEmbeddedPostgres } from './embedded-postgres.ts'
import { findPlatformPackage } from './platform-package.ts'
import { findProcess } from './process-table.ts'
import type { DatabaseFolder } from './testing/owner-process.ts'
import { createDatabaseFolder, ownerProgram } from './testing/owner-process.ts'

const isRoot = process.geteuid?.() === 0
const nobody = { uid: 65534, gid: 65534 }

let folder: DatabaseFolder
let copyDir: DatabaseFolder

beforeEach(async () => {
  folder = await createDatabaseFolder()
  copyDir = await createDatabaseFolder()
})
afterEach(async () => {
  await folder.remove()
  await copyDir.remove()
})

/** The installed package as npm leaves it with `--ignore-scripts`: without its library links. */
async function packageWithoutLinks(packageDir: string): Promise<string> {
  const { nativeDir } = findPlatformPackage()
  const source = join(nativeDir, '..')
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const target = join(packageDir, relative(source, entry.parentPath), entry.name)
    await mkdir(join(target, '..'), { recursive: true })
    const file = join(entry.parentPath, entry.name)
    // Links are quicker; they need one file system and one owner.
    await link(file, target).catch(() => copyFile(file, target))
  }
  return packageDir
}

test('this platform has a PostgreSQL, and its version is told', () => {
  expect(embeddedPostgresSupport()).toEqual({
    supported: true,
    detail: expect.stringMatching(/^PostgreSQL 18\.\d/) as string,
  })
})

test('without the install script the library links are made in the data folder, not in the package', async () => {
  const packageDir = await packageWithoutLinks(join(folder.path, 'package'))
  const before = await readdir(join(packageDir, 'native/lib'))
  const dataDir = join(folder.path, 'postgres')
  const server = await startEmbeddedPostgres({ dataDir, packageDir, copyDirs: [] })
  await server.stop()
  expect(await readdir(join(dataDir, 'lib'))).toContain('libicuuc.so.60')
  expect(await readdir(join(packageDir, 'native/lib'))).toEqual(before)
})

test('where the loader would split the path, the programs are copied into the data folder', async () => {
  const packageDir = await packageWithoutLinks(join(folder.path, 'package'))
  const dataDir = join(folder.path, 'a:b', 'postgres')
  const server = await startEmbeddedPostgres({ dataDir, packageDir, copyDirs: [] })
  await server.stop()
  expect((await readdir(dataDir)).some((name) => name.startsWith('darkroom-postgres-'))).toBe(true)
})

describe.runIf(isRoot)('as root', () => {
  test('the server runs as another user, who owns the database folder and nothing else', async () => {
    const dataDir = join(folder.path, 'postgres')
    const server = await startEmbeddedPostgres({ dataDir })
    try {
      const owner = await stat(`/proc/${server.pid}`)
      expect(owner.uid).not.toBe(0)
      for (const name of await readdir(dataDir)) {
        expect({ name, uid: (await stat(join(dataDir, name))).uid }).toEqual({
          name,
          uid: name === 'cluster' || name === 'run' ? owner.uid : 0,
        })
      }
      expect((await findProcess(server.pid))?.command).toContain(`-D ${dataDir}/cluster `)
    } finally {
      await server.stop()
    }
  })

  test('below a closed folder the data stays where it is, and the programs are copied to an open place, once', async () => {
    const closed = await createDatabaseFolder(0o700)
    try {
      const packageDir = await packageWithoutLinks(join(closed.path, 'package'))
      const options = { dataDir: join(closed.path, 'postgres'), packageDir, copyDirs: [copyDir.path] }
      const first = closed.startOwner(options)
      const { pid } = await first.ready()
      expect((await findProcess(pid))?.command).toMatch(`${copyDir.path}/`)
      expect(await readdir(join(options.dataDir, 'cluster'))).toContain('postmaster.pid')
      const [name = ''] = await readdir(copyDir.path)
      const { ino } = await stat(join(copyDir.path, name))
      await first.end('SIGKILL')

      const second = closed.startOwner(options)
      expect(await second.ready()).toMatchObject({ adopted: true, pid })
      await second.end('SIGTERM')

      expect(await closed.startOwner(options).ready()).toMatchObject({ adopted: false })
      expect(await readdir(copyDir.path)).toEqual([name])
      expect((await stat(join(copyDir.path, name))).ino).toBe(ino)
    } finally {
      await closed.remove()
    }
  })

  test('a copy that others could have put there is not run', async () => {
    const closed = await createDatabaseFolder(0o700)
    try {
      const packageDir = await packageWithoutLinks(join(closed.path, 'package'))
      const copy = join(copyDir.path, `darkroom-postgres-${findPlatformPackage().version}`)
      await mkdir(copy)
      await chmod(copy, 0o777)
      const start = startEmbeddedPostgres({
        dataDir: join(closed.path, 'postgres'),
        packageDir,
        copyDirs: [copyDir.path],
      })
      await expect(start).rejects.toMatchObject({
        code: 'ROOT_UNREACHABLE',
        message: expect.stringMatching(/exists, and is not ours[^]*DATABASE_URL/) as string,
      })
    } finally {
      await closed.remove()
    }
  })

  test.runIf(canReach(ownerProgram, nobody, 0o4))(
    'a normal user needs no root, and a home of 0700 is no obstacle',
    async () => {
      const home = await createDatabaseFolder(0o700)
      try {
        await chown(home.path, nobody.uid, nobody.gid)
        const dataDir = join(home.path, '.darkroom', 'postgres')
        const owner = home.startOwner({ dataDir, copyDirs: [] }, nobody)
        const { pid } = await owner.ready()
        expect((await stat(`/proc/${pid}`)).uid).toBe(nobody.uid)
        await owner.end('SIGTERM')

        // The other way round: root keeps a user's database the user's.
        const server = await startEmbeddedPostgres({ dataDir, copyDirs: [] })
        expect((await stat(`/proc/${server.pid}`)).uid).toBe(nobody.uid)
        await server.stop()
        await home.startOwner({ dataDir, copyDirs: [] }, nobody).ready()
      } finally {
        await home.remove()
      }
    },
  )
})
