import { readTrace, traceDir } from './bench/warm-pool/trace.ts'
import { superposed } from './bench/warm-pool/loads.ts'
import { simulate, defaults } from './bench/warm-pool/simulator.ts'
import { keepAlive, slidingMaximum } from './bench/warm-pool/baselines.ts'
const trace = readTrace(traceDir())
const o = { ...defaults, fromS: 2*86400 }
function both(T: number, u: number, w: number, extra = 0): any {
  const hi = slidingMaximum(w)
  return { decide(now: number, p: any) {
    const recent = p.idleForMs().filter((x: number) => x < T*1000).length
    const kept = p.busy + recent + Math.max(p.starting, p.queued)
    const re = hi(now, Math.ceil((p.busy+p.queued)/u)+extra)
    return Math.max(1, p.busy+p.queued, Math.min(kept, re))
  } }
}
for (const mean of [0, 1]) {
const load = mean === 0 ? trace : superposed(trace, mean)
const run = (name: string, p: any, opt = o) => { const r = simulate(load, p, opt); const q=(s:number)=>r.waitsS[Math.ceil(s*r.waitsS.length)-1]!; console.log(mean, name, r.gpuHours.toFixed(1), q(.95).toFixed(2), q(.99).toFixed(2), r.starts) }
run('ka20', keepAlive(1200,1)); run('ka18', keepAlive(1080,1));run('ka22', keepAlive(1320,1))
for (const w of [300, 600, 900]) for (const u of [0.5, 0.7]) run(`both w ${w} u ${u}`, both(1200, u, w))
for (const T of [1500, 1800]) for (const w of [600]) run(`both T ${T} w ${w} u .5`, both(T, 0.5, w))
for (const s of [0.25, 0.5, 0.75, 1]) run(`ka20 spec step ${s}`, keepAlive(1200,1), {...o, speculativeStepS: s} as any)
}
