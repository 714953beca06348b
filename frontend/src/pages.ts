import htmx from 'htmx.org'

/** Show a page as a boosted link would: swapped in, so that what plays goes on. */
export function visit(address: string, history: 'push' | 'replace'): void {
  void htmx.ajax('get', address, {
    target: '#page',
    select: '#page',
    swap: history === 'push' ? 'outerHTML show:window:top' : 'outerHTML',
    headers: { 'HX-Boosted': 'true' },
    [history]: address,
  })
}
