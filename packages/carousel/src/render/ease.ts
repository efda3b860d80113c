/** From 0 to 1 without a corner in slope or curvature at either end (Perlin's fade), so that no edge is seen. */
export function smootherstep(share: number): number {
  const x = Math.min(1, Math.max(0, share))
  return x * x * x * (x * (x * 6 - 15) + 10)
}
