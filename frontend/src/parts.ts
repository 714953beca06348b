/** Find what a template promises; a script that misses it says which part, not "null". */
export function part<T extends Element>(root: ParentNode, selector: string): T {
  const element = root.querySelector<T>(selector)
  if (!element) throw new Error(`the page has no ${selector}`)
  return element
}
