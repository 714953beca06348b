/** Draws points without a graphics processor: each is a small round stamp, pressed straight into the picture's pixels. */
import { sized, type Cloud, type Colour } from './pointcloud'
import { noPoints } from './points'

/** How far a stamp of a diameter (pixels) covers each of its pixels, 0 to 256, row by row. */
function stamp(diameter: number): { side: number; cover: Uint16Array } {
  const side = Math.max(1, Math.ceil(diameter))
  const cover = new Uint16Array(side * side)
  const [middle, radius] = [side / 2, diameter / 2]
  for (let at = 0; at < cover.length; at += 1) {
    const away = Math.hypot((at % side) + 0.5 - middle, Math.floor(at / side) + 0.5 - middle)
    cover[at] = Math.round(256 * Math.min(1, Math.max(0, radius + 0.5 - away)))
  }
  return { side, cover }
}

export function openStamps(canvas: HTMLCanvasElement): Cloud {
  const context = canvas.getContext('2d', { alpha: false })
  if (!context) throw new Error('no canvas to draw on')
  let points = noPoints()
  let colours: Uint16Array = new Uint16Array(0)
  let ground = 0
  let picture: ImageData | null = null
  let pixels = new Uint32Array(0)

  return {
    load(more) {
      points = more
    },
    colour(wanted: Colour[], behind: Colour) {
      colours = new Uint16Array(wanted.flatMap((colour) => colour.map((part, at) => Math.round(part * (at < 3 ? 255 : 256)))))
      const [red, green, blue] = behind.map((part) => Math.round(part * 255))
      ground = ((255 << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0
    },
    draw(view) {
      const { ratio, wide, high } = sized(canvas)
      if (!wide || !high) return
      if (picture?.width !== wide || picture.height !== high) {
        picture = context.createImageData(wide, high)
        pixels = new Uint32Array(picture.data.buffer)
      }
      pixels.fill(ground)
      const { side, cover } = stamp(view.size * ratio)
      const [perX, perY] = [(view.width * ratio) / 65535, (view.height * ratio) / 65535]
      const [fromX, fromY] = [view.left * ratio - side / 2, view.bottom * ratio - side / 2]
      for (let at = 0; at < points.count; at += 1) {
        const x = Math.round(fromX + points.xs[at]! * perX)
        const y = Math.round(fromY - points.ys[at]! * perY)
        if (x < 0 || y < 0 || x + side > wide || y + side > high) continue
        const colour = 4 * points.triggers[at]!
        const strength = colours[colour + 3]!
        if (!strength) continue
        const [red, green, blue] = [colours[colour]!, colours[colour + 1]!, colours[colour + 2]!]
        for (let row = 0, mask = 0; row < side; row += 1) {
          let place = (y + row) * wide + x
          for (const end = place + side; place < end; place += 1, mask += 1) {
            const over = (cover[mask]! * strength) >> 8
            if (!over) continue
            const under = 256 - over
            const behind = pixels[place]!
            const r = (red * over + (behind & 255) * under) >> 8
            const g = (green * over + ((behind >> 8) & 255) * under) >> 8
            const b = (blue * over + ((behind >> 16) & 255) * under) >> 8
            pixels[place] = (0xff000000 | (b << 16) | (g << 8) | r) >>> 0
          }
        }
      }
      context.putImageData(picture, 0, 0)
    },
    end() {
      picture = null
    },
  }
}
