import OpenAI from 'openai'
import type { TestPlatform } from './test-platform.ts'

/** OpenAI's own client, whose requests go to a platform in this process. It tries nothing twice. */
export function openAIClientOf(platform: Pick<TestPlatform, 'fetch'>): OpenAI {
  return new OpenAI({
    apiKey: 'none',
    baseURL: 'http://127.0.0.1/v1',
    maxRetries: 0,
    fetch: (url, init) => platform.fetch(new Request(url, init)),
  })
}
