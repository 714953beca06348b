/** Fields that say nothing stay out of the address, so that it can be read and shared. */
export function startFilters(form: HTMLFormElement): void {
  form.addEventListener('htmx:configRequest', (event) => {
    const { parameters } = (event as CustomEvent<{ parameters: Record<string, unknown> }>).detail
    for (const [name, value] of Object.entries(parameters)) {
      if (value === '' || (name === 'sort' && value === 'newest')) delete parameters[name]
    }
  })
}
