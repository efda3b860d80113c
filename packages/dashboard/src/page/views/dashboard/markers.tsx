import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { ApiError, ask, send } from '../../api/call.ts'
import type { Marker } from '../../api/shapes.ts'
import { moment } from '../../format.ts'
import { Clamped } from '../../parts/clamped.tsx'
import { Before } from './before-after.tsx'

/** What was changed and when: numbered as in the chart, each with the figures before and after it. */
export function Markers({ markers, changed }: { markers: readonly Marker[]; changed: () => void }): VNode {
  const compared = useSignal<string | undefined>(undefined)
  const fault = useSignal<string | undefined>(undefined)
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    fault.value = undefined
    try {
      await work()
    } catch (error) {
      fault.value = error instanceof ApiError ? error.message : String(error)
    }
    changed()
  }
  return (
    <div class="markers">
      <h3>Markers</h3>
      {markers.length === 0 && (
        <p class="quiet">None in this time. Set one when you deploy, to see what it changed.</p>
      )}
      <ol>
        {markers.map((marker) => (
          <li key={marker.id}>
            <div class="marker">
              <div class="marker-text">
                <Clamped text={marker.text} />
                <time class="quiet" dateTime={marker.at}>
                  {moment(marker.at)}
                </time>
              </div>
              <button
                type="button"
                class="button small"
                aria-expanded={compared.value === marker.id}
                onClick={() => (compared.value = compared.value === marker.id ? undefined : marker.id)}
              >
                Before and after
              </button>
              <button
                type="button"
                class="button small quiet-button"
                aria-label={`Remove the marker ${marker.text.slice(0, 80)}`}
                onClick={() => void act(() => remove(marker.id))}
              >
                Remove
              </button>
            </div>
            {compared.value === marker.id && <Before id={marker.id} />}
          </li>
        ))}
      </ol>
      <form
        class="marker-form"
        onSubmit={(event) => {
          event.preventDefault()
          const form = event.currentTarget
          const typed = new FormData(form).get('text')
          const text = typeof typed === 'string' ? typed.trim() : ''
          if (text === '') return
          void act(async () => {
            await send('POST', '/v1/markers', { text })
            form.reset()
          })
        }}
      >
        <label class="hidden" for="marker-text">
          What has changed
        </label>
        <input
          id="marker-text"
          name="text"
          dir="auto"
          maxLength={200}
          placeholder="What has changed, such as a deploy"
        />
        <button type="submit" class="button small">
          Set a marker
        </button>
      </form>
      {fault.value !== undefined && (
        <p class="fault" role="alert">
          {fault.value}
        </p>
      )}
    </div>
  )
}

async function remove(id: string): Promise<void> {
  await ask(`/v1/markers/${encodeURIComponent(id)}`, { method: 'DELETE' })
}
