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

/** Tell the service worker which files of this build it keeps: those that every page loads. */
function serviceWorkerThatKnowsItsBuild(): Plugin {
  return {
    name: 'service-worker-that-knows-its-build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const files = Object.values(bundle)
      const main = files.find((file) => file.type === 'chunk' && file.facadeModuleId?.endsWith('src/main.ts'))
      const worker = files.find((file) => file.fileName === 'service-worker.js')
      if (main?.type !== 'chunk' || worker?.type !== 'chunk') throw new Error('the build has no main script or no service worker')
      const shell = [main.fileName, ...main.imports, ...files.filter((file) => /\.(css|svg)$/.test(file.fileName)).map((file) => file.fileName)]
      worker.code = worker.code
        .replace(/\bSHELL\b/, JSON.stringify(shell.map((name) => `/static/${name}`)))
        .replace(/\bBUILD\b/, JSON.stringify(main.fileName.replace(/^.*-|\.js$/g, '')))
    },
  }
}

export default defineConfig({
  base: '/static/',
  plugins: [wavesurferWithoutInlineStyle(), serviceWorkerThatKnowsItsBuild()],
  build: {
    outDir: 'dist',
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    target: 'es2022',
    rollupOptions: {
      input: ['src/main.ts', 'src/service-worker.ts'],
      // Its address must stay, or browsers would not find the new one of a new build.
      output: { entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js') },
      // htmx can eval, but is told not to (allowEval: false), and our policy would refuse it.
      onwarn: (warning, warn) => {
        if (warning.code !== 'EVAL' || !warning.id?.includes('htmx.org')) warn(warning)
      },
    },
  },
})
