import { DarkroomError } from '../../errors.ts'
import type { Route } from '../route.ts'

/** Routes of the contract that later work brings: they say so, and never pretend. */
const notBuilt: readonly {
  methods: readonly Route['method'][]
  path: string
  what: string
  wire?: 'openai'
}[] = [
  { methods: ['POST'], path: '/v1/images/edits', what: 'Edits', wire: 'openai' },
  { methods: ['POST'], path: '/v1/images/variations', what: 'Variations', wire: 'openai' },
  { methods: ['GET'], path: '/v1/generations/{id}/explain', what: 'Explaining a generation' },
  { methods: ['GET', 'POST'], path: '/v1/catalogs', what: 'Catalogues' },
  { methods: ['GET'], path: '/v1/predictions', what: 'Prediction' },
  { methods: ['GET'], path: '/v1/scaling', what: 'Scaling' },
  { methods: ['GET', 'POST'], path: '/v1/scopes', what: 'Scopes and budgets' },
  { methods: ['GET', 'POST'], path: '/v1/keys', what: 'API keys' },
  { methods: ['GET'], path: '/v1/ledger', what: 'The ledger' },
  { methods: ['GET'], path: '/v1/latency', what: 'Latency percentiles' },
  { methods: ['GET', 'POST'], path: '/v1/markers', what: 'Deploy markers' },
  { methods: ['GET'], path: '/dashboard', what: 'The dashboard' },
  { methods: ['GET'], path: '/dashboard/', what: 'The dashboard' },
  { methods: ['GET'], path: '/docs', what: 'The API reference page' },
  { methods: ['GET'], path: '/metrics', what: 'Prometheus metrics' },
]

export function notBuiltRoutes(): Route[] {
  return notBuilt.flatMap(({ methods, path, what, wire }) =>
    methods.map((method): Route => ({
      method,
      path,
      ...(wire === undefined ? {} : { wire }),
      summary: `${what}: not built yet`,
      answers: { 501: { about: 'Not built yet.' } },
      handle: () => {
        throw new DarkroomError('not_implemented', `${what} cannot be used yet: this part is not built.`)
      },
    })),
  )
}
