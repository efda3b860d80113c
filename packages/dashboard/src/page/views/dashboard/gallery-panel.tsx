import { useComputed, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import type { Carousel, Generation } from '../../api/shapes.ts'
import { ago, moment } from '../../format.ts'
import { Choice } from '../../parts/choice.tsx'
import { Clamped } from '../../parts/clamped.tsx'
import { Answer, Empty, Panel } from '../../parts/panel.tsx'
import { Picture } from '../../parts/picture.tsx'
import { setFragment } from '../../route.ts'
import type { PagedList } from './paged-list.ts'
import { usePagedList } from './paged-list.ts'

type Kind = 'pictures' | 'carousels'

const kinds = [
  { value: 'pictures', text: 'Pictures' },
  { value: 'carousels', text: 'Carousels' },
] as const

/** What was asked for last, as it looks. */
export function GalleryPanel(): VNode {
  const kind = useSignal<Kind>('pictures')
  return (
    <Panel
      title="Recent work"
      about="Newest first. Open one to see what it took."
      class="wide"
      end={<Choice label="What" options={kinds} value={kind.value} choose={(to) => (kind.value = to)} />}
    >
      {kind.value === 'pictures' ? <Pictures /> : <Carousels />}
    </Panel>
  )
}

function Pictures(): VNode {
  const search = useSignal('')
  const url = useComputed(
    () => `/v1/generations?limit=24${search.value === '' ? '' : `&q=${encodeURIComponent(search.value)}`}`,
  )
  const list = usePagedList<Generation>(url, 10_000)
  return (
    <>
      <form
        class="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          const typed = new FormData(event.currentTarget).get('q')
          search.value = typeof typed === 'string' ? typed.trim() : ''
        }}
      >
        <label class="hidden" for="gallery-search">
          Words of a prompt
        </label>
        <input
          id="gallery-search"
          name="q"
          type="search"
          dir="auto"
          maxLength={200}
          placeholder="Find by words of a prompt"
        />
        <button type="submit" class="button small">
          Find
        </button>
      </form>
      <Answer loaded={list.loaded} reload={list.reload} lines={5}>
        {() =>
          list.items.length === 0 ? (
            <Empty>
              {search.value === '' ? (
                <>
                  No pictures yet. Make the first in the <a href="/dashboard/playground">playground</a>.
                </>
              ) : (
                'No prompt has these words.'
              )}
            </Empty>
          ) : (
            <ul class="gallery">
              {list.items.map((item) => (
                <PictureCard key={item.id} item={item} />
              ))}
            </ul>
          )
        }
      </Answer>
      <More list={list} />
    </>
  )
}

function PictureCard({ item }: { item: Generation }): VNode {
  const [image] = item.images
  return (
    <li class="card">
      <button
        type="button"
        class="card-picture"
        aria-label={`What it took: ${item.prompt.slice(0, 120)}`}
        onClick={() => setFragment(item.id)}
      >
        {image?.url ? (
          <Picture url={image.url} widthPx={384} alt="" />
        ) : (
          <span class={`card-status ${item.status}`}>{statusText(item)}</span>
        )}
        {item.images.length > 1 && <span class="card-count">{item.images.length} pictures</span>}
      </button>
      <div class="card-text">
        <Clamped text={item.prompt} />
        <Foot createdAt={item.createdAt} scope={item.scope} />
      </div>
    </li>
  )
}

/** `failed: backend_timeout`, or the status alone. */
function statusText({ status, error }: { status: string; error?: { code: string } }): string {
  if (error !== undefined) return `failed: ${error.code}`
  return status === 'stored' ? 'taken down' : status
}

function Foot({ createdAt, scope }: { createdAt: string; scope: string }): VNode {
  return (
    <p class="quiet card-foot">
      <time dateTime={createdAt} title={moment(createdAt)}>
        {ago(createdAt)}
      </time>{' '}
      · <bdi>{scope}</bdi>
    </p>
  )
}

function Carousels(): VNode {
  const url = useComputed(() => '/v1/carousels?limit=8')
  const list = usePagedList<Carousel>(url, 10_000)
  return (
    <>
      <Answer loaded={list.loaded} reload={list.reload} lines={5}>
        {() =>
          list.items.length === 0 ? (
            <Empty>
              No carousels yet. Make one in the <a href="/dashboard/playground#carousel">playground</a>.
            </Empty>
          ) : (
            <ul class="strips">
              {list.items.map((item) => (
                <Strip key={item.id} item={item} />
              ))}
            </ul>
          )
        }
      </Answer>
      <More list={list} />
    </>
  )
}

function Strip({ item }: { item: Carousel }): VNode {
  const title = item.slides[0]?.title ?? item.base.prompt ?? item.id
  return (
    <li class="strip">
      <div class="strip-text">
        <Clamped text={title} />
        <Foot createdAt={item.createdAt} scope={item.scope} />
        <button type="button" class="button small" onClick={() => setFragment(item.id)}>
          What it took
        </button>
      </div>
      <div class="strip-slides" tabIndex={0} role="group" aria-label="Slides">
        {item.slides.map((slide) =>
          slide.url === null ? (
            <span key={slide.index} class={`card-status ${slide.status}`}>
              {statusText(slide)}
            </span>
          ) : (
            <Picture
              key={slide.index}
              url={slide.url}
              widthPx={256}
              alt={`Slide ${slide.index + 1}: ${slide.title}`}
            />
          ),
        )}
      </div>
    </li>
  )
}

function More<T>({ list }: { list: PagedList<T> }): VNode | null {
  if (list.loaded.state !== 'ready') return null
  return (
    <div class="more-row">
      {list.fault !== undefined && <p class="fault">{list.fault}</p>}
      {list.hasMore && (
        <button type="button" class="button" disabled={list.isLoadingMore} onClick={list.more}>
          {list.isLoadingMore ? 'Loading…' : 'Show older'}
        </button>
      )}
    </div>
  )
}
