"""The rules and queries of the catalogue as plain functions, session first."""
