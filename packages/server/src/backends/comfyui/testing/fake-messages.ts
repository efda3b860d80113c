import { testPng } from '../../openai/testing/test-png.ts'

/** A preview as it is framed: kind 1 with the format's number, or kind 4 with what it belongs to. */
export function previewFrame(promptId: string, text: string, metadata: boolean): Buffer {
  const picture = testPng(512, 320, text)
  const numbers = Buffer.alloc(8)
  if (!metadata) {
    numbers.writeUInt32BE(1, 0)
    numbers.writeUInt32BE(2, 4)
    return Buffer.concat([numbers, picture])
  }
  const about = Buffer.from(JSON.stringify({ node_id: '3', prompt_id: promptId, image_type: 'image/png' }))
  numbers.writeUInt32BE(4, 0)
  numbers.writeUInt32BE(about.byteLength, 4)
  return Buffer.concat([numbers, about, picture])
}

/** What an `execution_error` says, in the server's words. */
export function failureOf(mode: string): object | undefined {
  const common = { node_id: '3', node_type: 'KSampler' }
  if (mode === 'out-of-memory') {
    const exception_message = 'Allocation on device\nThis error means you ran out of memory on your GPU.'
    return { ...common, exception_type: 'torch.OutOfMemoryError', exception_message }
  }
  if (mode !== 'runtime-error') return undefined
  return {
    ...common,
    exception_type: 'RuntimeError',
    exception_message: 'mat1 and mat2 shapes cannot be multiplied',
  }
}
