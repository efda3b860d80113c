/** How the variables are called that an operator sets for one model server: errors name what to check. */
export interface ServerNames {
  /** Where the server is, e.g. `OPENAI_BASE_URL`. */
  url: string
  /** Its key, e.g. `OPENAI_API_KEY`; `undefined` where there is none to set. */
  key: string | undefined
}

/** The names of the `openai` adapter. */
export const openAINames: ServerNames = { url: 'OPENAI_BASE_URL', key: 'OPENAI_API_KEY' }
