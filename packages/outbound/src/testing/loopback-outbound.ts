import type { Outbound } from '../outbound.ts'
import { createOutbound } from '../outbound.ts'
import type { OutboundOptions } from '../outbound-options.ts'

/** A door that lets 127.0.0.1 through and resolves every name to it. */
export function loopbackOutbound(options: OutboundOptions = {}): Outbound {
  return createOutbound({ allow: ['127.0.0.1'], resolve: async () => ['127.0.0.1'], ...options })
}
