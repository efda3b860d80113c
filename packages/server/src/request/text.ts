/**
 * C0 and C1 controls other than white space. PostgreSQL cannot store U+0000 and no model reads the others, so
 * they are refused where they come in instead of failing deep inside as a 500.
 */
// oxlint-disable-next-line no-control-regex -- matching control characters is what this is for
const controlCharacters = /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]/u

/** Whether text can be stored and sent on: well-formed UTF-16 without control characters. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !controlCharacters.test(text)
}

/**
 * The normal form of a prompt, in which equal asks are equal: Unicode NFC, runs of white space folded to one
 * space, trimmed (DESIGN 1, generation key).
 */
export function normalisePrompt(prompt: string): string {
  return prompt.normalize('NFC').replaceAll(/\s+/gu, ' ').trim()
}
