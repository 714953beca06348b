/**
 * The points of the map as the server packs them (GET /api/v1/map says how), in typed arrays that go to the graphics
 * processor as they are.
 */
export interface Points {
  count: number
  numbers: Uint32Array
  xs: Uint16Array
  ys: Uint16Array
  triggers: Uint8Array
}

const MAGIC = 0x3150414d
const HEADER_BYTES = 12

export function noPoints(): Points {
  return { count: 0, numbers: new Uint32Array(0), xs: new Uint16Array(0), ys: new Uint16Array(0), triggers: new Uint8Array(0) }
}

function grown(points: Points, to: number): Points {
  if (points.numbers.length >= to) return points
  const more: Points = {
    count: points.count,
    numbers: new Uint32Array(to),
    xs: new Uint16Array(to),
    ys: new Uint16Array(to),
    triggers: new Uint8Array(to),
  }
  more.numbers.set(points.numbers)
  more.xs.set(points.xs)
  more.ys.set(points.ys)
  more.triggers.set(points.triggers)
  return more
}

function blockBytes(count: number): number {
  return 4 + Math.ceil((9 * count) / 4) * 4
}

/** Fetch points and add them to those that are here, telling after each block, so that the first are drawn at once. */
export async function addPoints(
  address: string,
  before: Points,
  signal: AbortSignal,
  onBlock: (points: Points) => void,
): Promise<Points> {
  const answer = await fetch(address, { signal })
  if (!answer.ok || !answer.body) throw new Error(`${address}: ${answer.status}`)
  const reader = answer.body.getReader()
  let points = before
  let pending = new Uint8Array(0)
  let isBegun = false
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    const joined = new Uint8Array(pending.length + value.length)
    joined.set(pending)
    joined.set(value, pending.length)
    pending = joined
    if (!isBegun) {
      if (pending.length < HEADER_BYTES) continue
      const header = new DataView(pending.buffer)
      if (header.getUint32(0, true) !== MAGIC) throw new Error(`${address}: not a map`)
      points = grown(points, points.count + header.getUint32(8, true))
      pending = pending.slice(HEADER_BYTES)
      isBegun = true
    }
    while (pending.length >= 4) {
      const count = new DataView(pending.buffer).getUint32(0, true)
      if (pending.length < blockBytes(count)) break
      const { buffer } = pending
      points.numbers.set(new Uint32Array(buffer, 4, count), points.count)
      points.xs.set(new Uint16Array(buffer, 4 + 4 * count, count), points.count)
      points.ys.set(new Uint16Array(buffer, 4 + 6 * count, count), points.count)
      points.triggers.set(new Uint8Array(buffer, 4 + 8 * count, count), points.count)
      points = { ...points, count: points.count + count }
      pending = pending.slice(blockBytes(count))
      onBlock(points)
    }
  }
  return points
}
