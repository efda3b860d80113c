// The start page's behaviour. It uses the public API only: what it does, a reader can do with curl.
const byId = (id) => document.getElementById(id)
const form = byId('ask')
const button = form.querySelector('button')
let listening

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void make(byId('prompt').value, byId('size').value, Number(byId('seed').value) || 0)
})

// Enter asks, as in a search box; Shift+Enter is a new line.
byId('prompt').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  form.requestSubmit()
})

/** Asks for one picture, shows what happens to it, and then the picture itself. */
async function make(prompt, size, seed) {
  listening?.abort()
  listening = new AbortController()
  const { signal } = listening
  show('Asking…')
  button.disabled = true
  byId('facts').textContent = ''
  byId('notes').textContent = ''
  try {
    const answer = await call('/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ prompt, size, seed, scope: 'start' }),
    })
    const record = await answer.json()
    if (!answer.ok) throw new Error(record.detail ?? `The server answered ${answer.status}.`)
    const link = `/live/start?${new URLSearchParams({ prompt, size, seed: String(seed) })}`
    byId('link').value = new URL(link, location.href).href
    await follow(record.id, signal)
    await finish(record.id, prompt, size)
  } catch (error) {
    // Another picture was asked for meanwhile.
    if (signal.aborted) return
    show(error instanceof Error ? error.message : String(error), 'failed')
  } finally {
    button.disabled = false
  }
}

/** Asks the API, with the key where there is one. It stays in this tab, and goes nowhere else. */
async function call(path, { headers, ...init } = {}) {
  const key = sessionStorage.getItem('darkroom-key')
  const shown = key === null ? headers : { ...headers, authorization: `Bearer ${key}` }
  const answer = await fetch(path, { ...init, headers: shown })
  if (answer.status === 401) byId('key-field').hidden = false
  return answer
}

byId('key').addEventListener('change', () => {
  sessionStorage.setItem('darkroom-key', byId('key').value.trim())
  void loadGallery()
})

/** Resolves when the generation is stored; rejects with the reason when it fails. */
async function follow(id, signal) {
  const on = {
    queued: ({ retry }) => show(retry === undefined ? 'Queued…' : `Trying again (${retry})…`),
    loading: () => show('Loading the model…'),
    started: () => show('Drawing…'),
    progress: ({ fraction }) => show(`Drawing… ${Math.round(fraction * 100)} %`),
    preview: ({ mediaType, b64 }) => picture(`data:${mediaType};base64,${b64}`, 'preview'),
  }
  // Not by EventSource, which cannot send a key.
  let last = ''
  for (let round = 0; round < 10; round += 1) {
    const headers = last === '' ? {} : { 'last-event-id': last }
    const answer = await call(`/v1/generations/${id}/events`, { headers, signal })
    if (!answer.ok) throw new Error('The connection was lost.')
    for await (const { id: position, type, data } of eventsOf(answer.body)) {
      last = position
      if (type === 'stored') return
      if (type === 'failed') throw new Error(data.message)
      if (type === 'cancelled') throw new Error('It was cancelled.')
      on[type]?.(data)
    }
  }
  throw new Error('The connection was lost.')
}

/** Server-sent events as they come (WHATWG HTML §9.2), as our server writes them; ends where the stream breaks. */
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ done: true }))
    if (done) return
    text += value
    const blocks = text.split('\n\n')
    text = blocks.pop()
    for (const block of blocks) {
      const field = (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
      const data = field('data')
      if (data !== undefined) yield { id: field('id'), type: field('event'), data: JSON.parse(data) }
    }
  }
}

async function finish(id, prompt, size) {
  const record = await (await call(`/v1/generations/${id}`)).json()
  const [image] = record.images
  const answer = await call(`${image.url}?format=auto`, { headers: { accept: 'image/webp,image/*;q=0.8' } })
  if (!answer.ok) throw new Error(`The picture could not be loaded (${answer.status}).`)
  const blob = await answer.blob()
  picture(URL.createObjectURL(blob), '', prompt)
  show('')
  byId('facts').textContent =
    `${size.replace('x', ' × ')}, seed ${image.seed}, ${Math.round(blob.size / 1024)} KB, ${record.model}`
  byId('notes').textContent = image.warnings.join(' ')
  await loadGallery()
}

function show(text, kind = '') {
  byId('result').hidden = false
  byId('status').textContent = text
  byId('status').className = kind
}

function picture(source, kind, alt = '') {
  const image = byId('picture')
  if (image.src.startsWith('blob:')) URL.revokeObjectURL(image.src)
  image.src = source
  image.className = kind
  image.alt = alt
}

async function loadGallery() {
  try {
    const { items } = await (await call('/v1/generations?limit=24')).json()
    const shown = items.flatMap((item) => item.images.slice(0, 1).map((image) => ({ item, image })))
    // One picture that was asked for twice is one picture.
    const unique = new Map(
      shown.filter(({ image }) => image.url !== null).map((each) => [each.image.id, each]),
    )
    const cards = [...unique.values()].map(({ item, image }) => card(item, image))
    byId('gallery').replaceChildren(...cards)
    byId('empty').hidden = cards.length > 0
    byId('unreachable').hidden = true
  } catch {
    byId('unreachable').hidden = false
  }
}

/** Prompts are strangers' text: they are only ever set as text, never as markup. */
function card(item, image) {
  const entry = document.createElement('li')
  const open = document.createElement('button')
  const thumbnail = document.createElement('img')
  const caption = document.createElement('span')
  open.type = 'button'
  // Each width is encoded once, when the first reader needs it.
  thumbnail.srcset = [384, 640].map((width) => `${image.url}?w=${width}&format=auto ${width}w`).join(', ')
  thumbnail.sizes = '(max-width: 40rem) 45vw, 15rem'
  thumbnail.src = `${image.url}?w=384&format=auto`
  thumbnail.alt = ''
  thumbnail.loading = 'lazy'
  caption.textContent = item.prompt
  caption.dir = 'auto'
  open.append(thumbnail, caption)
  open.addEventListener('click', () => {
    byId('prompt').value = item.prompt
    byId('seed').value = String(image.seed)
    selectSize(`${image.width}x${image.height}`)
    scrollTo({ top: 0, behavior: 'smooth' })
    void make(item.prompt, `${image.width}x${image.height}`, image.seed)
  })
  entry.append(open)
  return entry
}

/** Shows a size that the menu may not have. */
function selectSize(size) {
  const select = byId('size')
  if (![...select.options].some((option) => option.value === size)) select.add(new Option(size, size))
  select.value = size
}

void loadGallery()
