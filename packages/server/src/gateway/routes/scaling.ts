import { z } from 'zod'
import { integerText, parseWith, readQuery } from '../../request/query.ts'
import type { Route } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

/** A day: more is not kept. */
const mostMinutes = 1440

const querySchema = z.strictObject({
  model: z.string().min(1).max(200).optional(),
  history: integerText(0, mostMinutes).optional().meta({
    description: 'Minutes of history in the answer: 0 for none; a day where it is left out.',
  }),
})

const count = z.int().min(0)
const workers = z.number().min(0)
const choice = z.enum(['floor', 'backlog', 'forecast', 'keep-alive', 'reactive', 'cap'])

const modelSchema = z.object({
  model: z.string().meta({ description: 'The route, backend:model.' }),
  desired: count,
  starting: count,
  warm: count,
  busy: count,
  queued: count,
  floor: workers,
  backlog: workers,
  forecast: workers,
  chosen: choice,
  why: z.string(),
})

const answerSchema = z.object({
  desiredWorkers: count.meta({ description: 'Of the model, where one is named. For KEDA: valueLocation.' }),
  model: z.string().optional(),
  decidedAt: z.iso.datetime().nullable(),
  chosen: choice,
  why: z.string(),
  way: z.string().meta({ description: 'What decides besides floor and backlog: forecast, or a baseline.' }),
  records: z.array(z.object({ way: z.string(), gpuHours: workers, p99WaitMs: workers })).meta({
    description:
      'What each way would have cost of late, computed from the requests that came; no model loads.',
  }),
  starting: count,
  warm: count,
  busy: count,
  queued: count,
  floor: workers,
  backlog: workers,
  forecast: workers,
  withoutForecast: count.nullable().meta({
    description:
      'What would be wanted now, of all models, if no forecast were used; null where that is not known.',
  }),
  usdPerWorkerHour: z
    .number()
    .min(0)
    .nullable()
    .meta({ description: 'US dollars; null where DARKROOM_SCALING_USD_PER_WORKER_HOUR is not set.' }),
  expected: z
    .object({
      for: z.iso.datetime(),
      low: workers,
      mean: workers,
      high: workers,
      method: z.string(),
      trusted: z.boolean(),
      error: workers,
    })
    .nullable(),
  models: z.array(modelSchema),
  history: z.array(
    z.object({
      at: z.iso.datetime(),
      desired: count,
      starting: count,
      warm: count,
      busy: count,
      load: workers.meta({ description: 'Busy workers that the work coming in asked for.' }),
      forecastLow: workers.nullable(),
      forecast: workers.nullable(),
      forecastHigh: workers.nullable(),
    }),
  ),
})

type Answer = z.output<typeof answerSchema>

/** Before the first decision nothing but the floor is wanted. */
function undecided(floor: number): Answer {
  return {
    desiredWorkers: floor,
    decidedAt: null,
    chosen: 'floor',
    why: 'the floor; nothing was decided yet',
    way: 'floor',
    records: [],
    starting: 0,
    warm: 0,
    busy: 0,
    queued: 0,
    floor,
    backlog: 0,
    forecast: 0,
    withoutForecast: floor,
    usdPerWorkerHour: null,
    expected: null,
    models: [],
    history: [],
  }
}

/** `/v1/scaling`: an autoscaler's question, and the dashboard's. */
export function scalingRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/scaling',
      right: 'scaling',
      summary: 'Workers wanted, why, and the last day; desiredWorkers is for an autoscaler',
      query: querySchema,
      answers: {
        200: { about: 'The last decision.', mediaType: 'application/json', schema: answerSchema },
      },
      handle: async ({ url }) => {
        const { model, history = mostMinutes } = parseWith(querySchema, readQuery(url))
        const read = await services.scaling.read(history)
        // From jsonb its fields come in the order of their lengths; over this one they are in that of the schema.
        const none = undecided(services.scaling.floor)
        const answer: Answer = read === undefined ? none : { ...none, ...read.answer, history: read.history }
        return json(200, model === undefined ? answer : ofModel(answer, routeOf(services, answer, model)))
      },
    },
  ]
}

/** Of a public name, or of a route as answers name it. @throws DarkroomError unknown_model */
function routeOf({ models }: GatewayServices, answer: Answer, name: string): string {
  if (answer.models.some(({ model }) => model === name)) return name
  const { backend, model } = models.resolve(name)
  return `${backend}:${model}`
}

function ofModel(answer: Answer, route: string): Answer {
  const own = answer.models.find(({ model }) => model === route)
  const none = { desired: 0, starting: 0, warm: 0, busy: 0, queued: 0, floor: 0, backlog: 0, forecast: 0 }
  const { desired, ...facts } = own ?? {
    ...none,
    chosen: answer.chosen,
    why: 'nobody has asked for it',
    model: route,
  }
  // One model's answer has no other place that says why so many are wanted in all.
  const why = own === undefined ? facts.why : `${facts.why}; in all: ${answer.why}`
  return { ...answer, ...facts, why, desiredWorkers: desired, models: own === undefined ? [] : [own] }
}
