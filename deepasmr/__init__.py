"""DeepASMR's command line and the services that run on one machine; the only room that knows all others."""
