import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { S3mini } from 's3mini'
import type { S3Location } from '../s3-location.ts'

const run = promisify(execFile)

/** A real S3 of one's own: Ceph's RADOS gateway over one monitor and one memory-backed store, on loopback. */
export interface CephRgw {
  readonly endpoint: string
  /** A new, empty bucket. */
  makeBucket(): Promise<S3Location>
  stop(): Promise<void>
}

/** Debian's packages are `radosgw`, `ceph-mon` and `ceph-osd`. */
const programs = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph-authtool', 'monmaptool']

/** Why a gateway cannot be started here; `undefined` where it can. */
export function cephRgwMissing(): string | undefined {
  const missing = programs.filter((program) => !isOnPath(program))
  return missing.length === 0
    ? undefined
    : `${missing.join(', ')} not found; CI installs Ceph's RADOS gateway`
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const accessKeyId = 'darkroom-test'
const secretAccessKey = 'darkroom-test-secret'

/** Starts it, which takes about a quarter of a minute. @throws Error with the logs where it does not come up */
export async function startCephRgw(): Promise<CephRgw> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-rgw-'))
  const children: ChildProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(children.toReversed().map((child) => end(child)))
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  try {
    const [monitorPort, gatewayPort] = await freePorts(2)
    const endpoint = `http://127.0.0.1:${gatewayPort}`
    const configuration = await prepare(folder, Number(monitorPort), Number(gatewayPort))
    const start = (program: string, ...rest: string[]): number =>
      children.push(spawn(program, ['-c', configuration, '-f', ...rest], { stdio: 'ignore' }))
    start('ceph-mon', '-i', 'a', '--public-addr', `127.0.0.1:${monitorPort}`)
    await run('ceph-osd', ['-c', configuration, '-i', '0', '--mkfs'])
    start('ceph-osd', '-i', '0')
    start('radosgw', '-n', 'client.admin')
    await untilAnswers(endpoint)
    const user = ['--uid=test', '--display-name=test']
    const secrets = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]
    await run('radosgw-admin', ['-c', configuration, 'user', 'create', ...user, ...secrets])
    return { endpoint, makeBucket: bucketMaker(endpoint), stop }
  } catch (error) {
    const logs = await Promise.all(
      ['mon.a', 'osd.0', 'client.admin'].map((name) =>
        readFile(join(folder, `${name}.log`), 'utf8').catch(() => ''),
      ),
    )
    await stop()
    throw new Error(`the RADOS gateway did not come up:\n${logs.map((log) => log.slice(-2000)).join('\n')}`, {
      cause: error,
    })
  }
}

function bucketMaker(endpoint: string): CephRgw['makeBucket'] {
  let count = 0
  return async () => {
    count += 1
    const bucket = `test-${process.pid}-${count}`
    const region = 'default'
    const s3 = new S3mini({ accessKeyId, secretAccessKey, endpoint: `${endpoint}/${bucket}`, region })
    await s3.createBucket()
    return { endpoint, bucket, prefix: '', region, accessKeyId, secretAccessKey }
  }
}

/** Keys, the monitor's map and its store. Authentication `none` would hang the gateway. */
async function prepare(folder: string, monitorPort: number, gatewayPort: number): Promise<string> {
  const configuration = join(folder, 'ceph.conf')
  const keyring = join(folder, 'keyring')
  const map = join(folder, 'monmap')
  const id = crypto.randomUUID()
  for (const part of ['mon', 'osd', 'rgw']) await mkdir(join(folder, part))
  await writeFile(configuration, configurationOf(folder, id, monitorPort, gatewayPort))
  const key = async (name: string, ...capabilities: string[]): Promise<unknown> => {
    const caps = capabilities.flatMap((capability) => ['--cap', ...capability.split('=')])
    return await run('ceph-authtool', [keyring, '--gen-key', '-n', name, ...caps])
  }
  await run('ceph-authtool', ['--create-keyring', keyring])
  await key('mon.', 'mon=allow *')
  await key('client.admin', 'mon=allow *', 'osd=allow *', 'mgr=allow *')
  await key('osd.0', 'mon=allow profile osd', 'osd=allow *')
  await run('monmaptool', ['--create', '--addv', 'a', `[v2:127.0.0.1:${monitorPort}]`, '--fsid', id, map])
  await run('ceph-mon', ['-c', configuration, '-i', 'a', '--mkfs', '--monmap', map, '--keyring', keyring])
  return configuration
}

function configurationOf(folder: string, id: string, monitorPort: number, gatewayPort: number): string {
  return `[global]
fsid = ${id}
mon host = v2:127.0.0.1:${monitorPort}
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 1
run dir = ${folder}
admin socket = ${folder}/$name.asok
log file = ${folder}/$name.log
pid file = ${folder}/$name.pid
keyring = ${folder}/keyring
mon data = ${folder}/mon
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
ms bind ipv6 = false
ms bind msgr1 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[client.admin]
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw enable gc threads = false
rgw enable lc threads = false
rgw run sync thread = false
`
}

async function untilAnswers(endpoint: string): Promise<void> {
  const deadline = Date.now() + 90_000
  for (;;) {
    const answered = await fetch(endpoint).then(
      (response) => response.ok,
      () => false,
    )
    if (answered) return
    if (Date.now() > deadline) throw new Error('no answer within 90 s')
    await delay(200)
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(async (server) => once(server.close(), 'close')))
  return ports
}

/** Nothing of it is worth keeping, and a monitor takes its time with a polite signal. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
