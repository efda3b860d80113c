/**
 * `<lora:name:1>` and its kin made words by a space: a tag that names a file at the server, or runs an extension of
 * it. Servers of diffusion models read them out of the prompt, some of them only in some versions.
 */
export function withoutTags(text: string): string {
  return text.replaceAll(/<(?=\s*[\w.-]+\s*:)/gu, '< ')
}
