/**
 * Draws points with WebGL 2: one buffer for each column, one call for all of them.
 *
 * By hand, because the library for it (regl) writes its draw calls as text and evaluates them, which our policy
 * (script-src without unsafe-eval) refuses, and the others bring half a megabyte for these two shaders.
 */
import { openFollowing } from './following'
import { openStamps } from './pointstamps'
import type { Points } from './points'

export const MAX_TRIGGERS = 64
/** Red, green, blue and how far it covers what is behind: 0 to 1. */
export type Colour = [number, number, number, number]

const VERTEX = `#version 300 es
layout(location = 0) in float x;
layout(location = 1) in float y;
layout(location = 2) in float trigger;
uniform vec2 scale;
uniform vec2 shift;
uniform float size;
uniform vec4 colours[${MAX_TRIGGERS}];
flat out vec4 colour;
void main() {
  colour = colours[int(trigger)];
  // What is filtered out goes behind the far plane.
  gl_Position = vec4(vec2(x, y) * scale + shift, colour.a > 0.0 ? 0.0 : 2.0, 1.0);
  gl_PointSize = size;
}`
const FRAGMENT = `#version 300 es
precision mediump float;
flat in vec4 colour;
out vec4 drawn;
void main() {
  float edge = length(gl_PointCoord - 0.5) * 2.0;
  float cover = (1.0 - smoothstep(0.7, 1.0, edge)) * colour.a;
  drawn = vec4(colour.rgb * cover, cover);
}`

export interface View {
  /** Where the map's lower left corner lies in the element, in CSS pixels, and how wide and high the map is. */
  left: number
  bottom: number
  width: number
  height: number
  /** Diameter of a point in CSS pixels. */
  size: number
}

export interface Cloud {
  load: (points: Points) => void
  colour: (colours: Colour[], ground: Colour) => void
  draw: (view: View) => void
  end: () => void
}

function compiled(gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
  const shader = gl.createShader(kind)
  if (!shader) throw new Error('no shader')
  gl.shaderSource(shader, source)
  gl.compileShader(shader)
  return shader
}

/** The canvas has as many pixels as the screen shows of it, but never more than four for one of CSS. */
export function sized(canvas: HTMLCanvasElement): { ratio: number; wide: number; high: number } {
  const ratio = Math.min(devicePixelRatio, 2)
  const [wide, high] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)]
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide
    canvas.height = high
  }
  return { ratio, wide, high }
}

const IMITATIONS = /swiftshader|llvmpipe|softpipe|software|basic render/i

/** Whether WebGL draws with a graphics processor: a processor that imitates one is slower than stamps. */
function hasGraphics(): boolean {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2', { failIfMajorPerformanceCaveat: true })
  if (!gl) return false
  const told = gl.getExtension('WEBGL_debug_renderer_info')
  const name = String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER))
  gl.getExtension('WEBGL_lose_context')?.loseContext()
  return !IMITATIONS.test(name)
}

/** Begin to draw on a canvas: with the graphics processor where there is one. */
export function openCloud(canvas: HTMLCanvasElement): Cloud {
  const gl = hasGraphics() ? canvas.getContext('webgl2', { antialias: false, depth: false, stencil: false }) : null
  return gl ? openShaders(canvas, gl) : openFollowing(canvas, openStamps(canvas))
}

function openShaders(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext): Cloud {
  const program = gl.createProgram()
  gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, VERTEX))
  gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, FRAGMENT))
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? 'shaders do not link')
  gl.useProgram(program)
  gl.enable(gl.BLEND)
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
  const place = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name)
  const [scale, shift, size, colours] = ['scale', 'shift', 'size', 'colours'].map(place)
  const buffers = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()]
  let count = 0

  return {
    load(points) {
      const columns = [points.xs, points.ys, points.triggers]
      columns.forEach((column, at) => {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffers[at]!)
        gl.bufferData(gl.ARRAY_BUFFER, column, gl.STATIC_DRAW)
        gl.enableVertexAttribArray(at)
        gl.vertexAttribPointer(at, 1, at < 2 ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE, at < 2, 0, 0)
      })
      count = points.count
    },
    colour(wanted) {
      const flat = new Float32Array(4 * MAX_TRIGGERS)
      wanted.slice(0, MAX_TRIGGERS).forEach((colour, at) => flat.set(colour, 4 * at))
      gl.uniform4fv(colours!, flat)
    },
    draw(view) {
      const { ratio, wide, high } = sized(canvas)
      const [width, height] = [canvas.clientWidth, canvas.clientHeight]
      gl.viewport(0, 0, wide, high)
      gl.clearColor(0, 0, 0, 0)
      gl.clear(gl.COLOR_BUFFER_BIT)
      gl.uniform2f(scale!, (2 * view.width) / width, (2 * view.height) / height)
      gl.uniform2f(shift!, (2 * view.left) / width - 1, 1 - (2 * view.bottom) / height)
      gl.uniform1f(size!, view.size * ratio)
      if (count) gl.drawArrays(gl.POINTS, 0, count)
    },
    end() {
      gl.getExtension('WEBGL_lose_context')?.loseContext()
    },
  }
}
