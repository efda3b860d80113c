import sharp from 'sharp'

/** A program: a worker that starts for one picture: asks the model, checks what it sends, puts it into storage. */
const [modelUrl = '', prompt = '', stored = ''] = process.argv.slice(2)
const answer = await fetch(`${modelUrl}/images/generations`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
  body: JSON.stringify({ model: 'any', prompt, size: '1024x768', n: 1 }),
})
const { data } = (await answer.json()) as { data: { b64_json: string }[] }
const bytes = Buffer.from(data[0]?.b64_json ?? '', 'base64')
await sharp(bytes).metadata()
await fetch(stored, { method: 'PUT', body: bytes })
