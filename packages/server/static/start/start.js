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
  listening?.close()
  show('Asking…')
  button.disabled = true
  byId('facts').textContent = ''
  byId('notes').textContent = ''
  try {
    const answer = await fetch('/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ prompt, size, seed, scope: 'start' }),
    })
    const record = await answer.json()
    if (!answer.ok) throw new Error(record.detail ?? `The server answered ${answer.status}.`)
    const link = `/live/start?${new URLSearchParams({ prompt, size, seed: String(seed) })}`
    byId('link').value = new URL(link, location.href).href
    await follow(record.id)
    await finish(record.id, prompt, size)
  } catch (error) {
    show(error instanceof Error ? error.message : String(error), 'failed')
  } finally {
    button.disabled = false
  }
}

/** Resolves when the generation is stored; rejects with the reason when it fails. */
function follow(id) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(`/v1/generations/${id}/events`)
    listening = source
    const end = (settle, value) => {
      source.close()
      settle(value)
    }
    const on = (type, listener) => source.addEventListener(type, (event) => listener(JSON.parse(event.data)))
    on('queued', ({ retry }) => show(retry === undefined ? 'Queued…' : `Trying again (${retry})…`))
    on('loading', () => show('Loading the model…'))
    on('started', () => show('Drawing…'))
    on('progress', ({ fraction }) => show(`Drawing… ${Math.round(fraction * 100)} %`))
    on('preview', ({ mediaType, b64 }) => picture(`data:${mediaType};base64,${b64}`, 'preview'))
    on('stored', () => end(resolve))
    on('failed', ({ message }) => end(reject, new Error(message)))
    on('cancelled', () => end(reject, new Error('It was cancelled.')))
    source.addEventListener('error', () => {
      // A stream that ended is reopened by the browser; one that was refused is not.
      if (source.readyState === EventSource.CLOSED) end(reject, new Error('The connection was lost.'))
    })
  })
}

async function finish(id, prompt, size) {
  const record = await (await fetch(`/v1/generations/${id}`)).json()
  const [image] = record.images
  const answer = await fetch(`${image.url}?format=auto`, { headers: { accept: 'image/webp,image/*;q=0.8' } })
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
    const { items } = await (await fetch('/v1/generations?limit=24')).json()
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
