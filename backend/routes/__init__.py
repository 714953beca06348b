"""HTTP only: parse a request, call the catalogue, render the answer."""
