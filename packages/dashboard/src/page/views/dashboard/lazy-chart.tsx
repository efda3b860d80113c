import { useSignal } from '@preact/signals'
import type { ComponentProps, FunctionComponent, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import type { LineChart } from '../../charts/line-chart.tsx'

type Props = ComponentProps<typeof LineChart>

/** The chart with its library, loaded after the page is shown. The table below it needs neither. */
export function lazyChart(): FunctionComponent<Props> {
  return function Chart(props: Props): VNode {
    const Loaded = useSignal<FunctionComponent<Props> | 'failed' | undefined>(undefined)
    useEffect(() => {
      import('../../charts/line-chart.tsx').then(
        ({ LineChart: found }) => (Loaded.value = found),
        () => (Loaded.value = 'failed'),
      )
    }, [])
    if (Loaded.value === 'failed')
      return <p class="quiet">The chart could not be loaded; the table has it all.</p>
    if (Loaded.value === undefined) return <div class="chart chart-waiting" aria-busy="true" />
    return <Loaded.value {...props} />
  }
}
