import { DarkroomError } from '../../errors.ts'
import type { RouteRight } from '../../access/rights.ts'
import type { Route } from '../route.ts'

/** Routes of the contract that later work brings: they say so, and never pretend. */
const notBuilt: readonly {
  methods: readonly Route['method'][]
  path: string
  what: string
  /** Of reading and of everything else. */
  rights: readonly [RouteRight, RouteRight]
}[] = [
  { methods: ['GET', 'POST'], path: '/v1/catalogs', what: 'Catalogues', rights: ['read', 'generate'] },
  { methods: ['GET'], path: '/v1/predictions', what: 'Prediction', rights: ['read', 'read'] },
]

export function notBuiltRoutes(): Route[] {
  return notBuilt.flatMap(({ methods, path, what, rights }) =>
    methods.map((method): Route => ({
      method,
      path,
      right: rights[method === 'GET' ? 0 : 1],
      summary: `${what}: not built yet`,
      answers: { 501: { about: 'Not built yet.' } },
      handle: () => {
        throw new DarkroomError('not_implemented', `${what} cannot be used yet: this part is not built.`)
      },
    })),
  )
}
