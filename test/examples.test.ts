import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { parseConfig } from '@darkroom/server'
import { variables } from '../packages/server/src/config.ts'
import { gatewayRoutes } from '../packages/server/src/gateway/gateway.ts'
import type { GatewayServices } from '../packages/server/src/gateway/services.ts'

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

interface KedaManifest {
  kind: string
  metadata: { name: string }
  spec: {
    secretTargetRef?: { parameter: string }[]
    scaleTargetRef?: { name: string }
    minReplicaCount?: number
    triggers?: {
      type: string
      metricType: string
      metadata: Record<string, string>
      authenticationRef: { name: string }
    }[]
  }
}

test('kubernetes: KEDA asks a route that exists, with a key, for a number that its answers have', async () => {
  const manifests = (await documents('examples/kubernetes/scaled-object.yaml')) as KedaManifest[]
  const deployments = (await documents('examples/kubernetes/darkroom.yaml')) as Manifest[]
  const scaled = manifests.find(({ kind }) => kind === 'ScaledObject')?.spec
  const [trigger] = scaled?.triggers ?? []
  expect(deployments.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toContain(
    `Deployment ${scaled?.scaleTargetRef?.name}`,
  )
  // What KEDA's metrics-api scaler needs (keda.sh/docs, scalers, metrics-api): texts, all of them.
  expect(trigger).toMatchObject({ type: 'metrics-api', metricType: 'AverageValue' })
  const {
    url = '',
    valueLocation = '',
    targetValue,
    authMode,
    method,
    keyParamName,
  } = trigger?.metadata ?? {}
  expect({ targetValue, authMode, method, keyParamName }).toEqual({
    targetValue: '1',
    authMode: 'apiKey',
    method: 'header',
    keyParamName: 'X-API-Key',
  })
  const authentication = manifests.find(({ kind }) => kind === 'TriggerAuthentication')
  expect(authentication?.metadata.name).toBe(trigger?.authenticationRef.name)
  expect(authentication?.spec.secretTargetRef).toMatchObject([{ parameter: 'apiKey' }])
  const noServices = new Proxy({}, { get: (): unknown => noServices }) as GatewayServices
  const { pathname } = new URL(url)
  const route = gatewayRoutes(noServices).find(
    ({ method: verb, path }) => verb === 'GET' && path === pathname,
  )
  expect(route?.right).toBe('scaling')
  const schema = z.toJSONSchema(route?.answers[200]?.schema as z.ZodType, { unrepresentable: 'any' })
  expect(schema.required).toContain(valueLocation)
})
