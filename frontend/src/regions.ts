import type { Points } from './points'

/** A place where many points of one trigger lie close together. */
export interface Region {
  trigger: number
  /** 0 to 1 on both axes. */
  x: number
  y: number
  count: number
}

const CELLS = 24
const MAX_OF_ONE = 3
/** A further place of the same trigger gets its name again if it is this crowded, compared with the first. */
const WORTH_NAMING = 0.45
/** In cells: nearer than this to a place that has the name, it belongs to that. */
const APART = 6

/** Find where each trigger is at home: the fullest cells of a coarse grid, each with the middle of what lies around it. */
export function findRegions(points: Points): Region[] {
  const grids = new Map<number, Uint32Array>()
  const cell = (value: number): number => Math.min(CELLS - 1, Math.floor((value / 65536) * CELLS))
  for (let at = 0; at < points.count; at += 1) {
    const trigger = points.triggers[at]!
    let grid = grids.get(trigger)
    if (!grid) grids.set(trigger, (grid = new Uint32Array(CELLS * CELLS)))
    grid[cell(points.ys[at]!) * CELLS + cell(points.xs[at]!)]! += 1
  }
  const regions: Region[] = []
  for (const [trigger, grid] of grids) {
    const found: Region[] = []
    for (let turn = 0; turn < MAX_OF_ONE; turn += 1) {
      let best: Region | null = null
      for (let row = 0; row < CELLS; row += 1) {
        for (let column = 0; column < CELLS; column += 1) {
          if (found.some((other) => Math.hypot(other.x * CELLS - column - 0.5, other.y * CELLS - row - 0.5) < APART)) continue
          const around = middle(grid, row, column, trigger)
          if (around && around.count > (best?.count ?? 0)) best = around
        }
      }
      if (!best || best.count < (found[0]?.count ?? 0) * WORTH_NAMING) break
      found.push(best)
    }
    regions.push(...found)
  }
  return regions.sort((one, other) => other.count - one.count)
}

function middle(grid: Uint32Array, row: number, column: number, trigger: number): Region | null {
  let [count, x, y] = [0, 0, 0]
  for (let r = Math.max(0, row - 1); r <= Math.min(CELLS - 1, row + 1); r += 1) {
    for (let c = Math.max(0, column - 1); c <= Math.min(CELLS - 1, column + 1); c += 1) {
      const here = grid[r * CELLS + c]!
      count += here
      x += here * (c + 0.5)
      y += here * (r + 0.5)
    }
  }
  return count ? { trigger, x: x / count / CELLS, y: y / count / CELLS, count } : null
}
