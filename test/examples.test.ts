import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseConfig } from '@darkroom/server'
import { variables } from '../packages/server/src/config.ts'

const root = join(import.meta.dirname, '..')

/** The documents of a YAML file, aliases and merge keys resolved. @throws Error for a fault in the syntax */
async function documents(path: string): Promise<unknown[]> {
  const parsed = parseAllDocuments(await readFile(join(root, path), 'utf8'), { merge: true })
  return parsed.map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS() as unknown
  })
}

interface Container {
  args?: string[]
  command?: string[]
  environment: Record<string, string>
}

/** What a process of the example starts with, secrets filled in. */
function checkProcess({ args = [], command = [], environment }: Container): ReturnType<typeof parseConfig> {
  const unknown = Object.keys(environment).filter((name) => !Object.hasOwn(variables, name))
  expect(unknown).toEqual([])
  expect([...args, ...command]).toContain('start')
  const filled = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const plain = value.replaceAll(/\$\{\w+:-\}/gu, '').replaceAll(/\$\{\w+\}|^…$/gu, 'x'.repeat(48))
      return [name, plain]
    }),
  )
  const config = parseConfig(filled)
  expect(config.databaseUrl).toMatch(/^postgres:/u)
  expect(config.storage.kind).toBe('s3')
  return config
}

test('compose: every variable is one of ours, and each process has a configuration that is accepted', async () => {
  const [compose] = (await documents('examples/compose/compose.yaml')) as [
    { services: Record<string, { command: string[]; environment: Record<string, string> }> },
  ]
  const { gateway, worker } = compose.services
  expect(gateway?.command.slice(-2)).toEqual(['--role', 'gateway'])
  expect(worker?.command.slice(-2)).toEqual(['--role', 'worker'])
  for (const service of [gateway, worker]) if (service !== undefined) checkProcess(service)
  expect(Object.keys(worker?.environment ?? {})).not.toContain('DARKROOM_SECRET')
})

interface Manifest {
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  spec?: {
    template: {
      spec: {
        terminationGracePeriodSeconds: number
        containers: {
          args: string[]
          env?: { name: string; value?: string }[]
          envFrom: { secretRef?: object }[]
          readinessProbe: { httpGet: { path: string } }
        }[]
      }
    }
  }
}

/** Keys of the secret that the comment at the top makes. */
const secret = {
  DATABASE_URL: 'postgres://u@db/darkroom',
  DARKROOM_SECRET: '…',
  AWS_ACCESS_KEY_ID: '…',
  AWS_SECRET_ACCESS_KEY: '…',
}

test('kubernetes: the same, probes ask routes that exist, and no worker is given the server’s secret', async () => {
  const manifests = (await documents('examples/kubernetes/darkroom.yaml')) as Manifest[]
  const data = manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {}
  for (const role of ['gateway', 'worker']) {
    const pod = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === role)?.spec
      ?.template.spec
    const [container] = pod?.containers ?? []
    const own = Object.fromEntries(
      (container?.env ?? []).map(({ name, value }) => [name, value ?? secret[name as keyof typeof secret]]),
    )
    const whole = container?.envFrom.some(({ secretRef }) => secretRef !== undefined) ? secret : {}
    const environment = { ...data, ...whole, ...own }
    const config = checkProcess({ args: container?.args ?? [], environment })
    expect(container?.args.slice(-2)).toEqual(['--role', role])
    expect(Object.hasOwn(environment, 'DARKROOM_SECRET')).toBe(role === 'gateway')
    expect(container?.readinessProbe.httpGet.path).toBe('/readyz')
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(config.drainMs / 1000)
  }
})
