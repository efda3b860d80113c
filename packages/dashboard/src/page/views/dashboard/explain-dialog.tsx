import { useComputed } from '@preact/signals'
import type { VNode } from 'preact'
import { useResource } from '../../api/resource.ts'
import type { Explanation, Generation } from '../../api/shapes.ts'
import { duration, moment } from '../../format.ts'
import { Clamped } from '../../parts/clamped.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Answer, Empty } from '../../parts/panel.tsx'
import { Picture } from '../../parts/picture.tsx'
import { Waterfall } from './waterfall.tsx'

/** Every unit of the work behind one generation or carousel. */
export function ExplainDialog({ id, close }: { id: string; close: () => void }): VNode {
  const isCarousel = id.startsWith('car_')
  const url = useComputed(() => `/v1/${isCarousel ? 'carousels' : 'generations'}/${id}/explain`)
  const { loaded, reload } = useResource<Explanation>(url)
  return (
    <Dialog title={isCarousel ? 'What this carousel took' : 'What this picture took'} close={close}>
      {!isCarousel && <Asked id={id} />}
      <Answer
        loaded={loaded.value}
        reload={reload}
        lines={6}
        notBuilt="Nothing is known of the work behind it: it is gone, or this release does not keep it yet."
      >
        {(data) => <Explained data={data} />}
      </Answer>
      <p class="quiet id">
        <code>{id}</code>
      </p>
    </Dialog>
  )
}

function Explained({ data }: { data: Explanation }): VNode {
  if (data.spans.length === 0) return <Empty>No unit of work is recorded for it.</Empty>
  const shared = data.spans.filter(({ how }) => how === 'joined' || how === 'cached').length
  return (
    <>
      <p class="saved">
        <strong>{duration(data.totalMs)}</strong> in all, {data.spans.length}{' '}
        {data.spans.length === 1 ? 'unit' : 'units'} of work
        {shared > 0 && <>, of which {shared} had been done already or were under way</>}.
      </p>
      <Waterfall spans={data.spans} totalMs={data.totalMs} />
    </>
  )
}

/** What was asked for, and how it looks. */
function Asked({ id }: { id: string }): VNode {
  const url = useComputed(() => `/v1/generations/${id}`)
  const { loaded, reload } = useResource<Generation>(url)
  return (
    <Answer loaded={loaded.value} reload={reload} lines={2} notBuilt="There is no such request.">
      {(item) => (
        <div class="asked">
          {item.images[0]?.url && <Picture url={item.images[0].url} widthPx={384} alt="" />}
          <div>
            <Clamped text={item.prompt} lines={3} />
            <p class="quiet">
              {moment(item.createdAt)} · <bdi>{item.model}</bdi> · <bdi>{item.scope}</bdi> · {item.status}
            </p>
            {item.error !== undefined && (
              <p class="fault">
                <code>{item.error.code}</code> {item.error.message}
              </p>
            )}
          </div>
        </div>
      )}
    </Answer>
  )
}
