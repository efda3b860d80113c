import type { VNode } from 'preact'
import { mayReadFigures } from '../../api/session.ts'
import { fragment, setFragment } from '../../route.ts'
import { ClassPanel } from './class-panel.tsx'
import { ExplainDialog } from './explain-dialog.tsx'
import { FailurePanel } from './failure-panel.tsx'
import { GalleryPanel } from './gallery-panel.tsx'
import { LatencyPanel } from './latency-panel.tsx'
import { LedgerPanel } from './ledger-panel.tsx'
import { NowPanel } from './now-panel.tsx'
import { PredictionPanel } from './prediction-panel.tsx'
import { ScalingPanel } from './scaling-panel.tsx'
import { StagePanel } from './stage-panel.tsx'
import { WorkerPanel } from './worker-panel.tsx'

/** Whether the platform is well, where the time goes, and what was saved. */
export function DashboardView(): VNode {
  const looked = /^(?:req|car)_[\w-]{1,64}$/u.exec(fragment.value)?.[0]
  return (
    <div class="dashboard">
      <h1 class="hidden">Dashboard</h1>
      {mayReadFigures.value ? (
        <>
          <NowPanel />
          <ClassPanel />
          <LatencyPanel />
          <StagePanel />
          <LedgerPanel />
        </>
      ) : (
        <section class="panel wide" aria-label="Figures">
          <div class="empty">
            <p>
              Your key shows your project’s pictures. The figures of the whole platform need a key with the
              right <code>admin</code>.
            </p>
          </div>
        </section>
      )}
      <GalleryPanel />
      {mayReadFigures.value && <FailurePanel />}
      <PredictionPanel />
      {mayReadFigures.value && (
        <>
          <WorkerPanel />
          <ScalingPanel />
        </>
      )}
      {looked !== undefined && <ExplainDialog key={looked} id={looked} close={() => setFragment('')} />}
    </div>
  )
}
