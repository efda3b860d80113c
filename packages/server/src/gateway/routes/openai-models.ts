import { DarkroomError } from '../../errors.ts'
import type { Route } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

/** The models by their public names, as OpenAI's client asks for them. */
export function openAIModelRoutes(services: Pick<GatewayServices, 'models'>): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/models',
      right: 'read',
      wire: 'openai',
      summary: "The models that requests may name (OpenAI's list)",
      answers: { 200: { about: 'The list.', mediaType: 'application/json' } },
      handle: () => json(200, { object: 'list', data: services.models.names().map(modelObject) }),
    },
    {
      method: 'GET',
      path: '/v1/models/{model}',
      right: 'read',
      wire: 'openai',
      summary: 'One model',
      answers: { 200: { about: 'The model.', mediaType: 'application/json' } },
      handle: ({ params }) => {
        const name = params['model'] ?? ''
        if (services.models.names().includes(name)) return json(200, modelObject(name))
        throw new DarkroomError('not_found', 'There is no such model.', { param: 'model' })
      },
    },
  ]
}

function modelObject(id: string): object {
  // When a model was made is unknown here; the wire wants a number.
  return { id, object: 'model', created: 0, owned_by: 'darkroom' }
}
