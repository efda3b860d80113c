export type { Config } from './config.ts'
export { parseConfig } from './config.ts'
export type { ConfigFault } from './config-variable.ts'
export { ConfigError } from './config-variable.ts'
export type { ConfigFile } from './config-file.ts'
export { defineConfig } from './config-file.ts'
export { signUrl } from './access/url-signature.ts'
export type { ErrorCode } from './errors.ts'
export { DarkroomError, errorTable } from './errors.ts'
export type { Platform, PlatformOptions } from './platform.ts'
export { createPlatform } from './platform.ts'
export type { HttpServer } from './http-server.ts'
export { listen } from './http-server.ts'
export type {
  Backend,
  BackendBatchEvent,
  BackendCapabilities,
  BackendEdits,
  BackendEvent,
  BackendHealth,
  BackendInput,
  BackendInputs,
  BackendRequest,
  BackendTimings,
  RetryAdvice,
} from './backends/backend.ts'
export { BackendError, noEdits, noInputs } from './backends/backend.ts'
export { version } from './version.ts'
