"""Bodies of the API, one file per noun: what goes over the wire and how it is read off a row."""
