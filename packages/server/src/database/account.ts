import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseStartError } from './database-start-error.ts'

/** The unprivileged account PostgreSQL runs under when Darkroom itself runs as root. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Chooses the account for a cluster, or `undefined` when this process is not root and PostgreSQL simply runs as it
 * does. PostgreSQL refuses to run as root. An existing cluster keeps its owner; a new one gets `nobody`, because
 * `initdb` insists on an account that has a name. Other processes of `nobody` still need the password.
 * @throws DatabaseStartError `ROOT_UNREACHABLE` when no account can be found, `START_FAILED` when the cluster is
 * another user's
 */
export function chooseAccount(clusterDir: string): Account | undefined {
  const ownUid = process.geteuid?.() ?? 0
  const owner = ownerOf(clusterDir)
  if (ownUid !== 0) {
    if (owner === undefined || owner.uid === ownUid) return undefined
    throw new DatabaseStartError(
      'START_FAILED',
      `The database in ${clusterDir} belongs to user id ${owner.uid}, and this process runs as ${ownUid}. ` +
        'Start Darkroom as before (as root, if that was so), or give the whole data folder to this user (chown -R).',
    )
  }
  if (owner !== undefined && owner.uid !== 0) return owner
  const nobody = accountNamed('nobody')
  if (nobody !== undefined) return nobody
  throw new DatabaseStartError(
    'ROOT_UNREACHABLE',
    'PostgreSQL does not run as root, and this system has no account "nobody" to run it under. ' +
      'Start Darkroom as a normal user, or set DATABASE_URL.',
  )
}

/**
 * Whether the account may pass every folder on the way to `path`, and has these rights on `path` itself.
 * @param bits one octal digit of a mode: 4 read, 1 execute or pass
 */
export function canReach(path: string, account: Account, bits = 0o5): boolean {
  try {
    if (!allows(path, account, bits)) return false
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      if (!allows(folder, account, 0o1)) return false
      if (folder === dirname(folder)) return true
    }
  } catch {
    return false
  }
}

function allows(path: string, account: Account, bits: number): boolean {
  const { mode, uid, gid } = statSync(path)
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
  return ((mode >> shift) & bits) === bits
}

function ownerOf(path: string): Account | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? undefined : { uid: stat.uid, gid: stat.gid }
}

function accountNamed(name: string): Account | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [entry, , uid, gid] = line.split(':')
    if (entry === name && uid !== undefined && gid !== undefined)
      return { uid: Number(uid), gid: Number(gid) }
  }
  return undefined
}
