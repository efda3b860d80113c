import { requireScope } from '../access/rights.ts'
import type { RequestAsk } from '../generation/requests.ts'
import type { GenerationAsk } from '../request/generation-body.ts'
import { resolveInputs } from './picture-inputs.ts'
import type { RouteContext } from './route.ts'
import type { GatewayServices } from './services.ts'

/**
 * The pictures of a request: picture i with seed + i and a key of its own. Its priority is not the caller's to set.
 * Pictures that it starts from are stored.
 * @throws DarkroomError forbidden (the scope), unknown_model, and what the inputs are refused with
 */
export async function requestAskOf(
  ask: GenerationAsk,
  { caller, request }: Pick<RouteContext, 'caller' | 'request'>,
  services: GatewayServices,
  source: RequestAsk['source'],
): Promise<RequestAsk> {
  requireScope(caller, ask.scope)
  const model = services.models.resolve(ask.model)
  const resolved = await resolveInputs(ask.inputs, model, caller, services, request.signal)
  const size = (ask.sizeGiven ? undefined : resolved?.imageSize) ?? ask
  return {
    project: caller.project,
    scope: ask.scope,
    source,
    prompt: ask.prompt,
    model: ask.model ?? 'default',
    tags: ask.tags,
    webhook: ask.webhook,
    priority: 'demand',
    pictures: Array.from({ length: ask.n }, (_, index) => ({
      domain: caller.domain,
      model,
      prompt: ask.prompt,
      negative: ask.negative,
      style: ask.style,
      widthPx: size.widthPx,
      heightPx: size.heightPx,
      seed: ask.seed + index,
      inputs: resolved?.inputs,
      strength: ask.strength,
      steps: ask.steps,
    })),
  }
}
