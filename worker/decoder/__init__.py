"""Decoding what strangers sent, in a process of its own: it knows no password, and a crash is one file's bad luck.

apart         the worker's side: open a file, ask for its facts and its samples
child         the process that decodes
confinement   what that process cannot do
messages      what the two say to each other
"""
