import { defineConfig, type Plugin } from 'vite'

/**
 * wavesurfer.js writes a <style> element into its shadow root, which our policy (style-src 'self') refuses.
 * The element is cut out while bundling; src/waveform.ts adopts src/waveform.css in its place. The build fails
 * when a new release no longer has it, so that the cut is looked at again.
 */
function wavesurferWithoutInlineStyle(): Plugin {
  return {
    name: 'wavesurfer-without-inline-style',
    transform(code, id) {
      if (!id.includes('wavesurfer.js/dist/wavesurfer.esm.js')) return null
      const cut = code.replace(/<style\$\{.*?<\/style>/s, '')
      if (cut === code) throw new Error('wavesurfer.js no longer has the inline style that vite.config.ts removes')
      return { code: cut, map: null }
    },
  }
}

export default defineConfig({
  base: '/static/',
  plugins: [wavesurferWithoutInlineStyle()],
  build: {
    outDir: 'dist',
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    target: 'es2022',
    rollupOptions: {
      input: 'src/main.ts',
      // htmx can eval, but is told not to (allowEval: false), and our policy would refuse it.
      onwarn: (warning, warn) => {
        if (warning.code !== 'EVAL' || !warning.id?.includes('htmx.org')) warn(warning)
      },
    },
  },
})
