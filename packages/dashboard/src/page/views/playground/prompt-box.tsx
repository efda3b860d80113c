import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { about } from '../../api/session.ts'
import { duration } from '../../format.ts'
import { Copy } from '../../parts/copy.tsx'
import { goTo } from '../../route.ts'
import type { Making, PictureAsk } from './make-picture.ts'
import { curlOf, liveUrl, makePicture } from './make-picture.ts'

const sizes = [
  { value: '1024x768', text: 'Landscape' },
  { value: '1024x1024', text: 'Square' },
  { value: '832x1040', text: 'Portrait' },
  { value: '1536x640', text: 'Panorama' },
]

const maxSeed = 4_294_967_295

/** Asks for one picture and shows it as it comes. */
export function PromptBox(): VNode {
  const making = useSignal<Making | undefined>(undefined)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const start = (picture: PictureAsk): void => {
    running.current?.abort()
    running.current = new AbortController()
    void makePicture(picture, running.current.signal, (next) => {
      const before = making.value?.source
      if (before?.startsWith('blob:') === true && before !== next.source) URL.revokeObjectURL(before)
      making.value = next
    })
  }
  const isBusy = making.value !== undefined && !/^(?:stored|failed)$/u.test(making.value.stage)
  return (
    <>
      <form
        class="panel ask"
        onSubmit={(event) => {
          event.preventDefault()
          start(askOf(event.currentTarget))
        }}
      >
        <label for="prompt">What should the picture show?</label>
        <textarea
          id="prompt"
          name="prompt"
          dir="auto"
          rows={3}
          maxLength={4000}
          required
          placeholder="a red sailboat at sunset"
          onKeyDown={(event) => {
            // Enter asks, as in a search box; Shift+Enter is a new line.
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
            event.preventDefault()
            event.currentTarget.form?.requestSubmit()
          }}
        />
        <div class="ask-row">
          <label>
            Shape
            <select name="size">
              {sizes.map(({ value, text }) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <label>
            Seed
            <input
              name="seed"
              type="number"
              min={0}
              max={maxSeed}
              step={1}
              defaultValue="0"
              inputMode="numeric"
            />
          </label>
          <button type="submit" class="button primary">
            {isBusy ? 'Make this instead' : 'Make it'}
          </button>
        </div>
      </form>
      {making.value !== undefined && <Result making={making.value} />}
    </>
  )
}

function askOf(form: HTMLFormElement): PictureAsk {
  const data = new FormData(form)
  const text = (name: string): string => {
    const value = data.get(name)
    return typeof value === 'string' ? value : ''
  }
  const seed = Math.min(maxSeed, Math.max(0, Math.trunc(Number(text('seed')) || 0)))
  return { prompt: text('prompt'), size: text('size'), seed }
}

function Result({ making }: { making: Making }): VNode {
  const { ask, source, record, stage } = making
  const [width = 4, height = 3] = ask.size.split('x').map(Number)
  const image = record?.images[0]
  return (
    <section class="panel result" aria-label="The picture">
      <p role="status" class={stage === 'failed' ? 'fault stage' : 'stage'}>
        {stageText(making)}
      </p>
      <progress
        class={stage === 'stored' || stage === 'failed' ? 'gone' : ''}
        max={1}
        {...(making.fraction === undefined ? {} : { value: making.fraction })}
        aria-label="How far it is"
      />
      <div class="result-parts">
        <div class="frame" style={{ aspectRatio: `${width} / ${height}` }}>
          {source === undefined ? (
            <span class={`frame-empty ${stage}`} />
          ) : (
            <img
              src={source}
              class={making.isPreview ? 'preview' : ''}
              alt={making.isPreview ? `A preview of: ${ask.prompt}` : ask.prompt}
              data-stage={stage}
            />
          )}
        </div>
        <div class="result-facts">
          {image !== undefined && record !== undefined && (
            <>
              <dl class="facts">
                <div>
                  <dt>took</dt>
                  <dd>{duration(making.tookMs)}</dd>
                </div>
                <div>
                  <dt>size</dt>
                  <dd>
                    {image.width} × {image.height}
                  </dd>
                </div>
                <div>
                  <dt>seed</dt>
                  <dd>{image.seed}</dd>
                </div>
                <div>
                  <dt>model</dt>
                  <dd>
                    <bdi>{record.model}</bdi>
                  </dd>
                </div>
              </dl>
              {image.warnings.map((warning) => (
                <p key={warning} class="warning">
                  <bdi>{warning}</bdi>
                </p>
              ))}
              <button type="button" class="button small" onClick={() => goTo('dashboard', `#${record.id}`)}>
                What it took
              </button>
            </>
          )}
          <Copy label="Its live address, for any page" text={liveUrl(ask)} />
          <Copy label="The same with curl" text={curlOf(ask, about.value?.access === 'on')} />
        </div>
      </div>
    </section>
  )
}

/** Without the percentage, which would be read out at each step; the bar shows it. */
function stageText({ stage, message, fraction }: Making): string {
  if (stage === 'failed') return message ?? 'It has failed.'
  if (stage === 'drawing') return fraction === undefined ? 'Beginning…' : 'Drawing…'
  return stageTexts[stage]
}

const stageTexts: Readonly<Record<Exclude<Making['stage'], 'failed' | 'drawing'>, string>> = {
  asking: 'Asking…',
  queued: 'Queued…',
  loading: 'Loading the model…',
  stored: 'Here it is.',
}
